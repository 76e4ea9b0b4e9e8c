//! kiam: the role a pod asks for, the one it is annotated with, and the mandatory expression of its namespace.
//!
//! What surprises: a namespace without the annotation `iam.amazonaws.com/permitted` allows nothing, the expression is matched with the
//! full ARN, and the strict mode puts `^` and `$` around it without a group, so `a|b` is anchored only at its outer ends. Before version 4 it was searched
//! anywhere in the role as the pod asks for it.

use super::go_regexp::{GoRegexp, has_outer_alternation};
use super::{AnnotationFinding, LegacyPodRoleError, finding};

/// A role as kiam resolves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedRole {
    /// The full ARN.
    pub arn: String,
    /// Path and name without `role/`.
    pub name: String,
}

/// `--disable-strict-namespace-regexp`, which kiam has since version 4, and what it did before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionMode {
    /// `^` and `$` are put around the expression.
    Strict,
    /// The expression is searched anywhere in the ARN.
    Search,
    /// Before version 4: the expression is searched anywhere in the role as the pod asks for it, which is most often a bare name.
    SearchInAnnotation,
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

/// True if a namespace with this annotation allows the role, given as the pod asks for it. An expression that does not compile is an error, not a refusal.
pub fn is_permitted(
    permitted: &str,
    prefix: &str,
    role: &str,
    mode: ExpressionMode,
) -> Result<bool, LegacyPodRoleError> {
    let resolved = resolve(prefix, role)?;
    if permitted.is_empty() {
        return Ok(false);
    }
    let compared = match mode {
        ExpressionMode::Strict | ExpressionMode::Search => resolved.arn.as_str(),
        ExpressionMode::SearchInAnnotation => role,
    };
    Ok(compile(permitted, mode)?.is_found_in(compared))
}

/// What is worth saying about a namespace's annotation.
pub fn findings(permitted: &str, mode: ExpressionMode) -> Vec<AnnotationFinding> {
    if permitted.is_empty() {
        let message = "without `iam.amazonaws.com/permitted` a namespace allows no role";
        return vec![finding("lockout.permitted_missing", message)];
    }
    let expression = match compile(permitted, mode) {
        Ok(expression) => expression,
        Err(error) => return vec![finding("lockout.regexp_invalid", error.to_string())],
    };
    if mode != ExpressionMode::SearchInAnnotation && expression.can_match_role(None) == Some(false)
    {
        let message = format!(
            "`{permitted}` is compared with the whole ARN of a role, and none matches: the namespace allows no role"
        );
        return vec![finding("lockout.regex_never_matches", message)];
    }
    let mut findings = Vec::new();
    match mode {
        ExpressionMode::Strict if has_outer_alternation(permitted) => {
            findings.push(finding(
                "privilege.regexp_half_anchored",
                format!("`{permitted}` is anchored only at its outer ends: write `({permitted})`"),
            ));
        }
        ExpressionMode::Strict => {}
        ExpressionMode::Search | ExpressionMode::SearchInAnnotation
            if permitted.starts_with('^') && permitted.ends_with('$') => {}
        ExpressionMode::Search | ExpressionMode::SearchInAnnotation => {
            let place = match mode {
                ExpressionMode::SearchInAnnotation => "the role as a pod asks for it",
                _ => "the ARN",
            };
            findings.push(finding(
                "privilege.regexp_unanchored",
                format!("`{permitted}` is searched anywhere in {place}"),
            ));
        }
    }
    if expression.takes_any_account() {
        let message = format!("`{permitted}` allows roles of every account: write the account out");
        findings.push(finding("privilege.regex_any_account", message));
    }
    findings
}

fn compile(permitted: &str, mode: ExpressionMode) -> Result<GoRegexp, LegacyPodRoleError> {
    let expression = match mode {
        ExpressionMode::Strict => format!("^{permitted}$"),
        ExpressionMode::Search | ExpressionMode::SearchInAnnotation => permitted.to_owned(),
    };
    GoRegexp::compile(&expression)
}
