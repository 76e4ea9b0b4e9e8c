//! What allows something, in words that name every object of it.

use std::fmt;

use crate::access::access_policy::AccessPolicy;
use crate::kubernetes::rbac::{GrantingRule, MASTERS, PolicyRule, RbacGrant, UrlRule};

/// The binding, the role and the rule that allow something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantingBinding {
    /// `RoleBinding` or `ClusterRoleBinding`.
    pub kind: &'static str,
    /// Empty for a ClusterRoleBinding.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Role` or `ClusterRole`.
    pub role_kind: &'static str,
    /// The role's name.
    pub role: String,
    /// Whom of it the principal is: group `developers`.
    pub subject: String,
    /// The rule, in words.
    pub rule: String,
}

/// What allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedBy {
    /// The group `system:masters`, whatever RBAC says.
    Masters,
    /// RBAC.
    Binding(GrantingBinding),
    /// An EKS access policy.
    AccessPolicy(AccessPolicy),
    /// Something that only the API server knows; the reason that it gives, which may be empty.
    ApiServer {
        /// In its words.
        reason: String,
    },
}

impl GrantedBy {
    /// The stable word of what it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Masters => "system:masters",
            Self::Binding(binding) => binding.kind,
            Self::AccessPolicy(_) => "AccessPolicy",
            Self::ApiServer { .. } => "Authorizer",
        }
    }
}

impl From<RbacGrant<'_>> for GrantingBinding {
    fn from(grant: RbacGrant<'_>) -> Self {
        let RbacGrant {
            binding,
            subject,
            rule,
            ..
        } = grant;
        Self {
            kind: binding.kind(),
            namespace: binding.namespace.clone(),
            name: binding.name.clone(),
            role_kind: binding.role.kind(),
            role: binding.role.name.clone(),
            subject: subject.to_string(),
            rule: match rule {
                GrantingRule::Resource(rule) => describe_rule(rule),
                GrantingRule::Url(rule) => describe_url_rule(rule),
            },
        }
    }
}

/// `get, list on pods, pods/log in API groups "", apps; only config`
fn describe_rule(rule: &PolicyRule) -> String {
    let groups: Vec<String> = rule
        .api_groups
        .iter()
        .map(|group| match group.as_str() {
            "" => "core".to_owned(),
            group => group.to_owned(),
        })
        .collect();
    let named = match rule.resource_names.as_slice() {
        [] => String::new(),
        names => format!(", only {}", names.join(", ")),
    };
    format!(
        "{} on {} of API group {}{named}",
        rule.verbs.join(", "),
        rule.resources.join(", "),
        groups.join(", ")
    )
}

fn describe_url_rule(rule: &UrlRule) -> String {
    format!("{} on {}", rule.verbs.join(", "), rule.paths.join(", "))
}

impl fmt::Display for GrantingBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(
            f,
            "{}` of {} with {} `{}`: {}",
            self.name, self.subject, self.role_kind, self.role, self.rule
        )
    }
}

impl fmt::Display for GrantedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Masters => write!(f, "group `{MASTERS}`, which may do everything"),
            Self::Binding(binding) => binding.fmt(f),
            Self::AccessPolicy(policy) => write!(
                f,
                "access policy `{}` in {}",
                policy.name(),
                policy.scope_text()
            ),
            Self::ApiServer { reason } if reason.is_empty() => {
                f.write_str("an authorizer of the API server, which gives no reason")
            }
            Self::ApiServer { reason } => {
                write!(f, "an authorizer of the API server: {reason}")
            }
        }
    }
}
