//! The walks of one Terraform process: `terraform apply` without a plan file plans in one and applies in another. And what walks before this one noted.

use super::journal::{Journal, JournalFile, Member, digest};
use super::{Claim, Claims, Facts, Noted, PlannedGroup, host, mark_in};

/// The plan of an apply of the same process is among so many walks, those of other provider configurations too.
pub(super) const NEWEST: usize = 16;

/// So many walks are looked at for what an earlier plan kept.
const MOST_OF_FOLDER: usize = 64;

impl Claims {
    /// Notes that this walk plans something, also where nothing is held: the apply of it is told from a plan by that.
    pub(super) fn note_walk(&self) {
        if let Some(folder) = &self.walk.folder {
            self.memory().file.make(folder, &self.walk.nonce);
        }
    }

    /// Whether the Terraform process that started this one planned something before this walk began; `None` where that cannot be told, because
    /// nothing can be noted here.
    ///
    /// A provider that is configured twice (`alias`) has two walks at once, of which neither is before the other.
    pub(crate) fn has_earlier_walk_of_its_process(&self) -> Option<bool> {
        let own = host::parent()?;
        if !matches!(self.memory().file, JournalFile::Open(_)) {
            return None;
        }
        let mut earlier = self.walk.earlier.iter();
        Some(earlier.any(|nonce| {
            let journal = self.journal(nonce);
            journal.is_some_and(|journal| journal.host.as_deref() == Some(own.as_str()))
        }))
    }

    /// What walks of the folder that began before this one noted of something: the newest that knows of it. Nothing where there is none. At most so many
    /// walks are looked at: each is read whole.
    pub fn noted_earlier(&self, claim: &Claim, most: usize) -> Noted {
        let mut earlier = self.walk.earlier.iter().take(most);
        let found = earlier.find_map(|nonce| self.journal(nonce)?.noted(nonce, claim));
        found.unwrap_or_default()
    }

    /// Whether an object of a group was planned in this walk, until now, to go.
    pub fn is_going_now(&self, group: &str, object: &str) -> bool {
        let going = self.memory().journal.going(&self.walk.nonce, group);
        going.contains(&digest(&self.walk.nonce, object))
    }

    /// Whether the plan of a removal, and those beside it, say nothing of an object that an earlier plan of the folder kept: a plan of a part of the configuration
    /// (`-target`) does not see the rest. The newest walk that knows of the object decides; what has left the state since, or is only to be made, is kept by nobody. Never
    /// where the notes are not at hand, and while it is planned.
    pub fn is_left_out(&self, facts: &Facts, group: &str, object: &str) -> bool {
        let plan = mark_in(facts).filter(|mark| mark.is_removal && mark.walk != self.walk.nonce);
        let Some(plan) = plan.and_then(|plan| self.journal(&plan.walk)) else {
            return false;
        };
        let member = Member { group, object };
        let stays = |nonce: &String| self.journal(nonce)?.keeps(nonce, member, &plan);
        let mut earlier = self.walk.earlier.iter().take(MOST_OF_FOLDER);
        earlier.find_map(stays).unwrap_or_default()
    }

    /// What was noted of a group, by [`note_going`](Self::note_going), in the plan that is applied: the one that a removal has in its private facts or another
    /// removal named, else the newest of this Terraform process. Nothing where that is not at hand.
    pub fn planned_group(&self, facts: &Facts, group: &str) -> PlannedGroup {
        let of = |walk: &str| {
            let journal = self.journal(walk)?;
            Some(PlannedGroup::new(walk, journal.going(walk, group)))
        };
        if let Some(mark) = mark_in(facts).filter(|mark| mark.is_removal) {
            return match mark.walk == self.walk.nonce {
                true => {
                    let going = self.memory().journal.going(&mark.walk, group);
                    PlannedGroup::new(&mark.walk, going)
                }
                false => of(&mark.walk).unwrap_or_default(),
            };
        }
        let applied = self.others().applied.clone();
        if let Some(planned) = applied.as_deref().and_then(of) {
            return planned;
        }
        let Some(own) = host::parent() else {
            return PlannedGroup::default();
        };
        let is_own = |journal: &Journal| journal.host.as_deref() == Some(own.as_str());
        let mut earlier = self.walk.earlier.iter().take(NEWEST);
        let plan = earlier.find(|nonce| self.journal(nonce).is_some_and(|found| is_own(&found)));
        plan.and_then(|nonce| of(nonce)).unwrap_or_default()
    }
}
