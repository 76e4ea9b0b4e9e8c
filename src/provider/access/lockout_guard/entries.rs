//! Access entries as far as a judgement needs them: who has one at all, what is in the few that decide, and one living administrator.
//!
//! EKS allows 3,000 of them. Names are a hundred a call and contents two calls each, so nothing is read but what decides: an entry that an edit of
//! aws-auth leaves as it is hides its principal's part of aws-auth before and after, whatever is in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::access::lockout::{IamPrincipals, ListedEntries};
use futures_util::{StreamExt, stream};
use tokio::sync::Mutex;

use super::ClusterGuard;
use crate::access::cluster_access::{PARALLEL_CALLS, read_access_entry, unreadable};
use crate::ports::ApiError;
use crate::ports::eks::FirstAccessEntries;
use crate::session::recent::Recent;

/// Names of the first call; where there are more of them single principals are asked for.
const FIRST_NAMES: usize = 100;

/// More principals than this are not asked for one by one; the list says then who has an entry.
const MOST_DESCRIBED: usize = 8;

/// So many administrators by a policy are looked at until one is found who exists.
const MOST_ADMINS: usize = 8;

const OF_ENTRIES: &str = "the access entries";

/// What was read of the access entries.
#[derive(Default)]
pub(super) struct EntryReads {
    first: Recent<Result<Names, ApiError>>,
    all: Recent<Result<Names, ApiError>>,
    admins: Recent<Result<FirstAccessEntries, ApiError>>,
    single: Mutex<BTreeMap<String, Arc<SingleEntry>>>,
}

impl EntryReads {
    /// Nothing of them is believed any more.
    pub(super) async fn forget(&self) {
        self.first.forget().await;
        self.all.forget().await;
        self.admins.forget().await;
        self.single.lock().await.clear();
    }
}

type SingleEntry = Recent<Result<Option<AccessEntry>, ApiError>>;

/// Names of access entries.
#[derive(Clone)]
struct Names {
    listed: Arc<ListedEntries>,
    are_all: bool,
}

/// What was found out about some principals.
#[derive(Default)]
pub(super) struct Described {
    /// Their entries; `None` where there is none.
    pub(super) entries: BTreeMap<Principal, Option<AccessEntry>>,
    /// Whether of somebody an entry may be there under an ARN with a path.
    pub(super) is_uncertain: bool,
    /// What could not be read.
    pub(super) unread: Option<String>,
}

impl ClusterGuard {
    /// What was read before this configuration wrote an access entry is read anew.
    pub(super) async fn forget_written_entries(&self) {
        let changes = self.turn.entry_changes();
        if self.seen_entry_changes.swap(changes, Ordering::AcqRel) != changes {
            self.entries.forget().await;
        }
    }

    async fn read_names(&self, enough: usize) -> Result<Names, ApiError> {
        let found = self
            .eks
            .first_access_entries(&self.cluster, None, enough)
            .await?;
        let now = self.session.clock().now();
        let is_there = |arn: &String| self.turn.written_entry(arn, now) != Some(None);
        let there = found.principals.into_iter().filter(is_there);
        Ok(Names {
            listed: Arc::new(ListedEntries::new(there)),
            are_all: found.are_all,
        })
    }

    async fn first_names(&self) -> Arc<Result<Names, ApiError>> {
        let clock = self.session.clock().as_ref();
        let read = || self.read_names(FIRST_NAMES);
        self.entries.first.get(clock, read).await
    }

    /// Everybody who has an entry, where one call said so; `None` too where the mode has none.
    pub(super) async fn all_names_known(&self) -> Option<Arc<ListedEntries>> {
        if !self.mode().reads_access_entries() {
            return None;
        }
        match self.first_names().await.as_ref() {
            Ok(names) if names.are_all => Some(names.listed.clone()),
            _ => None,
        }
    }

    /// The access entries as a judgement begins with them.
    pub(super) async fn undescribed_entries(&self) -> Knowledge<Vec<AccessEntry>> {
        if !self.mode().reads_access_entries() {
            return Knowledge::Known(Vec::new());
        }
        match self.first_names().await.as_ref() {
            Ok(_) => Knowledge::Unreadable(
                "there is or may be an access entry, which was not read".to_owned(),
            ),
            Err(error) => Knowledge::Unreadable(unreadable(OF_ENTRIES, error)),
        }
    }

    /// Why they could not be listed.
    pub(super) async fn unlisted(&self) -> Option<String> {
        if !self.mode().reads_access_entries() {
            return None;
        }
        match self.first_names().await.as_ref() {
            Ok(_) => None,
            Err(error) => Some(unreadable(OF_ENTRIES, error)),
        }
    }

    /// Everybody who has an entry, by as many calls as it takes.
    pub(super) async fn all_names(&self) -> Option<Arc<ListedEntries>> {
        if !self.mode().reads_access_entries() {
            return None;
        }
        let clock = self.session.clock().as_ref();
        let read = || self.read_names(usize::MAX);
        match self.entries.all.get(clock, read).await.as_ref() {
            Ok(names) => Some(names.listed.clone()),
            Err(_) => None,
        }
    }

    /// Whether the list costs less than asking for so many more one by one.
    pub(super) async fn are_many(&self, more: usize) -> bool {
        let asked = self.entries.single.lock().await.len();
        asked + more > MOST_DESCRIBED
    }

