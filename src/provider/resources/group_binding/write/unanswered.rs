//! What an apply makes before Terraform has its answer: a run that is killed in between leaves it in no state, and gives rights by it all the same.
//!
//! So it is noted in the file of the walk (docs/decisions/0016) before each object that the state does not have is written, and after the write which one
//! it is. The answer takes the note back. The next plan finds what is still noted, and goes on with it instead of taking it for another configuration's.

use super::super::notes::{APPLY, INTENDED, of_state, state_object};
use super::super::objects::{self, HeldObject, WantedObject};
use super::super::{claim_key, uid_part};
use super::Writing;
use crate::ports::rbac_objects::{RbacKey, RbacObject};
use crate::session::object_claim::{self, Origin};

impl Writing<'_> {
    /// What names an object in the notes.
    fn claim_on(&self, key: &RbacKey) -> Option<String> {
        claim_key(&self.planned, key).into_known()
    }

    /// Notes that an object is written which the state does not have.
    pub(super) fn note_writing(&self, wanted: &WantedObject, found: Option<&RbacObject>) {
        let Some(key) = self.claim_on(&wanted.key) else {
            return;
        };
        match found {
            Some(found) => {
                let origin = self.handed_on(found).unwrap_or(Origin::Adopted);
                self.note_left(&key, &uid_part(&found.uid), origin);
            }
            None => self.note_left(&key, INTENDED, Origin::Made),
        }
    }

    fn note_left(&self, key: &str, part: &str, origin: Origin) {
        if let Some(mark) = &self.mark {
            object_claim::note_left(self.cx, &state_object(mark), APPLY, Origin::Made);
            object_claim::note_left(self.cx, key, &of_state(part, mark), origin);
        }
        object_claim::note_left(self.cx, key, part, origin);
    }

    fn note_kept(&self, key: &str, part: &str, origin: Origin) {
        if let Some(mark) = &self.mark {
            object_claim::note_kept(self.cx, &state_object(mark), APPLY, Origin::Made);
            object_claim::note_kept(self.cx, key, &of_state(part, mark), origin);
        }
        object_claim::note_kept(self.cx, key, part, origin);
    }

    /// Notes which object it is.
    pub(super) fn note_written(&self, wanted: &WantedObject, held: &HeldObject) {
        if let Some(key) = self.claim_on(&wanted.key) {
            self.note_left(&key, &uid_part(&held.uid), held.origin());
        }
    }

    /// Notes that the answer tells of all that is held now and was not before.
    pub(super) fn note_answered(&self, before: &[HeldObject], held: &[HeldObject]) {
        for one in held {
            let Some(key) = one.key() else {
                continue;
            };
            if objects::find_held(before, &key).is_some_and(|before| before.uid == one.uid) {
                continue;
            }
            if let Some(key) = self.claim_on(&key) {
                self.note_kept(&key, INTENDED, Origin::Made);
                self.note_kept(&key, &uid_part(&one.uid), one.origin());
            }
        }
    }
}
