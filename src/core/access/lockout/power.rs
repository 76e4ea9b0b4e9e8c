//! What a grant allows, as far as the guard must know: may its holder still mend aws-auth, is it a cluster-admin.
//!
//! The answer is a range: of several random outcomes one counts at its worst for who is left and at its best for who loses, and a user name with
//! placeholders is compared with RBAC's users only where it can be rendered.

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::outcomes;
use crate::access::cluster_access::{Access, Grant};
use crate::aws_auth;
use crate::aws_auth::username_template::{TemplateError, TemplateIdentity, render};
use crate::kubernetes::rbac::{MASTERS, Rbac, Subjects};
use crate::principal::access_key_id::AccessKeyId;

/// How much a principal may do, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// It does not enter.
    Nothing,
    /// It enters, and may not write aws-auth.
    Enters,
    /// It may get and update `kube-system/aws-auth`.
    WritesAwsAuth,
    /// It may do everything.
    ClusterAdmin,
}

/// Between what and what the power of an access is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PowerRange {
    /// What it surely may do.
    pub(super) least: Power,
    /// What it may do at best, or may come to do.
    pub(super) most: Power,
    /// RBAC or an access entry that was not read may give it more.
    pub(super) is_unread: bool,
    /// Whether `most` is more than it has in any case: it would have to take it first (bind, escalate, impersonate).
    pub(super) is_by_a_further_step: bool,
    /// Whether RBAC gives some of it to a name that the user name's template may become.
    pub(super) is_by_name: bool,
}

impl PowerRange {
    fn exactly(power: Power) -> Self {
        Self {
            least: power,
            most: power,
            is_unread: false,
            is_by_a_further_step: false,
            is_by_name: false,
        }
    }

    /// Of two outcomes that are random.
    fn or(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
            is_unread: self.is_unread || other.is_unread,
            is_by_a_further_step: self.is_by_a_further_step || other.is_by_a_further_step,
            is_by_name: self.is_by_name || other.is_by_name,
        }
    }

    /// Whether it may be a power or more, as far as is known.
    pub(super) fn may_reach(self, power: Power) -> bool {
        self.most >= power || self.is_unread
    }
}

/// The session of whoever renders a template; of everybody but the caller it is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerSession {
    /// Twelve digits.
    pub account: String,
    /// The role session's name; empty for a user.
    pub session_name: String,
    /// The access key id.
    pub access_key_id: AccessKeyId,
}

/// A user as RBAC sees it: what the API server is asked about where RBAC could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesUser {
    /// Its name, rendered.
    pub username: String,
    /// Its groups.
    pub groups: Vec<String>,
}

/// Whose power is asked for.
#[derive(Clone, Copy)]
pub(super) struct PowerOf<'a> {
    pub(super) rbac: &'a Rbac,
    /// What the API server said of single users.
    pub(super) reviewed: &'a BTreeMap<KubernetesUser, Power>,
    /// Known for the caller alone.
    pub(super) session: Option<&'a CallerSession>,
}

