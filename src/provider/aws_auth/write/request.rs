//! What one resource wants of aws-auth, said so that it can be judged again on whatever the document is when it is written.
//!
//! An entry resource wants one thing; the whole map wants many and gets all of them or none.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{EmptyForm, Entry, Section};
use tf_provider::claims::Going;
use tf_provider::{Diagnostic, Diagnostics};

use crate::aws_auth::diagnostics::Importer;
use crate::aws_auth::document::key;

/// What one resource asks for. Made by [`upsert`](Self::upsert), [`remove`](Self::remove), [`replace_sections`](Self::replace_sections), or for a
/// whole map field by field.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// The resource's type, `eksauth_aws_auth_role`, or the command, `add role`.
    pub(crate) resource: &'static str,
    /// What the practitioner wrote to name it: an ARN, an account, or nothing for the whole map.
    pub(crate) written: String,
    /// Whether the resource leaves others their entries.
    pub(crate) ownership: Ownership,
    /// Entries that are to be there.
    pub(crate) upserts: Vec<Upsert>,
    /// Entries that are to go.
    pub(crate) removals: Vec<Removal>,
    /// Entries that the resource holds and does not change now.
    pub(crate) holds: Vec<Entry>,
    /// Sections whose text becomes another as a whole, before entries change.
    pub(crate) texts: Vec<SectionReplacement>,
    /// Whether nobody may lose access by it.
    pub(crate) keeps_access: bool,
    /// Where it is a planned removal: what else of the cluster the plan removes, as far as its notes are at hand.
    pub(crate) going: Option<Going>,
    /// Entries whose holder of an earlier walk counts no longer, see [`supersede_earlier_walks`](Self::supersede_earlier_walks).
    pub(crate) superseded: BTreeSet<EntryKey>,
}

/// A section whose text becomes another one as a whole: a repair, or a copy put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionReplacement {
    /// The section.
    pub section: Section,
    /// The text that was shown; `None`: there was no such key. Another one is not touched.
    pub from: Option<String>,
    /// The text it becomes; `None` removes the key.
    pub to: Option<String>,
}

/// What a resource counts as its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// One entry.
    Entry,
    /// The entries that it names.
    SharedMap,
    /// The whole document.
    ExclusiveMap,
}

/// An entry that is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upsert {
    /// What is to be written.
    pub entry: Entry,
    /// What the state remembers of it, its ARN as it stands in the document; `None` for a new one.
    pub prior: Option<Entry>,
    /// What happens if another entry of the ARN is there.
    pub on_conflict: OnConflict,
}

impl Upsert {
    /// True if the entry comes, or changes where it is; false if it comes from another ARN or section.
    pub(in crate::aws_auth) fn stays(&self) -> bool {
        let is_there =
            |prior: &Entry| EntryKey::from_entry(prior) == EntryKey::from_entry(&self.entry);
        self.prior.as_ref().is_none_or(is_there)
    }
}

/// An entry that is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// What the state remembers of it, its ARN as it stands in the document.
    pub entry: Entry,
    /// How the section looked before the entry came, if it was the first.
    pub undo: Option<EmptyForm>,
    /// Whether another resource of the configuration may hold the entry.
    pub doubt: Doubt,
}

/// Whether another resource of the configuration may hold an entry that is to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doubt {
    /// None does.
    #[default]
    None,
    /// What the plan noted is not at hand: one may come in this apply.
    MayBeHeld,
    /// The same, and an apply before was refused for it.
    MayBeHeldStill,
}

/// What happens if another entry of the ARN is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// It is refused.
    #[default]
    Error,
    /// The other entry is overwritten.
    Adopt,
}

/// What became of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeOutcome {
    /// True if an entry was there before us.
    pub adopted: bool,
    /// How sections looked before our entry came, where it was the first.
    pub undo: BTreeMap<Section, EmptyForm>,
    /// What the practitioner should know.
    pub notes: Diagnostics,
    /// What the guard says of the whole write; told by one change of it.
    pub remarks: Diagnostics,
}

impl ChangeOutcome {
    /// Everything that the practitioner should know.
    pub fn messages(&self) -> impl Iterator<Item = &Diagnostic> {
        self.notes.iter().chain(self.remarks.iter())
    }
}

/// The name of an entry among all entries of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EntryKey {
    pub(in crate::aws_auth) section: Section,
    pub(in crate::aws_auth) arn: String,
}

impl EntryKey {
    pub(in crate::aws_auth) fn from_entry(entry: &Entry) -> Self {
        Self::named(entry.section(), entry.arn())
    }

    pub(in crate::aws_auth) fn named(section: Section, arn: &str) -> Self {
        Self {
            section,
            arn: key(arn),
        }
    }
}

/// The place of a request among those of one write: additions before removals, then by section and ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::aws_auth) struct WriteOrder {
    is_removal: bool,
    first: Option<EntryKey>,
}

