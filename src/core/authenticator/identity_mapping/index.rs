//! Backends ready for many callers: an entry is found by its ARN instead of searched, so that a thousand entries cost one look-up.
//!
//! The rules stay those of [`map`](super::map): a look-up only narrows what is compared. Entries that name a permission set are found by
//! the fixed beginning of their pattern; an entry whose pattern has other wildcards is compared with every caller.

use std::collections::{HashMap, HashSet};

use super::answer::{Instances, Outcome, ask};
use super::backend::Backend;
use super::config_map::{find_in_config_map, role_key, user_key};
use super::lookup::{Directory, Found, SsoRoleMatch, Subject};
use super::mounted_file::find_in_file;
use crate::aws_auth::ReadEntry;
use crate::principal::caller::Caller;
use crate::principal::case_folding::fold_key;

/// A chain of backends by ARN. INVARIANT: for every caller it answers as [`map`](super::map) does on the same chain.
#[derive(Debug)]
pub struct Index(Vec<Indexed>);

impl Index {
    /// Arranges the backends, in their order.
    pub fn of(chain: Vec<Backend>) -> Index {
        Index(chain.into_iter().map(Indexed::of).collect())
    }

    /// Asks the backends for a caller.
    pub fn map(&self, caller: &Caller, sso: SsoRoleMatch, instances: &Instances<'_>) -> Outcome {
        ask(caller, &self.0, sso, instances)
    }
}

/// One backend with the places of its entries; dynamic files and objects are searched as they are.
#[derive(Debug)]
struct Indexed {
    backend: Backend,
    roles: Places,
    users: Places,
    accounts: HashSet<String>,
}

impl Indexed {
    fn of(backend: Backend) -> Indexed {
        let (roles, users) = match &backend {
            Backend::EksConfigMap { reading, .. } => (
                Places::of(last_of_each_key(&reading.roles, role_key)),
                Places::of(last_of_each_key(&reading.users, user_key)),
            ),
            Backend::MountedFile(file) => (
                Places::of(file.roles.iter().map(|entry| entry.subject()).enumerate()),
                Places::of(file.users.iter().map(|entry| entry.subject()).enumerate()),
            ),
            Backend::DynamicFile { .. } | Backend::Crd { .. } => Default::default(),
        };
        let accounts = backend.accounts().map(str::to_owned).collect();
        Indexed {
            backend,
            roles,
            users,
            accounts,
        }
    }
}

impl Directory for Indexed {
    fn reserved_prefixes(&self) -> &[String] {
        self.backend.reserved_prefixes()
    }

    fn allows_account(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    fn find(&self, caller: &Caller, lower_arn: &str, sso: SsoRoleMatch) -> Found<'_> {
        match &self.backend {
            Backend::EksConfigMap { reading, .. } => find_in_config_map(
                self.roles.among(&reading.roles, lower_arn),
                self.users.among(&reading.users, lower_arn),
                lower_arn,
                sso,
            ),
            Backend::MountedFile(file) => find_in_file(
                self.roles.among(&file.roles, lower_arn),
                self.users.among(&file.users, lower_arn),
                lower_arn,
                sso,
            ),
            other => other.find(caller, lower_arn, sso),
        }
    }
}

/// The entries that no later one of the same key overwrites, with their places.
fn last_of_each_key(
    entries: &[ReadEntry],
    key: fn(&ReadEntry) -> String,
) -> impl Iterator<Item = (usize, Subject)> {
    let keyed = entries.iter().enumerate();
    let last: HashMap<String, usize> = keyed.map(|(place, entry)| (key(entry), place)).collect();
    let mut places: Vec<usize> = last.into_values().collect();
    places.sort_unstable();
    let counts = places.into_iter();
    counts.filter_map(|place| Some((place, entries.get(place)?.subject())))
}

/// Where in a list the entries are that could match an ARN, in the list's order.
#[derive(Debug, Default)]
struct Places {
    by_arn: HashMap<String, Vec<usize>>,
    by_beginning: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl Places {
    fn of(subjects: impl Iterator<Item = (usize, Subject)>) -> Places {
        let mut places = Places::default();
        for (place, subject) in subjects {
            let of_key = match subject {
                Subject::Arn(arn) => places.by_arn.entry(fold_key(&arn)).or_default(),
                Subject::Pattern(pattern) => match fixed_beginning(&pattern) {
                    Some(beginning) => places.by_beginning.entry(beginning.to_owned()).or_default(),
                    None => &mut places.others,
                },
            };
            of_key.push(place);
        }
        places
    }

    fn among<'l, T>(&self, list: &'l [T], lower_arn: &str) -> impl Iterator<Item = &'l T> {
        let mut found: Vec<usize> = Vec::new();
        found.extend(self.by_arn.get(&fold_key(lower_arn)).into_iter().flatten());
        if !self.by_beginning.is_empty() {
            let ends = lower_arn.match_indices('_').map(|(at, _)| at + 1);
            let beginnings = ends.filter_map(|end| lower_arn.get(..end));
            found.extend(
                beginnings
                    .filter_map(|one| self.by_beginning.get(one))
                    .flatten(),
            );
        }
        found.extend(&self.others);
        found.sort_unstable();
        found.into_iter().filter_map(|place| list.get(place))
    }
}

/// What a pattern begins with, where its only wildcard is a `*` at its end and a `_` stands before it.
fn fixed_beginning(pattern: &str) -> Option<&str> {
    let beginning = pattern.strip_suffix('*')?;
    (beginning.ends_with('_') && !beginning.contains(['*', '?'])).then_some(beginning)
}

#[cfg(test)]
mod tests;
