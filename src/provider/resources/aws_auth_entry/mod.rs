//! The life of one entry as a resource; roles, users and accounts differ only in their [`Kind`].
//!
//! What is written stays as the practitioner has it; `canonical` is what stands in the document. The two differ in spelling (a role's path)
//! and, after an import of an entry that never matched anyone, in meaning: such an entry stays as it is until its configuration changes.

use std::collections::BTreeSet;
use std::fmt::Debug;

use eksauth_core::aws_auth::username_template::TemplateCaller;
use eksauth_core::aws_auth::{EmptyForm, Entry, ReadEntry, Section};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tf_provider::resource::Private;
use tf_provider::{Attr, AttributePath, Diagnostic, Diagnostics, Identity, Schema};

use crate::access::permission_set;
use crate::attributes::values::{known_set, to_set};
use crate::aws_auth::key;
use crate::aws_auth::rules::{EntryPart, Kind, WrittenEntry, check_entry};
use crate::aws_auth::write::request::{ChangeRequest, Doubt, OnConflict, Removal, Upsert};
use crate::clusters::placement::Placement;
use crate::permissions::Permissions;

mod diagnostics;
pub(crate) mod groups;
mod identity;
mod import;
mod lifecycle;
pub(crate) mod missing_roles;
mod permissions;
mod plan;
mod resource;
pub(crate) mod schema;
mod teardown;

#[cfg(test)]
mod tests;

pub use identity::{EntryIdentity, MappedAccountIdentity, PrincipalIdentity};
use import::{import, import_identity};
use lifecycle::{create, delete, read, update};
pub(crate) use permissions::PERMISSIONS;
use plan::plan;
pub use resource::EntryResource;

/// The attributes of an entry resource, whatever its kind calls them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    pub(crate) placement: Placement,
    /// `rolearn`, `userarn` or `account_id`.
    pub(crate) written: Attr<String>,
    /// Instead of `rolearn`; null for a user and an account.
    pub(crate) permission_set: Attr<String>,
    /// Null for an account.
    pub(crate) username: Attr<String>,
    /// Null for an account.
    pub(crate) groups: Attr<BTreeSet<Attr<String>>>,
    pub(crate) on_conflict: Attr<String>,
    /// What stands in the document.
    pub(crate) canonical: Attr<String>,
    pub(crate) adopted: Attr<bool>,
}

/// What a noun of one entry says for itself: its kind, its schema, and its model as [`Fields`] and back.
pub trait EntryModel:
    Serialize + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync + 'static
{
    /// What names an entry of this kind for good.
    type Identity: EntryIdentity + Identity<Self>;

    /// The kind of entry.
    const KIND: Kind;

    /// What the resource has to be granted; a kind that asks for more says so.
    const PERMISSIONS: Permissions = PERMISSIONS;

    /// The resource's schema.
    fn schema() -> Schema;

    /// The model's attributes.
    fn to_fields(&self) -> Fields;

    /// A model of the attributes.
    fn from_fields(fields: Fields) -> Self;
}

/// Private facts: the state came from an import and was not changed since.
const IMPORTED: &str = "imported";
/// Private facts: an apply was refused to remove the entry, because another resource may hold it.
const REFUSED_IN_DOUBT: &str = "refused_in_doubt";
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

    /// What an import names the entry by; unknown or null as what it is made of is.
    pub(crate) fn id(&self) -> Attr<String> {
        let cluster = self.placement.import_id("");
        match (&cluster, &self.canonical) {
            (Attr::Known(_), Attr::Known(principal)) => {
                self.placement.import_id(&format!("#{principal}"))
            }
            (Attr::Known(_), unknown_or_null) => unknown_or_null.clone(),
            (unknown_or_null, _) => unknown_or_null.clone(),
        }
    }

    fn on_conflict(&self) -> OnConflict {
        match self.on_conflict.known().map(String::as_str) {
            Some("adopt") => OnConflict::Adopt,
            _ => OnConflict::Error,
        }
    }

    /// A request that asks for nothing yet, in the name of this entry.
    fn request(&self, kind: Kind) -> ChangeRequest {
        ChangeRequest::empty(kind.resource(), self.written_text())
    }

    /// The request for the entry; `prior` is what the state remembers of it.
    fn upsert(&self, kind: Kind, entry: Entry, prior: Option<Entry>) -> ChangeRequest {
        let upsert = Upsert {
            entry,
            prior,
            on_conflict: self.on_conflict(),
        };
        ChangeRequest::upsert(kind.resource(), self.written_text(), upsert)
    }

    /// The request that the entry goes.
    fn removal(&self, kind: Kind, entry: Entry, private: &Private) -> ChangeRequest {
        let undo = undo_of(private);
        ChangeRequest::remove(
            kind.resource(),
            self.written_text(),
            Removal {
                entry,
                undo,
                doubt: Doubt::None,
            },
        )
    }

    fn written_text(&self) -> String {
        self.written.known().cloned().unwrap_or_default()
    }

    /// True if both give one principal the same, however they spell it.
    fn is_same_grant(&self, kind: Kind, other: &Self) -> bool {
        self.is_same_principal(kind, other)
            && self.permission_set == other.permission_set
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
fn validate(kind: Kind, config: &Fields, diagnostics: &mut Diagnostics) {
    let at = AttributePath::attribute;
    let mut say = |messages: Vec<Diagnostic>| {
        messages
            .into_iter()
            .for_each(|message| diagnostics.push(message))
    };
    if kind == Kind::Role {
        say(check_one_of(config).into_iter().collect());
    }
    if let Some(name) = config.permission_set.known() {
        say(permission_set::check(name).into_iter().collect());
    }
    let caller = if config.permission_set.is_null() {
        kind.caller(config.written.known().map(String::as_str))
    } else {
        TemplateCaller::Person
    };
    let groups = config.groups.known().into_iter().flatten();
    let entry = WrittenEntry {
        kind,
        written: config.written.known().map(String::as_str),
        caller,
        username: config.username.known().map(String::as_str),
        groups: groups.filter_map(Attr::known).map(String::as_str).collect(),
    };
    diagnostics.extend(check_entry(&entry, |part| match part {
        EntryPart::Principal => at(kind.attribute()),
        EntryPart::Username => at("username"),
        EntryPart::Group(group) => at("groups").key(group),
    }));
}

/// A role is named by its ARN or by its permission set.
fn check_one_of(config: &Fields) -> Option<Diagnostic> {
    match (&config.written, &config.permission_set) {
        (Attr::Null, Attr::Null) => Some(diagnostics::no_role()),
        (Attr::Known(_), Attr::Known(_)) => Some(diagnostics::two_roles()),
        _ => None,
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
