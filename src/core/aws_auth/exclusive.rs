//! What an exclusive map counts as its own beside the entries that it names.

use std::collections::HashMap;

use super::{Entry, ReadEntry, Reading, Section};
use crate::principal::case_folding::fold_key;

impl Reading {
    /// The entries that are not among `named`. Doubles of one that is named, or of one found already, are not repeated. Entries of single
    /// sign-on, which nobody can name, and those of nodes and Fargate, unless they are managed too, belong to others.
    pub fn beside(&self, named: &[Entry], manages_node_entries: bool) -> Vec<&ReadEntry> {
        let mut by_key: HashMap<(Section, String), Vec<Entry>> = HashMap::new();
        for entry in named {
            by_key
                .entry((entry.section(), fold_key(entry.arn())))
                .or_default()
                .push(entry.clone());
        }
        let sections = Section::ALL
            .into_iter()
            .flat_map(|section| self.section(section));
        let is_candidate = |entry: &&ReadEntry| {
            entry.sso.is_none()
                && (manages_node_entries || !(entry.is_node() || entry.is_fargate()))
        };
        let mut beside = Vec::new();
        for entry in sections.filter(is_candidate) {
            let same = by_key
                .entry((entry.section, fold_key(&entry.arn)))
                .or_default();
            if !same.iter().any(|known| entry.same_meaning(known)) {
                beside.push(entry);
                same.extend(entry.to_entry());
            }
        }
        beside
    }
}
