//! Random small worlds: what lets people in, and what becomes of it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::bindings::fixed;
use crate::kubernetes::rbac::RbacObjects;

/// An item of aws-auth or an access entry, as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) arn: &'static str,
    pub(super) username: &'static str,
    pub(super) groups: &'static [&'static str],
}

/// Everything that lets somebody in.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) has_entries: bool,
    pub(super) entries: Vec<Item>,
    pub(super) roles: Vec<Item>,
    pub(super) users: Vec<Item>,
    pub(super) accounts: Vec<&'static str>,
    pub(super) rbac: RbacObjects,
}

const ROLES: [&str; 11] = [
    ADMIN,
    GLASS,
    NODES,
    "arn:aws:iam::444455556666:role/audit",
    "arn:aws:iam::111122223333:role/Admins",
    "arn:aws:iam::111122223333:role/teams/admins",
    "arn:aws:sts::111122223333:assumed-role/admins/eve",
    "arn:aws:iam::111122223333:role/gone",
    "arn:aws:iam::111122223333:role/adm*",
    "arn:aws-cn:iam::111122223333:role/admins",
    "arn:aws:iam::111122223333:user/ops",
];
const USERS: [&str; 5] = [
    "arn:aws:iam::111122223333:user/ops",
    "arn:aws:iam::111122223333:user/Ops",
    "arn:aws:iam::444455556666:user/carol",
    "arn:aws:iam::111122223333:user/gone",
    ADMIN,
];
const NAMES: [&str; 6] = [
    "dev",
    "dev:{{SessionName}}",
    "system:node:{{EC2PrivateDNSName}}",
    "system:node:{{SessionName}}",
    "other",
    "mender",
];
const GROUPS: [&[&str]; 8] = [
    &["system:masters"],
    &["platform"],
    &["menders"],
    &["dev"],
    &["system:bootstrappers", "system:nodes"],
    &[],
    &["binders", "menders"],
    &["dev", "menders"],
];

impl World {
    pub(super) fn view(&self) -> ClusterView {
        let section = |items: &[Item], field: &str| {
            items.iter().fold(String::new(), |text, item| {
                let groups = item.groups.join(", ");
                text + &format!(
                    "- {field}: '{}'\n  username: '{}'\n  groups: [{groups}]\n",
                    item.arn, item.username
                )
            })
        };
        let accounts = self.accounts.iter().fold(String::new(), |text, account| {
            text + &format!("- '{account}'\n")
        });
        let data = BTreeMap::from([
            ("mapRoles".to_owned(), section(&self.roles, "rolearn")),
            ("mapUsers".to_owned(), section(&self.users, "userarn")),
            ("mapAccounts".to_owned(), accounts),
        ]);
        let entries = self.entries.iter().map(|item| AccessEntry {
            created_at: None,
            principal_arn: item.arn.to_owned(),
            kind: "STANDARD".to_owned(),
            username: item.username.to_owned(),
            groups: item
                .groups
                .iter()
                .map(|group| (*group).to_owned())
                .collect(),
            policies: Vec::new(),
        });
        ClusterView {
            mode: if self.has_entries {
                AuthenticationMode::ApiAndConfigMap
            } else {
                AuthenticationMode::ConfigMap
            },
            aws_auth: Knowledge::Known(read(&data)),
            access_entries: Knowledge::Known(entries.collect()),
        }
    }
}

fn item(arns: &'static [&'static str]) -> impl Strategy<Value = Item> {
    (select(arns), select(&NAMES[..]), select(&GROUPS[..])).prop_map(|(arn, username, groups)| {
        Item {
            arn,
            username,
            groups,
        }
    })
}

pub(super) fn world() -> impl Strategy<Value = World> {
    (
        any::<bool>(),
        vec(item(&ROLES[..6]), 0..3),
        vec(item(&ROLES), 0..5),
        vec(item(&USERS), 0..4),
        vec(select(&["111122223333", "444455556666"][..]), 0..2),
    )
        .prop_map(|(has_entries, mut entries, roles, users, accounts)| {
            // EKS keeps one entry for a principal.
            entries.dedup_by_key(|item| Principal::from_arn(item.arn));
            entries.truncate(1);
            World {
                has_entries,
                entries,
                roles,
                users,
                accounts,
                rbac: fixed(),
            }
        })
}

/// What becomes of a world: each item stays unless its bit is set, and some come.
pub(super) fn changed(before: &World, gone: u16, added: World) -> World {
    let keep = |items: &[Item], shift: usize| {
        let stays = |(position, _): &(usize, &Item)| gone >> (position + shift) & 1 == 0;
        items
            .iter()
            .enumerate()
            .filter(stays)
            .map(|(_, item)| item.clone())
            .collect::<Vec<Item>>()
    };
    let mut after = World {
        has_entries: before.has_entries,
        entries: keep(&before.entries, 0),
        roles: keep(&before.roles, 2),
        users: keep(&before.users, 7),
        accounts: if gone >> 12 & 1 == 0 {
            before.accounts.clone()
        } else {
            Vec::new()
        },
        rbac: before.rbac.clone(),
    };
    if after.entries.is_empty() {
        after.entries = added.entries;
    }
    after.roles.extend(added.roles.into_iter().take(1));
    after.users.extend(added.users.into_iter().take(1));
    after
}
