//! The life of one entry as a resource; roles, users and accounts differ only in their [`Kind`].
//!
//! What is written stays as the practitioner has it; `canonical` is what stands in the document. The two differ in spelling (a role's path)
//! and, after an import of an entry that never matched anyone, in meaning: such an entry stays as it is until its configuration changes.

use std::collections::BTreeSet;

use eksauth_core::aws_auth::{EmptyForm, Entry, ReadEntry, Section};
use tf_provider::resource::Private;
use tf_provider::{Attr, AttributePath, Diagnostics};

use super::document::key;
use super::place::Place;
use super::rules::{self, Kind};
use super::wish::{OnConflict, Put, Reach, Removal, Wish};
use crate::values::{known_set, to_set};

mod import;
mod lifecycle;
mod plan;
pub(crate) mod schema;

#[cfg(test)]
mod tests;

pub(crate) use import::import;
pub(crate) use lifecycle::{create, delete, read, update};
pub(crate) use plan::plan;

/// The attributes of an entry resource, whatever its kind calls them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields {
    pub(crate) place: Place,
    /// `rolearn`, `userarn` or `account_id`.
    pub(crate) written: Attr<String>,
    /// Null for an account.
    pub(crate) username: Attr<String>,
    /// Null for an account.
    pub(crate) groups: Attr<BTreeSet<Attr<String>>>,
    pub(crate) on_conflict: Attr<String>,
    /// What stands in the document.
    pub(crate) canonical: Attr<String>,
    pub(crate) adopted: Attr<bool>,
}

/// A resource's model as [`Fields`] and back.
pub(crate) trait EntryModel: Clone + Send {
    /// The kind of entry.
    const KIND: Kind;

    /// The model's attributes.
    fn to_fields(&self) -> Fields;

    /// A model of the attributes.
    fn from_fields(fields: Fields) -> Self;
}

/// Private facts: the state came from an import and was not changed since.
const IMPORTED: &str = "imported";
/// Private facts: how the section looked before the entry came.
const UNDO: &str = "undo";

impl Fields {
    /// The entry in the document that these attributes mean; `None` while something of it is unknown.
    fn entry(&self, kind: Kind) -> Option<Entry> {
        let arn = self.canonical.known()?.clone();
        let username = match kind {
            Kind::Account => String::new(),
            Kind::Role | Kind::User => self.username.known()?.clone(),
        };
        let groups = known_set(&self.groups)?.into_iter().collect();
        Some(kind.entry(arn, username, groups))
    }

    /// The same attributes with what an entry of the document says. What means the same keeps its spelling.
    fn with(self, entry: &ReadEntry) -> Self {
        if entry.section == Section::MapAccounts {
            return self;
        }
        let read: BTreeSet<String> = entry.groups.iter().cloned().collect();
        let groups = if known_set(&self.groups).as_ref() == Some(&read) {
            self.groups
        } else {
            to_set(read)
        };
        Self {
            username: Attr::Known(entry.username.clone()),
            groups,
            ..self
        }
    }

    fn on_conflict(&self) -> OnConflict {
        match self.on_conflict.known().map(String::as_str) {
            Some("adopt") => OnConflict::Adopt,
            _ => OnConflict::Error,
        }
    }

    fn wish(&self, kind: Kind) -> Wish {
        Wish {
            resource: kind.resource(),
            written: self.written.known().cloned().unwrap_or_default(),
            reach: Reach::Entry,
            puts: Vec::new(),
            removals: Vec::new(),
            holds: Vec::new(),
            texts: Vec::new(),
        }
    }

    fn put(&self, kind: Kind, entry: Entry, prior: Option<Entry>) -> Wish {
        let put = Put {
            entry,
            prior,
            on_conflict: self.on_conflict(),
        };
        Wish {
            puts: vec![put],
            ..self.wish(kind)
        }
    }

    fn removal(&self, kind: Kind, entry: Entry, private: &Private) -> Wish {
        let undo = undo_of(private);
        Wish {
            removals: vec![Removal { entry, undo }],
            ..self.wish(kind)
        }
    }

    /// True if both give one principal the same, however they spell it.
    fn is_same_grant(&self, kind: Kind, other: &Self) -> bool {
        self.is_same_principal(kind, other)
            && self.username == other.username
            && self.groups == other.groups
    }

    /// True if both mean one principal, however they spell it.
    fn is_same_principal(&self, kind: Kind, other: &Self) -> bool {
        match (self.written.known(), other.written.known()) {
            (Some(one), Some(another)) if one == another => true,
            (Some(one), Some(another)) => match (kind.canonical(one), kind.canonical(another)) {
                (Ok(one), Ok(another)) => key(&one) == key(&another),
                _ => false,
            },
            _ => false,
        }
    }
}

/// Judges a configuration alone.
pub(crate) fn validate(kind: Kind, config: &Fields, diagnostics: &mut Diagnostics) {
    let at = AttributePath::attribute;
    if let Some(written) = config.written.known() {
        rules::check_written(kind, written, at(kind.attribute()))
            .into_iter()
            .for_each(|message| diagnostics.push(message));
    }
    if let Some(username) = config.username.known() {
        rules::check_username(kind, username, at("username"))
            .into_iter()
            .for_each(|message| diagnostics.push(message));
    }
    for group in config
        .groups
        .known()
        .into_iter()
        .flatten()
        .filter_map(Attr::known)
    {
        rules::check_group(group, at("groups").key(group.clone()))
            .into_iter()
            .for_each(|message| diagnostics.push(message));
    }
}

/// The note of a private state; one that cannot be read is no note, since it only serves to give old bytes back.
fn undo_of(private: &Private) -> Option<EmptyForm> {
    let note = private.entries.get(UNDO)?;
    serde_json::from_value(note.clone())
        .inspect_err(
            |error| tracing::warn!(%error, "the note on the section's former text cannot be read"),
        )
        .ok()
}
