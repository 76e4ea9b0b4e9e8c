//! One state of a cluster, arranged so that many small changes of it can be judged one by one.
//!
//! A plan of a thousand entries asks a thousand times what one removal would do. Comparing everybody each time would be a million comparisons, so
//! only those whom a change can concern are compared: whom it names, and those asked for by name. Everybody else has the same before and after;
//! of them only one thing counts, whether an administrator is among them.

use std::collections::{HashMap, HashSet};

use super::comparison::States;
use super::{
    Admins, Assessment, Circumstances, asked_for, assess_beside, bound_users, concerned,
    entries_read, may_take_away, with_described,
};
use crate::access::access_entry::AccessEntry;
use crate::access::cluster_access::{ClusterView, Knowledge, Principal};
use crate::aws_auth::{Change, Entry, ReadEntry, Reading, Section};
use crate::principal::case_folding::fold_key;

/// A state, by principal.
pub struct Baseline {
    view: ClusterView,
    /// Positions in each section, by the server's key of the ARN; accounts by their text.
    places: HashMap<(Section, String), Vec<usize>>,
    access_entries: HashMap<String, Vec<usize>>,
    /// Whom some rule names, by account: an account that is let in or out concerns them.
    named: HashMap<String, Vec<Principal>>,
    /// Keys of entries that name a principal in other words (a path, a session), by the principal's own key.
    aliases: HashMap<String, Vec<String>>,
}

/// A change as far as it can concern anybody: the two states, reduced to those concerned.
struct Touched {
    before: ClusterView,
    after: ClusterView,
}

impl Baseline {
    /// Arranges a state.
    pub fn new(view: ClusterView) -> Self {
        let mut places: HashMap<(Section, String), Vec<usize>> = HashMap::new();
        let mut access_entries: HashMap<String, Vec<usize>> = HashMap::new();
        if let Knowledge::Known(reading) = &view.aws_auth {
            for section in Section::ALL {
                for (position, entry) in reading.section(section).iter().enumerate() {
                    places
                        .entry((section, key(section, &entry.arn)))
                        .or_default()
                        .push(position);
                }
            }
        }
        if let Knowledge::Known(entries) = &view.access_entries {
            for (position, entry) in entries.iter().enumerate() {
                access_entries
                    .entry(fold_key(&entry.canonical_arn()))
                    .or_default()
                    .push(position);
            }
        }
        let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
        for (section, written) in places.keys() {
            let principal = Principal::from_arn(written);
            if *section != Section::MapAccounts && principal.arn != *written {
                aliases
                    .entry(fold_key(&principal.arn))
                    .or_default()
                    .push(written.clone());
            }
        }
        let mut named: HashMap<String, Vec<Principal>> = HashMap::new();
        for principal in view.principals() {
            named
                .entry(principal.account.clone())
                .or_default()
                .push(principal);
        }
        Self {
            view,
            places,
            access_entries,
            named,
            aliases,
        }
    }

    /// The state.
    pub fn view(&self) -> &ClusterView {
        &self.view
    }

    /// Whether anybody may have less after the changes; as [`may_take_away`], for the cost of the changes alone.
    pub fn may_take_away(&self, changes: &[Change]) -> bool {
        let touched = self.touched(changes, &[]);
        may_take_away(&touched.before, &touched.after)
    }

    /// Who is an administrator in this state: asked once for many changes.
    pub fn admins(&self, circumstances: &Circumstances) -> Admins {
        let view = with_described(&self.view, circumstances, &circumstances.described);
        let states = States {
            before: view.index(),
            after: view.index(),
            entries: entries_read(&self.view, &self.view, circumstances),
        };
        let mut admins = Admins::default();
        for judged in states.compare_all(concerned(&self.view, &self.view, circumstances)) {
            admins.add_changed(&judged, circumstances);
        }
        admins
    }

    /// What [`assess`](super::assess) says of the changes; of those whom they do not concern only the comparisons are left out.
    pub fn assess(
        &self,
        changes: &[Change],
        circumstances: &Circumstances,
        admins: &Admins,
    ) -> Assessment {
        let bound: Vec<Principal> = bound_users(circumstances).collect();
        let asked: Vec<&Principal> = asked_for(circumstances).chain(&bound).collect();
        let touched = self.touched(changes, &asked);
        assess_beside(&touched.before, &touched.after, circumstances, admins)
    }

    fn touched(&self, changes: &[Change], asked: &[&Principal]) -> Touched {
        let Knowledge::Known(reading) = &self.view.aws_auth else {
            return Touched {
                before: self.view.clone(),
                after: self.view.clone(),
            };
        };
        let mut concerned = Concerned::from_changes(reading, changes, asked);
        for account in concerned.moved_accounts.clone() {
            for principal in self.named.get(&account).into_iter().flatten() {
                concerned.add(principal);
            }
        }
        let aliases: Vec<&String> = concerned
            .arns
            .iter()
            .filter_map(|arn| self.aliases.get(arn))
            .flatten()
            .collect();
        concerned.arns.extend(aliases.into_iter().cloned());
        let pick = |section: Section, keys: &HashSet<String>| {
            let mut positions: Vec<usize> = keys
                .iter()
                .filter_map(|key| self.places.get(&(section, key.clone())))
                .flatten()
                .copied()
                .collect();
            positions.sort_unstable();
            let entries = reading.section(section);
            positions
                .into_iter()
                .filter_map(|position| entries.get(position).cloned())
                .collect::<Vec<ReadEntry>>()
        };
        let before = Reading {
            roles: pick(Section::MapRoles, &concerned.arns),
            users: pick(Section::MapUsers, &concerned.arns),
            accounts: pick(Section::MapAccounts, &concerned.accounts),
            problems: Vec::new(),
        };
        let access_entries = match &self.view.access_entries {
            Knowledge::Known(entries) => {
                Knowledge::Known(self.access_entries_of(entries, &concerned))
            }
            Knowledge::Unreadable(reason) => Knowledge::Unreadable(reason.clone()),
        };
        let view = |reading: Reading| ClusterView {
            mode: self.view.mode,
            aws_auth: Knowledge::Known(reading),
            access_entries: access_entries.clone(),
        };
        let after = reading_after(before.clone(), changes, reading);
        Touched {
            before: view(before),
            after: view(after),
        }
    }

