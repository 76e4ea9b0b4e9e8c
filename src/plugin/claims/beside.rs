//! What other provider configurations (`alias`) of the same plan noted: Terraform runs each of them in a process of its own, with notes of its own.

use super::own_walks::NEWEST;
use super::{Claims, Facts, PlannedGroup, mark_in};

/// What other provider configurations of a plan remove of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoingBeside {
    others: Vec<PlannedGroup>,
    /// What the configuration of the removal itself removes: Terraform plans a destroy in two walks, of which the first may have noted some of it.
    own: PlannedGroup,
}

impl GoingBeside {
    /// Whether they remove nothing of it.
    pub fn is_none(&self) -> bool {
        self.others.is_empty()
    }

    /// Whether an object is among what they remove.
    pub fn has(&self, object: &str) -> bool {
        self.others.iter().any(|group| group.has(object)) && !self.own.has(object)
    }
}

impl Claims {
    /// What other provider configurations of the plan of a removal remove of a group: what was noted under the same Terraform process. Nothing where the notes are
    /// not at hand, and while it is planned.
    pub fn going_beside(&self, facts: &Facts, group: &str) -> GoingBeside {
        let plan = mark_in(facts).filter(|mark| mark.is_removal && mark.walk != self.walk.nonce);
        let Some(plan) = plan.map(|mark| mark.walk) else {
            return GoingBeside::default();
        };
        let Some(journal) = self.journal(&plan) else {
            return GoingBeside::default();
        };
        let own = PlannedGroup::new(&plan, journal.going(&plan, group));
        let Some(host) = &journal.host else {
            return GoingBeside::default();
        };
        let others = self.walk.earlier.iter().filter(|nonce| **nonce != plan);
        let of = |nonce: &String| {
            let journal = self.journal(nonce)?;
            let is_beside = journal.host.as_ref() == Some(host);
            let group = PlannedGroup::new(nonce, journal.going(nonce, group));
            (is_beside && !group.is_empty()).then_some(group)
        };
        GoingBeside {
            others: others.take(NEWEST).filter_map(of).collect(),
            own,
        }
    }
}
