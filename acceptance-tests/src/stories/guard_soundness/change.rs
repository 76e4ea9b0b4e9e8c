//! A random change of a world: one entry, an account, several at once, or the whole map.

use serde_json::{Value, json};

use crate::bed::cloud::{ACCOUNT, OTHER_ACCOUNT};

use super::{
    aws_auth::{Item, Map, Section},
    cast,
    chance::Chance,
    world::{World, random_grant, random_item},
};

/// What kind of change it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Added,
    Changed,
    Removed,
    Account,
    WholeMap,
    Several,
}

impl Kind {
    pub(super) const ALL: [Kind; 6] = [
        Kind::Added,
        Kind::Changed,
        Kind::Removed,
        Kind::Account,
        Kind::WholeMap,
        Kind::Several,
    ];
}

/// A change: what several resources ask for at once, and about what the map is after it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) requests: Vec<Request>,
    pub(super) after: Map,
}

/// What one resource asks for.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Put(Item),
    Remove(Item),
    PutAccount(String),
    RemoveAccount(String),
    /// The whole map.
    Replace(Map),
}

impl Request {
    /// As the writer takes it; `mark` is the one that stands in the map.
    pub(super) fn json(&self, mark: &str) -> Value {
        let entry = |what: &str, item: &Item| {
            let section = match item.section {
                Section::Roles => "mapRoles",
                Section::Users => "mapUsers",
            };
            json!({"do": what, "section": section, "arn": item.arn, "username": item.username, "groups": item.groups})
        };
        let account = |what: &str, account: &str| json!({"do": what, "section": "mapAccounts", "arn": account});
        match self {
            Request::Put(item) => entry("put", item),
            Request::Remove(item) => entry("remove", item),
            Request::PutAccount(number) => account("put", number),
            Request::RemoveAccount(number) => account("remove", number),
            Request::Replace(map) => json!({"do": "replace", "data": map.data(mark)}),
        }
    }
}

/// A change of a kind.
pub(super) fn change(world: &World, kind: Kind, chance: &mut Chance) -> Change {
    let mut change = Change {
        requests: Vec::new(),
        after: world.map.clone(),
    };
    match kind {
        Kind::Added => change.add(world, chance),
        Kind::Changed => change.alter(world, chance),
        Kind::Removed => change.remove(world, chance),
        Kind::Account => change.account(chance),
        Kind::WholeMap => change.rewrite(world, chance),
        Kind::Several => {
            for _ in 0..2 + chance.below(3) {
                match chance.below(4) {
                    0 => change.add_somebody(chance),
                    1 => change.alter(world, chance),
                    2 => change.remove(world, chance),
                    _ => change.account(chance),
                }
            }
        }
    }
    change
}

impl Change {
    /// Somebody new, or an entry that stands before another's.
    fn add(&mut self, world: &World, chance: &mut Chance) {
        match target(world, &self.after, chance) {
            Some(hidden) if chance.in_a_hundred(60) => {
                let shadow = shadow_of(&hidden, chance);
                self.after.items.push(shadow);
                self.requests = vec![Request::Replace(self.after.clone())];
            }
            _ => self.add_somebody(chance),
        }
    }

    fn add_somebody(&mut self, chance: &mut Chance) {
        let item = random_item(chance);
        if !self.after.names(&item.arn) && !self.touches(&item.arn) {
            self.after.items.push(item.clone());
            self.requests.push(Request::Put(item));
        }
    }

    fn alter(&mut self, world: &World, chance: &mut Chance) {
        let Some(old) = target(world, &self.after, chance).filter(|old| !self.touches(&old.arn))
        else {
            return;
        };
        let new = altered(&old, chance);
        for item in &mut self.after.items {
            if *item == old {
                *item = new.clone();
            }
        }
        self.requests.push(Request::Put(new));
    }

    fn remove(&mut self, world: &World, chance: &mut Chance) {
        let Some(old) = target(world, &self.after, chance).filter(|old| !self.touches(&old.arn))
        else {
            return;
        };
        self.after.items.retain(|item| *item != old);
        self.requests.push(Request::Remove(old));
    }

    fn account(&mut self, chance: &mut Chance) {
        let number = chance
            .pick(&[OTHER_ACCOUNT, OTHER_ACCOUNT, ACCOUNT])
            .unwrap_or(OTHER_ACCOUNT)
            .to_owned();
        let is_touched = self.requests.iter().any(|request| {
            matches!(request, Request::PutAccount(other) | Request::RemoveAccount(other) if *other == number)
        });
        if is_touched {
            return;
        }
        if self.after.accounts.contains(&number) {
            self.after.accounts.retain(|other| *other != number);
            self.requests.push(Request::RemoveAccount(number));
        } else {
            self.after.accounts.push(number.clone());
            self.requests.push(Request::PutAccount(number));
        }
    }

