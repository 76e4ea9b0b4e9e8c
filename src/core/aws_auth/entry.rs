//! The entries of aws-auth: what we write, and what the server reads.
//!
//! The server looks roles and users up by the text of the ARN without regard to case; groups are a set. Field names are those of the document.

use serde::{Deserialize, Serialize};

use crate::principal::case_folding::equal_fold;

/// One of the three keys of the ConfigMap's `data` that the server reads; the spelling of the key is case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Section {
    /// `mapRoles`
    MapRoles,
    /// `mapUsers`
    MapUsers,
    /// `mapAccounts`
    MapAccounts,
}

impl Section {
    /// All three, in the order in which the server looks identities up.
    pub const ALL: [Section; 3] = [Section::MapRoles, Section::MapUsers, Section::MapAccounts];

    /// The key in the ConfigMap's `data`.
    pub fn key(self) -> &'static str {
        match self {
            Section::MapRoles => "mapRoles",
            Section::MapUsers => "mapUsers",
            Section::MapAccounts => "mapAccounts",
        }
    }

    /// The field that names the principal; accounts are bare values.
    pub fn arn_field(self) -> Option<&'static str> {
        match self {
            Section::MapRoles => Some("rolearn"),
            Section::MapUsers => Some("userarn"),
            Section::MapAccounts => None,
        }
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key())
    }
}

/// An entry as we write it. Nothing is checked here: the resource that owns it judged it before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// An item of `mapRoles`.
    Role {
        /// The canonical ARN of the role; the server compares it as text, so a path never matches.
        rolearn: String,
        /// A template, see [`username_template`](super::username_template). With `{{SessionName}}` the caller may choose a part of it.
        username: String,
        /// Group names (templates too); an empty list writes no `groups` field.
        groups: Vec<String>,
    },
    /// An item of `mapUsers`.
    User {
        /// The ARN of the IAM user, path included.
        userarn: String,
        /// A template, as for roles.
        username: String,
        /// Group names; an empty list writes no `groups` field.
        groups: Vec<String>,
    },
    /// An item of `mapAccounts`: twelve digits.
    Account(String),
}

impl Entry {
    /// The section the entry belongs in.
    pub fn section(&self) -> Section {
        match self {
            Entry::Role { .. } => Section::MapRoles,
            Entry::User { .. } => Section::MapUsers,
            Entry::Account(_) => Section::MapAccounts,
        }
    }

    /// The ARN, or the account id.
    pub fn arn(&self) -> &str {
        match self {
            Entry::Role { rolearn: arn, .. }
            | Entry::User { userarn: arn, .. }
            | Entry::Account(arn) => arn,
        }
    }

    /// The username; empty for an account, whose callers are named by their canonical ARN.
    pub fn username(&self) -> &str {
        match self {
            Entry::Role { username, .. } | Entry::User { username, .. } => username,
            Entry::Account(_) => "",
        }
    }

    /// The groups as given.
    pub fn groups(&self) -> &[String] {
        match self {
            Entry::Role { groups, .. } | Entry::User { groups, .. } => groups,
            Entry::Account(_) => &[],
        }
    }
}

/// The `sso` part of a role entry: every role that IAM Identity Center makes for a permission set. An alpha feature that EKS does not document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sso {
    /// `permissionSetName`
    pub permission_set_name: String,
    /// `accountID`, twelve digits
    pub account_id: String,
    /// `partition`; empty when not given
    pub partition: String,
}

/// An entry that the server keeps, with its place in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEntry {
    /// The section it was found in.
    pub section: Section,
    /// Its place among **all** items of the section, those the server drops included; this is what edits refer to.
    pub index: usize,
    /// The line it begins on, counted from 1 within the section's text.
    pub line: usize,
    /// `rolearn`, `userarn` or the account id, as the server reads it; empty for an `sso` entry.
    pub arn: String,
    /// The username template, as the server reads it; empty where it was no text.
    pub username: String,
    /// The group templates, as the server reads them, order and duplicates kept; an item that was no text is an empty name.
    pub groups: Vec<String>,
    /// The `sso` field.
    pub sso: Option<Sso>,
    /// `userid`, which this kind of mapping ignores.
    pub user_id: String,
    /// True when the entry carries fields the server ignores.
    pub has_unknown_fields: bool,
}

