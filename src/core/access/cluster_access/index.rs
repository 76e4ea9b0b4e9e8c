//! A cluster's rules arranged by principal, and the order in which they are asked.

use std::collections::HashMap;

use super::{Access, ClusterView, Grant, Knowledge, PrincipalAccess, Rule};
use crate::access::access_entry::AccessEntry;
use crate::aws_auth::{ReadEntry, Reading};
use crate::principal::arn::{AccountId, is_canonical};
use crate::principal::case_folding::fold_key;

/// A [`ClusterView`] arranged by principal.
pub struct Index<'v> {
    view: &'v ClusterView,
    roles: HashMap<String, Vec<&'v ReadEntry>>,
    users: HashMap<String, Vec<&'v ReadEntry>>,
    access_entries: HashMap<String, Vec<&'v AccessEntry>>,
}

impl ClusterView {
    /// What a canonical ARN of an account gets. For many questions make an [`index`](Self::index) once.
    pub fn access_of(&self, canonical_arn: &str, account: &str) -> PrincipalAccess {
        self.index().access_of(canonical_arn, account)
    }

    /// The view, arranged for many questions: one look-up each, whatever the number of entries.
    pub fn index(&self) -> Index<'_> {
        Index::new(self)
    }
}

impl<'v> Index<'v> {
    fn new(view: &'v ClusterView) -> Self {
        let mut index = Index {
            view,
            roles: HashMap::new(),
            users: HashMap::new(),
            access_entries: HashMap::new(),
        };
        if let (true, Knowledge::Known(reading)) = (view.mode.reads_config_map(), &view.aws_auth) {
            for entry in &reading.roles {
                index
                    .roles
                    .entry(fold_key(&entry.arn))
                    .or_default()
                    .push(entry);
            }
            for entry in &reading.users {
                index
                    .users
                    .entry(fold_key(&entry.arn))
                    .or_default()
                    .push(entry);
            }
        }
        if let (true, Knowledge::Known(entries)) =
            (view.mode.reads_access_entries(), &view.access_entries)
        {
            for entry in entries {
                let key = fold_key(&entry.canonical_arn());
                index.access_entries.entry(key).or_default().push(entry);
            }
        }
        index
    }

    /// What a canonical ARN of an account gets.
    pub fn access_of(&self, canonical_arn: &str, account: &str) -> PrincipalAccess {
        let view = self.view;
        let key = fold_key(canonical_arn);
        let mut unknown = Vec::new();
        let mut grants: Vec<Vec<Grant>> = Vec::new();
        if view.mode.reads_access_entries() {
            match &view.access_entries {
                Knowledge::Known(_) => {
                    grants.extend(self.access_entries.get(&key).map(entry_grants))
                }
                Knowledge::Unreadable(reason) => unknown.push(reason.clone()),
            }
        }
        if view.mode.reads_config_map() && unknown.is_empty() {
            match &view.aws_auth {
                Knowledge::Known(reading) => {
                    grants.extend(self.config_map_grants(&key, reading, canonical_arn, account));
                }
                Knowledge::Unreadable(reason) if grants.is_empty() => unknown.push(reason.clone()),
                Knowledge::Unreadable(_) => {}
            }
        }
        let mut levels = grants.into_iter();
        let access = match levels.next() {
            _ if !unknown.is_empty() => Access::Unknown(unknown),
            None => Access::None,
            Some(level) => settle(level),
        };
        let shadowed = levels.flatten().map(|grant| grant.rule).collect();
        PrincipalAccess { access, shadowed }
    }

    /// Levels in the order they are asked: roles, users, accounts; within roles and users the last entry of a spelling wins.
    fn config_map_grants(
        &self,
        key: &str,
        reading: &Reading,
        canonical_arn: &str,
        account: &str,
    ) -> Vec<Vec<Grant>> {
        // Nobody calls under such an ARN, so no entry with it, nor an account beside it, lets anybody in. A bare account stands for whoever is in it.
        if canonical_arn != account && !is_canonical(canonical_arn) {
            return Vec::new();
        }
        let matching = |entries: &HashMap<String, Vec<&ReadEntry>>,
                        spelling: Spelling,
                        rule: fn(usize, usize) -> Rule| {
            entries
                .get(key)
                .map(|found| last_of_each(found, spelling, rule))
                .unwrap_or_default()
        };
        let roles = matching(&self.roles, Spelling::Folded, |index, line| Rule::Role {
            index,
            line,
        });
        let users = matching(&self.users, Spelling::AsWritten, |index, line| Rule::User {
            index,
            line,
        });
        // A text that is no account id stands for nobody.
        let is_account = AccountId::parse(account).is_ok();
        let listed = reading.accounts.iter().find(|entry| entry.arn == account);
        // Nobody writes groups beside an account; a state that names who is bound otherwise does.
        let accounts = listed.filter(|_| is_account).map(|entry| Grant {
            username: canonical_arn.to_owned(),
            groups: distinct(&entry.groups),
            policies: Vec::new(),
            rule: Rule::Account,
        });
        let mut levels = Vec::new();
        for (winners, losers) in [roles, users, (accounts.into_iter().collect(), Vec::new())] {
            if !winners.is_empty() {
                levels.push(winners);
                levels.extend(losers.into_iter().map(|grant| vec![grant]));
            }
        }
        levels
    }
}

/// Which entries of one principal overwrite each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// All of them: roles are kept by their ARN in lower case.
    Folded,
    /// Those spelt the same: users are kept by their ARN as written.
    AsWritten,
}

fn settle(mut level: Vec<Grant>) -> Access {
    level.dedup_by(|left, right| left.allows_the_same(right));
    match level.pop() {
        None => Access::None,
        Some(grant) if level.is_empty() => Access::Granted(grant),
        Some(grant) => {
            level.push(grant);
            Access::Random(level)
        }
    }
}

fn entry_grants(matching: &Vec<&AccessEntry>) -> Vec<Grant> {
    let grant = |entry: &&AccessEntry| {
        let mut policies = entry.policies.clone();
        policies.sort();
        Grant {
            username: entry.username.clone(),
            groups: distinct(&entry.groups),
            policies,
            rule: Rule::AccessEntry(entry.principal_arn.clone()),
        }
    };
    matching.iter().map(grant).collect()
}

/// The entries that count and those that a later one overwrites.
fn last_of_each(
    matching: &[&ReadEntry],
    spelling: Spelling,
    rule: fn(usize, usize) -> Rule,
) -> (Vec<Grant>, Vec<Grant>) {
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for (position, entry) in matching.iter().enumerate() {
        let grant = Grant {
            username: entry.username.clone(),
            groups: distinct(&entry.groups),
            policies: Vec::new(),
            rule: rule(entry.index, entry.line),
        };
        let overwrites =
            |later: &&ReadEntry| spelling == Spelling::Folded || later.arn == entry.arn;
        if matching.iter().skip(position + 1).any(overwrites) {
            losers.push(grant);
        } else {
            winners.push(grant);
        }
    }
    (winners, losers)
}

fn distinct(groups: &[String]) -> Vec<String> {
    let mut sorted = groups.to_vec();
    sorted.sort();
    sorted.dedup();
    sorted
}
