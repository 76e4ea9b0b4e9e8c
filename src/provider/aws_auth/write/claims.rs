//! Who holds what in one apply: two resources for one entry, or an exclusive map beside others, are refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use eksauth_core::aws_auth::{EmptyForm, Section};
use tf_provider::{Diagnostic, Diagnostics};

use super::handed_on::HandedOn;
use super::let_go::LetGo;
use super::pending::Pending;
use super::request::{ChangeRequest, EntryKey, Ownership};
use crate::aws_auth::diagnostics::{self, ClusterName};

/// The reasons against requests, by position.
pub(super) type Refusals = HashMap<usize, Diagnostics>;

/// What a run remembers beside the document.
#[derive(Default)]
pub(super) struct RunMemory {
    pub(super) claims: Claims,
    /// How sections looked before the first entry of ours came.
    pub(super) undo: BTreeMap<Section, EmptyForm>,
    /// What went in doubt.
    pub(super) let_go: LetGo,
    /// The own entry that goes with the last of the others.
    pub(super) handed_on: HandedOn,
    /// How many writes were begun.
    pub(super) writes: u64,
    /// What the write that is under way takes away or moves.
    pub(super) leaving: BTreeSet<EntryKey>,
    /// How many requests were answered that did not wait.
    pub(super) answered: u64,
}

/// Who holds what in this apply.
#[derive(Default)]
pub(super) struct Claims {
    entries: HashMap<EntryKey, String>,
    exclusive_map: Option<String>,
    /// One of those who hold something, to be named.
    any: Option<String>,
}

impl Claims {
    /// Notes what a granted request holds.
    pub(super) fn grant(&mut self, request: &ChangeRequest) {
        let label = request.label();
        for key in request.claims() {
            self.entries.insert(key, label.clone());
            self.any.get_or_insert_with(|| label.clone());
        }
        if request.ownership == Ownership::ExclusiveMap {
            self.exclusive_map = Some(label);
        }
    }

    /// Forgets what an earlier walk granted of what a request supersedes.
    pub(super) fn forget(&mut self, request: &ChangeRequest) {
        if request.superseded.is_empty() {
            return;
        }
        for key in &request.superseded {
            self.entries.remove(key);
        }
        let label = request.label();
        self.exclusive_map.take_if(|map| *map == label);
        if self.any.as_ref() == Some(&label) {
            let mut others = self.entries.values().filter(|other| **other != label);
            self.any = others.next().cloned();
        }
    }

    /// True for an entry that a resource of this apply holds already.
    pub(super) fn holds(&self, key: &EntryKey) -> bool {
        self.entries.contains_key(key)
    }

    /// Who of earlier writes cannot stand beside the request.
    fn conflicting(&self, request: &ChangeRequest) -> Option<String> {
        match request.ownership {
            _ if request.claims().is_empty() => None,
            Ownership::ExclusiveMap => self.any.clone(),
            Ownership::Entry | Ownership::SharedMap => self.exclusive_map.clone(),
        }
    }
}

/// True if earlier writes of this apply stand against the request.
pub(super) fn collisions_with(request: &ChangeRequest, claims: &Claims) -> bool {
    let is_held = |key: &EntryKey| claims.holds(key);
    request.claims().iter().any(is_held) || claims.conflicting(request).is_some()
}

/// Requests that want what another resource of this configuration holds or wants.
pub(super) fn collisions(requests: &[Pending], cluster: &ClusterName, claims: &Claims) -> Refusals {
    let mut refusals = Refusals::new();
    let mut refuse =
        |position: usize, reason: Diagnostic| refusals.entry(position).or_default().push(reason);
    let mut wanted: HashMap<EntryKey, usize> = HashMap::new();
    for (position, pending) in requests.iter().enumerate() {
        let label = pending.request.label();
        let collide = |key: &EntryKey, one: &str, other: &str| {
            diagnostics::collide(cluster, &key.arn, key.section, one, other)
        };
        for key in pending.request.claims() {
            if let Some(holder) = claims.entries.get(&key) {
                refuse(position, collide(&key, &label, holder));
            }
            let first = wanted.insert(key.clone(), position);
            let Some(first) = first.filter(|first| *first != position) else {
                continue;
            };
            if let Some(other) = requests.get(first).map(|pending| pending.request.label()) {
                refuse(position, collide(&key, &label, &other));
                refuse(first, collide(&key, &other, &label));
            }
        }
        let conflicting = claims.conflicting(&pending.request);
        if let Some(other) = conflicting.or_else(|| beside_exclusive_map(requests, position)) {
            let is_map = pending.request.ownership == Ownership::ExclusiveMap;
            let (map, other) = if is_map {
                (&label, &other)
            } else {
                (&other, &label)
            };
            refuse(position, diagnostics::exclusive(cluster, map, other));
        }
    }
    refusals
}

/// Who else of the batch stands beside an exclusive map; the map is the one that is refused.
fn beside_exclusive_map(requests: &[Pending], position: usize) -> Option<String> {
    let is_exclusive = requests
        .get(position)
        .is_some_and(|pending| pending.request.ownership == Ownership::ExclusiveMap);
    let mut others = requests
        .iter()
        .enumerate()
        .filter(|(other, pending)| *other != position && !pending.request.claims().is_empty());
    if is_exclusive {
        others.next().map(|(_, pending)| pending.request.label())
    } else {
        None
    }
}
