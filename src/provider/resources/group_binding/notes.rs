//! The names of what an apply notes of itself, for a plan after it (`write/unanswered.rs`, `left_over.rs`).

use super::objects::{HeldObject, WantedObject};
use super::removal::in_order;

/// An object that is about to be made, whose uid nobody knows.
pub(super) const INTENDED: &str = "intended";

/// An apply of a state that has not answered.
pub(super) const APPLY: &str = "apply";

/// What names a state in the notes, by the uid of an object that it has.
pub(super) fn state_object(uid: &str) -> String {
    format!("group binding of {uid}")
}

/// Something of an object, made for that state.
pub(super) fn of_state(part: &str, uid: &str) -> String {
    format!("{part} of {uid}")
}

/// The object of a state that is there as long as any: one that stays, else the one that goes last.
pub(super) fn mark(wanted: &[WantedObject], held: &[HeldObject]) -> Option<String> {
    let stays = |one: &&HeldObject| {
        let key = one.key();
        wanted
            .iter()
            .any(|wanted| Some(&wanted.key) == key.as_ref())
    };
    let ordered = in_order(held);
    let found = held.iter().find(stays).or(ordered.last());
    found.map(|one| one.uid.clone())
}
