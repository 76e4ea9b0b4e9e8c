//! aws-auth in a world: its entries as somebody wrote them, and its text.

use std::collections::BTreeMap;

use serde_json::json;

use super::cast;

/// The user whose name says which state of aws-auth the authenticator has read.
pub(super) const MARK: &str = "gs-mark";
/// The same for access entries.
pub(super) const ENTRY_MARK: &str = "gs-entry-mark";

/// A list of aws-auth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Section {
    Roles,
    Users,
}

/// An entry of aws-auth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Item {
    pub(super) section: Section,
    pub(super) arn: String,
    pub(super) username: String,
    pub(super) groups: Vec<String>,
}

/// aws-auth.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Map {
    pub(super) items: Vec<Item>,
    pub(super) accounts: Vec<String>,
    /// Whether `mapRoles` is no YAML any more.
    pub(super) is_broken: bool,
}

impl Map {
    /// Whether an entry names an ARN, in whatever spelling.
    pub(super) fn names(&self, arn: &str) -> bool {
        self.items
            .iter()
            .any(|item| item.arn.eq_ignore_ascii_case(arn))
    }

    /// The object's data, with a mark that says which state it is.
    pub(super) fn data(&self, mark: &str) -> BTreeMap<String, String> {
        let list = |section, field: &str| -> String {
            let items = self.items.iter().filter(|item| item.section == section);
            items
                .map(|item| {
                    format!(
                        "- {field}: '{}'\n  username: '{}'\n  groups: {}\n",
                        item.arn,
                        item.username,
                        json!(item.groups)
                    )
                })
                .collect()
        };
        let mut roles = list(Section::Roles, "rolearn");
        if self.is_broken {
            roles.push_str("\t- rolearn: [\n");
        }
        let users = list(Section::Users, "userarn")
            + &format!(
                "- userarn: {}\n  username: {mark}\n  groups: []\n",
                cast::user(MARK)
            );
        let accounts: String = self
            .accounts
            .iter()
            .map(|account| format!("- '{account}'\n"))
            .collect();
        BTreeMap::from([
            ("mapRoles".to_owned(), roles),
            ("mapUsers".to_owned(), users),
            ("mapAccounts".to_owned(), accounts),
        ])
    }
}
