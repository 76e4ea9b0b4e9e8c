//! Everything that decides who may enter one cluster, at one moment: mode, aws-auth, access entries; and what a principal gets by it.
//!
//! Templates stay as they are written: what a session name will be is not known before someone calls. What could not be read is
//! [`Knowledge::Unreadable`] and never guessed. Access entries win over aws-auth for the same principal (EKS user guide).

use crate::access_entry::{AccessEntry, AccessPolicy, AuthenticationMode};
use crate::arn::{canonical_role_arn, canonical_user_arn};
use crate::aws_auth::{ReadEntry, Reading};
use crate::identity_mapping::equal_fold;

/// Something that was read, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge<T> {
    /// It was read.
    Known(T),
    /// It could not be read; the reason, with the permission that is missing where one is.
    Unreadable(String),
}

/// A cluster's doors.
#[derive(Clone, Debug)]
pub struct ClusterView {
    /// The authentication mode.
    pub mode: AuthenticationMode,
    /// aws-auth; an absent ConfigMap reads as an empty one.
    pub aws_auth: Knowledge<Reading>,
    /// The access entries; not looked at in mode CONFIG_MAP.
    pub access_entries: Knowledge<Vec<AccessEntry>>,
}

/// Which rule admits a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// An access entry, by its principal ARN.
    AccessEntry(String),
    /// `mapRoles` item and its line in that section.
    Role {
        /// Position among the items.
        index: usize,
        /// Line in the section, from 1.
        line: usize,
    },
    /// `mapUsers` item and its line in that section.
    User {
        /// Position among the items.
        index: usize,
        /// Line in the section, from 1.
        line: usize,
    },
    /// The account is in `mapAccounts`.
    Account,
}

/// What a principal gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The user name, its template as written.
    pub username: String,
    /// The groups, sorted and distinct.
    pub groups: Vec<String>,
    /// The access policies, sorted.
    pub policies: Vec<AccessPolicy>,
    /// The rule that gives it.
    pub rule: Rule,
}

impl Grant {
    /// Whether two grants allow the same, whichever rule gives them.
    pub fn allows_the_same(&self, other: &Grant) -> bool {
        self.username == other.username
            && self.groups == other.groups
            && self.policies == other.policies
    }
}

/// What a cluster makes of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It enters with this.
    Granted(Grant),
    /// It enters with one of these, at random: the reference does not order them.
    Random(Vec<Grant>),
    /// It does not enter.
    None,
    /// Not known: something could not be read; the reasons.
    Unknown(Vec<String>),
}

/// What a cluster makes of a principal, with what does not count beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The result.
    pub access: Access,
    /// Rules that would apply if the first did not; their groups are not added.
    pub shadowed: Vec<Rule>,
}

impl ClusterView {
    /// What a canonical ARN of an account gets.
    pub fn standing(&self, canonical_arn: &str, account: &str) -> Standing {
        let mut unknown = Vec::new();
        let mut grants: Vec<Vec<Grant>> = Vec::new();
        if self.mode.reads_access_entries() {
            match &self.access_entries {
                Knowledge::Known(entries) => grants.extend(entry_grants(entries, canonical_arn)),
                Knowledge::Unreadable(reason) => unknown.push(reason.clone()),
            }
        }
        if self.mode.reads_config_map() && unknown.is_empty() {
            match &self.aws_auth {
                Knowledge::Known(reading) => {
                    grants.extend(config_map_grants(reading, canonical_arn, account))
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
        Standing {
            access,
            shadowed: levels.flatten().map(|grant| grant.rule).collect(),
        }
    }

    /// Every principal that some rule names: canonical ARN and account, sorted and distinct. Nodes and listed accounts are not among them.
    pub fn principals(&self) -> Vec<Principal> {
        let mut found = Vec::new();
        if let (true, Knowledge::Known(reading)) = (self.mode.reads_config_map(), &self.aws_auth) {
            let named = reading
                .roles
                .iter()
                .chain(&reading.users)
                .filter(|entry| !entry.arn.is_empty());
            found.extend(named.map(|entry| Principal::of(&entry.arn)));
        }
        if let (true, Knowledge::Known(entries)) =
            (self.mode.reads_access_entries(), &self.access_entries)
        {
            found.extend(
                entries
                    .iter()
                    .map(|entry| Principal::of(&entry.canonical_arn())),
            );
        }
        found.sort();
        found.dedup();
        found
    }
}

/// A principal by its canonical ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// The canonical ARN; for an entry that can never match, what is written.
    pub arn: String,
    /// Its account.
    pub account: String,
}

impl Principal {
    /// The principal of an ARN as someone wrote it: role path, session or user.
    pub fn of(written: &str) -> Self {
        let arn = canonical_role_arn(written)
            .or_else(|_| canonical_user_arn(written))
            .unwrap_or_else(|_| written.to_owned());
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        Self { arn, account }
    }
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

fn entry_grants(entries: &[AccessEntry], canonical_arn: &str) -> Option<Vec<Grant>> {
    let matching: Vec<Grant> = entries
        .iter()
        .filter(|entry| equal_fold(&entry.canonical_arn(), canonical_arn))
        .map(|entry| {
            let mut policies = entry.policies.clone();
            policies.sort();
            let rule = Rule::AccessEntry(entry.principal_arn.clone());
            Grant {
                username: entry.username.clone(),
                groups: distinct(&entry.groups),
                policies,
                rule,
            }
        })
        .collect();
    (!matching.is_empty()).then_some(matching)
}

/// Levels in the order they are asked: roles, users, accounts; within roles and users the last entry of a spelling wins.
fn config_map_grants(reading: &Reading, canonical_arn: &str, account: &str) -> Vec<Vec<Grant>> {
    let mut levels = Vec::new();
    let role_key = |entry: &ReadEntry| entry.arn.to_lowercase();
    let roles = last_of_each(&reading.roles, canonical_arn, role_key, |index, line| {
        Rule::Role { index, line }
    });
    let users = last_of_each(
        &reading.users,
        canonical_arn,
        |entry| entry.arn.clone(),
        |index, line| Rule::User { index, line },
    );
    let accounts: Vec<Grant> = reading
        .accounts
        .iter()
        .filter(|entry| !account.is_empty() && entry.arn == account)
        .take(1)
        .map(|_| Grant {
            username: canonical_arn.to_owned(),
            groups: Vec::new(),
            policies: Vec::new(),
            rule: Rule::Account,
        })
        .collect();
    for (winners, losers) in [roles, users, (accounts, Vec::new())] {
        if !winners.is_empty() {
            levels.push(winners);
            levels.extend(losers.into_iter().map(|grant| vec![grant]));
        }
    }
    levels
}

fn last_of_each(
    entries: &[ReadEntry],
    canonical_arn: &str,
    key: impl Fn(&ReadEntry) -> String,
    rule: impl Fn(usize, usize) -> Rule,
) -> (Vec<Grant>, Vec<Grant>) {
    let matching: Vec<&ReadEntry> = entries
        .iter()
        .filter(|entry| equal_fold(&entry.arn, canonical_arn))
        .collect();
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for (position, entry) in matching.iter().enumerate() {
        let grant = Grant {
            username: entry.username.clone(),
            groups: distinct(&entry.groups),
            policies: Vec::new(),
            rule: rule(entry.index, entry.line),
        };
        let is_overwritten = matching
            .iter()
            .skip(position + 1)
            .any(|later| key(later) == key(entry));
        if is_overwritten {
            losers.push(grant)
        } else {
            winners.push(grant)
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