impl ChangeRequest {
    /// Asks for nothing yet, in the name of one entry: `written` is its ARN or account as the practitioner has it.
    pub fn empty(resource: &'static str, written: impl Into<String>) -> Self {
        Self {
            resource,
            written: written.into(),
            ownership: Ownership::Entry,
            upserts: Vec::new(),
            removals: Vec::new(),
            holds: Vec::new(),
            texts: Vec::new(),
            keeps_access: false,
            going: None,
            superseded: BTreeSet::new(),
        }
    }

    /// Where walks share one configured provider: a resource of the state asks for its own entries again, and one that is made takes what another
    /// gives up. Who was granted them in an earlier walk does not stand against it.
    pub(crate) fn supersede_earlier_walks(&mut self, is_in_state: bool) {
        let given_up = self
            .upserts
            .iter()
            .filter(|upsert| upsert.prior.is_some())
            .map(|upsert| EntryKey::from_entry(&upsert.entry));
        self.superseded = if is_in_state {
            self.names()
        } else {
            given_up.collect()
        };
    }

    /// Whether the plan that this is of is known to keep entries of the cluster.
    pub(crate) fn keeps_others(&self) -> bool {
        self.going.as_ref().is_some_and(|going| !going.is_whole)
    }

    /// Asks for one entry.
    pub fn upsert(resource: &'static str, written: impl Into<String>, upsert: Upsert) -> Self {
        Self {
            upserts: vec![upsert],
            ..Self::empty(resource, written)
        }
    }

    /// Asks that one entry goes.
    pub fn remove(resource: &'static str, written: impl Into<String>, removal: Removal) -> Self {
        Self {
            removals: vec![removal],
            ..Self::empty(resource, written)
        }
    }

    /// Asks that several entries of one principal go together.
    pub fn remove_all(
        resource: &'static str,
        written: impl Into<String>,
        removals: Vec<Removal>,
    ) -> Self {
        Self {
            removals,
            ..Self::empty(resource, written)
        }
    }

    /// Asks for other texts of whole sections.
    pub fn replace_sections(
        resource: &'static str,
        written: impl Into<String>,
        texts: Vec<SectionReplacement>,
    ) -> Self {
        Self {
            texts,
            ..Self::empty(resource, written)
        }
    }

    /// The resource as a message names it.
    pub fn label(&self) -> String {
        match self.ownership {
            Ownership::Entry => format!("`{}` with `{}`", self.resource, self.written),
            Ownership::SharedMap => format!("`{}`", self.resource),
            Ownership::ExclusiveMap => format!("`{}` with `exclusive = true`", self.resource),
        }
    }

    /// Who an import block would name.
    pub(crate) fn importer(&self) -> Importer {
        Importer {
            resource: self.resource,
            is_map: self.ownership != Ownership::Entry,
        }
    }

    /// The entries that the resource counts as its own once its request is granted.
    pub(in crate::aws_auth) fn claims(&self) -> Vec<EntryKey> {
        let held = self.holds.iter();
        self.upserts
            .iter()
            .map(|upsert| &upsert.entry)
            .chain(held)
            .map(EntryKey::from_entry)
            .collect()
    }

    /// Every entry that the request names, those it removes or moves away from among them.
    pub(in crate::aws_auth) fn names(&self) -> BTreeSet<EntryKey> {
        let moved = self
            .upserts
            .iter()
            .filter_map(|upsert| upsert.prior.as_ref());
        let gone = self.removals.iter().map(|removal| &removal.entry);
        self.claims()
            .into_iter()
            .chain(moved.chain(gone).map(EntryKey::from_entry))
            .collect()
    }

    /// True for the removal of one entry that another resource may hold.
    pub(in crate::aws_auth) fn is_in_doubt(&self) -> bool {
        let is_doubted = |removal: &Removal| removal.doubt != Doubt::None;
        self.ownership == Ownership::Entry
            && self.upserts.is_empty()
            && self.removals.iter().any(is_doubted)
    }

    /// The sections that a write for this request may change.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let upserted = self.upserts.iter().flat_map(|upsert| {
            let prior = upsert.prior.as_ref().map(Entry::section);
            prior.into_iter().chain([upsert.entry.section()])
        });
        let mut sections: Vec<Section> = upserted
            .chain(self.removals.iter().map(|removal| removal.entry.section()))
            .chain(self.texts.iter().map(|text| text.section))
            .collect();
        sections.sort();
        sections.dedup();
        sections
    }

    /// What orders the changes of one write, whatever order they came in.
    pub(in crate::aws_auth) fn order(&self) -> WriteOrder {
        let first = self.upserts.first().map(|upsert| &upsert.entry);
        let first = first.or(self.removals.first().map(|removal| &removal.entry));
        WriteOrder {
            is_removal: self.upserts.is_empty(),
            first: first.map(EntryKey::from_entry),
        }
    }
}
