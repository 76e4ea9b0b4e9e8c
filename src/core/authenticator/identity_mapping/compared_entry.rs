//! The entries of a backend by what the reference compares them with, before any caller asks.

use std::fmt;

use super::canonical::lenient_canonical_arn;
use super::crd::CustomResource;
use super::mappings::Mappings;
use crate::principal::case_folding::to_lower;

/// Which list of a backend an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryList {
    /// `mapRoles`.
    Roles,
    /// `mapUsers`.
    Users,
    /// IAMIdentityMapping objects.
    Objects,
}

impl fmt::Display for EntryList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roles => "mapRoles",
            Self::Users => "mapUsers",
            Self::Objects => "objects",
        })
    }
}

/// One entry with the ARN it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedEntry<'b> {
    /// The list.
    pub list: EntryList,
    /// Its place in the list.
    pub index: usize,
    /// The ARN as written.
    pub written: &'b str,
    /// What callers are compared with, empty where nobody can equal it; none where the ARN is not looked at.
    pub compared: Option<String>,
    /// What the backend keeps it under; of one key one entry counts.
    pub key: String,
    /// The user name template.
    pub username: &'b str,
}

impl Mappings {
    /// The mappings that name an ARN, as a [`MountedFile`](super::MountedFile) compares them.
    pub fn compared(&self) -> Vec<ComparedEntry<'_>> {
        let roles = self.roles.iter().enumerate();
        let roles = roles
            .filter(|(_, role)| role.sso.is_none())
            .map(|(index, role)| {
                let compared = lenient_canonical_arn(&role.arn).unwrap_or_default();
                ComparedEntry {
                    list: EntryList::Roles,
                    index,
                    written: &role.arn,
                    key: to_lower(&compared),
                    compared: Some(compared),
                    username: &role.username,
                }
            });
        let users = self.users.iter().enumerate().map(|(index, user)| {
            let compared = lenient_canonical_arn(&to_lower(&user.arn)).unwrap_or_default();
            ComparedEntry {
                list: EntryList::Users,
                index,
                written: &user.arn,
                key: compared.clone(),
                compared: Some(compared),
                username: &user.username,
            }
        });
        roles.chain(users).collect()
    }
}

/// Objects as the backend compares them.
pub fn compared_objects(objects: &[CustomResource]) -> Vec<ComparedEntry<'_>> {
    let numbered = objects.iter().enumerate();
    numbered
        .map(|(index, object)| {
            let compared = lenient_canonical_arn(&to_lower(&object.arn)).unwrap_or_default();
            ComparedEntry {
                list: EntryList::Objects,
                index,
                written: &object.arn,
                key: compared.clone(),
                compared: Some(compared),
                username: &object.username,
            }
        })
        .collect()
}
