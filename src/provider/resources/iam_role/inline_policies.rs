//! The inline policies of a role: whether it can have them beside those of others, and in which order they are written.
//!
//! IAM takes 10,240 characters in all inline policies of a role together, whoever wrote them, and does not raise that.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::iam_policy::addon_policy::INLINE_POLICIES_SIZE;
use eksauth_core::iam_policy::policy_document::{equivalent, grants_the_same, size};
use tf_provider::{Attr, Context, Diagnostics};

use super::write::Write;
use super::{ManagedRole, diagnostics, lookup};
use crate::attributes::values::{known_map, to_map};
use crate::client::Client;
use crate::diagnostics::kept_state::Lookup;
use crate::ports::iam::{InlinePolicies, RoleDetails};
use crate::ports::{ApiError, ErrorKind};
use crate::session::consistency::{is_not_seen_yet, until_consistent};

/// Texts by name.
type Documents = BTreeMap<String, String>;

/// Whether a role of the state can have the inline policies of a plan. It is asked only where there are new names or more text.
///
/// # Errors
/// The role cannot be read, has another policy of a name that the state does not have, or has no room beside those of others.
pub(super) async fn check(
    cx: &Context<Client>,
    prior: &ManagedRole,
    planned: &ManagedRole,
) -> Result<(), Diagnostics> {
    let (Some(name), Some(wanted), Some(_)) = (
        prior.name.known(),
        known_map(&planned.inline_policies),
        cx.client.cloud(),
    ) else {
        return Ok(());
    };
    let ours = known_map(&prior.inline_policies).unwrap_or_default();
    let is_new = wanted.keys().any(|name| !ours.contains_key(name));
    if !is_new && total(&wanted) <= total(&ours) {
        return Ok(());
    }
    let Lookup::Found(live) = lookup::find(cx, name, InlinePolicies::Read, &prior.arn).await?
    else {
        return Ok(());
    };
    let mut faults = exist_already(&live, &ours, planned);
    faults.extend(too_long(&live, prior, planned));
    faults.into_result()
}

/// Policies of others that have a name which the plan wants for the first time.
fn exist_already(live: &RoleDetails, ours: &Documents, planned: &ManagedRole) -> Diagnostics {
    let mut faults = Diagnostics::new();
    if planned.on_conflict == Attr::Known("adopt".to_owned()) {
        return faults;
    }
    let wanted = known_map(&planned.inline_policies).unwrap_or_default();
    for (name, theirs) in live.inline_policies.iter().flatten() {
        let is_other = |wanted: &String| !grants_the_same(theirs, wanted);
        if !ours.contains_key(name) && wanted.get(name).is_some_and(is_other) {
            let is_of_addon = planned.addon_parts.inline.contains(name);
            faults.push(diagnostics::inline_policy_exists(
                &live.role,
                name,
                is_of_addon,
            ));
        }
    }
    faults
}

/// More text than the role can have, with what others have put on it. `state` says which policies are not others'.
pub(super) fn too_long(
    live: &RoleDetails,
    state: &ManagedRole,
    planned: &ManagedRole,
) -> Diagnostics {
    let wanted = known_map(&planned.inline_policies).unwrap_or_default();
    let ours = known_map(&state.inline_policies).unwrap_or_default();
    let mut others = live.inline_policies.clone().unwrap_or_default();
    others.retain(|name, _| !ours.contains_key(name) && !wanted.contains_key(name));
    let own = total(&wanted);
    match own > 0 && own + total(&others) > INLINE_POLICIES_SIZE {
        true => diagnostics::no_room_for_inline_policies(&live.role, own, &others).into(),
        false => Diagnostics::new(),
    }
}

fn total(documents: &Documents) -> usize {
    documents.values().map(|document| size(document)).sum()
}

/// A policy to write.
struct Put<'a> {
    name: &'a str,
    document: &'a str,
}

impl Put<'_> {
    /// How many characters more the role has then.
    fn growth(&self, have: &Documents) -> isize {
        let before = have.get(self.name).map_or(0, |before| size(before));
        size(self.document).cast_signed() - before.cast_signed()
    }
}

impl Write<'_> {
    /// Writes before it deletes, so that at no moment a wanted permission is missing. Only where the role has no room for both, as much goes first as
    /// has to.
    pub(super) async fn inline_policies(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        let wanted = known_map(&planned.inline_policies).unwrap_or_default();
        let mut have = known_map(&self.reached.inline_policies).unwrap_or_default();
        let mut goes: BTreeSet<String> = have.keys().cloned().collect();
        goes.retain(|name| !wanted.contains_key(name));
        let is_there = |name: &str, document: &str| {
            let before = have.get(name);
            before.is_some_and(|before| equivalent(before, document))
        };
        let mut puts: Vec<Put<'_>> = wanted
            .iter()
            .filter(|(name, document)| !is_there(name, document))
            .map(|(name, document)| Put { name, document })
            .collect();
        // What becomes shorter makes room for the others.
        puts.sort_by_key(|put| put.growth(&have));
        for put in puts {
            self.put(&put, &mut have, &mut goes).await?;
        }
        for name in goes {
            self.remove(&name, &mut have).await?;
        }
        self.reached.inline_policies = planned.inline_policies.clone();
        Ok(())
    }

    /// Writes one. IAM says last whether it fits: what others have put on the role counts too.
    async fn put(
        &mut self,
        put: &Put<'_>,
        have: &mut Documents,
        goes: &mut BTreeSet<String>,
    ) -> Result<(), ApiError> {
        let mut made_room = false;
        loop {
            let after = total(have).checked_add_signed(put.growth(have));
            let excess = after
                .unwrap_or_default()
                .saturating_sub(INLINE_POLICIES_SIZE);
            if excess > 0
                && let Some(name) = next_to_go(have, goes, excess)
            {
                self.remove(&name, have).await?;
                goes.remove(&name);
                made_room = true;
                continue;
            }
            // What was deleted a moment ago may be counted still.
            let is_over = |error: &ApiError| error.kind == ErrorKind::LimitExceeded;
            let waits = made_room && goes.is_empty();
            let passes = |error: &ApiError| is_not_seen_yet(error) || (waits && is_over(error));
            let written = until_consistent(self.cx, passes, || {
                self.iam.put_role_policy(&self.name, put.name, put.document)
            });
            let written = written.await;
            if let Err(error) = &written
                && is_over(error)
                && let Some(name) = next_to_go(have, goes, size(put.document))
            {
                self.remove(&name, have).await?;
                goes.remove(&name);
                made_room = true;
                continue;
            }
            if written
                .as_ref()
                .map_or_else(ApiError::may_have_been_carried_out, |()| true)
            {
                have.insert(put.name.to_owned(), put.document.to_owned());
                self.reached.inline_policies = to_map(have.clone());
            }
            return written;
        }
    }

    async fn remove(&mut self, name: &str, have: &mut Documents) -> Result<(), ApiError> {
        self.iam.delete_role_policy(&self.name, name).await?;
        have.remove(name);
        self.reached.inline_policies = to_map(have.clone());
        Ok(())
    }
}

/// Of what goes anyway the shortest that makes enough room, else the longest.
fn next_to_go(have: &Documents, goes: &BTreeSet<String>, excess: usize) -> Option<String> {
    let length = |name: &&String| have.get(*name).map_or(0, |document| size(document));
    let enough = goes.iter().filter(|name| length(name) >= excess);
    let one = enough
        .min_by_key(length)
        .or_else(|| goes.iter().max_by_key(length));
    one.cloned()
}
