//! What a judgement needs beside the two states: who acts and who must stay, what groups may do, nodes, and what could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::comparison::outcomes;
use super::existence::IamPrincipals;
use super::less_bound::LessBound;
use super::listed_entries::ListedEntries;
use super::power::{CallerSession, KubernetesUser, Power, PowerOf, PowerRange};
use crate::access::access_entry::AccessEntry;
use crate::access::cluster_access::{Access, Grant, Principal};
use crate::kubernetes::rbac::{MASTERS, Rbac};
use crate::principal::partition::Partition;

/// How what could not be read is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unread {
    /// Said, not judged.
    #[default]
    Open,
    /// Against the change.
    Against,
    /// Said, not judged, and nobody is taken for the last: a check on files, after which the cluster itself is asked.
    Later,
}

/// Whether there are nodes that an entry admits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nodes {
    /// There are none.
    None,
    /// There are some.
    Some,
    /// They could not be listed.
    #[default]
    Unreadable,
}

/// Who makes the change, as the API server names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActingIdentity {
    /// Its canonical ARN; `None` where it is none of AWS (a certificate).
    pub principal: Option<Principal>,
    /// Its session, where it is known.
    pub session: Option<CallerSession>,
    /// The name under which the API server admits it; `None` where that was not asked.
    pub username: Option<String>,
    /// The groups in which the API server admits it; empty where that was not asked.
    pub groups: BTreeSet<String>,
    /// Whether the API server admits it at this moment; `None` where it was not asked.
    pub is_admitted: Option<bool>,
    /// Whether it may get and change aws-auth; `None` where that was not asked.
    pub may_write: Option<bool>,
    /// Whether it may do everything; `None` where that was not asked.
    pub is_admin: Option<bool>,
}

/// What a comparison needs beside the two views.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The cluster's name, for texts and acknowledgements.
    pub cluster: String,
    /// The cluster's partition, whose principals alone can come; `None` where it is not known.
    pub partition: Option<Partition>,
    /// Who makes the change, in canonical form: whoever acts now and whoever will apply.
    pub running: Vec<Principal>,
    /// Whoever acts now, one of `running` if it is of AWS; `None`: all of `running` are judged by the rules alone.
    pub acting: Option<ActingIdentity>,
    /// Why it is not known who acts.
    pub unread_caller: Option<String>,
    /// Who must keep its access, in canonical form.
    pub protected: Vec<Principal>,
    /// What groups and users may do.
    pub rbac: Rbac,
    /// Where RBAC could not be read: what the API server says that single users may do.
    pub reviewed: BTreeMap<KubernetesUser, Power>,
    /// Whether nodes exist.
    pub nodes: Nodes,
    /// Which principals IAM has.
    pub iam: IamPrincipals,
    /// Where the access entries were not read one by one: those of single principals that were asked for, by principal.
    pub described: BTreeMap<Principal, Option<AccessEntry>>,
    /// The same with the names of the state after the change, where RBAC has others there.
    pub described_after: Option<BTreeMap<Principal, Option<AccessEntry>>>,
    /// What is bound to less, where the change is one of RBAC.
    pub less_bound: Option<Arc<LessBound>>,
    /// Who has an access entry at all, where the access entries were not read one by one; `None` where that is not known of everybody.
    pub listed: Option<Arc<ListedEntries>>,
    /// How the unreadable counts.
    pub unread: Unread,
}

impl Circumstances {
    /// The entries that were asked for, with the names of the state after the change.
    pub(super) fn described_after(&self) -> &BTreeMap<Principal, Option<AccessEntry>> {
        self.described_after.as_ref().unwrap_or(&self.described)
    }

    /// Whoever acts, if it is this principal.
    pub(super) fn acting_as(&self, principal: &Principal) -> Option<&ActingIdentity> {
        self.acting
            .as_ref()
            .filter(|acting| acting.principal.as_ref() == Some(principal))
    }

    /// Whether it is known to be there because it is acting now.
    pub(super) fn is_acting(&self, principal: &Principal) -> bool {
        self.acting_as(principal).is_some()
    }

    /// The power of an access, for a principal.
    pub(super) fn power(&self, principal: &Principal, access: &Access) -> PowerRange {
        self.with_power_of(principal, access, |power| power.access(access))
    }