    /// The access entries of the first few principals, as far as they are described. A mode without access entries has none of anybody, whatever mode a
    /// change brings.
    pub(super) async fn describe(
        &self,
        principals: &[Principal],
        listed: Option<&ListedEntries>,
    ) -> Described {
        let mut found = Described::default();
        if !self.mode().reads_access_entries() {
            let none = |principal: &Principal| (principal.clone(), None);
            found.entries = principals.iter().map(none).collect();
            return found;
        }
        for principal in principals.iter().take(MOST_DESCRIBED) {
            match self.described(principal, listed).await {
                Ok(Some(entry)) => {
                    found.entries.insert(principal.clone(), entry);
                }
                Ok(None) => found.is_uncertain = true,
                Err(reason) => found.unread = Some(reason),
            }
        }
        found
    }

    /// The entry of one principal; `None` where it cannot be told whether it has one: it is named with the role's path, which is not known.
    async fn described(
        &self,
        principal: &Principal,
        listed: Option<&ListedEntries>,
    ) -> Result<Option<Option<AccessEntry>>, String> {
        let arn = listed.and_then(|listed| listed.arn_of(principal));
        let arn = match arn {
            Some(arn) => EntryArn::exactly(arn),
            None => self.entry_arn(principal).await,
        };
        match self.single_entry(&arn.arn).await.as_ref() {
            Ok(None) if !arn.is_certain => Ok(None),
            Ok(entry) => Ok(Some(entry.clone())),
            Err(error) => Err(unreadable(OF_ENTRIES, error)),
        }
    }

    /// As it was written here a moment ago, else as EKS has it.
    async fn single_entry(&self, arn: &str) -> Arc<Result<Option<AccessEntry>, ApiError>> {
        let now = self.session.clock().now();
        if let Some(written) = self.turn.written_entry(arn, now) {
            return Arc::new(Ok(written));
        }
        let slot = {
            let mut slots = self.entries.single.lock().await;
            slots.entry(arn.to_owned()).or_default().clone()
        };
        let clock = self.session.clock().as_ref();
        let read = || read_access_entry(self.eks.clone(), &self.cluster, arn.to_owned());
        slot.get(clock, read).await
    }

    async fn named_entry(&self, arn: String) -> NamedEntry {
        let read = self.single_entry(&arn).await;
        NamedEntry { arn, read }
    }

    /// An access entry has the role's path, which its canonical ARN lacks; IAM knows it of the roles of one account.
    async fn entry_arn(&self, principal: &Principal) -> EntryArn {
        if !principal.arn.contains(":role/") {
            return EntryArn::exactly(&principal.arn);
        }
        let listed = self.roles.under(&self.role_listing_credentials, "/").await;
        let roles = listed.unwrap_or_default();
        let role = roles
            .iter()
            .find(|role| Principal::from_arn(&role.arn) == *principal);
        match role {
            Some(role) => EntryArn::exactly(&role.arn),
            None => EntryArn {
                arn: principal.arn.clone(),
                is_certain: false,
            },
        }
    }

    /// The first entry with power over the whole cluster whose principal exists, or may.
    pub(super) async fn admin_by_entry(&self, iam: &IamPrincipals) -> Described {
        if !self.mode().reads_access_entries() {
            return Described::default();
        }
        let partition = self.partition.map_or("aws", |partition| partition.id());
        let policy =
            format!("arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy");
        let clock = self.session.clock().as_ref();
        let read = || {
            self.eks
                .first_access_entries(&self.cluster, Some(&policy), MOST_ADMINS)
        };
        let listed = self.entries.admins.get(clock, read).await;
        let mut found = Described::default();
        let Ok(listed) = listed.as_ref() else {
            return found;
        };
        let living = listed
            .principals
            .iter()
            .filter(|arn| iam.may_exist(&Principal::from_arn(arn), self.partition));
        for arn in living.take(MOST_ADMINS) {
            match self.single_entry(arn).await.as_ref() {
                Ok(Some(entry)) => {
                    let is_admin = entry
                        .policies
                        .iter()
                        .any(|held| held.policy_arn == policy && held.namespaces.is_empty());
                    let principal = Principal::from_arn(arn);
                    let exists = iam.exists(&principal, self.partition)
                        && !iam.is_made_again(&principal, entry.created_at);
                    found.entries.insert(principal, Some(entry.clone()));
                    if is_admin && exists {
                        return found;
                    }
                }
                Ok(None) => {}
                Err(error) => found.unread = Some(unreadable(OF_ENTRIES, error)),
            }
        }
        found
    }

    /// Every entry with what is in it.
    pub(super) async fn describe_all(&self, listed: &ListedEntries) -> Described {
        let mut found = Described::default();
        // Whoever may not read the first may not read the others.
        if let Some(first) = listed.arns().next()
            && let Err(error) = self.single_entry(first).await.as_ref()
        {
            found.unread = Some(unreadable(OF_ENTRIES, error));
            return found;
        }
        let reads: Vec<_> = listed
            .arns()
            .map(|arn| self.named_entry(arn.to_owned()))
            .collect();
        let read: Vec<NamedEntry> = stream::iter(reads).buffered(PARALLEL_CALLS).collect().await;
        for NamedEntry { arn, read } in read {
            match read.as_ref() {
                Ok(entry) => {
                    let principal = Principal::from_arn(&arn);
                    found.entries.insert(principal, entry.clone());
                }
                Err(error) => found.unread = Some(unreadable(OF_ENTRIES, error)),
            }
        }
        found
    }
}

/// An entry that was asked for by its ARN.
struct NamedEntry {
    arn: String,
    read: Arc<Result<Option<AccessEntry>, ApiError>>,
}

/// The ARN that an access entry of a principal would have.
struct EntryArn {
    arn: String,
    /// Whether it can have no other one.
    is_certain: bool,
}

impl EntryArn {
    fn exactly(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            is_certain: true,
        }
    }
}
