//! Why the rules' answer and the API server's differ.

use std::collections::BTreeSet;
use std::fmt;

use super::{AdmittedUser, ClusterAnswer};
use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::{Access, Grant, Rule};
use crate::access::explanation::AccessExplanation;
use crate::aws_auth::username_template::{TemplateError, TemplateIdentity, render};
use crate::kubernetes::rbac::MASTERS;

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Admitted as a master whom no rule makes one, in the mode in which a cluster's creator is.
    Creator,
    /// Admitted by something that names nobody of AWS.
    OtherAuthenticator,
    /// Another principal acts than the one that is asked about.
    OtherIdentity {
        /// Its canonical ARN.
        arn: String,
    },
    /// A yes that the API server remembers by token.
    Cache,
    /// What admits it could not be read.
    Unread {
        /// What.
        reasons: Vec<String>,
    },
    /// Admitted without a name, and no rule admits it.
    Unnamed,
    /// Refused in spite of an access entry.
    RecreatedPrincipal,
    /// Refused because its name cannot be formed.
    Template {
        /// Why not.
        reason: String,
    },
    /// A change that is not in force yet.
    NotInForce,
}

impl Difference {
    /// The stable word.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::OtherAuthenticator => "other-authenticator",
            Self::OtherIdentity { .. } => "other-identity",
            Self::Cache => "cache",
            Self::Unread { .. } => "unread",
            Self::Unnamed => "unnamed",
            Self::RecreatedPrincipal => "recreated-principal",
            Self::Template { .. } => "template",
            Self::NotInForce => "not-in-force",
        }
    }

    pub(super) fn between(
        explanation: &AccessExplanation,
        mode: AuthenticationMode,
        answer: &ClusterAnswer,
    ) -> Option<Self> {
        let access = &explanation.principal_access.access;
        match answer {
            ClusterAnswer::NotAsked | ClusterAnswer::Unanswered(_) => None,
            ClusterAnswer::Refused => Self::of_refused(access),
            ClusterAnswer::Remembered(_) => match access {
                Access::Granted(_) | Access::Random(_) => Self::of_refused(access),
                Access::None | Access::Unknown(_) => Some(Self::Cache),
            },
            ClusterAnswer::AdmittedUnnamed => match access {
                Access::Granted(_) | Access::Random(_) => None,
                Access::None => Some(Self::Unnamed),
                Access::Unknown(reasons) => Some(Self::unread(reasons)),
            },
            ClusterAnswer::Admitted(user) => match &user.arn {
                None => Some(Self::OtherAuthenticator),
                Some(arn) if *arn != explanation.principal.arn => {
                    Some(Self::OtherIdentity { arn: arn.clone() })
                }
                Some(_) => Self::of_admitted(access, mode, user),
            },
        }
    }

    fn of_admitted(access: &Access, mode: AuthenticationMode, user: &AdmittedUser) -> Option<Self> {
        let grants = grants(access);
        if grants.iter().any(|grant| is_as_granted(grant, user)) {
            return None;
        }
        if let Access::Unknown(reasons) = access {
            return Some(Self::unread(reasons));
        }
        let is_master = user.groups.iter().any(|group| group == MASTERS);
        let may_be_master = |grant: &&Grant| rendered_groups(grant, user).contains(MASTERS);
        let is_beside_the_rules = is_master && !grants.iter().any(may_be_master);
        if mode == AuthenticationMode::ConfigMap && is_beside_the_rules {
            return Some(Self::Creator);
        }
        Some(Self::NotInForce)
    }

    fn of_refused(access: &Access) -> Option<Self> {
        let grants = grants(access);
        let needs_instance = |grant: &&&Grant| grant.username.contains("{{EC2PrivateDNSName}}");
        if let Some(grant) = grants.iter().find(needs_instance) {
            let reason = format!(
                "`{}` has a value for sessions of EC2 instances alone",
                grant.username
            );
            return Some(Self::Template { reason });
        }
        let is_by_entry = |grant: &Grant| matches!(grant.rule, Rule::AccessEntry(_));
        match grants.as_slice() {
            [] => None,
            [grant, ..] if is_by_entry(grant) => Some(Self::RecreatedPrincipal),
            _ => Some(Self::NotInForce),
        }
    }

    fn unread(reasons: &[String]) -> Self {
        Self::Unread {
            reasons: reasons.to_vec(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Creator => f.write_str(
                "no entry of aws-auth gives that; it is most likely the identity that created the cluster, whose access stands in no ConfigMap, so no edit of \
                 aws-auth takes it away",
            ),
            Self::OtherAuthenticator => f.write_str(
                "the API server knows the identity by another way than AWS (a client certificate, a service account, OIDC), so neither aws-auth nor access \
                 entries decide about it",
            ),
            Self::OtherIdentity { arn } => write!(f, "`{arn}` acts on the cluster, which is another identity"),
            Self::Cache => f.write_str(
                "the API server admits a token that it was shown before and refuses a new one: it remembers a yes for up to some minutes, and what gave it is \
                 gone",
            ),
            Self::Unread { reasons } => {
                write!(f, "what admits it could not be read: {}", reasons.join("; "))
            }
            Self::Unnamed => f.write_str(
                "no entry names it, and the API server does not say as whom it is admitted: it may not ask (403; the cluster role `system:basic-user` is not \
                 bound to it)",
            ),
            Self::RecreatedPrincipal => f.write_str(
                "an access entry names it and does not let it in: one that is older than its role or user counts for the one before it (delete the entry and \
                 create it anew), and one that was made a moment ago takes some seconds",
            ),
            Self::Template { reason } => {
                write!(f, "the cluster cannot form its user name: {reason}")
            }
            Self::NotInForce => f.write_str(
                "a change of aws-auth or of access entries takes some seconds, and the API server remembers a yes for up to some minutes, so one of the two is \
                 not up to date; ask again in a moment",
            ),
        }
    }
}

