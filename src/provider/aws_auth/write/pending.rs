//! A request that waits for its answer, and how the requests of one write stand to each other.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{EmptyForm, Entry, Section};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::change_error::ChangeError;
use super::request::{ChangeOutcome, ChangeRequest, EntryKey};

/// A request on its way.
pub(super) struct Pending {
    pub(super) request: ChangeRequest,
    pub(super) cancel: CancellationToken,
    /// True once a write of it was sent whose answer never came.
    pub(super) maybe_written: bool,
    /// The notes of that write.
    pub(super) undo: BTreeMap<Section, EmptyForm>,
    answer: oneshot::Sender<Result<ChangeOutcome, ChangeError>>,
}

impl Pending {
    pub(super) fn new(
        request: ChangeRequest,
        cancel: CancellationToken,
    ) -> (Self, oneshot::Receiver<Result<ChangeOutcome, ChangeError>>) {
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

    /// Ends the request. Who asked may be gone; then nobody needs the answer.
    pub(super) fn answer(self, outcome: Result<ChangeOutcome, ChangeError>) {
        if self.answer.send(outcome).is_err() {
            tracing::debug!(
                resource = self.request.resource,
                "nobody waits for the answer of this change"
            );
        }
    }
}

/// What cancels a write of these. Terraform cancels all operations of a run together.
pub(super) fn cancellation_of(requests: &[Pending]) -> CancellationToken {
    let first = requests.first();
    first.map_or_else(CancellationToken::new, |pending| pending.cancel.clone())
}

/// Requests that can be written one group after another. Those that name a common entry stay together, in their order: written apart, a removal whose
/// successor is refused would leave nobody with the entry.
pub(super) fn groups(requests: Vec<Pending>) -> Vec<Vec<Pending>> {
    let mut groups: Vec<Group> = Vec::new();
    for pending in requests {
        let mut joined = Group {
            names: pending.request.names(),
            members: Vec::new(),
        };
        let related: Vec<Group> = groups
            .extract_if(.., |group| !group.names.is_disjoint(&joined.names))
            .collect();
        for group in related {
            joined.members.extend(group.members);
            joined.names.extend(group.names);
        }
        joined.members.push(pending);
        groups.push(joined);
    }
    groups.into_iter().map(|group| group.members).collect()
}

/// Requests that stay together, and every entry that they name.
struct Group {
    names: BTreeSet<EntryKey>,
    members: Vec<Pending>,
}

/// How the requests of one write stand to each other.
#[derive(Default)]
pub(super) struct Relations {
    /// Removed by one, wanted by another (a renamed `for_each` key), with what the remover remembers: one change.
    pub(super) handed_over: BTreeMap<EntryKey, Entry>,
    /// Entries that go in the same write, with what their resource remembers: the ARN is free for another.
    pub(super) vacated: BTreeMap<EntryKey, Entry>,
    /// What resources want that were another entry before: in a list that is shifted, what one leaves is what another comes to.
    pub(super) moved_to: BTreeMap<EntryKey, Entry>,
}

impl Relations {
    pub(super) fn between<'a>(requests: impl Iterator<Item = &'a ChangeRequest> + Clone) -> Self {
        let wanted: BTreeSet<EntryKey> = requests
            .clone()
            .flat_map(|request| {
                request
                    .upserts
                    .iter()
                    .filter(|upsert| upsert.stays())
                    .map(|upsert| EntryKey::from_entry(&upsert.entry))
            })
            .collect();
        let mut relations = Self::default();
        for request in requests {
            for removal in &request.removals {
                let key = EntryKey::from_entry(&removal.entry);
                let map = if wanted.contains(&key) {
                    &mut relations.handed_over
                } else {
                    &mut relations.vacated
                };
                map.insert(key, removal.entry.clone());
            }
            for upsert in request.upserts.iter().filter(|upsert| !upsert.stays()) {
                let Some(prior) = &upsert.prior else { continue };
                let (from, to) = (prior.clone(), upsert.entry.clone());
                relations.vacated.insert(EntryKey::from_entry(&from), from);
                relations.moved_to.insert(EntryKey::from_entry(&to), to);
            }
        }
        relations
    }
}
