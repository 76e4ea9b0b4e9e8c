//! The elements of the three maps in one form, and what it means that two of them are the same.

use std::collections::BTreeSet;

use eksauth_core::aws_auth::{Entry, ReadEntry, Section};
use tf_provider::Attr;

use super::{AwsAuthModel, MapRole, MapUser};
use crate::attributes::values::known_set;
use crate::aws_auth::rules::Kind;
use crate::aws_auth::{Document, key};

/// An element whose every value is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// In the practitioner's spelling.
    pub(super) written: String,
    /// Empty for an account.
    pub(super) username: String,
    /// `None`: the configuration says nothing, which means none.
    pub(super) groups: Option<BTreeSet<String>>,
}

/// What is known of an element.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    pub(super) written: Option<String>,
    pub(super) username: Option<String>,
    pub(super) groups: Vec<String>,
}

/// The attribute that holds a kind.
pub(super) fn attribute(kind: Kind) -> &'static str {
    match kind {
        Kind::Role => "map_roles",
        Kind::User => "map_users",
        Kind::Account => "map_accounts",
    }
}

impl Item {
    fn from_attributes(
        kind: Kind,
        written: &Attr<String>,
        username: &Attr<String>,
        groups: &Attr<BTreeSet<Attr<String>>>,
    ) -> Option<Self> {
        let groups = if groups.is_null() {
            None
        } else {
            Some(known_set(groups)?)
        };
        Some(Self {
            kind,
            written: written.known()?.clone(),
            username: username.known()?.clone(),
            groups,
        })
    }

    /// An entry of the document, in its own spelling.
    pub(super) fn from_entry(entry: &ReadEntry) -> Self {
        let kind = match entry.section {
            Section::MapRoles => Kind::Role,
            Section::MapUsers => Kind::User,
            Section::MapAccounts => Kind::Account,
        };
        let groups = (kind != Kind::Account).then(|| entry.groups.iter().cloned().collect());
        Self {
            kind,
            written: entry.arn.clone(),
            username: entry.username.clone(),
            groups,
        }
    }

    fn groups(&self) -> Vec<String> {
        self.groups.iter().flatten().cloned().collect()
    }

    /// What the server would compare callers with; what it never matches stays as it is written.
    pub(super) fn canonical(&self) -> String {
        self.kind
            .canonical(&self.written)
            .unwrap_or_else(|_| self.written.clone())
    }

    /// The entry as we would write it.
    pub(super) fn to_entry(&self) -> Entry {
        self.kind
            .entry(self.canonical(), self.username.clone(), self.groups())
    }

    /// The entry as it stands in the document: under the ARN as written where there is one, else under the canonical one.
    pub(super) fn standing(&self, document: &Document) -> Entry {
        let is_as_written = !document.find(self.kind.section(), &self.written).is_empty();
        let arn = if is_as_written {
            self.written.clone()
        } else {
            self.canonical()
        };
        self.kind.entry(arn, self.username.clone(), self.groups())
    }

    /// True if both name one principal, however they spell it.
    pub(super) fn is_same_principal(&self, other: &Self) -> bool {
        self.kind == other.kind
            && (self.written == other.written || key(&self.canonical()) == key(&other.canonical()))
    }

    /// True if both give one principal the same.
    pub(super) fn is_same_grant(&self, other: &Self) -> bool {
        self.is_same_principal(other)
            && self.username == other.username
            && self.groups.clone().unwrap_or_default() == other.groups.clone().unwrap_or_default()
    }

    /// True if one of the spellings, or its canonical form, is in the list.
    pub(super) fn is_in(&self, list: &BTreeSet<String>) -> bool {
        list.iter().any(|arn| {
            *arn == self.written
                || self
                    .kind
                    .canonical(arn)
                    .is_ok_and(|arn| key(&arn) == key(&self.canonical()))
        })
    }
}

/// All elements of a model; `None` while something of one is unknown.
pub(super) fn items(model: &AwsAuthModel) -> Option<Vec<Item>> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.extend(items_of(model, kind)?);
    }
    Some(all)
}

