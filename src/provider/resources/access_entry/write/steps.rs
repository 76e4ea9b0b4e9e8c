//! The single calls of a write, each done only where something differs, and retried while what was just made is not seen everywhere.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessPolicy;
use tf_provider::Diagnostics;

use super::Writing;
use crate::access::entry_principals::FoundPrincipal;
use crate::attributes::tags::tag_changes;
use crate::attributes::values::known_map;
use crate::diagnostics::api_failure;
use crate::ports::eks::{AccessEntryDetails, AccessEntryNames, NewAccessEntry};
use crate::ports::iam::Tags;
use crate::ports::{ApiError, ErrorKind};
use crate::resources::access_entry::flatten::{says_the_same, takes_names};
use crate::resources::access_entry::live::{self, LiveEntry};
use crate::resources::access_entry::{claim_key, diagnostics, tag_part};
use crate::session::consistency::{until_consistent, until_shown};
use crate::session::object_claim;

impl Writing<'_> {
    fn tags(&self) -> Result<Tags, Diagnostics> {
        known_map(&self.planned.tags_all)
            .ok_or_else(|| api_failure::not_known_at_apply("access entry").into())
    }

    /// Keys of the tags that the configuration has put on the entry until now, here or at the address that gives it up.
    pub(super) fn held_tags(&self, there: &Tags) -> BTreeSet<String> {
        if let Some(prior) = &self.prior {
            let held = known_map(&prior.tags_all).unwrap_or_default();
            return held.into_keys().collect();
        }
        let key = claim_key(&self.planned);
        let is_held = |tag: &&String| {
            let part = tag_part(tag);
            key.known()
                .is_some_and(|key| object_claim::is_part_given_up(self.cx, key, &part))
        };
        there.keys().filter(is_held).cloned().collect()
    }

    /// The tags of an entry that had these, once the ones that are wanted were written.
    pub(super) fn tags_after(&self, before: &Tags) -> Tags {
        let held = self.held_tags(before);
        let mut after = before.clone();
        after.retain(|key, _| !held.contains(key));
        after.extend(self.tags().unwrap_or_default());
        after
    }

    /// Makes the entry, with tags of others that stay. A principal that was just made is refused for a while as one that does not exist.
    pub(super) async fn create_entry(
        &self,
        wanted: &AccessEntry,
        others: &Tags,
    ) -> Result<AccessEntryDetails, Diagnostics> {
        let mut tags = others.clone();
        tags.extend(self.tags()?);
        let takes_names = takes_names(wanted);
        let new = NewAccessEntry {
            principal_arn: wanted.principal_arn.clone(),
            kind: wanted.kind.clone(),
            username: takes_names.then(|| wanted.username.clone()),
            groups: takes_names.then(|| wanted.groups.clone()),
            tags,
        };
        let (eks, cluster) = (self.cluster.eks(), &self.cluster.reference.name);
        let create = || eks.create_access_entry(cluster, &new);
        let made = match create().await {
            Err(error) if is_unseen_principal(&error) && self.principal_exists().await => {
                until_consistent(self.cx, is_unseen_principal, create).await
            }
            made => made,
        };
        let error = match made {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        if error.kind != ErrorKind::AlreadyExists {
            return Err(self.failed("Cannot Create Access Entry", &error));
        }
        match self.find().await? {
            // The answer of an earlier attempt was lost.
            Some(found)
                if error.earlier_attempt_is_open && says_the_same(&found.details.entry, wanted) =>
            {
                Ok(found.details)
            }
            Some(found) => Err(diagnostics::exists(&self.about, &found).into()),
            None => Err(self.failed("Cannot Create Access Entry", &error)),
        }
    }

    /// Where IAM does not say it, it may exist.
    async fn principal_exists(&self) -> bool {
        let Some(principal) = self.planned.principal() else {
            return false;
        };
        let found = self
            .cx
            .client
            .entry_principals(&self.cluster)
            .now(&principal)
            .await;
        match &found {
            FoundPrincipal::Found(_) => found.exactly(&self.about.principal_arn).is_some(),
            FoundPrincipal::Gone => false,
            FoundPrincipal::NotKnown => true,
        }
    }

    /// User name and groups, where an entry takes them.
    pub(super) async fn put_names(
        &self,
        found: &LiveEntry,
        wanted: &AccessEntry,
    ) -> Result<(), Diagnostics> {
        if !takes_names(wanted) || says_the_same(&found.details.entry, wanted) {
            return Ok(());
        }
        let names = AccessEntryNames {
            username: wanted.username.clone(),
            groups: wanted.groups.clone(),
        };
        let (eks, cluster) = (self.cluster.eks(), &self.cluster.reference.name);
        let updated = eks
            .update_access_entry(cluster, &self.about.principal_arn, &names)
            .await;
        updated.map_err(|error| self.failed("Cannot Change Access Entry", &error))
    }

    pub(super) async fn put_tags(&self, found: &LiveEntry) -> Result<(), Diagnostics> {
        let wanted = self.tags()?;
        let held = self.held_tags(&found.details.tags);
        let (written, removed) = tag_changes(&found.details.tags, &wanted);
        // Those of others stay.
        let removed: Vec<String> = removed
            .into_iter()
            .filter(|key| held.contains(key))
            .collect();
        let (eks, arn) = (self.cluster.eks(), &found.details.arn);
        let changed = async {
            if !written.is_empty() {
                eks.tag_resource(arn, &written).await?;
            }
            match removed.is_empty() {
                true => Ok(()),
                false => eks.untag_resource(arn, &removed).await,
            }
        };
        let changed = changed.await;
        changed.map_err(|error| self.failed("Cannot Tag Access Entry", &error))
    }

    /// What is new or counts elsewhere first, then what goes: at no moment has the principal less than before or after.
    pub(super) async fn put_policies(
        &self,
        before: &[AccessPolicy],
        wanted: &AccessEntry,
    ) -> Result<(), Diagnostics> {
        let (eks, cluster) = (self.cluster.eks(), &self.cluster.reference.name);
        let principal = &self.about.principal_arn;
        for policy in &wanted.policies {
            if before.iter().any(|there| is_same(there, policy)) {
                continue;
            }
            // An entry that was just made is not seen everywhere.
            let is_unseen = |error: &ApiError| error.kind == ErrorKind::NotFound;
            let associated = until_consistent(self.cx, is_unseen, || {
                eks.associate_access_policy(cluster, principal, policy)
            });
            associated.await.map_err(|error| {
                let about = self.about.policy(policy.name());
                Diagnostics::from(diagnostics::failed_about(
                    "Cannot Associate Access Policy",
                    &about,
                    &error,
                ))
            })?;
        }
        for policy in before {
            let mut stays = wanted.policies.iter();
            if stays.any(|one| one.policy_arn == policy.policy_arn) {
                continue;
            }
            let gone = eks
                .disassociate_access_policy(cluster, principal, &policy.policy_arn)
                .await;
            gone.map_err(|error| {
                let about = self.about.policy(policy.name());
                Diagnostics::from(api_failure::failed(
                    "Cannot Disassociate Access Policy",
                    &about,
                    &error,
                ))
            })?;
        }
        Ok(())
    }

    /// Policies of an entry that was just made.
    pub(super) async fn put_anew(
        &self,
        wanted: &AccessEntry,
        made: &AccessEntryDetails,
    ) -> Result<(), Diagnostics> {
        self.put_policies(&[], wanted).await?;
        // One that was removed may be listed still.
        let is_it = |found: &LiveEntry| found.details.arn == made.arn;
        self.wait_until_listed(|found| is_it(found) && self.is_as_wanted(found, wanted, &[]))
            .await
    }

    /// Whether an entry has what is wanted, and nothing that was taken from what it had `before`.
    pub(super) fn is_as_wanted(
        &self,
        found: &LiveEntry,
        wanted: &AccessEntry,
        before: &[AccessPolicy],
    ) -> bool {
        let is_there =
            |policy: &AccessPolicy| found.policies.iter().any(|one| is_same(one, policy));
        let is_left = |policy: &AccessPolicy| {
            let is_it = |one: &AccessPolicy| one.policy_arn == policy.policy_arn;
            found.policies.iter().any(is_it) && !wanted.policies.iter().any(is_it)
        };
        let tags = self.tags().unwrap_or_default();
        let there = &found.details.tags;
        let held = self.held_tags(there);
        (!takes_names(wanted) || says_the_same(&found.details.entry, wanted))
            && wanted.policies.iter().all(is_there)
            && !before.iter().any(is_left)
            && tags
                .iter()
                .all(|(key, value)| there.get(key) == Some(value))
            && held
                .iter()
                .all(|key| tags.contains_key(key) || !there.contains_key(key))
    }

    /// Until EKS lists what was written.
    pub(super) async fn wait_until_listed(
        &self,
        is_listed: impl Fn(&LiveEntry) -> bool,
    ) -> Result<(), Diagnostics> {
        let look = || async {
            let found = live::find(&self.cluster, &self.about.principal_arn, true).await?;
            Ok(found.is_some_and(|found| is_listed(&found)))
        };
        let listed = until_shown(self.cx, "eks:DescribeAccessEntry", look).await;
        listed.map_err(|error| self.failed("Cannot Read Access Entry", &error))
    }
}

/// EKS has one code for everything that is wrong with an entry, so this is the one place that reads the text.
fn is_unseen_principal(error: &ApiError) -> bool {
    error.kind == ErrorKind::Invalid && error.message.to_lowercase().contains("invalid principal")
}

/// Whether both give the same in the same namespaces.
pub(in crate::resources) fn is_same(one: &AccessPolicy, other: &AccessPolicy) -> bool {
    let namespaces = |policy: &AccessPolicy| {
        let mut names = policy.namespaces.clone();
        names.sort();
        names
    };
    one.policy_arn == other.policy_arn && namespaces(one) == namespaces(other)
}
