//! What is held where one configured provider serves many walks: `terraform test` of Terraform 1.13 and newer configures a provider once for a file,
//! and plans and applies all of its runs with it.
//!
//! Nothing says where a walk ends, so a plan counts for its object and not for its walk. Each object of a state carries a name of its own in its
//! private facts, and what its next plan holds replaces what it held before. A planned create has a name too, which its state keeps; creates that were
//! planned and never applied cannot be told from those that will be, and are believed only where they were planned after what they follow.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Claim, Claims, Facts, Holding, Noted, journal, mark_in};

/// The private fact that names an object of the state.
const INSTANCE: &str = "instance";

/// The object that an operation is about, and which operation it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    instance: String,
    is_apply: bool,
}

/// What the objects of all walks hold.
#[derive(Default)]
pub(super) struct SharedWalks {
    now: u64,
    holds: Vec<Note>,
    given_up: Vec<Note>,
    /// The objects that are in a state.
    applied: BTreeSet<String>,
    /// When an object was planned last.
    planned: HashMap<String, u64>,
}

/// Something that an object holds or gives up.
struct Note {
    object: String,
    content: Option<String>,
    by: String,
    at: u64,
}

impl Note {
    fn is_of(&self, object: &str, by: &str) -> bool {
        self.object == object && self.by == by
    }

    fn is_same(&self, claim: &Claim) -> bool {
        self.content.is_some() && self.content == claim.content
    }
}

impl SharedWalks {
    fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }

    fn note(&mut self, actor: &Actor, claim: &Claim) -> Note {
        Note {
            object: claim.object.clone(),
            content: claim.content.clone(),
            by: actor.instance.clone(),
            at: self.tick(),
        }
    }

    /// A new plan of an object: what its earlier plans said counts no longer.
    fn begin_plan(&mut self, instance: &str) {
        let now = self.tick();
        self.planned.insert(instance.to_owned(), now);
        self.holds.retain(|note| note.by != instance);
        self.given_up.retain(|note| note.by != instance);
    }

    /// Who else holds something.
    fn others<'a>(&'a self, actor: &'a Actor, object: &'a str) -> impl Iterator<Item = &'a Note> {
        let holds = self.holds.iter();
        holds.filter(move |note| note.object == object && note.by != actor.instance)
    }

    /// True for what will be there after this apply: an object of a state, or one that was planned after the other.
    fn is_sure(&self, actor: &Actor, note: &Note) -> bool {
        let planned = self.planned.get(&actor.instance);
        self.applied.contains(&note.by) || planned.is_some_and(|planned| note.at > *planned)
    }

    /// Who else is known to hold something; [`Holding::Unknown`] where only a plan does that may not be applied.
    fn holding(&self, actor: &Actor, claim: &Claim) -> Holding {
        let mut found = Holding::Nobody;
        for note in self.others(actor, &claim.object) {
            match (self.is_sure(actor, note), note.is_same(claim)) {
                (true, true) => return Holding::Same,
                (true, false) => found = Holding::Changed,
                (false, _) if found == Holding::Nobody => found = Holding::Unknown,
                (false, _) => {}
            }
        }
        found
    }

    fn has_applied(&mut self, instance: &str, is_new: bool) {
        let held = self.holds.iter().filter(|note| note.by == instance);
        let held: BTreeSet<String> = held.map(|note| note.object.clone()).collect();
        let applied = &self.applied;
        let is_stale = |note: &Note| {
            let is_others = note.by != instance && held.contains(&note.object);
            is_others && (is_new || !applied.contains(&note.by))
        };
        self.holds.retain(|note| !is_stale(note));
        self.given_up.retain(|note| !held.contains(&note.object));
        self.applied.insert(instance.to_owned());
    }

    fn has_removed(&mut self, instance: &str) {
        self.holds.retain(|note| note.by != instance);
        self.applied.remove(instance);
        self.planned.remove(instance);
    }
}

impl Claims {
    /// Claims of a configured provider that serves many walks, whose ends nobody says.
    pub fn shared() -> Self {
        Self::with(None, Some(Mutex::default()))
    }

    /// True where one configured provider serves many walks.
    pub fn is_shared(&self) -> bool {
        self.walk.shared.is_some()
    }

    /// A plan begins. Its object is named in the facts that it plans.
    pub(crate) fn begin_plan(&self, facts: &mut Facts) {
        let Some(mut shared) = self.shared_walks() else {
            self.note_walk();
            return;
        };
        let instance = name_in(facts).unwrap_or_else(journal::new_nonce);
        facts.insert(INSTANCE.to_owned(), instance.clone().into());
        shared.begin_plan(&instance);
        self.act(instance, false);
    }

    /// The apply of a plan begins.
    pub(crate) fn begin_apply(&self, facts: &Facts) {
        if self.is_shared() {
            self.act(name_in(facts).unwrap_or_default(), true);
        }
    }

