//! What the objects of a configuration hold in the world outside, so that a removal knows of an object that somebody else of it holds.
//!
//! Terraform asks about one object at a time, in no order, and an object that only got another address is a removal and a create. Each plan of an
//! object with a configuration notes what the object stands for ([`Claims::hold`]) before it answers; a removal takes the name of its walk along
//! ([`Claims::release`]), and asks at apply who was planned to hold what it would remove ([`Claims::at_removal`]). See docs/decisions/0016.
//!
//! One value belongs to one ConfigureProvider call, which Terraform makes once for each walk; where it does not, see [`shared`].

mod beside;
mod claim;
mod host;
mod journal;
mod own_walks;
mod shared;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use beside::GoingBeside;
pub use claim::{Claim, Going, GoingGroup, Holder, Holding, Noted, PlannedGroup};
/// A name of the Terraform process that started this one, which no other has; `None` where none can be made.
pub use host::parent as terraform_process;
use journal::{Journal, JournalFile, Kind, Record, digest};
use shared::{Actor, SharedWalks};

/// The private fact that carries a walk's name from a plan to its apply. It never stays in a state.
const MARK: &str = "claims";

/// The private facts of an object.
type Facts = BTreeMap<String, Json>;

/// The claims of one walk.
pub struct Claims {
    walk: Arc<Walk>,
    /// Whose operation this is, where walks share a provider. Each clone is for an operation of its own.
    actor: Mutex<Actor>,
}

impl Clone for Claims {
    fn clone(&self) -> Self {
        Self {
            walk: Arc::clone(&self.walk),
            actor: Mutex::default(),
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims").field(&self.walk.nonce).finish()
    }
}

struct Walk {
    nonce: String,
    folder: Option<PathBuf>,
    /// The walks of the folder that were noted before this one began.
    earlier: Vec<String>,
    noted: Mutex<WalkMemory>,
    others: Mutex<OtherWalks>,
    /// Where one configured provider serves many walks.
    shared: Option<Mutex<SharedWalks>>,
}

/// What was learned of other walks.
#[derive(Default)]
struct OtherWalks {
    /// Journals that were read, by nonce.
    read: HashMap<String, Option<Arc<Journal>>>,
    /// The walk whose plan is applied, once a removal said so.
    applied: Option<String>,
}

#[derive(Default)]
struct WalkMemory {
    journal: Journal,
    holders: HashMap<String, Vec<Holder>>,
    /// What an object could not be made of in this walk.
    failed: HashSet<String>,
    file: JournalFile,
}

/// What goes from a plan to its apply.
#[derive(Serialize, Deserialize)]
struct Mark {
    /// The walk's name.
    walk: String,
    /// The contents that were noted of the object until then.
    held: Vec<String>,
    /// True for a removal that was planned; false for the create half of what may be a replacement.
    is_removal: bool,
}

impl Claims {
    /// Claims that nobody outside of this process learns of.
    pub fn in_memory() -> Self {
        Self::with(None, None)
    }

    /// Claims that are noted in a file of this folder too, which is made when it is needed.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self::with(Some(folder.into()), None)
    }

    fn with(folder: Option<PathBuf>, shared: Option<Mutex<SharedWalks>>) -> Self {
        let walk = Walk {
            nonce: journal::new_nonce(),
            earlier: folder
                .as_deref()
                .map_or_else(Vec::new, journal::newest_first),
            folder,
            noted: Mutex::default(),
            others: Mutex::default(),
            shared,
        };
        Self {
            walk: Arc::new(walk),
            actor: Mutex::default(),
        }
    }

    /// Notes that an object with a configuration holds something, and returns who held it before in this walk.
    pub fn hold(&self, object: &str, holder: Holder) -> Vec<Holder> {
        let content = holder.content.clone();
        if self.hold_shared(object, content.as_ref()) {
            return Vec::new();
        }
        let mut memory = self.memory();
        let holders = memory.holders.entry(object.to_owned()).or_default();
        let earlier = holders.clone();
        holders.push(holder);
        self.note(&mut memory, Kind::Hold, object, content.as_deref());
        earlier
    }

    /// Notes that an object without a configuration is to be removed, and puts the walk's name into what reaches its apply.
    ///
    /// Returns whether somebody was planned to hold it until now.
    pub fn release(&self, facts: &mut Facts, claim: &Claim) -> Holding {
        self.give_up(claim);
        self.put_mark(facts, &claim.object, true);
        self.at_removal(facts, claim)
    }

    /// Takes along what was noted since a planned removal was released: it may have waited for that.
    pub fn renew(&self, facts: &mut Facts, object: &str) {
        self.put_mark(facts, object, true);
    }

    /// Notes that an object of a group is there after the plan.
    pub fn note_staying(&self, group: &str, object: &str) {
        if self.is_shared() {
            return;
        }
        let mut memory = self.memory();
        self.note(&mut memory, Kind::Hold, group, Some(object));
    }

    /// Notes that an object of a group is to be removed.
    pub fn note_going(&self, group: &str, object: &str) {
        if self.is_shared() {
            return;
        }
        let mut memory = self.memory();
        self.note(&mut memory, Kind::Going, group, Some(object));
    }

