//! Everything that decides who may enter one cluster, at one moment: mode, aws-auth, access entries; and what a principal gets by it.
//!
//! Templates stay as they are written: what a session name will be is not known before someone calls. What could not be read is
//! [`Knowledge::Unreadable`] and never guessed. Access entries win over aws-auth for the same principal (EKS user guide).

use std::collections::HashMap;
use std::fmt;

use crate::access::access_entry::{AccessEntry, AuthenticationMode};
use crate::access::access_policy::AccessPolicy;
use crate::aws_auth::{ReadEntry, Reading};
use crate::principal::arn::{
    CallerArn, CallerArnError, canonical_caller_arn, canonical_role_arn, canonical_user_arn,
};
use crate::principal::case_folding::fold_key;

/// Something that was read, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge<T> {
    /// It was read.
    Known(T),
    /// It could not be read; the reason, with the permission that is missing where one is.
    Unreadable(String),
}

/// What decides who may enter a cluster, at one moment.
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

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessEntry(arn) => write!(f, "access entry of {arn}"),
            Self::Role { index, line } => write!(f, "aws-auth mapRoles[{index}], line {line}"),
            Self::User { index, line } => write!(f, "aws-auth mapUsers[{index}], line {line}"),
            Self::Account => f.write_str("aws-auth mapAccounts"),
        }
    }
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
pub struct PrincipalAccess {
    /// The result.
    pub access: Access,
    /// Rules that would apply if the first did not; their groups are not added.
    pub shadowed: Vec<Rule>,
}

impl ClusterView {
    /// What a canonical ARN of an account gets. For many questions make an [`index`](Self::index) once.
    pub fn access_of(&self, canonical_arn: &str, account: &str) -> PrincipalAccess {
        self.index().access_of(canonical_arn, account)
    }

    /// The view, arranged for many questions: one look-up each, whatever the number of entries.
    pub fn index(&self) -> Index<'_> {
        let mut index = Index {
            view: self,
            roles: HashMap::new(),
            users: HashMap::new(),
            access_entries: HashMap::new(),
        };
        if let (true, Knowledge::Known(reading)) = (self.mode.reads_config_map(), &self.aws_auth) {
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
            (self.mode.reads_access_entries(), &self.access_entries)
        {
            for entry in entries {
                let key = fold_key(&entry.canonical_arn());
                index.access_entries.entry(key).or_default().push(entry);
            }
        }
        index
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
            found.extend(named.map(|entry| Principal::from_arn(&entry.arn)));
        }
        if let (true, Knowledge::Known(entries)) =
            (self.mode.reads_access_entries(), &self.access_entries)
        {
            found.extend(
                entries
                    .iter()
                    .map(|entry| Principal::from_arn(&entry.canonical_arn())),
            );
        }
        found.sort();
        found.dedup();
        found
    }
}

/// A [`ClusterView`] arranged by principal.
pub struct Index<'v> {
    view: &'v ClusterView,
    roles: HashMap<String, Vec<&'v ReadEntry>>,
    users: HashMap<String, Vec<&'v ReadEntry>>,
    access_entries: HashMap<String, Vec<&'v AccessEntry>>,
}

impl Index<'_> {
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
        let is_listed =
            !account.is_empty() && reading.accounts.iter().any(|entry| entry.arn == account);
        let accounts = is_listed.then(|| Grant {
            username: canonical_arn.to_owned(),
            groups: Vec::new(),
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

/// A principal by its canonical ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// The canonical ARN; for an entry that can never match, what is written.
    pub arn: String,
    /// Its account.
    pub account: String,
}

impl Principal {
    /// The principal of a caller, by the ARN that STS reports of it.
    ///
    /// # Errors
    /// The ARN is no caller's.
    pub fn from_caller(arn: &str) -> Result<Self, CallerArnError> {
        let CallerArn { arn, account, .. } = canonical_caller_arn(arn)?;
        Ok(Self { arn, account })
    }

    /// The principal of an ARN as someone wrote it: role path, session or user.
    pub fn from_arn(written: &str) -> Self {
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

/// An access in a few words: `admin · system:masters`.
pub fn describe(access: &Access) -> String {
    match access {
        Access::None => "no access".to_owned(),
        Access::Unknown(reasons) => format!("unknown ({})", reasons.join("; ")),
        Access::Granted(grant) => describe_grant(grant),
        Access::Random(grants) => {
            format!(
                "one of these at random: {}",
                grants
                    .iter()
                    .map(describe_grant)
                    .collect::<Vec<_>>()
                    .join(" / ")
            )
        }
    }
}

fn describe_grant(grant: &Grant) -> String {
    let mut parts = vec![if grant.username.is_empty() {
        "an empty user name".to_owned()
    } else {
        grant.username.clone()
    }];
    if !grant.groups.is_empty() {
        parts.push(grant.groups.join(", "));
    }
    if !grant.policies.is_empty() {
        parts.push(
            grant
                .policies
                .iter()
                .map(|policy| policy.name())
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    if grant.rule == Rule::Account {
        parts.push("through its account".to_owned());
    }
    parts.join(" · ")
}