impl PowerOf<'_> {
    /// The power of an access.
    pub(super) fn access(self, access: &Access) -> PowerRange {
        match access {
            Access::None => PowerRange::exactly(Power::Nothing),
            Access::Unknown(_) => PowerRange {
                is_unread: true,
                ..PowerRange::exactly(Power::Nothing)
            },
            Access::Granted(grant) => self.grant(grant),
            Access::Random(grants) => grants
                .iter()
                .map(|grant| self.grant(grant))
                .reduce(PowerRange::or)
                .unwrap_or(PowerRange::exactly(Power::Nothing)),
        }
    }

    /// The power of one outcome. A name that the server can render for instances alone lets in nobody else, whatever the groups are.
    pub(super) fn grant(self, grant: &Grant) -> PowerRange {
        let user = self.user(&grant.username);
        let range = self.admitted(grant, &user);
        match user {
            User::Refused => PowerRange::exactly(Power::Nothing),
            User::Template(template) if template.contains("{{EC2PrivateDNSName}}") => PowerRange {
                least: Power::Nothing,
                ..range
            },
            _ => range,
        }
    }

    fn admitted(self, grant: &Grant, user: &User) -> PowerRange {
        let rbac = self.rbac;
        let holds = |subjects: &Subjects| holds(grant, user, subjects);
        let is_master = grant.groups.iter().any(|group| group == MASTERS);
        let admin = holds(&rbac.admins);
        if is_master || is_cluster_wide_admin(grant) || admin == Holds::Surely {
            return PowerRange::exactly(Power::ClusterAdmin);
        }
        let writer = holds(&rbac.aws_auth_writers);
        let least = if writer == Holds::Surely || writes_by_policy(grant) {
            Power::WritesAwsAuth
        } else {
            Power::Enters
        };
        let further = holds(&rbac.may_become_admins);
        let may_be_admin = admin == Holds::Perhaps || further != Holds::No;
        if !rbac.is_readable
            && let Some(reviewed) =
                kubernetes_user(grant, user).and_then(|user| self.reviewed.get(&user))
        {
            return PowerRange::exactly(least.max(*reviewed));
        }
        let most = match (may_be_admin, writer) {
            (true, _) => Power::ClusterAdmin,
            (false, Holds::Perhaps) => Power::WritesAwsAuth,
            (false, _) => least,
        };
        PowerRange {
            least,
            most: most.max(least),
            is_unread: !rbac.is_readable,
            is_by_a_further_step: admin == Holds::No && may_be_admin,
            is_by_name: [admin, writer, further].contains(&Holds::Perhaps),
        }
    }

    /// Of whom the API server could say what RBAC, which was not read, gives: everybody whose name is known.
    pub(super) fn unreviewed(self, access: &Access) -> Vec<KubernetesUser> {
        let is_unread = |grant: &&Grant| self.grant(grant).is_unread;
        outcomes(access)
            .iter()
            .filter(is_unread)
            .filter_map(|grant| kubernetes_user(grant, &self.user(&grant.username)))
            .collect()
    }

    fn user(self, template: &str) -> User {
        if !template.contains("{{") {
            return User::Named(template.to_owned());
        }
        let Some(session) = self.session else {
            return User::Template(template.to_owned());
        };
        let identity = TemplateIdentity {
            account_id: &session.account,
            session_name: &session.session_name,
            access_key_id: session.access_key_id.as_str(),
        };
        match render(template, &identity, |_| None) {
            Ok(name) => User::Named(name),
            Err(TemplateError::SessionNotInstanceId { .. }) => User::Refused,
            // An instance: EC2 knows its name.
            Err(TemplateError::NoPrivateDnsName { .. }) => User::Template(template.to_owned()),
        }
    }
}

/// The user name that RBAC sees.
enum User {
    Named(String),
    /// Known once somebody calls.
    Template(String),
    /// The server cannot render it for this caller.
    Refused,
}

impl User {
    fn is_among(&self, names: &BTreeSet<String>) -> Holds {
        match self {
            Self::Named(name) if names.contains(name) => Holds::Surely,
            Self::Template(template) if names.iter().any(|name| fits(name, template)) => {
                Holds::Perhaps
            }
            _ => Holds::No,
        }
    }
}

fn kubernetes_user(grant: &Grant, user: &User) -> Option<KubernetesUser> {
    match user {
        User::Named(username) => Some(KubernetesUser {
            username: username.clone(),
            groups: grant.groups.clone(),
        }),
        User::Template(_) | User::Refused => None,
    }
}

/// Whether a template can become a name: what stands before its first and after its last placeholder does not change.
fn fits(name: &str, template: &str) -> bool {
    let before = template.split("{{").next().unwrap_or_default();
    let after = template.rsplit("}}").next().unwrap_or_default();
    name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Surely,
    Perhaps,
    No,
}

/// Everybody who enters is in `system:authenticated` too.
fn holds(grant: &Grant, user: &User, subjects: &Subjects) -> Holds {
    let is_bound = |group: &str| subjects.groups.contains(group);
    if is_bound("system:authenticated") || grant.groups.iter().any(|group| is_bound(group)) {
        return Holds::Surely;
    }
    user.is_among(&subjects.users)
}

pub(in crate::access) fn is_cluster_wide_admin(grant: &Grant) -> bool {
    grant.policies.iter().any(|policy| {
        policy.name() == "AmazonEKSClusterAdminPolicy" && policy.namespaces.is_empty()
    })
}

pub(in crate::access) fn writes_by_policy(grant: &Grant) -> bool {
    const WRITING: [&str; 3] = [
        "AmazonEKSClusterAdminPolicy",
        "AmazonEKSAdminPolicy",
        "AmazonEKSEditPolicy",
    ];
    grant.policies.iter().any(|policy| {
        WRITING.contains(&policy.name())
            && (policy.namespaces.is_empty()
                || policy
                    .namespaces
                    .iter()
                    .any(|namespace| namespace == aws_auth::NAMESPACE))
    })
}
