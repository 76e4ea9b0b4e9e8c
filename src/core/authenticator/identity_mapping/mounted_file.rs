//! The backend that reads the server's own configuration file once, at start.
//!
//! A role's ARN is canonicalised, so a session's ARN works here; a path stays and never matches. A user's ARN is lower-cased first.
//! One invalid entry stops the server. Source: `pkg/mapper/file`.

use std::collections::HashMap;

use super::canonical::lenient_canonical_arn;
use super::lookup::{self, Candidate, CandidateKind, Found, SsoRoleMatch};
use super::mappings::{ConfigError, Mappings, RawMapping};
use super::sso::{check_sso, sso_pattern};
use crate::aws_auth::Sso;
use crate::principal::arn::arn_matches;
use crate::principal::case_folding::{equal_fold, to_lower};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Arn(String),
    Sso(Sso),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    index: usize,
    key: String,
    subject: Subject,
    username: String,
    groups: Vec<String>,
}

impl Entry {
    fn from_role(index: usize, role: &RawMapping) -> Result<Entry, ConfigError> {
        let subject = match (&role.sso, role.arn.as_str()) {
            (None, "") => return Err(ConfigError::NoSubject { index }),
            (Some(_), arn) if !arn.is_empty() => return Err(ConfigError::TwoSubjects { index }),
            (Some(sso), _) => {
                check_sso(sso).map_err(|source| ConfigError::Sso { index, source })?;
                Subject::Sso(sso.clone())
            }
            (None, arn) => {
                Subject::Arn(lenient_canonical_arn(arn).ok_or_else(|| ConfigError::Arn {
                    arn: arn.to_owned(),
                })?)
            }
        };
        let key = match &subject {
            Subject::Arn(arn) => to_lower(arn),
            Subject::Sso(sso) => sso_pattern(sso),
        };
        Ok(Entry {
            index,
            key,
            subject,
            username: role.username.clone(),
            groups: role.groups.clone(),
        })
    }

    fn from_user(index: usize, user: &RawMapping) -> Result<Entry, ConfigError> {
        if user.arn.is_empty() {
            return Err(ConfigError::NoSubject { index });
        }
        let key = lenient_canonical_arn(&to_lower(&user.arn));
        let key = key.ok_or_else(|| ConfigError::Arn {
            arn: user.arn.clone(),
        })?;
        Ok(Entry {
            index,
            subject: Subject::Arn(key.clone()),
            key,
            username: user.username.clone(),
            groups: user.groups.clone(),
        })
    }

    /// What it is compared with a caller by.
    pub(super) fn subject(&self) -> lookup::Subject {
        match &self.subject {
            Subject::Arn(arn) => lookup::Subject::Arn(arn.clone()),
            Subject::Sso(set) => lookup::Subject::Pattern(sso_pattern(set)),
        }
    }
}

/// The file's mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedFile {
    pub(super) roles: Vec<Entry>,
    pub(super) users: Vec<Entry>,
    pub(super) accounts: Vec<String>,
    pub(super) reserved_prefixes: Vec<String>,
}

impl MountedFile {
    /// Checks and canonicalises the mappings.
    ///
    /// # Errors
    /// The first invalid entry; the server does not start with it.
    pub fn new(mappings: &Mappings, reserved_prefixes: Vec<String>) -> Result<Self, ConfigError> {
        let roles = mappings.roles.iter().enumerate();
        let roles = roles.map(|(index, role)| Entry::from_role(index, role));
        let users = mappings.users.iter().enumerate();
        let users = users.map(|(index, user)| Entry::from_user(index, user));
        Ok(Self {
            roles: last_of_each_key(roles.collect::<Result<_, _>>()?),
            users: last_of_each_key(users.collect::<Result<_, _>>()?),
            accounts: mappings.accounts.clone(),
            reserved_prefixes,
        })
    }
}

/// The entries of one file that match: roles first, then users.
pub(super) fn find_in_file<'f>(
    roles: impl Iterator<Item = &'f Entry>,
    mut users: impl Iterator<Item = &'f Entry>,
    lower_arn: &str,
    sso: SsoRoleMatch,
) -> Found<'f> {
    let matches = |entry: &&Entry| match &entry.subject {
        Subject::Arn(arn) => equal_fold(arn, lower_arn),
        Subject::Sso(set) => {
            sso == SsoRoleMatch::On && arn_matches(lower_arn, &sso_pattern(set)).unwrap_or(false)
        }
    };
    let roles: Vec<Candidate<'_>> = roles
        .filter(matches)
        .map(|entry| candidate(entry, CandidateKind::Role))
        .collect();
    if !roles.is_empty() {
        return Found::Candidates(roles);
    }
    match users.find(|entry| entry.key == lower_arn) {
        Some(entry) => Found::Candidates(vec![candidate(entry, CandidateKind::User)]),
        None => Found::None,
    }
}

fn candidate(entry: &Entry, kind: CandidateKind) -> Candidate<'_> {
    Candidate {
        kind,
        index: entry.index,
        username: &entry.username,
        groups: &entry.groups,
    }
}

/// The last entry of a key wins.
fn last_of_each_key(entries: Vec<Entry>) -> Vec<Entry> {
    let last: HashMap<String, usize> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.key.clone(), place))
        .collect();
    entries
        .into_iter()
        .enumerate()
        .filter(|(place, entry)| last.get(&entry.key) == Some(place))
        .map(|(_, entry)| entry)
        .collect()
}
