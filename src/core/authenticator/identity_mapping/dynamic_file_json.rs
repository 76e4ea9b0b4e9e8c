//! The JSON of a dynamic file as Go's decoder fills its structs from it.
//!
//! Names are matched without regard to case, in the order written; a value fills the field an earlier spelling has filled, item by item in
//! lists, and `null` leaves a text as it was. A value of another type refuses the whole file. Source: Go's `encoding/json`.

use crate::json::Json;
use crate::principal::case_folding::equal_fold;

/// The file before any check.
#[derive(Default)]
pub(super) struct RawDocument {
    pub(super) roles: Slots<RawEntry>,
    pub(super) users: Slots<RawEntry>,
    pub(super) accounts: Slots<String>,
}

/// One entry before any check.
#[derive(Default)]
pub(super) struct RawEntry {
    pub(super) arn: String,
    pub(super) user_id: String,
    pub(super) username: String,
    pub(super) groups: Slots<String>,
}

impl RawDocument {
    /// The file's structs; `None` if something has another type.
    pub(super) fn read(json: &Json) -> Option<RawDocument> {
        let mut document = RawDocument::default();
        for (name, value) in members(json)? {
            let is = |known: &str| equal_fold(name, known);
            if is("mapRoles") {
                document.roles.fill(value, RawEntry::fill_role)?;
            } else if is("mapUsers") {
                document.users.fill(value, RawEntry::fill_user)?;
            } else if is("mapAccounts") {
                document.accounts.fill(value, fill_text)?;
            } else if is("LastUpdatedDateTime") || is("Version") {
                fill_text(&mut String::new(), value)?;
            }
        }
        Some(document)
    }
}

impl RawEntry {
    fn fill_role(&mut self, json: &Json) -> Option<()> {
        self.fill("rolearn", json)
    }

    fn fill_user(&mut self, json: &Json) -> Option<()> {
        self.fill("userarn", json)
    }

    fn fill(&mut self, arn: &str, json: &Json) -> Option<()> {
        for (name, value) in members(json)? {
            let is = |known: &str| equal_fold(name, known);
            if is(arn) {
                fill_text(&mut self.arn, value)?;
            } else if is("userid") {
                fill_text(&mut self.user_id, value)?;
            } else if is("username") {
                fill_text(&mut self.username, value)?;
            } else if is("groups") {
                self.groups.fill(value, fill_text)?;
            } else if is("sso") && arn == "rolearn" {
                check_sso(value)?;
            }
        }
        Some(())
    }
}

/// A permission set is read, but this backend looks at none.
fn check_sso(json: &Json) -> Option<()> {
    for (name, value) in members(json)? {
        let is = |known: &str| equal_fold(name, known);
        if is("permissionSetName") || is("accountID") || is("partition") {
            fill_text(&mut String::new(), value)?;
        }
    }
    Some(())
}

/// The members of an object; `null` has none.
fn members(json: &Json) -> Option<&[(String, Json)]> {
    match json {
        Json::Null => Some(&[]),
        other => other.as_object(),
    }
}

fn fill_text(text: &mut String, json: &Json) -> Option<()> {
    match json {
        Json::Text(given) => given.clone_into(text),
        Json::Null => {}
        _ => return None,
    }
    Some(())
}

/// A list that is filled again keeps what an earlier filling left in its places.
pub(super) struct Slots<T> {
    places: Vec<T>,
    length: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            length: 0,
        }
    }
}

impl<T: Default> Slots<T> {
    fn fill(&mut self, json: &Json, fill: impl Fn(&mut T, &Json) -> Option<()>) -> Option<()> {
        let items = match json {
            Json::Null => &[],
            Json::Array(items) => items.as_slice(),
            _ => return None,
        };
        if items.is_empty() {
            *self = Self::default();
            return Some(());
        }
        let wanted = self.places.len().max(items.len());
        self.places.resize_with(wanted, T::default);
        for (place, item) in self.places.iter_mut().zip(items) {
            fill(place, item)?;
        }
        self.length = items.len();
        Some(())
    }

    pub(super) fn into_items(mut self) -> Vec<T> {
        self.places.truncate(self.length);
        self.places
    }
}
