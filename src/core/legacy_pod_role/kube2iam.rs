//! kube2iam: the annotation `iam.amazonaws.com/role` of a pod and `iam.amazonaws.com/allowed-roles` of its namespace.
//!
//! What surprises: an annotation that is there but empty does not fall back to the default role, the default role is allowed in every
//! namespace, an item of the wrong type in the list of allowed roles becomes the base ARN itself, and credentials are cached by role
//! alone, whatever pod or external id asked first.

use serde_json::Value;

use super::go_regexp::{GoRegexp, has_outer_alternation};
use super::{AnnotationFinding, LegacyPodRoleError, finding};

/// How a cluster's kube2iam is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kube2iam {
    /// `--base-role-arn`, what names are appended to.
    pub base_arn: String,
    /// `--default-role`, as given; empty for none.
    pub default_role: String,
    /// Whether and how namespaces restrict roles.
    pub restriction: NamespaceRestriction,
}

/// `--iam-role-key`, `--iam-external-id` and `--namespace-key`: which annotations are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationKeys {
    /// Of a pod: its role.
    pub role: String,
    /// Of a pod: its external id.
    pub external_id: String,
    /// Of a namespace: the roles that its pods may have.
    pub namespace: String,
}

impl Default for AnnotationKeys {
    fn default() -> Self {
        Self {
            role: "iam.amazonaws.com/role".to_owned(),
            external_id: "iam.amazonaws.com/external-id".to_owned(),
            namespace: "iam.amazonaws.com/allowed-roles".to_owned(),
        }
    }
}

/// `--namespace-restrictions` and `--namespace-restriction-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceRestriction {
    /// Every pod may have every role; kube2iam's default.
    Off,
    /// Patterns in which `*` is the only wildcard, matched as a whole.
    Glob,
    /// Regular expressions, found anywhere in the ARN.
    Regexp,
}

impl NamespaceRestriction {
    /// The restriction that kube2iam's two flags give; any format but `regexp`, in whatever case, is a glob.
    pub fn from_flags(is_on: bool, format: &str) -> NamespaceRestriction {
        match (is_on, format.eq_ignore_ascii_case("regexp")) {
            (false, _) => NamespaceRestriction::Off,
            (true, true) => NamespaceRestriction::Regexp,
            (true, false) => NamespaceRestriction::Glob,
        }
    }
}

impl Kube2iam {
    /// The role of a pod from its annotation, `None` where the pod has none.
    pub fn role_of_pod(&self, annotation: Option<&str>) -> Result<String, LegacyPodRoleError> {
        match annotation {
            Some(role) => Ok(self.role_arn(role)),
            None if self.default_role.is_empty() => Err(LegacyPodRoleError::NoRole),
            None => Ok(self.role_arn(&self.default_role)),
        }
    }

