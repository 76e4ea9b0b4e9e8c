//! Everything that decides who may enter one cluster, at one moment: mode, aws-auth, access entries; and what a principal gets by it.
//!
//! Templates stay as they are written: what a session name will be is not known before someone calls. What could not be read is
//! [`Knowledge::Unreadable`] and never guessed. Access entries win over aws-auth for the same principal (EKS user guide).

mod index;

use std::fmt;

pub use index::Index;

use crate::access::access_entry::{AccessEntry, AuthenticationMode};
use crate::access::access_policy::AccessPolicy;
use crate::aws_auth::Reading;
use crate::principal::arn::{
    CallerArn, CallerArnError, canonical_caller_arn, canonical_role_arn, canonical_user_arn,
};

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

impl ClusterView {
    /// Accounts whose every principal enters, unless an entry names it.
    pub fn accounts(&self) -> Vec<&str> {
        match (self.mode.reads_config_map(), &self.aws_auth) {
            (true, Knowledge::Known(reading)) => reading
                .accounts
                .iter()
                .map(|entry| entry.arn.as_str())
                .collect(),
            _ => Vec::new(),
        }
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