/// The elements of one kind; `None` while something of one is unknown.
pub(super) fn items_of(model: &AwsAuthModel, kind: Kind) -> Option<Vec<Item>> {
    match kind {
        Kind::Role => collect(&model.map_roles, |role| {
            Item::from_attributes(kind, &role.rolearn, &role.username, &role.groups)
        }),
        Kind::User => collect(&model.map_users, |user| {
            Item::from_attributes(kind, &user.userarn, &user.username, &user.groups)
        }),
        Kind::Account => collect(&model.map_accounts, |account| {
            Some(Item {
                kind,
                written: account.clone(),
                username: String::new(),
                groups: None,
            })
        }),
    }
}

fn collect<T>(
    set: &Attr<BTreeSet<Attr<T>>>,
    item: impl Fn(&T) -> Option<Item>,
) -> Option<Vec<Item>> {
    match set {
        Attr::Null => Some(Vec::new()),
        Attr::Unknown => None,
        Attr::Known(elements) => elements
            .iter()
            .filter(|element| !element.is_null())
            .map(|element| item(element.known()?))
            .collect(),
    }
}

/// What is known of the elements, element by element.
pub(super) fn sketches(model: &AwsAuthModel) -> Vec<(Kind, Sketch)> {
    let roles = model
        .map_roles
        .known()
        .into_iter()
        .flatten()
        .filter_map(Attr::known);
    let users = model
        .map_users
        .known()
        .into_iter()
        .flatten()
        .filter_map(Attr::known);
    let accounts = model
        .map_accounts
        .known()
        .into_iter()
        .flatten()
        .filter_map(Attr::known);
    let roles = roles.map(|role| {
        (
            Kind::Role,
            sketch(&role.rolearn, &role.username, &role.groups),
        )
    });
    let users = users.map(|user| {
        (
            Kind::User,
            sketch(&user.userarn, &user.username, &user.groups),
        )
    });
    let accounts = accounts.map(|account| {
        (
            Kind::Account,
            Sketch {
                written: Some(account.clone()),
                ..Sketch::default()
            },
        )
    });
    roles.chain(users).chain(accounts).collect()
}

fn sketch(
    written: &Attr<String>,
    username: &Attr<String>,
    groups: &Attr<BTreeSet<Attr<String>>>,
) -> Sketch {
    Sketch {
        written: written.known().cloned(),
        username: username.known().cloned(),
        groups: groups
            .known()
            .into_iter()
            .flatten()
            .filter_map(|group| group.known().cloned())
            .collect(),
    }
}

/// The model with these elements.
pub(super) fn with_items(model: AwsAuthModel, items: Vec<Item>) -> AwsAuthModel {
    let groups = |item: &Item| {
        item.groups
            .clone()
            .map(|groups| groups.into_iter().map(Attr::Known).collect::<BTreeSet<_>>())
            .into()
    };
    let mut roles = BTreeSet::new();
    let mut users = BTreeSet::new();
    let mut accounts = BTreeSet::new();
    for item in items {
        let groups = groups(&item);
        let (written, username) = (Attr::Known(item.written), Attr::Known(item.username));
        match item.kind {
            Kind::Role => drop(roles.insert(Attr::Known(MapRole {
                rolearn: written,
                username,
                groups,
            }))),
            Kind::User => drop(users.insert(Attr::Known(MapUser {
                userarn: written,
                username,
                groups,
            }))),
            Kind::Account => drop(accounts.insert(written)),
        }
    }
    AwsAuthModel {
        map_roles: Attr::Known(roles),
        map_users: Attr::Known(users),
        map_accounts: Attr::Known(accounts),
        ..model
    }
}

/// Each of `these` with the one of `those` that it was before: the same grant if there is one, else the same principal.
pub(super) fn paired<'a>(
    these: &'a [Item],
    those: &'a [Item],
) -> (Vec<(&'a Item, Option<&'a Item>)>, Vec<&'a Item>) {
    let mut free: Vec<&Item> = those.iter().collect();
    let mut take = |wanted: &dyn Fn(&Item) -> bool| {
        free.iter()
            .position(|item| wanted(item))
            .map(|position| free.remove(position))
    };
    let exact: Vec<Option<&Item>> = these
        .iter()
        .map(|item| take(&|other| item.is_same_grant(other)))
        .collect();
    let pairs = these.iter().zip(exact).map(|(item, exact)| {
        (
            item,
            exact.or_else(|| take(&|other| item.is_same_principal(other))),
        )
    });
    let pairs = pairs.collect();
    (pairs, free)
}