    /// A full ARN as it is, in any case; a name or path behind the base ARN.
    pub fn role_arn(&self, role: &str) -> String {
        let is_arn = role
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("arn:"));
        if is_arn {
            role.to_owned()
        } else {
            format!("{}{role}", self.base_arn)
        }
    }

    /// True if pods of a namespace with this annotation may have the role.
    pub fn is_allowed(&self, allowed_roles: Option<&str>, role_arn: &str) -> bool {
        if self.restriction == NamespaceRestriction::Off
            || role_arn == self.role_arn(&self.default_role)
        {
            return true;
        }
        let patterns = patterns(allowed_roles.unwrap_or_default());
        patterns
            .iter()
            .map(|pattern| self.role_arn(pattern))
            .any(|pattern| match self.restriction {
                // A pattern that does not compile matches nothing; the next one is tried.
                NamespaceRestriction::Regexp => {
                    GoRegexp::compile(&pattern).is_ok_and(|pattern| pattern.is_found_in(role_arn))
                }
                NamespaceRestriction::Glob | NamespaceRestriction::Off => {
                    glob_matches(&pattern, role_arn)
                }
            })
    }

    /// What is worth saying about a namespace's annotation.
    pub fn findings(&self, allowed_roles: &str) -> Vec<AnnotationFinding> {
        let mut findings = Vec::new();
        if self.restriction == NamespaceRestriction::Off {
            let message = "namespace restrictions are off, so the annotation has no effect: every pod may have every role";
            findings.push(finding("privilege.namespace_restriction_off", message));
        }
        if !matches!(serde_json::from_str(allowed_roles), Ok(Value::Array(_))) {
            let allowed = match self.default_role.is_empty() {
                true => "no role",
                false => "the default role only",
            };
            let message = format!(
                "`{allowed_roles}` is not a JSON list such as `[\"role\"]`, so the namespace allows {allowed}"
            );
            findings.push(finding("lockout.annotation_not_json", message));
        }
        for pattern in patterns(allowed_roles) {
            match self.restriction {
                NamespaceRestriction::Off => {}
                NamespaceRestriction::Glob => findings.extend(self.findings_of_glob(&pattern)),
                NamespaceRestriction::Regexp => findings.extend(self.findings_of_regexp(&pattern)),
            }
        }
        findings.extend(self.default_role_around(allowed_roles));
        findings
    }

    /// The default role is allowed in every namespace; said where the namespace's own rule does not allow it.
    fn default_role_around(&self, allowed_roles: &str) -> Option<AnnotationFinding> {
        let without_default = Kube2iam {
            default_role: String::new(),
            ..self.clone()
        };
        let default_role = self.role_arn(&self.default_role);
        let is_around = self.restriction != NamespaceRestriction::Off
            && !self.default_role.is_empty()
            && !without_default.is_allowed(Some(allowed_roles), &default_role);
        let message = format!(
            "the default role `{default_role}` is allowed in every namespace, whatever the annotation says"
        );
        is_around.then(|| finding("privilege.default_role_bypass", message))
    }

    fn findings_of_glob(&self, pattern: &str) -> Vec<AnnotationFinding> {
        let whole = self.role_arn(pattern);
        let Ok(expression) = GoRegexp::compile(&expression_of_glob(&whole)) else {
            return Vec::new();
        };
        if expression.can_match_role(Some(&self.base_arn)) == Some(false) {
            let message = format!(
                "`{pattern}` matches no role: it is compared as `{whole}`, in which only `*` is a wildcard"
            );
            return vec![finding("lockout.glob_never_matches", message)];
        }
        let message = format!("`{pattern}` allows roles of every account: write the account out");
        match expression.takes_any_account() {
            true => vec![finding("privilege.glob_any_account", message)],
            false => Vec::new(),
        }
    }

    fn findings_of_regexp(&self, pattern: &str) -> Vec<AnnotationFinding> {
        let whole = self.role_arn(pattern);
        let expression = match GoRegexp::compile(&whole) {
            Ok(expression) => expression,
            Err(error) => return vec![finding("lockout.regexp_invalid", error.to_string())],
        };
        if expression.can_match_role(Some(&self.base_arn)) == Some(false) {
            return vec![never_matches(pattern, &whole)];
        }
        let mut findings = Vec::new();
        if has_outer_alternation(&whole) {
            let message = format!(
                "`{pattern}` is an alternation: what stands after `|` is searched anywhere, without the base ARN"
            );
            findings.push(finding("privilege.regexp_alternation", message));
        } else if !whole.ends_with('$') {
            let message = format!(
                "`{pattern}` is not anchored: it also allows every longer name that holds it"
            );
            findings.push(finding("privilege.regexp_unanchored", message));
        }
        if expression.takes_any_account() {
            let message =
                format!("`{pattern}` allows roles of every account: write the account out");
            findings.push(finding("privilege.regex_any_account", message));
        }
        findings
    }
}

/// Why an expression matches no ARN: most often it has a `^` of its own, which then stands in the middle.
fn never_matches(pattern: &str, whole: &str) -> AnnotationFinding {
    if pattern.starts_with('^') && pattern != whole {
        let message = format!(
            "`{pattern}` matches no role: the base ARN is put before it, and in `{whole}` the `^` never holds"
        );
        return finding("lockout.regex_caret", message);
    }
    let message =
        format!("`{pattern}` matches no role: none has an ARN in which `{whole}` is found");
    finding("lockout.regex_never_matches", message)
}

/// The expression that matches as a whole what a glob matches.
fn expression_of_glob(glob: &str) -> String {
    let parts: Vec<String> = glob.split('*').map(regex_lite::escape).collect();
    format!("^{}$", parts.join("(?s:.*)"))
}

/// True for a base ARN that kube2iam accepts, as its own expression `^arn:(\w|-)*:iam::\d+:role\/?(\w+|-|\/|\.)*$` does.
pub fn is_valid_base_arn(arn: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let Some((partition, rest)) = arn
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"))
    else {
        return false;
    };
    let Some((account, resource)) = rest.split_once(':') else {
        return false;
    };
    let Some(path) = resource.strip_prefix("role") else {
        return false;
    };
    partition.bytes().all(is_word)
        && !account.is_empty()
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && path
            .bytes()
            .all(|byte| is_word(byte) || byte == b'/' || byte == b'.')
}

/// The list in the annotation. An item that is no text becomes an empty pattern, as Go's reader leaves it.
fn patterns(allowed_roles: &str) -> Vec<String> {
    match serde_json::from_str(allowed_roles) {
        Ok(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().unwrap_or_default().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// `*` stands for anything, everything else for itself; the whole text must match.
fn glob_matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    text.ends_with(last)
}