    /// Notes that the state does not have an object of a group: it is yet to be made, or what had it leaves the state and removes nothing. Whoever has it later in
    /// the walk says so by [`note_staying`](Self::note_staying).
    pub fn note_absent(&self, group: &str, object: &str) {
        if self.is_shared() {
            return;
        }
        let mut memory = self.memory();
        self.note(&mut memory, Kind::Absent, group, Some(object));
    }

    /// Which objects of the group the plan of a removal removes; `None` where its notes are not at hand, or do not know of this removal.
    pub fn going(&self, facts: &Facts, group: &str, object: &str) -> Option<Going> {
        let GoingGroup { all, is_whole } = self.going_of(facts, group)?;
        let own = digest(&mark_in(facts)?.walk, object);
        let is_among = all.contains(&own);
        is_among.then_some(Going { own, all, is_whole })
    }

    /// The same of a group that the removed object need not be of.
    pub fn going_of(&self, facts: &Facts, group: &str) -> Option<GoingGroup> {
        let Mark {
            walk, is_removal, ..
        } = mark_in(facts)?;
        let found = |journal: &Journal| GoingGroup {
            all: journal.going(&walk, group),
            is_whole: journal.held(&walk, group).is_empty(),
        };
        let going = if walk == self.walk.nonce {
            found(&self.memory().journal)
        } else {
            found(self.journal(&walk)?.as_ref())
        };
        is_removal.then_some(going)
    }

    /// Who was planned in this walk to hold something.
    pub fn holding_now(&self, claim: &Claim) -> Holding {
        if let Some(holding) = self.shared_holding(claim) {
            return holding;
        }
        let memory = self.memory();
        let held = memory.journal.held(&self.walk.nonce, &claim.object);
        holding(held, &self.walk.nonce, claim).unwrap_or(Holding::Nobody)
    }

    /// Notes that an object which stays gives something up.
    pub fn give_up(&self, claim: &Claim) {
        if self.give_up_shared(claim) {
            return;
        }
        let mut memory = self.memory();
        self.note(
            &mut memory,
            Kind::Free,
            &claim.object,
            claim.content.as_deref(),
        );
    }

    /// True if what an object holds is no stranger's: another one of this walk, or of the plan that is applied, gives it up, or the object is replaced and
    /// was planned with its state before.
    pub fn is_own(&self, claim: &Claim) -> bool {
        if let Some(holding) = self.shared_holding(claim) {
            return holding != Holding::Nobody || self.noted(claim).is_released;
        }
        let is_own = {
            let memory = self.memory();
            let holders = memory.holders.get(&claim.object);
            let noted = memory.journal.noted(&self.walk.nonce, claim);
            holders.is_some_and(|holders| holders.len() > 1)
                || noted.is_some_and(|noted| noted.is_released)
        };
        is_own || self.noted(claim).is_released
    }

    /// Notes that who was to hold something could not take it: a removal that counts on being followed must not.
    pub fn note_failed(&self, object: &str) {
        if !self.fail_shared(object) {
            self.memory().failed.insert(object.to_owned());
        }
    }

    /// Puts the walk's name into what reaches the apply of a create: the object may be one that is replaced, whose removal is not planned.
    pub fn mark(&self, facts: &mut Facts, object: &str) {
        self.put_mark(facts, object, false);
    }

    fn put_mark(&self, facts: &mut Facts, object: &str, is_removal: bool) {
        let mark = Mark {
            is_removal,
            walk: self.walk.nonce.clone(),
            held: self
                .memory()
                .journal
                .held(&self.walk.nonce, object)
                .to_vec(),
        };
        if let Ok(mark) = serde_json::to_value(mark) {
            facts.insert(MARK.to_owned(), mark);
        }
    }

    /// Who holds what a removal is about to take away: by its plan, and by what was planned in this walk since.
    pub fn at_removal(&self, facts: &Facts, claim: &Claim) -> Holding {
        if let Some(holding) = self.at_shared_removal(facts, claim) {
            return holding;
        }
        let (own, has_failed) = {
            let memory = self.memory();
            let held = memory.journal.held(&self.walk.nonce, &claim.object);
            let own = holding(held, &self.walk.nonce, claim);
            (own, memory.failed.contains(&claim.object))
        };
        let mark = mark_in(facts);
        let told = mark
            .as_ref()
            .and_then(|mark| holding(&mark.held, &mark.walk, claim));
        let plan = mark.map(|mark| self.planned(&mark.walk, claim));
        let planned = plan.flatten();
        let found = [own, told, planned.flatten()].into_iter().flatten();
        match found.min_by_key(|holding| usize::from(*holding != Holding::Same)) {
            Some(Holding::Same) => Holding::Same,
            // Whoever follows has to find out that it was given up, and finds it in the plan's notes.
            Some(_) if planned.is_some() && !has_failed => Holding::Changed,
            _ if planned.is_some() => Holding::Nobody,
            _ => Holding::Unknown,
        }
    }

