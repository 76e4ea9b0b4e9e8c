//! The backend that reads the server's own configuration file once, at start.
//!
//! A role's ARN is canonicalised, so a session's ARN works here; a path stays and never matches. A user's ARN is lower-cased first.
//! One invalid entry stops the server. Source: `pkg/mapper/file`.

use super::backend::{ConfigError, Mappings, SsoRoleMatch, lenient_canonical_arn};
use super::sso::{check_sso, sso_pattern};
use super::{Candidate, CandidateKind, Found, equal_fold, to_lower};
use crate::arn::arn_matches;
use crate::aws_auth::Sso;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Arn(String),
    Sso(Sso),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    index: usize,
    key: String,
    subject: Subject,
    username: String,
    groups: Vec<String>,
}

/// The file's mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedFile {
    roles: Vec<Entry>,
    users: Vec<Entry>,
    pub(super) accounts: Vec<String>,
    pub(super) reserved_prefixes: Vec<String>,
}

impl MountedFile {
    /// Checks and canonicalises the mappings.
    ///
    /// # Errors
    /// The first invalid entry; the server does not start with it.
    pub fn new(mappings: &Mappings, reserved_prefixes: Vec<String>) -> Result<Self, ConfigError> {
        let mut file = Self {
            roles: Vec::new(),
            users: Vec::new(),
            accounts: mappings.accounts.clone(),
            reserved_prefixes,
        };
        for (index, role) in mappings.roles.iter().enumerate() {
            let subject = match (&role.sso, role.arn.as_str()) {
                (None, "") => return Err(ConfigError::NoSubject { index }),
                (Some(_), arn) if !arn.is_empty() => {
                    return Err(ConfigError::TwoSubjects { index });
                }
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
            let (username, groups) = (role.username.clone(), role.groups.clone());
            replace(
                &mut file.roles,
                Entry {
                    index,
                    key,
                    subject,
                    username,
                    groups,
                },
            );
        }
        for (index, user) in mappings.users.iter().enumerate() {
            if user.arn.is_empty() {
                return Err(ConfigError::NoSubject { index });
            }
            let key =
                lenient_canonical_arn(&to_lower(&user.arn)).ok_or_else(|| ConfigError::Arn {
                    arn: user.arn.clone(),
                })?;
            let (username, groups) = (user.username.clone(), user.groups.clone());
            replace(
                &mut file.users,
                Entry {
                    index,
                    subject: Subject::Arn(key.clone()),
                    key,
                    username,
                    groups,
                },
            );
        }
        Ok(file)
    }

    pub(super) fn find(&self, lower_arn: &str, sso: SsoRoleMatch) -> Found<'_> {
        let roles: Vec<Candidate<'_>> = self
            .roles
            .iter()
            .filter(|entry| match &entry.subject {
                Subject::Arn(arn) => equal_fold(arn, lower_arn),
                Subject::Sso(set) => {
                    sso == SsoRoleMatch::On
                        && arn_matches(lower_arn, &sso_pattern(set)).unwrap_or(false)
                }
            })
            .map(|entry| candidate(entry, CandidateKind::Role))
            .collect();
        if !roles.is_empty() {
            return Found::Candidates(roles);
        }
        match self.users.iter().find(|entry| entry.key == lower_arn) {
            Some(entry) => Found::Candidates(vec![candidate(entry, CandidateKind::User)]),
            None => Found::None,
        }
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
fn replace(entries: &mut Vec<Entry>, entry: Entry) {
    entries.retain(|other| other.key != entry.key);
    entries.push(entry);
}
