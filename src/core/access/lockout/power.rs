//! What a grant allows, as far as the guard must know: may its holder still mend aws-auth, is it a cluster-admin.
//!
//! The answer is a range: of several random outcomes one counts at its worst for who is left and at its best for who loses, and a user name with
//! placeholders is compared with RBAC's users only where it can be rendered.

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::outcomes;
use crate::access::cluster_access::{Access, Grant};
use crate::aws_auth;
use crate::aws_auth::username_template::{TemplateError, TemplateIdentity, fits, render};
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
    /// Whether that further step is surely open to it: it has a whole way.
    pub(super) has_a_whole_way: bool,
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
            has_a_whole_way: false,
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
            has_a_whole_way: self.has_a_whole_way && other.has_a_whole_way,
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
    /// The account of whoever comes, which is known of everybody.
    pub(super) account: &'a str,
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

    /// The power of one outcome. A name or a group that the server can render for instances alone lets in nobody else, whatever the rest is.
    pub(super) fn grant(self, grant: &Grant) -> PowerRange {
        let user = self.user(grant);
        let range = self.admitted(grant, &user);
        let is_of_instances = |name: &Name| matches!(name, Name::Template(template) if template.contains("{{EC2PrivateDNSName}}"));
        if user.names().any(|name| *name == Name::Refused) {
            return PowerRange::exactly(Power::Nothing);
        }
        match user.names().any(is_of_instances) {
            true => PowerRange {
                least: Power::Nothing,
                ..range
            },
            false => range,
        }
    }

    fn admitted(self, grant: &Grant, user: &User) -> PowerRange {
        let rbac = self.rbac;
        let holds = |subjects: &Subjects| user.holds(subjects);
        let admin = user.is_in(MASTERS).max(holds(&rbac.admins));
        if is_cluster_wide_admin(grant) || admin == Holds::Surely {
            return PowerRange::exactly(Power::ClusterAdmin);
        }
        let writer = holds(&rbac.aws_auth_writers).max(rbac.parts.writing(holds));
        let whole_way = holds(&rbac.can_become_admins).max(rbac.parts.whole_way(holds));
        let least = if writer == Holds::Surely || writes_by_policy(grant) {
            Power::WritesAwsAuth
        } else {
            Power::Enters
        };
        let further = holds(&rbac.may_become_admins).max(whole_way);
        let may_be_admin = admin == Holds::Perhaps || further != Holds::No;
        if !rbac.is_readable
            && let Some(reviewed) = user.rendered().and_then(|user| self.reviewed.get(&user))
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
            has_a_whole_way: whole_way == Holds::Surely,
            is_by_name: [admin, writer, further].contains(&Holds::Perhaps),
        }
    }

    /// Of whom the API server could say what RBAC, which was not read, gives: everybody whose name is known.
    pub(super) fn unreviewed(self, access: &Access) -> Vec<KubernetesUser> {
        let is_unread = |grant: &&Grant| self.grant(grant).is_unread;
        outcomes(access)
            .iter()
            .filter(is_unread)
            .filter_map(|grant| self.user(grant).rendered())
            .collect()
    }

    fn user(self, grant: &Grant) -> User {
        User {
            name: self.name(&grant.username),
            groups: grant.groups.iter().map(|group| self.name(group)).collect(),
        }
    }

    fn name(self, template: &str) -> Name {
        let Some(session) = self.session else {
            let template = template.replace("{{AccountID}}", self.account);
            return match template.contains("{{") {
                true => Name::Template(template),
                false => Name::Known(template),
            };
        };
        let identity = TemplateIdentity {
            account_id: &session.account,
            session_name: &session.session_name,
            access_key_id: session.access_key_id.as_str(),
        };
        match render(template, &identity, |_| None) {
            Ok(name) => Name::Known(name),
            Err(TemplateError::SessionNotInstanceId { .. }) => Name::Refused,
            // An instance: EC2 knows its name.
            Err(TemplateError::NoPrivateDnsName { .. }) => Name::Template(template.to_owned()),
        }
    }
}

/// A user as RBAC sees it: the server fills in the placeholders of its groups as it does those of its name.
struct User {
    name: Name,
    groups: Vec<Name>,
}

impl User {
    fn names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.name).chain(&self.groups)
    }

    fn is_in(&self, group: &str) -> Holds {
        let wanted = BTreeSet::from([group.to_owned()]);
        self.is_in_any(&wanted)
    }

    fn is_in_any(&self, wanted: &BTreeSet<String>) -> Holds {
        let groups = self.groups.iter();
        groups
            .map(|group| group.is_among(wanted))
            .max()
            .unwrap_or(Holds::No)
    }

    /// Everybody who enters is in `system:authenticated` too.
    fn holds(&self, subjects: &Subjects) -> Holds {
        if subjects.groups.contains("system:authenticated") {
            return Holds::Surely;
        }
        self.is_in_any(&subjects.groups)
            .max(self.name.is_among(&subjects.users))
    }

    /// `None` where a name is known only once somebody calls.
    fn rendered(&self) -> Option<KubernetesUser> {
        let known = |name: &Name| match name {
            Name::Known(name) => Some(name.clone()),
            Name::Template(_) | Name::Refused => None,
        };
        Some(KubernetesUser {
            username: known(&self.name)?,
            groups: self.groups.iter().map(known).collect::<Option<_>>()?,
        })
    }
}

/// The name of a user or of a group.
#[derive(PartialEq, Eq)]
enum Name {
    Known(String),
    /// Known once somebody calls.
    Template(String),
    /// The server cannot render it for this caller.
    Refused,
}

impl Name {
    fn is_among(&self, names: &BTreeSet<String>) -> Holds {
        match self {
            Self::Known(name) if names.contains(name) => Holds::Surely,
            Self::Template(template) if names.iter().any(|name| fits(name, template)) => {
                Holds::Perhaps
            }
            _ => Holds::No,
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    #[default]
    No,
    Perhaps,
    Surely,
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
