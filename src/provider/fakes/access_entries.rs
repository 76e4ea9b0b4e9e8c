//! Access entries of EKS in memory: made, changed and removed, with what EKS fills in.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use async_trait::async_trait;
use eksauth_core::access::access_entry::Defaults;

use super::calls::{Fate, refusal};
use super::eks::FakeEks;
use crate::ports::eks::{
    AccessEntriesApi, AccessEntryDetails, AccessEntryNames, ListedAccessPolicy, NewAccessEntry,
};
use crate::ports::eks::{AccessEntry, AccessPolicy};
use crate::ports::iam::Tags;
use crate::ports::{ApiError, ErrorKind};

/// What an entry has beside what it gives.
#[derive(Clone, Debug, Default)]
pub(super) struct EntryFacts {
    pub(super) arn: String,
    pub(super) tags: Tags,
}

/// What reads show.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    entries: Vec<AccessEntry>,
    pub(super) policies: Vec<(String, AccessPolicy)>,
    facts: BTreeMap<String, EntryFacts>,
}

/// How far reads are behind writes.
#[derive(Debug, Default)]
pub(super) struct Lag {
    /// So many looks after a write show what was before it.
    looks: u32,
    left: u32,
    before: Shown,
}

/// The policies that the fake lists.
const POLICIES: [&str; 5] = [
    "AmazonEKSAdminPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
];

impl FakeEks {
    /// The entry of a principal as it is now, with its policies.
    pub fn entry_now(&self, principal_arn: &str) -> Option<AccessEntry> {
        let entries = self.entries_now();
        let found = entries
            .iter()
            .find(|one| one.principal_arn == principal_arn)?;
        let policies = self.policies();
        let own = policies.iter().filter(|(arn, _)| arn == principal_arn);
        Some(AccessEntry {
            policies: own.map(|(_, policy)| policy.clone()).collect(),
            ..found.clone()
        })
    }

    /// The tags of the entry of a principal.
    pub fn entry_tags(&self, principal_arn: &str) -> Tags {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.get(principal_arn).cloned().unwrap_or_default().tags
    }

    /// Someone else removes an entry.
    pub fn remove_entry(&self, principal_arn: &str) {
        self.entries_now()
            .retain(|one| one.principal_arn != principal_arn);
        self.policies().retain(|(arn, _)| arn != principal_arn);
        self.facts_now().remove(principal_arn);
    }

    /// Someone else changes an entry.
    pub fn change_entry(&self, principal_arn: &str, change: impl FnOnce(&mut AccessEntry)) {
        let mut entries = self.entries_now();
        entries
            .iter_mut()
            .find(|one| one.principal_arn == principal_arn)
            .map(change);
    }

    fn facts_now(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, EntryFacts>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on so many looks after a write of an entry or a policy show what was before it.
    pub fn list_later(&self, looks: u32) {
        self.lag_now().looks = looks;
    }

    fn lag_now(&self) -> std::sync::MutexGuard<'_, Lag> {
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Shown {
        Shown {
            entries: self.entries_now().clone(),
            policies: self.policies().clone(),
            facts: self.facts_now().clone(),
        }
    }

    /// One look.
    pub(super) fn shown(&self) -> Shown {
        let mut lag = self.lag_now();
        if lag.left == 0 {
            return self.now();
        }
        lag.left -= 1;
        lag.before.clone()
    }

    /// A write begins.
    pub(super) fn lag_behind(&self) {
        let now = self.now();
        let mut lag = self.lag_now();
        if lag.left == 0 {
            lag.before = now;
        }
        lag.left = lag.looks;
    }

    fn details(entry: AccessEntry, facts: &BTreeMap<String, EntryFacts>) -> AccessEntryDetails {
        let made = entry.created_at;
        let facts = facts.get(&entry.principal_arn).cloned();
        let facts = facts.unwrap_or_else(|| EntryFacts {
            arn: format!(
                "arn:aws:eks:eu-central-1:111122223333:access-entry/prod/{}",
                entry.principal_arn
            ),
            ..EntryFacts::default()
        });
        AccessEntryDetails {
            entry: AccessEntry {
                policies: Vec::new(),
                ..entry
            },
            arn: facts.arn,
            tags: facts.tags,
            modified_at: made,
        }
    }

    fn make(&self, new: &NewAccessEntry) -> Result<AccessEntryDetails, ApiError> {
        if self.entry_now(&new.principal_arn).is_some() {
            return Err(refusal(
                ErrorKind::AlreadyExists,
                "eks:CreateAccessEntry",
                "ResourceInUseException",
                "The specified access entry resource is already in use on this cluster.",
            ));
        }
        let defaults = Defaults::for_type(&new.kind, &new.principal_arn);
        let entry = AccessEntry {
            principal_arn: new.principal_arn.clone(),
            kind: new.kind.clone(),
            username: new.username.clone().unwrap_or(defaults.username),
            groups: new.groups.clone().unwrap_or(defaults.groups),
            policies: Vec::new(),
            created_at: Some(1_767_225_600),
        };
        let mut facts = self.facts_now();
        let number = self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let arn = format!("arn:aws:eks:eu-central-1:111122223333:access-entry/prod/{number}");
        facts.insert(
            new.principal_arn.clone(),
            EntryFacts {
                arn,
                tags: new.tags.clone(),
            },
        );
        let made = Self::details(entry.clone(), &facts);
        drop(facts);
        self.admit(entry);
        Ok(made)
    }

    /// What another process does while the next write of an access entry is made.
    pub fn beside_next_write(&self, what: impl FnOnce(&Self) + Send + 'static) {
        *self.beside.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(what));
    }