fn grants(access: &Access) -> Vec<&Grant> {
    match access {
        Access::Granted(grant) => vec![grant],
        Access::Random(grants) => grants.iter().collect(),
        Access::None | Access::Unknown(_) => Vec::new(),
    }
}

/// Whether the API server shows what a grant gives. EKS forms the name of an access entry that was made without one.
fn is_as_granted(grant: &Grant, user: &AdmittedUser) -> bool {
    let is_named_by_eks = grant.username.is_empty() && matches!(grant.rule, Rule::AccessEntry(_));
    let is_name = is_named_by_eks
        || match filled(&grant.username, user) {
            Filled::Text(name) => name == user.username,
            Filled::Unknown => true,
            Filled::Impossible => false,
        };
    let groups: BTreeSet<String> = user.own_groups().into_iter().map(str::to_owned).collect();
    let mut granted = rendered_groups(grant, user);
    granted.remove("system:authenticated");
    is_name && groups == granted
}

fn rendered_groups(grant: &Grant, user: &AdmittedUser) -> BTreeSet<String> {
    let rendered = grant.groups.iter().map(|group| match filled(group, user) {
        Filled::Text(text) => text,
        Filled::Unknown | Filled::Impossible => group.clone(),
    });
    rendered.collect()
}

/// A template with its placeholders filled in.
enum Filled {
    Text(String),
    /// What fills it is not known here.
    Unknown,
    /// Nothing fills it.
    Impossible,
}

fn filled(template: &str, user: &AdmittedUser) -> Filled {
    if !template.contains("{{") {
        return Filled::Text(template.to_owned());
    }
    let Some(session) = &user.session else {
        return Filled::Unknown;
    };
    let identity = TemplateIdentity {
        account_id: &session.account,
        session_name: &session.session_name,
        access_key_id: session.access_key_id.as_str(),
    };
    match render(template, &identity, |_| None) {
        Ok(text) => Filled::Text(text),
        Err(TemplateError::NoPrivateDnsName { .. }) => Filled::Unknown,
        Err(TemplateError::SessionNotInstanceId { .. }) => Filled::Impossible,
    }
}