impl ReadEntry {
    /// True when writing `entry` in its place would change nothing for the server: ARNs are compared without case, groups as a set.
    pub fn same_meaning(&self, entry: &Entry) -> bool {
        if self.section != entry.section() || self.sso.is_some() {
            return false;
        }
        if self.section == Section::MapAccounts {
            return self.arn == entry.arn();
        }
        equal_fold(&self.arn, entry.arn())
            && self.username == entry.username()
            && same_set(&self.groups, entry.groups())
    }

    /// The entry as we would write it; none for an `sso` entry, which we do not write.
    pub fn to_entry(&self) -> Option<Entry> {
        if self.sso.is_some() {
            return None;
        }
        let (username, groups) = (self.username.clone(), self.groups.clone());
        Some(match self.section {
            Section::MapRoles => Entry::Role {
                rolearn: self.arn.clone(),
                username,
                groups,
            },
            Section::MapUsers => Entry::User {
                userarn: self.arn.clone(),
                username,
                groups,
            },
            Section::MapAccounts => Entry::Account(self.arn.clone()),
        })
    }

    /// True for what EKS writes for EC2 nodes: a username `system:node:{{EC2PrivateDNSName}}` and the group `system:nodes`.
    pub fn is_node(&self) -> bool {
        self.section == Section::MapRoles
            && self.username == "system:node:{{EC2PrivateDNSName}}"
            && self.has_group("system:nodes")
    }

    /// True for what EKS writes for Fargate: a username `system:node:{{SessionName}}` and the groups `system:nodes` and `system:node-proxier`.
    pub fn is_fargate(&self) -> bool {
        self.section == Section::MapRoles
            && self.username == "system:node:{{SessionName}}"
            && self.has_group("system:nodes")
            && self.has_group("system:node-proxier")
    }

    fn has_group(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group == name)
    }
}

/// Compares group lists as sets.
pub(super) fn same_set(one: &[String], other: &[String]) -> bool {
    one.iter().all(|group| other.contains(group)) && other.iter().all(|group| one.contains(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(arn: &str, username: &str, groups: &[&str]) -> ReadEntry {
        ReadEntry {
            section: Section::MapRoles,
            index: 0,
            line: 1,
            arn: arn.into(),
            username: username.into(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            sso: None,
            user_id: String::new(),
            has_unknown_fields: false,
        }
    }

    fn written(arn: &str, username: &str, groups: &[&str]) -> Entry {
        Entry::Role {
            rolearn: arn.into(),
            username: username.into(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        }
    }

    #[test]
    fn order_and_repetition_of_groups_and_the_case_of_the_arn_mean_nothing() {
        let read = role(
            "arn:aws:iam::111122223333:role/Admin",
            "a",
            &["x", "y", "x"],
        );
        assert!(read.same_meaning(&written(
            "arn:aws:iam::111122223333:role/admin",
            "a",
            &["y", "x"]
        )));
        assert!(!read.same_meaning(&written(
            "arn:aws:iam::111122223333:role/admin",
            "A",
            &["y", "x"]
        )));
        assert!(!read.same_meaning(&written(
            "arn:aws:iam::111122223333:role/admin",
            "a",
            &["y"]
        )));
    }

    #[test]
    fn nodes_and_fargate_are_told_apart() {
        let node = role(
            "arn:aws:iam::111122223333:role/n",
            "system:node:{{EC2PrivateDNSName}}",
            &["system:bootstrappers", "system:nodes"],
        );
        let fargate = role(
            "arn:aws:iam::111122223333:role/f",
            "system:node:{{SessionName}}",
            &[
                "system:bootstrappers",
                "system:nodes",
                "system:node-proxier",
            ],
        );
        assert_eq!((node.is_node(), node.is_fargate()), (true, false));
        assert_eq!((fargate.is_node(), fargate.is_fargate()), (false, true));
    }

    #[test]
    fn an_entry_of_single_sign_on_is_never_the_same_as_one_of_ours() {
        let mut read = role("", "a", &[]);
        read.sso = Some(Sso::default());
        assert!(!read.same_meaning(&written("", "a", &[])));
        assert_eq!(read.to_entry(), None);
    }
}