    /// The power of one of its outcomes, in the session of whoever acts if it is this principal.
    pub(super) fn power_of(&self, principal: &Principal, outcome: &Grant) -> PowerRange {
        let access = Access::Granted(outcome.clone());
        self.with_power_of(principal, &access, |power| power.grant(outcome))
    }

    /// The same of everybody who comes as this principal, in whatever session.
    pub(super) fn power_in_any_session(
        &self,
        principal: &Principal,
        outcome: &Grant,
    ) -> PowerRange {
        let session = session_of_user(principal, std::slice::from_ref(outcome));
        PowerOf {
            rbac: &self.rbac,
            reviewed: &self.reviewed,
            session: session.as_ref(),
            account: &principal.account,
        }
        .grant(outcome)
    }

    /// Of whom the API server could say what they may do, where RBAC was not read.
    pub(super) fn unreviewed(&self, principal: &Principal, access: &Access) -> Vec<KubernetesUser> {
        self.with_power_of(principal, access, |power| power.unreviewed(access))
    }

    fn with_power_of<T>(
        &self,
        principal: &Principal,
        access: &Access,
        ask: impl Fn(PowerOf<'_>) -> T,
    ) -> T {
        let acting = self
            .acting_as(principal)
            .and_then(|acting| acting.session.clone());
        let session = acting.or_else(|| session_of_user(principal, outcomes(access)));
        ask(PowerOf {
            rbac: &self.rbac,
            reviewed: &self.reviewed,
            session: session.as_ref(),
            account: &principal.account,
        })
    }

    /// Whether whoever acts is an administrator by a way that no rule gives and no edit takes: the API server admits it and shows it to be one, and
    /// no entry names it.
    pub(super) fn is_admin_beside_the_rules(&self, before: impl Fn(&Principal) -> Access) -> bool {
        self.acting.as_ref().is_some_and(|acting| {
            acting.is_admin == Some(true) && acting.is_beside_the_rules(before)
        })
    }
}

/// A user has no session, so of its name and groups only the access key is not known.
fn session_of_user(principal: &Principal, outcomes: &[Grant]) -> Option<CallerSession> {
    let names_key = || {
        outcomes
            .iter()
            .flat_map(|grant| grant.groups.iter().chain([&grant.username]))
            .any(|template| template.contains("{{AccessKeyID}}"))
    };
    (principal.arn.contains(":user/") && !names_key()).then(|| CallerSession {
        account: principal.account.clone(),
        ..CallerSession::default()
    })
}

impl ActingIdentity {
    /// Whether the API server admits it although no rule does, or as a master whom no rule makes one: a cluster's creator is asked for before aws-auth.
    pub(super) fn is_beside_the_rules(&self, before: impl Fn(&Principal) -> Access) -> bool {
        let of_no_rule = |access: &Access| match access {
            Access::None => true,
            Access::Unknown(_) => false,
            Access::Granted(_) | Access::Random(_) => {
                let may_be_masters = |group: &String| group == MASTERS || group.contains("{{");
                let is_master = |outcome: &Grant| outcome.groups.iter().any(may_be_masters);
                self.groups.contains(MASTERS) && !outcomes(access).iter().any(is_master)
            }
        };
        self.is_admitted == Some(true)
            && match &self.principal {
                None => true,
                Some(principal) => of_no_rule(&before(principal)),
            }
    }

    /// Its power before the change: what the API server says where it was asked, else what the rules say.
    pub(super) fn power_before(&self, by_rules: PowerRange) -> PowerRange {
        match (self.may_write, self.is_admin) {
            (_, Some(true)) => exactly(Power::ClusterAdmin),
            (Some(true), _) => PowerRange {
                least: Power::WritesAwsAuth.max(by_rules.least),
                most: Power::WritesAwsAuth.max(by_rules.most),
                ..by_rules
            },
            (Some(false), _) => exactly(Power::Enters),
            (None, _) => by_rules,
        }
    }
}

fn exactly(power: Power) -> PowerRange {
    PowerRange {
        least: power,
        most: power,
        is_unread: false,
        is_by_a_further_step: false,
        has_a_whole_way: false,
        is_by_name: false,
    }
}
