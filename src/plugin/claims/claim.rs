//! What is claimed, by whom, and what a removal or a create learns of it.

use std::collections::BTreeSet;

use super::journal::digest;

/// Something that an object of the configuration stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What it is, among all that any object of the provider could stand for. Equal texts are one and the same.
    pub object: String,
    /// What it is to be like; `None` while that is not known.
    pub content: Option<String>,
}

/// Who holds something in this walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// How messages name it.
    pub label: String,
    /// True if it is in the state already.
    pub is_in_state: bool,
    /// Its configuration: one object that is replaced is planned twice, with the same.
    pub config: String,
    /// What the object is to be like.
    pub content: Option<String>,
}

impl Holder {
    /// True if the other, planned after this one, is certainly another object: a replacement is planned first with its state and then without,
    /// with the same configuration.
    pub fn is_other_than(&self, later: &Self) -> bool {
        let may_be_replaced = self.is_in_state && !later.is_in_state;
        !(may_be_replaced && self.config == later.config)
    }
}

/// Whether somebody of the configuration holds what a removal would take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Somebody holds it as it is.
    Same,
    /// Somebody wants it to be otherwise.
    Changed,
    /// Nobody whom the plan saw.
    Nobody,
    /// What the plan noted is not at hand: it was made elsewhere, or its folder could not be written.
    Unknown,
}

/// What the plan that is applied now noted of something, as far as it can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// True if a planned removal gives it up with this content.
    pub is_released: bool,
    /// True if somebody was planned to hold it with this content.
    pub is_held: bool,
    /// True if somebody was planned to hold it with another one.
    pub is_held_otherwise: bool,
    /// True if which plan is applied is a guess, and another plan of this folder gives it up without anybody who holds it.
    pub is_disputed: bool,
}

/// What a plan removes of one group of objects. Objects are named by digests of that plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoingGroup {
    /// All of the group that go.
    pub all: BTreeSet<String>,
    /// True if the plan keeps nothing of the group.
    pub is_whole: bool,
}

/// A planned removal among all that its plan makes in one group of objects. Objects are named by digests of that plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Going {
    /// The object that is removed.
    pub own: String,
    /// All of the group that go, this one among them.
    pub all: BTreeSet<String>,
    /// True if the plan keeps nothing of the group.
    pub is_whole: bool,
}

/// What a plan noted of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedGroup {
    walk: String,
    /// Objects in digests of that plan.
    all: BTreeSet<String>,
}

impl PlannedGroup {
    pub(super) fn new(walk: &str, all: BTreeSet<String>) -> Self {
        Self {
            walk: walk.to_owned(),
            all,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether an object is of it.
    pub(super) fn has(&self, object: &str) -> bool {
        self.all.contains(&digest(&self.walk, object))
    }

    /// How many of it are not among these.
    pub fn open<'o>(&self, done: impl IntoIterator<Item = &'o String>) -> usize {
        let mut all = self.all.clone();
        if all.is_empty() {
            return 0;
        }
        for object in done {
            all.remove(&digest(&self.walk, object));
        }
        all.len()
    }
}
