//! A change of an entry in the words of the lock-out guard, and the way back of one that took from whoever acts what it had.

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessPolicy;
use tf_provider::{Context, Diagnostics};

use super::diagnostics::About;
use super::live::LiveEntry;
use crate::access::entry_guard::{EntryChange, PlannedEntry};
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::ports::eks::{AccessEntryNames, NewAccessEntry};

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

pub(super) fn say(cx: &Context<Client>, told: Diagnostics) {
    for diagnostic in told.iter() {
        cx.add(diagnostic.clone());
    }
}

/// Puts an entry back to what it was before a change that was written: made again, without, or with its old names and policies.
pub(super) async fn put_back(
    cluster: &FoundCluster,
    about: &About,
    before: Option<&LiveEntry>,
    written: Option<&AccessEntry>,
) -> Result<(), ApiError> {
    let (eks, name) = (cluster.eks(), &cluster.reference.name);
    let principal = &about.principal_arn;
    let Some(before) = before else {
        return eks.delete_access_entry(name, principal).await;
    };
    let entry = &before.details.entry;
    let takes_names = entry.kind == "STANDARD";
    let is_another = written.is_some_and(|written| written.kind != entry.kind);
    if is_another {
        eks.delete_access_entry(name, principal).await?;
    }
    let written = written.filter(|_| !is_another);
    if written.is_none() {
        let new = NewAccessEntry {
            principal_arn: principal.clone(),
            kind: entry.kind.clone(),
            username: takes_names.then(|| entry.username.clone()),
            groups: takes_names.then(|| entry.groups.clone()),
            tags: before.details.tags.clone(),
        };
        eks.create_access_entry(name, &new).await?;
    } else if takes_names {
        let names = AccessEntryNames {
            username: entry.username.clone(),
            groups: entry.groups.clone(),
        };
        eks.update_access_entry(name, principal, &names).await?;
    }
    for policy in &before.policies {
        eks.associate_access_policy(name, principal, policy).await?;
    }
    let is_new = |policy: &&AccessPolicy| {
        let mut old = before.policies.iter();
        !old.any(|old| old.policy_arn == policy.policy_arn)
    };
    let written = written.into_iter().flat_map(|written| &written.policies);
    for policy in written.filter(is_new) {
        eks.disassociate_access_policy(name, principal, &policy.policy_arn)
            .await?;
    }
    Ok(())
}