    /// True if what a removal is about to take away was planned to go to another object, which can find that out and has not failed.
    ///
    /// The removal half of a replacement is none: whoever asks for another object is to get one.
    pub fn is_followed(&self, facts: &Facts, claim: &Claim) -> bool {
        let is_removal = || mark_in(facts).is_some_and(|mark| mark.is_removal);
        if let Some(holding) = self.at_shared_removal(facts, claim) {
            return is_removal() && matches!(holding, Holding::Same | Holding::Changed);
        }
        let is_planned = mark_in(facts).is_some_and(|mark| {
            mark.is_removal && self.planned(&mark.walk, claim).flatten().is_some()
        });
        is_planned && !self.memory().failed.contains(&claim.object)
    }

    /// Who was planned to hold something in the walk of a removal's plan; the outer `None`: its notes are not at hand.
    fn planned(&self, walk: &str, claim: &Claim) -> Option<Option<Holding>> {
        if walk == self.walk.nonce {
            let memory = self.memory();
            return Some(holding(
                memory.journal.held(walk, &claim.object),
                walk,
                claim,
            ));
        }
        // Whoever asks afterwards what the plan noted knows now which it is.
        self.others().applied = Some(walk.to_owned());
        let journal = self.journal(walk)?;
        Some(holding(journal.held(walk, &claim.object), walk, claim))
    }

    /// What the plan of this apply noted of something. Terraform plans creates and changes again at apply and does not say which plan they come
    /// from: it is the one that a removal named, else the newest of those that this Terraform process made, else the newest of this folder that
    /// knows of it. The last is a guess, and no reason to take anything away.
    pub fn noted(&self, claim: &Claim) -> Noted {
        if let Some(noted) = self.noted_shared(claim) {
            return noted;
        }
        let Some(folder) = &self.walk.folder else {
            return Noted::default();
        };
        let of = |nonce: &str| Some((self.journal(nonce)?, nonce.to_owned()));
        let applied = self.others().applied.clone();
        if let Some((journal, nonce)) = applied.as_deref().and_then(of) {
            return journal.noted(&nonce, claim).unwrap_or_default();
        }
        let host = host::parent();
        let mut others = journal::newest_first(folder);
        others.retain(|nonce| *nonce != self.walk.nonce);
        let mut newest: Option<Noted> = None;
        for (journal, nonce) in others.iter().filter_map(|nonce| of(nonce)) {
            let Some(noted) = journal.noted(&nonce, claim) else {
                continue;
            };
            if host.is_some() && journal.host == host {
                return noted;
            }
            let is_held = noted.is_held || noted.is_held_otherwise;
            match &mut newest {
                Some(newest) => newest.is_disputed |= noted.is_released && !is_held,
                None => newest = Some(noted),
            }
        }
        newest.unwrap_or_default()
    }

    /// True if another walk noted a plan in this folder: what is planned now may be what that plan is applied by.
    pub(crate) fn may_follow_a_plan(&self) -> bool {
        let Some(folder) = &self.walk.folder else {
            return false;
        };
        let others = journal::newest_first(folder);
        others.iter().any(|nonce| *nonce != self.walk.nonce)
    }

    fn journal(&self, nonce: &str) -> Option<Arc<Journal>> {
        let folder = self.walk.folder.as_ref()?;
        let mut others = self.others();
        let read = &mut others.read;
        read.entry(nonce.to_owned())
            .or_insert_with(|| Journal::read(folder, nonce).map(Arc::new))
            .clone()
    }

    fn note(&self, memory: &mut WalkMemory, kind: Kind, object: &str, content: Option<&str>) {
        let record = Record {
            kind,
            object: digest(&self.walk.nonce, object),
            content: content.map_or_else(String::new, |content| digest(&self.walk.nonce, content)),
        };
        if let Some(folder) = &self.walk.folder {
            memory.file.append(folder, &self.walk.nonce, &record);
        }
        memory.journal.add(record);
    }

    fn others(&self) -> MutexGuard<'_, OtherWalks> {
        self.walk
            .others
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, WalkMemory> {
        self.walk
            .noted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark_in(facts: &Facts) -> Option<Mark> {
    serde_json::from_value(facts.get(MARK)?.clone()).ok()
}

/// Whether what reaches an apply was planned as a removal, and not as the first half of a replacement.
pub fn is_planned_removal(facts: &Facts) -> bool {
    mark_in(facts).is_some_and(|mark| mark.is_removal)
}

/// Takes away what only goes from one plan to its apply: a walk's name in a state would be believed by a later removal.
pub(crate) fn unmark(facts: &mut Facts) {
    facts.remove(MARK);
}

/// Whether one of the contents, as they were noted in a walk, is the claim's.
fn holding(held: &[String], nonce: &str, claim: &Claim) -> Option<Holding> {
    let same = claim
        .content
        .as_deref()
        .map(|content| digest(nonce, content));
    if held.is_empty() {
        None
    } else if same.is_some_and(|same| held.contains(&same)) {
        Some(Holding::Same)
    } else {
        Some(Holding::Changed)
    }
}

#[cfg(test)]
mod tests;
