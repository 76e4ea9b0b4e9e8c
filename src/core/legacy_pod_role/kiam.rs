//! kiam: the role a pod asks for, the one it is annotated with, and the mandatory expression of its namespace.
//!
//! What surprises: a namespace without the annotation `iam.amazonaws.com/permitted` allows nothing, the expression is matched with the
//! full ARN, and the strict mode puts `^` and `$` around it without a group, so `a|b` is anchored only at its outer ends.

use super::go_regexp::GoRegexp;
use super::{AnnotationFinding, LegacyPodRoleError};

/// A role as kiam resolves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedRole {
    /// The full ARN.
    pub arn: String,
    /// Path and name without `role/`.
    pub name: String,
}

/// `--strict-namespace-regexp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionMode {
    /// `^` and `$` are put around the expression.
    Strict,
    /// The expression is searched anywhere in the ARN.
    Search,
}

/// The prefix that kiam detects from the node's instance profile: its account, whatever its path.
pub fn prefix_of_instance_profile(arn: &str) -> Result<String, LegacyPodRoleError> {
    let role = arn.replacen("instance-profile", "role", 1);
    match role.split_once('/') {
        Some((before, _)) => Ok(format!("{before}/")),
        None => Err(LegacyPodRoleError::Arn {
            arn: arn.to_owned(),
        }),
    }
}

/// Resolves a role: an ARN stays, a name gets the prefix; one leading slash is dropped.
pub fn resolve(prefix: &str, role: &str) -> Result<ResolvedRole, LegacyPodRoleError> {
    if role.is_empty() {
        return Err(LegacyPodRoleError::EmptyRole);
    }
    if role.starts_with("arn:") {
        let resource = role
            .splitn(6, ':')
            .nth(5)
            .ok_or_else(|| LegacyPodRoleError::Arn {
                arn: role.to_owned(),
            })?;
        let name = resource.strip_prefix("role/").unwrap_or(resource);
        return Ok(ResolvedRole {
            arn: role.to_owned(),
            name: name.to_owned(),
        });
    }
    let name = role.strip_prefix('/').unwrap_or(role);
    Ok(ResolvedRole {
        arn: format!("{prefix}{name}"),
        name: name.to_owned(),
    })
}

/// True if a pod annotated with one role may ask for another: only where both resolve to the same.
pub fn is_annotated_role(
    prefix: &str,
    annotated: &str,
    requested: &str,
) -> Result<bool, LegacyPodRoleError> {
    Ok(resolve(prefix, annotated)? == resolve(prefix, requested)?)
}

/// True if a namespace with this annotation allows the role. An expression that does not compile is an error, not a refusal.
pub fn is_permitted(
    permitted: &str,
    prefix: &str,
    role: &str,
    mode: ExpressionMode,
) -> Result<bool, LegacyPodRoleError> {
    let role = resolve(prefix, role)?;
    if permitted.is_empty() {
        return Ok(false);
    }
    Ok(compile(permitted, mode)?.is_found_in(&role.arn))
}

/// What is worth saying about a namespace's annotation.
pub fn findings(permitted: &str, mode: ExpressionMode) -> Vec<AnnotationFinding> {
    let finding = |id, message: String| vec![AnnotationFinding { id, message }];
    if permitted.is_empty() {
        return finding(
            "lockout.permitted_missing",
            "without `iam.amazonaws.com/permitted` a namespace allows no role".to_owned(),
        );
    }
    if let Err(error) = compile(permitted, mode) {
        return finding("lockout.regexp_invalid", error.to_string());
    }
    match mode {
        ExpressionMode::Strict if permitted.contains('|') && !is_one_group(permitted) => finding(
            "privilege.regexp_half_anchored",
            format!("`{permitted}` is anchored only at its outer ends: write `({permitted})`"),
        ),
        ExpressionMode::Search if !(permitted.starts_with('^') && permitted.ends_with('$')) => {
            finding(
                "privilege.regexp_unanchored",
                format!("`{permitted}` is searched anywhere in the ARN"),
            )
        }
        ExpressionMode::Strict | ExpressionMode::Search => Vec::new(),
    }
}

fn compile(permitted: &str, mode: ExpressionMode) -> Result<GoRegexp, LegacyPodRoleError> {
    let expression = match mode {
        ExpressionMode::Strict => format!("^{permitted}$"),
        ExpressionMode::Search => permitted.to_owned(),
    };
    GoRegexp::compile(&expression)
}

/// True if one pair of parentheses holds the whole expression.
fn is_one_group(expression: &str) -> bool {
    let Some(inside) = expression
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    else {
        return false;
    };
    let mut depth = 0_i32;
    for character in inside.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}