    /// Some of everything, the order changed, and now and then a text that is no YAML.
    fn rewrite(&mut self, world: &World, chance: &mut Chance) {
        for _ in 0..1 + chance.below(3) {
            match chance.below(5) {
                0 => self.add_somebody(chance),
                1 | 2 => self.alter(world, chance),
                3 => self.remove(world, chance),
                _ => self.account(chance),
            }
        }
        for place in (1..self.after.items.len()).rev() {
            let other = chance.below(place + 1);
            if chance.in_a_hundred(30) {
                self.after.items.swap(place, other);
            }
        }
        self.after.is_broken = chance.in_a_hundred(6);
        self.requests = vec![Request::Replace(self.after.clone())];
    }

    fn touches(&self, arn: &str) -> bool {
        self.requests.iter().any(|request| match request {
            Request::Put(item) | Request::Remove(item) => item.arn.eq_ignore_ascii_case(arn),
            _ => false,
        })
    }
}

/// Whom a change is about: often whoever acts, is protected, is an administrator or a node.
fn target(world: &World, map: &Map, chance: &mut Chance) -> Option<Item> {
    let is_actor = |item: &Item| world.actor_arn.as_deref() == Some(item.arn.as_str());
    let is_protected = |item: &Item| {
        let stays = world.protected.iter().chain(&world.applies_later);
        stays
            .into_iter()
            .any(|arn| arn.eq_ignore_ascii_case(&item.arn))
    };
    let is_admin = |item: &Item| {
        item.groups
            .iter()
            .any(|group| super::rbac::ADMIN_GROUPS.contains(&group.as_str()))
    };
    let is_node = |item: &Item| item.username.starts_with("system:node:");
    let those = |wanted: &dyn Fn(&Item) -> bool| -> Vec<Item> {
        map.items
            .iter()
            .filter(|item| wanted(item))
            .cloned()
            .collect()
    };
    let is_aim = |item: &Item| {
        let aim = world.aim.as_deref();
        aim.is_some_and(|arn| arn.eq_ignore_ascii_case(&item.arn))
    };
    let aim = those(&is_aim);
    if !aim.is_empty() && chance.in_a_hundred(75) {
        return chance.pick(&aim);
    }
    let chosen = match chance.below(12) {
        0..=2 => those(&is_actor),
        3 | 4 => those(&is_protected),
        5..=8 => those(&is_admin),
        9 => those(&is_node),
        _ => Vec::new(),
    };
    chance.pick(&chosen).or_else(|| chance.pick(&map.items))
}

/// An entry that may be taken instead of another one: a later one of the same ARN, one in another case, or one in the list that is asked first.
fn shadow_of(hidden: &Item, chance: &mut Chance) -> Item {
    let grant = random_grant(chance);
    let arn = match chance.below(3) {
        0 => in_another_case(&hidden.arn),
        _ => hidden.arn.clone(),
    };
    let section = if chance.in_a_hundred(25) {
        Section::Roles
    } else {
        hidden.section
    };
    Item {
        section,
        arn,
        ..grant
    }
}

/// The name begins with a capital letter.
pub(super) fn in_another_case(arn: &str) -> String {
    let Some((path, name)) = arn.rsplit_once('/') else {
        return arn.to_owned();
    };
    let mut letters = name.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{path}/{first}{}", letters.as_str())
}

/// An entry with another name, with a group more or less, or with others altogether.
fn altered(old: &Item, chance: &mut Chance) -> Item {
    let other = random_grant(chance);
    let mut new = old.clone();
    // What gives the power of nodes, and power by a name alone, is taken one by one.
    let is_of_nodes = old.username.starts_with("system:node:");
    if is_of_nodes && chance.in_a_hundred(50) {
        new.groups.retain(|group| group != "system:nodes");
        return new;
    }
    if is_of_nodes || old.username == "gs-editor" && chance.in_a_hundred(50) {
        new.username = "gs-somebody".to_owned();
        return new;
    }
    match chance.below(6) {
        0 => new.username = other.username,
        1 => {
            new.groups.pop();
        }
        2 if !new.groups.is_empty() => {
            new.groups.remove(0);
        }
        3 => new.groups.push("gs-more".to_owned()),
        4 => new.groups = other.groups,
        _ => {
            new.username = other.username;
            new.groups = other.groups;
        }
    }
    if cast::ROLES.iter().all(|name| cast::role(name) != new.arn) && new == *old {
        new.groups.push("gs-more".to_owned());
    }
    new
}
