//! A change of an entry in the words of the lock-out guard, and the way back of one that took from whoever acts what it had.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessPolicy;
use tf_provider::{Attr, Context, Diagnostics};

use super::carried::others_tags;
use super::diagnostics::About;
use super::flatten::takes_names;
use super::live::LiveEntry;
use crate::access::entry_guard::{EntryChange, PlannedEntry};
use crate::attributes::tags::tag_changes;
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::eks::{AccessEntryNames, NewAccessEntry};
use crate::ports::iam::Tags;
use crate::ports::{ApiError, ErrorKind};
use crate::session::consistency::until_consistent;
use crate::session::object_claim;

/// From an entry that counts to the one that is wanted.
pub(super) fn change(
    about: &About,
    before: Option<&LiveEntry>,
    after: Option<AccessEntry>,
) -> EntryChange {
    EntryChange {
        principal_arn: about.principal_arn.clone(),
        before: before.map(LiveEntry::whole),
        after,
        resource: about.label(),
        is_teardown: false,
        policy: None,
    }
}

/// Judges a planned change.
pub(in crate::resources) async fn preview(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    change: &EntryChange,
    scope: PlanScope,
) -> Result<(), Diagnostics> {
    let guard = cx.client.entry_guard(cluster);
    let planned = PlannedEntry {
        scope,
        is_shared: cx.claims.is_shared(),
    };
    say(cx, guard.preview(change, planned).await?);
    Ok(())
}

/// Judges a planned removal, of which nothing is said where another address of the plan goes on with the object. Terraform plans the two in no order, so where
/// there is something to say, it waits a moment for the other.
pub(in crate::resources) async fn preview_unless_held(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    change: &EntryChange,
    object: &Attr<String>,
) -> Result<(), Diagnostics> {
    let is_held = || object_claim::is_held_now(cx, object);
    if is_held() {
        return Ok(());
    }
    let planned = PlannedEntry {
        scope: PlanScope::Others,
        is_shared: cx.claims.is_shared(),
    };
    let told = cx
        .client
        .entry_guard(cluster)
        .preview(change, planned)
        .await?;
    let is_followed = match cluster.kubernetes() {
        Ok(kube) if !told.is_empty() => {
            let guard = cx.client.rbac_guard(cluster, &kube);
            guard.awaits_plan(is_held).await
        }
        _ => false,
    };
    if !is_followed {
        say(cx, told);
    }
    Ok(())
}

pub(super) fn say(cx: &Context<Client>, told: Diagnostics) {
    for diagnostic in told.iter() {
        cx.add(diagnostic.clone());
    }
}

/// A change that was written and is to be undone.
pub(super) struct Written<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) cluster: &'a FoundCluster,
    pub(super) about: &'a About,
    /// The entry before; `None` where there was none that counted.
    pub(super) before: Option<&'a LiveEntry>,
    /// As it was written; `None` where it was removed.
    pub(super) after: Option<&'a AccessEntry>,
    /// Its tags now.
    pub(super) tags: Tags,
}

impl Written<'_> {
    /// Puts the entry back to what it was: made again, without, or with its old names, tags and policies. One thing that cannot be put back keeps back no other.
    ///
    /// # Errors
    /// The first of what failed.
    pub(super) async fn put_back(&self) -> Result<(), ApiError> {
        let (eks, name) = (self.cluster.eks(), &self.cluster.reference.name);
        let principal = &self.about.principal_arn;
        let Some(before) = self.before else {
            return eks.delete_access_entry(name, principal).await;
        };
        let kind = &before.details.entry.kind;
        let is_another = self.after.is_some_and(|after| after.kind != *kind);
        if is_another {
            eks.delete_access_entry(name, principal).await?;
        }
        match self.after.filter(|_| !is_another) {
            None => {
                eks.create_access_entry(name, &as_new(before)).await?;
                self.put_policies_back(before, &[]).await
            }
            Some(after) => {
                let policies = self.put_policies_back(before, &after.policies).await;
                let names = self.put_names_back(before).await;
                policies.and(names).and(self.put_tags_back(before).await)
            }
        }
    }

    async fn put_names_back(&self, before: &LiveEntry) -> Result<(), ApiError> {
        let entry = &before.details.entry;
        if !takes_names(entry) {
            return Ok(());
        }
        let names = AccessEntryNames {
            username: entry.username.clone(),
            groups: entry.groups.clone(),
        };
        let (eks, name) = (self.cluster.eks(), &self.cluster.reference.name);
        eks.update_access_entry(name, &self.about.principal_arn, &names)
            .await
    }

    async fn put_tags_back(&self, before: &LiveEntry) -> Result<(), ApiError> {
        let (written, removed) = tag_changes(&self.tags, &before.details.tags);
        let (eks, arn) = (self.cluster.eks(), &before.details.arn);
        if !written.is_empty() {
            eks.tag_resource(arn, &written).await?;
        }
        match removed.is_empty() {
            true => Ok(()),
            false => eks.untag_resource(arn, &removed).await,
        }
    }

    /// What there was first, then what is new goes.
    async fn put_policies_back(
        &self,
        before: &LiveEntry,
        after: &[AccessPolicy],
    ) -> Result<(), ApiError> {
        let (eks, name) = (self.cluster.eks(), &self.cluster.reference.name);
        let principal = &self.about.principal_arn;
        let mut done = Ok(());
        for policy in &before.policies {
            // An entry that was just made is not seen everywhere.
            let is_unseen = |error: &ApiError| error.kind == ErrorKind::NotFound;
            let associated = until_consistent(self.cx, is_unseen, || {
                eks.associate_access_policy(name, principal, policy)
            });
            done = done.and(associated.await);
        }
        for policy in after {
            let mut old = before.policies.iter();
            if old.any(|old| old.policy_arn == policy.policy_arn) {
                continue;
            }
            let gone = eks.disassociate_access_policy(name, principal, &policy.policy_arn);
            done = done.and(gone.await);
        }
        done
    }
}

fn as_new(before: &LiveEntry) -> NewAccessEntry {
    let entry = &before.details.entry;
    let takes_names = takes_names(entry);
    NewAccessEntry {
        principal_arn: entry.principal_arn.clone(),
        kind: entry.kind.clone(),
        username: takes_names.then(|| entry.username.clone()),
        groups: takes_names.then(|| entry.groups.clone()),
        tags: others_tags(&before.details.tags, &BTreeSet::new()),
    }
}
