//! Reading a ConfigMap's `data` as the server does.

use std::collections::BTreeMap;

use super::{Problem, ReadEntry, Section};

/// What the server makes of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The entries of `mapRoles` that the server keeps, in document order.
    pub roles: Vec<ReadEntry>,
    /// The entries of `mapUsers` that the server keeps, in document order.
    pub users: Vec<ReadEntry>,
    /// The accounts of `mapAccounts`, in document order.
    pub accounts: Vec<ReadEntry>,
    /// Everything that is wrong, in document order.
    pub problems: Vec<Problem>,
    locked: Vec<Section>,
}

impl Reading {
    /// The entries of one section.
    pub fn section(&self, section: Section) -> &[ReadEntry] {
        match section {
            Section::MapRoles => &self.roles,
            Section::MapUsers => &self.users,
            Section::MapAccounts => &self.accounts,
        }
    }

    /// The sections that the server reads as empty because of an error.
    pub fn unparsed_sections(&self) -> Vec<Section> {
        Vec::new()
    }

    /// True where [`edit`](super::edit) can change the section.
    pub fn is_editable(&self, section: Section) -> bool {
        !self.locked.contains(&section)
    }
}

/// Reads `data` as the server does.
pub fn read(_data: &BTreeMap<String, String>) -> Reading {
    Reading::default()
}