    /// A create or a change was made; its object keeps the name that it was planned with.
    pub(crate) fn end_apply(&self, is_new: bool, facts: &mut Facts) {
        let Some(mut shared) = self.shared_walks() else {
            return;
        };
        let instance = self.actor().instance;
        shared.has_applied(&instance, is_new);
        facts.insert(INSTANCE.to_owned(), instance.into());
    }

    /// An object was removed.
    pub(crate) fn end_removal(&self) {
        if let Some(mut shared) = self.shared_walks() {
            shared.has_removed(&self.actor().instance);
        }
    }

    /// An object came into the state by an import.
    pub(crate) fn end_import(&self, facts: &mut Facts) {
        if let Some(mut shared) = self.shared_walks() {
            let instance = journal::new_nonce();
            shared.applied.insert(instance.clone());
            facts.insert(INSTANCE.to_owned(), instance.into());
        }
    }

    /// As [`hold`](Self::hold); false where the walk has its provider to itself. That two objects hold one thing is not told here, because two plans may
    /// be of one object: a create of what is held is refused when it is made.
    pub(super) fn hold_shared(&self, object: &str, content: Option<&String>) -> bool {
        let Some(mut shared) = self.shared_walks() else {
            return false;
        };
        let claim = Claim {
            object: object.to_owned(),
            content: content.cloned(),
        };
        let note = shared.note(&self.actor(), &claim);
        shared.holds.push(note);
        true
    }

    /// As [`give_up`](Self::give_up); false where the walk has its provider to itself.
    pub(super) fn give_up_shared(&self, claim: &Claim) -> bool {
        let Some(mut shared) = self.shared_walks() else {
            return false;
        };
        let note = shared.note(&self.actor(), claim);
        shared.given_up.push(note);
        true
    }

    /// As [`at_removal`](Self::at_removal). What a replacement removes first is given up too, and its second half may take it.
    pub(super) fn at_shared_removal(&self, facts: &Facts, claim: &Claim) -> Option<Holding> {
        let actor = self.actor();
        let mut shared = self.shared_walks()?;
        let is_replaced = mark_in(facts).is_some_and(|mark| !mark.is_removal);
        if actor.is_apply && is_replaced {
            let note = shared.note(&actor, claim);
            shared.given_up.push(note);
        }
        Some(shared.holding(&actor, claim))
    }

    /// As [`holding_now`](Self::holding_now). A plan may wait for every other one; an apply believes only what is sure.
    pub(super) fn shared_holding(&self, claim: &Claim) -> Option<Holding> {
        let actor = self.actor();
        let shared = self.shared_walks()?;
        if actor.is_apply {
            return Some(match shared.holding(&actor, claim) {
                Holding::Unknown => Holding::Nobody,
                holding => holding,
            });
        }
        let others = || shared.others(&actor, &claim.object);
        Some(if others().any(|note| note.is_same(claim)) {
            Holding::Same
        } else if others().next().is_some() {
            Holding::Changed
        } else {
            Holding::Nobody
        })
    }

    /// As [`noted`](Self::noted).
    pub(super) fn noted_shared(&self, claim: &Claim) -> Option<Noted> {
        let actor = self.actor();
        let shared = self.shared_walks()?;
        let counts = |note: &&Note| {
            let is_own = note.by == actor.instance;
            note.object == claim.object && (is_own || shared.is_sure(&actor, note))
        };
        let held = || shared.holds.iter().filter(counts);
        let is_given_up = |note: &Note| note.object == claim.object && note.is_same(claim);
        Some(Noted {
            is_released: shared.given_up.iter().any(is_given_up),
            is_held: held().any(|note| note.is_same(claim)),
            is_held_otherwise: held().any(|note| note.content.is_some() && !note.is_same(claim)),
            is_disputed: false,
        })
    }

    /// As [`note_failed`](Self::note_failed); false where the walk has its provider to itself.
    pub(super) fn fail_shared(&self, object: &str) -> bool {
        let actor = self.actor();
        let Some(mut shared) = self.shared_walks() else {
            return false;
        };
        let is_in_state = shared.applied.contains(&actor.instance);
        shared
            .holds
            .retain(|note| is_in_state || !note.is_of(object, &actor.instance));
        true
    }

    fn shared_walks(&self) -> Option<MutexGuard<'_, SharedWalks>> {
        let shared = self.walk.shared.as_ref()?;
        Some(shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn act(&self, instance: String, is_apply: bool) {
        let actor = Actor { instance, is_apply };
        *self.actor.lock().unwrap_or_else(PoisonError::into_inner) = actor;
    }

    fn actor(&self) -> Actor {
        let actor = self.actor.lock().unwrap_or_else(PoisonError::into_inner);
        actor.clone()
    }
}

fn name_in(facts: &Facts) -> Option<String> {
    Some(facts.get(INSTANCE)?.as_str()?.to_owned())
}
