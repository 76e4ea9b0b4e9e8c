//! The way from kube2iam or kiam to web identity, in phases that can stop at any point, and how far it is.
//!
//! Phase 1 lets the service accounts in beside the nodes' roles. Phase 2 gives the accounts their annotation, and the pods are recreated. Phase 3
//! takes the nodes' roles out, of each role whose every workload has its role by the new way; every other role keeps them.
//!
//! What surprises: Terraform destroys what a file no longer holds. So whatever an earlier file held is held by every later one, as it is printed anew
//! or as it stood there.

use std::collections::BTreeSet;

use super::scan::{AccountProposal, Scan, ScannedWorkload};
use crate::plural::counted;

mod configuration;
mod left_out;
mod report;
mod trust;

pub use crate::hcl::held::{Held, HeldBlock, HeldError};
pub use crate::hcl::role_settings::RoleSettings;
pub use configuration::{Configuration, ConfigurationRequest, configuration};
pub use left_out::left_out;
pub use report::{report, rows};
pub(crate) use trust::rewritten;
pub use trust::{OldStatement, TrustParts};

/// How far a configuration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Both trusts.
    BothTrusts,
    /// And the accounts with their annotations.
    Accounts,
    /// And without the old trust, where nothing needs it any more.
    NewTrustOnly,
}

impl Phase {
    /// Its number, from 1.
    pub fn number(self) -> u8 {
        match self {
            Self::BothTrusts => 1,
            Self::Accounts => 2,
            Self::NewTrustOnly => 3,
        }
    }
}

/// Whether a role lets a service account in, judged as IAM would judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewTrust {
    /// It does.
    Admits,
    /// It does not, with the reason.
    Refuses(String),
    /// It does not, with the reason, and naming the account in its trust policy does not change that: what is in the way is its token, or the OIDC provider.
    RefusesToken(String),
    /// That could not be found out.
    Unknown(String),
}

/// A role as IAM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// Everything but its trust.
    pub settings: RoleSettings,
    /// Its trust policy, taken apart.
    pub trust: TrustParts,
}

/// How far an account of a role is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProgress {
    /// The account.
    pub proposal: AccountProposal,
    /// Whether the role lets it in.
    pub new_trust: NewTrust,
    /// What still has its role by the old way, one sentence each.
    pub waiting: Vec<String>,
}

/// Why a role is not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleProblem {
    /// In words.
    pub text: String,
    /// Whether nobody knows what the role is.
    pub is_unread: bool,
}

/// How far a role is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleProgress {
    /// The role.
    pub role_arn: String,
    /// As IAM has it; `None` where it was not read.
    pub facts: Option<RoleFacts>,
    /// Why it was not read, or cannot be moved.
    pub problem: Option<RoleProblem>,
    /// Its accounts.
    pub accounts: Vec<AccountProgress>,
    /// Workloads that may have it by the old way and get no account, one sentence each.
    pub kept_for: Vec<String>,
}

/// How far everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What was found in the cluster or in manifests.
    pub scan: Scan,
    /// The roles, by ARN.
    pub roles: Vec<RoleProgress>,
    /// What could not be read.
    pub unread: Vec<String>,
}

impl RoleProgress {
    /// What keeps the old trust from being taken away; empty where nothing does.
    pub fn blockers(&self) -> Vec<String> {
        if let Some(problem) = &self.problem {
            return vec![problem.text.clone()];
        }
        let mut blockers = self.kept_for.clone();
        for account in &self.accounts {
            let name = account.name();
            match &account.new_trust {
                NewTrust::Admits => {}
                NewTrust::Refuses(why) | NewTrust::RefusesToken(why) => {
                    blockers.push(format!("the role does not let {name} in: {why}"));
                }
                NewTrust::Unknown(why) => {
                    blockers.push(format!(
                        "whether the role lets {name} in is not known: {why}"
                    ));
                }
            }
            blockers.extend(account.waiting.iter().cloned());
        }
        blockers
    }

    /// Whether its trust policy still lets the nodes in; `None` where it was not read.
    pub fn has_old_trust(&self) -> Option<bool> {
        Some(self.facts.as_ref()?.trust.admits_nodes())
    }

    /// What lets the nodes in and is not taken away, one sentence each.
    pub fn lasting(&self) -> Vec<String> {
        let facts = self.facts.iter();
        let lasting = facts.flat_map(|facts| &facts.trust.lasting);
        lasting
            .map(|who| format!("the trust policy lets the nodes in by {who} as well, which may be for others: take it out by hand"))
            .collect()
    }

    /// The accounts that are given the role: all but those that are annotated with another.
    pub fn movable(&self) -> impl Iterator<Item = &AccountProgress> {
        self.accounts
            .iter()
            .filter(|account| account.other_role().is_none())
    }

