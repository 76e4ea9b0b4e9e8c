//! One judgement, step by step: judged by what is known, asked for the next thing that it turns on, judged again.
//!
//! What costs least and may be enough comes first, so that evidence that is enough ends the chain: somebody in `system:masters` who exists is an
//! administrator that is left, whatever RBAC says. What is not asked for cannot change the judgement; which that is the rules themselves say
//! ([`TurnsOn`]).

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::access::lockout::{
    Assessment, Circumstances, KubernetesUser, Nodes, Power, Unread,
};

use super::ClusterGuard;
use super::facts::Facts;
use crate::config::LockoutGuard;

/// Access entries that are all read at most, where nothing less decides whether a change is refused.
const MOST_ENTRIES: usize = 500;

/// The same where it decides whether something is warned of.
const MOST_FOR_A_WARNING: usize = 25;

/// A judgement, and what could not be read for it.
pub(super) struct Judged {
    pub(super) assessment: Assessment,
    pub(super) unread: Vec<String>,
}

/// What was asked for, apart from single principals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Asked {
    nodes: bool,
    all_of_rbac: bool,
    rbac_of_cluster: bool,
    may_write: bool,
    roles: bool,
    admin_entries: bool,
    all_entries: bool,
    is_admin: bool,
    anew: bool,
}

/// What tells the circumstances of two judgements of one moment apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    asked: Asked,
    has_all_names: bool,
    users: BTreeMap<String, Knowledge<bool>>,
    described: BTreeMap<Principal, Option<AccessEntry>>,
    reviewed: BTreeMap<KubernetesUser, Power>,
}

/// A judgement under way.
struct Inquiry<'g> {
    guard: &'g ClusterGuard,
    circumstances: Circumstances,
    unread: Vec<String>,
    asked: Asked,
    /// Whose entry was asked for, whatever came of it.
    described: BTreeSet<Principal>,
    users: BTreeSet<Principal>,
    reviewed: BTreeSet<KubernetesUser>,
}

impl ClusterGuard {
    /// Judges by what is known, and again with whatever that turns on.
    pub(super) async fn judged_by(
        &self,
        facts: &Facts,
        assess: impl Fn(&Circumstances, &Known) -> Assessment,
    ) -> Judged {
        let mut inquiry = Inquiry {
            guard: self,
            circumstances: self.circumstances(facts).await,
            unread: facts.caller.unread.iter().cloned().collect(),
            asked: Asked::default(),
            described: BTreeSet::new(),
            users: BTreeSet::new(),
            reviewed: BTreeSet::new(),
        };
        loop {
            let assessment = assess(&inquiry.circumstances, &inquiry.known());
            if !inquiry.ask(&assessment).await {
                return inquiry.end(assessment).await;
            }
        }
    }

    async fn circumstances(&self, facts: &Facts) -> Circumstances {
        Circumstances {
            cluster: self.cluster.clone(),
            partition: self.partition,
            running: facts.running.clone(),
            acting: Some(facts.caller.acting.clone()),
            unread_caller: facts.caller.unread.clone(),
            protected: self.protected(),
            listed: self.all_names_known().await,
            unread: if self.settings().lockout_guard == LockoutGuard::Strict {
                Unread::Against
            } else {
                Unread::Open
            },
            ..Circumstances::default()
        }
    }
}

