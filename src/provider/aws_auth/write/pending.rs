//! A wish that waits for its answer, and how the wishes of one write stand to each other.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{EmptyForm, Entry, Section};
use tf_provider::Diagnostics;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::request::{ChangeOutcome, ChangeRequest, Key};

/// A wish on its way.
pub(in crate::aws_auth) struct Pending {
    pub(in crate::aws_auth) request: ChangeRequest,
    pub(in crate::aws_auth) cancel: CancellationToken,
    /// True once a write of it was sent whose answer never came.
    pub(in crate::aws_auth) maybe_written: bool,
    /// The notes of that write.
    pub(in crate::aws_auth) undo: BTreeMap<Section, EmptyForm>,
    answer: oneshot::Sender<Result<ChangeOutcome, Diagnostics>>,
}

impl Pending {
    pub(in crate::aws_auth) fn new(
        request: ChangeRequest,
        cancel: CancellationToken,
    ) -> (Self, oneshot::Receiver<Result<ChangeOutcome, Diagnostics>>) {
        let (answer, receiver) = oneshot::channel();
        let pending = Self {
            request,
            cancel,
            maybe_written: false,
            undo: BTreeMap::new(),
            answer,
        };
        (pending, receiver)
    }

    /// Ends the wish. Who asked may be gone; then nobody needs the answer.
    pub(in crate::aws_auth) fn answer(self, outcome: Result<ChangeOutcome, Diagnostics>) {
        if self.answer.send(outcome).is_err() {
            tracing::debug!(
                resource = self.request.resource,
                "nobody waits for the answer of this change"
            );
        }
    }
}

/// Wishes that can be written one group after another. Those that name a common entry stay together, in their order: written apart, a removal whose
/// successor is refused would leave nobody with the entry.
pub(in crate::aws_auth) fn groups(requests: Vec<Pending>) -> Vec<Vec<Pending>> {
    let mut groups: Vec<(BTreeSet<Key>, Vec<Pending>)> = Vec::new();
    for pending in requests {
        let mut keys = pending.request.names();
        let related: Vec<_> = groups
            .extract_if(.., |(of_group, _)| !of_group.is_disjoint(&keys))
            .collect();
        let mut members = Vec::new();
        for (of_group, group) in related {
            members.extend(group);
            keys.extend(of_group);
        }
        members.push(pending);
        groups.push((keys, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// How the wishes of one write stand to each other.
#[derive(Default)]
pub(in crate::aws_auth) struct Relations {
    /// Removed by one, added by another: one change.
    pub(in crate::aws_auth) handed_over: BTreeMap<Key, Entry>,
    /// Free for another after this write.
    pub(in crate::aws_auth) vacated: BTreeMap<Key, Entry>,
}

impl Relations {
    pub(in crate::aws_auth) fn of<'a>(
        requests: impl Iterator<Item = &'a ChangeRequest> + Clone,
    ) -> Self {
        let additions: BTreeSet<Key> = requests
            .clone()
            .flat_map(|request| {
                request
                    .upserts
                    .iter()
                    .filter(|put| put.prior.is_none())
                    .map(|put| Key::of(&put.entry))
            })
            .collect();
        let mut relations = Self::default();
        for request in requests {
            for removal in &request.removals {
                let key = Key::of(&removal.entry);
                let map = if additions.contains(&key) {
                    &mut relations.handed_over
                } else {
                    &mut relations.vacated
                };
                map.insert(key, removal.entry.clone());
            }
            for prior in request.upserts.iter().filter_map(|put| {
                put.prior
                    .as_ref()
                    .filter(|prior| Key::of(prior) != Key::of(&put.entry))
            }) {
                relations.vacated.insert(Key::of(prior), prior.clone());
            }
        }
        relations
    }
}