    fn access_entries_of(
        &self,
        entries: &[AccessEntry],
        concerned: &Concerned,
    ) -> Vec<AccessEntry> {
        let mut positions: Vec<usize> = concerned
            .arns
            .iter()
            .filter_map(|arn| self.access_entries.get(arn))
            .flatten()
            .copied()
            .collect();
        positions.sort_unstable();
        positions
            .into_iter()
            .filter_map(|position| entries.get(position).cloned())
            .collect()
    }
}

/// Keys of the principals that changes can concern, and of their accounts.
#[derive(Default)]
struct Concerned {
    arns: HashSet<String>,
    accounts: HashSet<String>,
    /// Accounts whose own entries change.
    moved_accounts: Vec<String>,
}

impl Concerned {
    fn from_changes(reading: &Reading, changes: &[Change], asked: &[&Principal]) -> Self {
        let mut concerned = Self::default();
        for principal in asked {
            concerned.add(principal);
        }
        for change in changes {
            let (there, wanted) = match change {
                Change::Add(entry) => (None, Some(entry)),
                Change::Replace {
                    section,
                    index,
                    entry,
                } => (at(reading, *section, *index), Some(entry)),
                Change::Remove { section, index, .. } => (at(reading, *section, *index), None),
            };
            if let Some(entry) = there {
                concerned.add_written(entry.section, &entry.arn);
            }
            if let Some(entry) = wanted {
                concerned.add_written(entry.section(), entry.arn());
            }
        }
        concerned
    }

    /// What is written, and whom it means: a role's path is not part of its principal.
    fn add_written(&mut self, section: Section, written: &str) {
        if section == Section::MapAccounts {
            self.accounts.insert(written.to_owned());
            self.moved_accounts.push(written.to_owned());
            return;
        }
        self.arns.insert(fold_key(written));
        self.add(&Principal::from_arn(written));
    }

    fn add(&mut self, principal: &Principal) {
        self.arns.insert(fold_key(&principal.arn));
        self.accounts.insert(principal.account.clone());
    }
}

fn key(section: Section, arn: &str) -> String {
    match section {
        Section::MapAccounts => arn.to_owned(),
        Section::MapRoles | Section::MapUsers => fold_key(arn),
    }
}

/// The entry with an index, which grows with the position.
fn at(reading: &Reading, section: Section, index: usize) -> Option<&ReadEntry> {
    let entries = reading.section(section);
    entries
        .binary_search_by_key(&index, |entry| entry.index)
        .ok()
        .and_then(|position| entries.get(position))
}

/// What the server would read after the changes, which is what an edit promises; `whole` is the reading that indices are of.
pub(crate) fn reading_after(mut reading: Reading, changes: &[Change], whole: &Reading) -> Reading {
    for change in changes {
        match change {
            Change::Remove { section, index, .. } => {
                section_mut(&mut reading, *section).retain(|entry| entry.index != *index);
            }
            Change::Replace {
                section,
                index,
                entry,
            } => {
                for there in section_mut(&mut reading, *section) {
                    if there.index == *index {
                        overwrite(there, entry);
                    }
                }
            }
            Change::Add(entry) => {
                let section = entry.section();
                let last = whole.section(section).last();
                let mut added = ReadEntry {
                    section,
                    index: last.map_or(0, |last| last.index + 1),
                    line: last.map_or(1, |last| last.line + 1),
                    arn: String::new(),
                    username: String::new(),
                    groups: Vec::new(),
                    sso: None,
                    user_id: String::new(),
                    has_unknown_fields: false,
                };
                overwrite(&mut added, entry);
                section_mut(&mut reading, section).push(added);
            }
        }
    }
    reading
}

fn section_mut(reading: &mut Reading, section: Section) -> &mut Vec<ReadEntry> {
    match section {
        Section::MapRoles => &mut reading.roles,
        Section::MapUsers => &mut reading.users,
        Section::MapAccounts => &mut reading.accounts,
    }
}

/// An ARN that differs in nothing but case keeps its spelling, as in an edit.
fn overwrite(there: &mut ReadEntry, entry: &Entry) {
    if key(there.section, &there.arn) != key(there.section, entry.arn()) {
        entry.arn().clone_into(&mut there.arn);
    }
    entry.username().clone_into(&mut there.username);
    there.groups = entry.groups().to_vec();
    there.sso = None;
}

#[cfg(test)]
mod tests;
