//! Backends ready for many callers: an entry is found by its ARN instead of searched, so that a thousand entries cost one look-up.
//!
//! The rules of look-up stay those of [`map`](super::map): the index only narrows what is compared. Our own server asks it, so what was found
//! is rendered strictly: a caller without a user name, or without the session that its name is made of, is refused. Entries that name a permission set are found by
//! the fixed beginning of their pattern; an entry whose pattern has other wildcards is compared with every caller.

use std::collections::{HashMap, HashSet};

use super::answer::{Instances, Outcome, Question, Strictness, ask};
use super::backend::Backend;
use super::config_map::{find_in_config_map, role_key, user_key};
use super::lookup::{Directory, Found, SsoRoleMatch, Subject};
use super::mounted_file::find_in_file;
use crate::aws_auth::ReadEntry;
use crate::principal::caller::Caller;
use crate::principal::case_folding::fold_key;

/// A chain of backends by ARN. INVARIANT: for every caller it finds what [`map`](super::map) finds on the same chain.
#[derive(Debug)]
pub struct Index(Vec<Indexed>);

impl Index {
    /// Arranges the backends, in their order.
    pub fn new(chain: Vec<Backend>) -> Index {
        Index(chain.into_iter().map(Indexed::new).collect())
    }

    /// Asks the backends for a caller.
    pub fn map(&self, caller: &Caller, sso: SsoRoleMatch, instances: &Instances<'_>) -> Outcome {
        let question = Question {
            caller,
            sso,
            instances,
            strictness: Strictness::Server,
        };
        ask(&question, &self.0)
    }
}

/// One backend with the positions of its entries; dynamic files and objects are searched as they are.
#[derive(Debug)]
struct Indexed {
    backend: Backend,
    roles: Positions,
    users: Positions,
    accounts: HashSet<String>,
}

impl Indexed {
    fn new(backend: Backend) -> Indexed {
        let (roles, users) = match &backend {
            Backend::EksConfigMap { reading, .. } => (
                Positions::from_subjects(last_of_each_key(&reading.roles, role_key)),
                Positions::from_subjects(last_of_each_key(&reading.users, user_key)),
            ),
            Backend::MountedFile(file) => (
                Positions::from_subjects(
                    file.roles.iter().map(|entry| entry.subject()).enumerate(),
                ),
                Positions::from_subjects(
                    file.users.iter().map(|entry| entry.subject()).enumerate(),
                ),
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

/// The entries that no later one of the same key overwrites, with their positions.
fn last_of_each_key(
    entries: &[ReadEntry],
    key: fn(&ReadEntry) -> String,
) -> impl Iterator<Item = (usize, Subject)> {
    let keyed = entries.iter().enumerate();
    let last: HashMap<String, usize> = keyed
        .map(|(position, entry)| (key(entry), position))
        .collect();
    let mut positions: Vec<usize> = last.into_values().collect();
    positions.sort_unstable();
    let counts = positions.into_iter();
    counts.filter_map(|position| Some((position, entries.get(position)?.subject())))
}

/// Where in a list the entries are that could match an ARN, in the list's order.
#[derive(Debug, Default)]
struct Positions {
    by_arn: HashMap<String, Vec<usize>>,
    by_beginning: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl Positions {
    fn from_subjects(subjects: impl Iterator<Item = (usize, Subject)>) -> Positions {
        let mut positions = Positions::default();
        for (position, subject) in subjects {
            let of_key = match subject {
                Subject::Arn(arn) => positions.by_arn.entry(fold_key(&arn)).or_default(),
                Subject::Pattern(pattern) => match fixed_beginning(&pattern) {
                    Some(beginning) => positions
                        .by_beginning
                        .entry(beginning.to_owned())
                        .or_default(),
                    None => &mut positions.others,
                },
            };
            of_key.push(position);
        }
        positions
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
        found.into_iter().filter_map(|position| list.get(position))
    }
}

/// What a pattern begins with, where its only wildcard is a `*` at its end and a `_` stands before it.
fn fixed_beginning(pattern: &str) -> Option<&str> {
    let beginning = pattern.strip_suffix('*')?;
    (beginning.ends_with('_') && !beginning.contains(['*', '?'])).then_some(beginning)
}

#[cfg(test)]
mod tests;