impl Inquiry<'_> {
    fn known(&self) -> Known {
        Known {
            asked: self.asked,
            has_all_names: self.circumstances.listed.is_some(),
            users: self.circumstances.iam.users.clone(),
            described: self.circumstances.described.clone(),
            reviewed: self.circumstances.reviewed.clone(),
        }
    }

    /// Asks for the next thing that a judgement turns on. False where there is nothing left.
    async fn ask(&mut self, assessment: &Assessment) -> bool {
        let turns_on = assessment.turns_on;
        if self.describe(&assessment.undescribed).await {
            return true;
        }
        if turns_on.nodes && !self.asked.nodes {
            self.asked.nodes = true;
            self.circumstances.nodes = self.guard.nodes(&mut self.unread).await;
            return true;
        }
        if turns_on.nodes && self.circumstances.nodes != Nodes::None && !self.asked.roles {
            // Nodes of a role that IAM does not have cannot come.
            self.read_roles().await;
            return true;
        }
        if turns_on.power && !self.asked.all_of_rbac {
            self.read_all_of_rbac().await;
            return true;
        }
        if turns_on.own_power && !self.asked.may_write {
            self.asked.may_write = true;
            let may_write = self.guard.may_write().await;
            if let Some(acting) = &mut self.circumstances.acting {
                acting.may_write = may_write;
            }
            return true;
        }
        turns_on.admins && self.ask_who_is_left(assessment).await
            || self.review(&assessment.unreviewed).await
    }

    /// The cheapest evidence first.
    async fn ask_who_is_left(&mut self, assessment: &Assessment) -> bool {
        let turns_on = assessment.turns_on;
        if !self.asked.roles {
            self.read_roles().await;
            return true;
        }
        if self.look_up(&assessment.users).await {
            return true;
        }
        if turns_on.admins_of_rbac && !self.asked.rbac_of_cluster {
            self.read_rbac_of_cluster().await;
            return true;
        }
        if !turns_on.who_is_left {
            return false;
        }
        if !self.asked.admin_entries {
            self.asked.admin_entries = true;
            if self.add_an_admin_by_entry().await {
                return true;
            }
        }
        if !self.asked.is_admin {
            self.asked.is_admin = true;
            let is_admin = self.guard.is_admin().await;
            if let Some(acting) = &mut self.circumstances.acting {
                acting.is_admin = is_admin;
            }
            return true;
        }
        if turns_on.beside_the_rules && !self.asked.anew {
            self.asked.anew = true;
            self.ask_anew().await;
            return true;
        }
        if !self.asked.all_entries {
            self.asked.all_entries = true;
            let most = match turns_on.beside_the_rules {
                true => MOST_FOR_A_WARNING,
                false => MOST_ENTRIES,
            };
            return self.describe_all(most).await;
        }
        false
    }

    async fn read_roles(&mut self) {
        self.asked.roles = true;
        self.circumstances.iam.roles = self.guard.roles().await;
    }

    async fn read_rbac_of_cluster(&mut self) {
        self.asked.rbac_of_cluster = true;
        let read = self.guard.rbac_of_cluster().await;
        self.circumstances.rbac = read.rbac;
        self.unread.extend(read.unread);
    }

    /// Where a part of it could not be read, the other part counts as far as it goes.
    async fn read_all_of_rbac(&mut self) {
        self.asked.all_of_rbac = true;
        self.asked.rbac_of_cluster = true;
        let read = self.guard.all_of_rbac().await;
        self.circumstances.rbac = read.rbac;
        self.unread.extend(read.unread);
    }

    /// Whether there was anybody to ask for.
    async fn describe(&mut self, principals: &[Principal]) -> bool {
        let fresh: Vec<Principal> = principals
            .iter()
            .filter(|principal| !self.described.contains(*principal))
            .cloned()
            .collect();
        if fresh.is_empty() {
            return false;
        }
        let listed = &mut self.circumstances.listed;
        if listed.is_none() && self.guard.are_many(fresh.len()).await {
            *listed = self.guard.all_names().await;
            if listed.is_some() {
                return true;
            }
        }
        self.described.extend(fresh.iter().cloned());
        let found = self.guard.describe(&fresh, listed.as_deref()).await;
        if found.is_uncertain && listed.is_none() {
            *listed = self.guard.all_names().await;
        }
        self.unread.extend(found.unread);
        self.circumstances.described.extend(found.entries);
        true
    }

    /// One living administrator by a policy of EKS, if there is one that is known to exist or may.
    async fn add_an_admin_by_entry(&mut self) -> bool {
        let iam = &self.circumstances.iam;
        let found = self.guard.admin_by_entry(iam).await;
        self.unread.extend(found.unread);
        let is_any = !found.entries.is_empty();
        self.circumstances.described.extend(found.entries);
        is_any
    }

    /// Every access entry, where there are not too many: administrators by a group are found in no other way.
    async fn describe_all(&mut self, most: usize) -> bool {
        let listed = self.circumstances.listed.clone();
        let Some(names) = listed.filter(|listed| listed.len() <= most) else {
            return false;
        };
        let found = self.guard.describe_all(&names).await;
        self.unread.extend(found.unread);
        let is_any = !found.entries.is_empty();
        self.circumstances.described.extend(found.entries);
        is_any
    }

    /// Whether the users of the cluster's account exist.
    async fn look_up(&mut self, users: &[Principal]) -> bool {
        let fresh: Vec<&Principal> = users
            .iter()
            .filter(|user| user.account == self.guard.account && !self.users.contains(*user))
            .collect();
        for user in &fresh {
            let found = self.guard.has_user(user).await;
            self.circumstances.iam.users.insert(user.arn.clone(), found);
            self.users.insert((*user).clone());
        }
        !fresh.is_empty()
    }

    /// An API server remembers a token for a while after the entry is gone that let it in: whoever it admits by one that it has not seen is let in
    /// by a way that no entry gives.
    async fn ask_anew(&mut self) {
        let Some(acting) = &mut self.circumstances.acting else {
            return;
        };
        let Some(principal) = &acting.principal else {
            return;
        };
        match self.guard.is_admitted_anew(principal).await {
            Ok(is_admitted) => acting.is_admitted = Some(is_admitted),
            Err(reason) => {
                acting.is_admitted = None;
                self.unread.push(reason);
            }
        }
    }

    async fn review(&mut self, users: &[KubernetesUser]) -> bool {
        let is_rbac_unread = self.asked.rbac_of_cluster || self.asked.all_of_rbac;
        let fresh: Vec<KubernetesUser> = users
            .iter()
            .filter(|user| is_rbac_unread && !self.reviewed.contains(*user))
            .cloned()
            .collect();
        if fresh.is_empty() {
            return false;
        }
        self.reviewed.extend(fresh.iter().cloned());
        let reviewed = self.guard.review(&fresh).await;
        self.circumstances.reviewed.extend(reviewed);
        true
    }

    /// What could not be read is told where the judgement still turns on it.
    async fn end(mut self, assessment: Assessment) -> Judged {
        if !assessment.undescribed.is_empty()
            && let Some(reason) = self.guard.unlisted().await
        {
            self.unread.push(reason);
        }
        let mut told = BTreeSet::new();
        self.unread.retain(|reason| told.insert(reason.clone()));
        Judged {
            assessment,
            unread: self.unread,
        }
    }
}