    /// How far it is, in words.
    pub fn state(&self) -> &'static str {
        let is_refused = |account: &AccountProgress| account.new_trust != NewTrust::Admits;
        if self.problem.is_some() {
            "stopped"
        } else if self.accounts.iter().any(is_refused) {
            "not trusted yet"
        } else if self
            .accounts
            .iter()
            .any(|account| !account.waiting.is_empty())
            || !self.kept_for.is_empty()
        {
            "both trusts"
        } else if self
            .facts
            .as_ref()
            .is_some_and(|facts| facts.trust.has_old())
        {
            "ready for phase 3"
        } else if self.has_old_trust() == Some(true) {
            "nodes still let in"
        } else {
            "done"
        }
    }
}

impl AccountProgress {
    /// `` the account `apps/web` ``.
    pub fn name(&self) -> String {
        let account = &self.proposal.account;
        format!("the account `{}/{}`", account.namespace, account.name)
    }

    /// The role that it is annotated with, where that is another one.
    pub fn other_role(&self) -> Option<&str> {
        let annotated = self.proposal.annotated_role.as_deref();
        annotated.filter(|role| *role != self.proposal.role_arn)
    }

    /// Whether it is annotated with the role already.
    pub fn is_annotated(&self) -> bool {
        self.proposal.annotated_role.as_ref() == Some(&self.proposal.role_arn)
    }
}

impl Migration {
    /// Whether every workload has its role by the new way, and no role that was read lets the nodes in any more.
    pub fn is_done(&self) -> bool {
        self.unread.is_empty()
            && self.roles.iter().all(|role| role.state() == "done")
            && left_out(self, Phase::NewTrustOnly).is_empty()
    }

    /// Whether something that decides could not be found out.
    pub fn is_uncertain(&self) -> bool {
        let is_unknown =
            |account: &AccountProgress| matches!(account.new_trust, NewTrust::Unknown(_));
        !self.unread.is_empty()
            || !self.unknown_namespaces().is_empty()
            || self.roles.iter().any(|role| match &role.problem {
                Some(problem) => problem.is_unread,
                None => role.accounts.iter().any(is_unknown),
            })
    }

    /// The workloads whose accounts are given nothing.
    pub fn withheld(&self) -> impl Iterator<Item = &ScannedWorkload> {
        let all = self.scan.with_roles();
        all.filter(|scanned| scanned.withheld.is_some())
    }

    /// The namespaces whose rules were not given, so that nobody knows what they permit.
    pub fn unknown_namespaces(&self) -> BTreeSet<&str> {
        let all = self.scan.with_roles();
        let unknown = all.filter(|scanned| {
            scanned.role_arn.is_some()
                && scanned.is_permitted.is_none()
                && scanned.withheld.is_none()
        });
        unknown
            .map(|scanned| scanned.workload.namespace.as_str())
            .collect()
    }

    /// The workloads that would still lose their role with the old trust, though nothing can be proposed for them.
    pub fn without_proposal(&self) -> impl Iterator<Item = &ScannedWorkload> {
        self.scan
            .with_roles()
            .filter(|workload| workload.role_arn.is_none())
    }
}

/// The workloads of a role that may have it by the old way and get no account, one sentence each.
pub fn kept_for(scan: &Scan, role_arn: &str) -> Vec<String> {
    let own = scan
        .with_roles()
        .filter(|scanned| scanned.role_arn.as_deref() == Some(role_arn) && scanned.may_have_role());
    let sentence = |scanned: &ScannedWorkload| {
        let reason = scanned.why_withheld()?;
        Some(format!("{} gets no account: {reason}", scanned.describe()))
    };
    own.filter_map(sentence).collect()
}

/// What of an account's workloads still has its role by the old way.
pub fn waiting(scan: &Scan, proposal: &AccountProposal) -> Vec<String> {
    let account = &proposal.account;
    let name = format!("`{}/{}`", account.namespace, account.name);
    let mut waiting = Vec::new();
    match (proposal.exists, &proposal.annotated_role) {
        (false, _) => waiting.push(format!("the account {name} is not there yet")),
        (true, None) => waiting.push(format!("the account {name} is not annotated yet")),
        (true, Some(role)) if *role != proposal.role_arn => {
            waiting.push(format!("the account {name} is annotated with `{role}`"));
        }
        (true, Some(_)) => {}
    }
    let own = scan.workloads.iter().filter(|scanned| {
        scanned.workload.namespace == account.namespace
            && scanned.target_account == account.name
            && scanned.withheld.is_none()
            && scanned.role_arn.as_ref() == Some(&proposal.role_arn)
    });
    for scanned in own {
        let described = scanned.describe();
        let today = &scanned.workload.template.service_account;
        if *today != account.name && !scanned.workload.differs_from_template {
            waiting.push(format!(
                "{described} runs as `{today}`, not as `{}`",
                account.name
            ));
        }
        let old = scanned.pods_by_old_way();
        if old > 0 {
            waiting.push(match scanned.workload.kind.as_str() {
                "Pod" => format!("{described} must be recreated"),
                _ => format!("{} of {described} must be recreated", counted(old, "pod")),
            });
        }
    }
    waiting
}

#[cfg(test)]
mod tests;