    fn done<T>(
        &self,
        (operation, about): (&str, &str),
        change: impl FnOnce() -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let beside = self
            .beside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(beside) = beside {
            beside(self);
        }
        self.lag_behind();
        match self.calls.made(operation, about) {
            Fate::Works => change(),
            Fate::Fails(error) => Err(error),
            Fate::CarriedOut(error) => {
                change()?;
                Err(error)
            }
        }
    }
}

#[async_trait]
impl AccessEntriesApi for FakeEks {
    async fn access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Option<AccessEntryDetails>, ApiError> {
        self.calls.read("DescribeAccessEntry", cluster)?;
        self.entries(cluster, "eks:DescribeAccessEntry")?;
        let shown = self.shown();
        let mut entries = shown.entries.into_iter();
        let found = entries.find(|entry| entry.principal_arn == principal_arn);
        Ok(found.map(|found| Self::details(found, &shown.facts)))
    }

    async fn create_access_entry(
        &self,
        cluster: &str,
        new: &NewAccessEntry,
    ) -> Result<AccessEntryDetails, ApiError> {
        self.done(("CreateAccessEntry", cluster), || {
            self.entries(cluster, "eks:CreateAccessEntry")?;
            self.make(new)
        })
    }

    async fn update_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
        names: &AccessEntryNames,
    ) -> Result<(), ApiError> {
        self.done(("UpdateAccessEntry", cluster), || {
            self.change_entry(principal_arn, |entry| {
                entry.username.clone_from(&names.username);
                entry.groups.clone_from(&names.groups);
            });
            Ok(())
        })
    }

    async fn delete_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<(), ApiError> {
        self.done(("DeleteAccessEntry", cluster), || {
            self.remove_entry(principal_arn);
            Ok(())
        })
    }

    async fn associate_access_policy(
        &self,
        cluster: &str,
        principal_arn: &str,
        policy: &AccessPolicy,
    ) -> Result<(), ApiError> {
        self.done(("AssociateAccessPolicy", cluster), || {
            self.policies().retain(|(arn, there)| {
                arn != principal_arn || there.policy_arn != policy.policy_arn
            });
            self.associate(principal_arn, policy.clone());
            Ok(())
        })
    }

    async fn disassociate_access_policy(
        &self,
        cluster: &str,
        principal_arn: &str,
        policy_arn: &str,
    ) -> Result<(), ApiError> {
        self.done(("DisassociateAccessPolicy", cluster), || {
            self.policies()
                .retain(|(arn, there)| arn != principal_arn || there.policy_arn != policy_arn);
            Ok(())
        })
    }

    async fn access_policies(&self) -> Result<Vec<ListedAccessPolicy>, ApiError> {
        self.calls.read("ListAccessPolicies", "")?;
        let listed = POLICIES.iter().map(|name| ListedAccessPolicy {
            name: (*name).to_owned(),
            arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
        });
        Ok(listed.collect())
    }
}
