//! The backend that reads `kube-system/aws-auth`.
//!
//! Roles are keyed by their ARN in lower case and users by their ARN as written; the last entry of a key wins. Source: `pkg/mapper/configmap`.

use super::lookup::{Candidate, CandidateKind, Found, SsoRoleMatch, Subject};
use super::sso::sso_pattern;
use crate::aws_auth::{ReadEntry, Reading};
use crate::principal::arn::arn_matches;
use crate::principal::case_folding::{equal_fold, to_lower};

/// The entries of a ConfigMap that match, of those that no later one overwrites.
pub(super) fn find_in_reading<'a>(
    reading: &'a Reading,
    lower_arn: &str,
    sso: SsoRoleMatch,
) -> Found<'a> {
    find_in_config_map(
        not_overwritten(&reading.roles, lower_arn, sso, role_key),
        not_overwritten(&reading.users, lower_arn, sso, user_key),
        lower_arn,
        sso,
    )
}

impl ReadEntry {
    /// What the server compares it with a caller by.
    pub(super) fn subject(&self) -> Subject {
        match &self.sso {
            Some(set) if self.arn.is_empty() => Subject::Pattern(sso_pattern(set)),
            _ => Subject::Arn(self.arn.clone()),
        }
    }

    fn matches(&self, lower_arn: &str, sso: SsoRoleMatch) -> bool {
        match &self.sso {
            Some(set) if self.arn.is_empty() => {
                sso == SsoRoleMatch::On
                    && arn_matches(lower_arn, &sso_pattern(set)).unwrap_or(false)
            }
            _ => equal_fold(&self.arn, lower_arn),
        }
    }
}

/// What the server keys a role by: its ARN in lower case, or its pattern.
pub(super) fn role_key(entry: &ReadEntry) -> String {
    match &entry.sso {
        Some(set) if entry.arn.is_empty() => sso_pattern(set),
        _ => to_lower(&entry.arn),
    }
}

/// What the server keys a user by: the ARN as it is written, so that spellings in another case coexist.
pub(super) fn user_key(entry: &ReadEntry) -> String {
    entry.arn.clone()
}

/// Entries that match and that no later one overwrites. The later one need not match itself: two keys may be equal where two ARNs are not.
fn not_overwritten<'a>(
    entries: &'a [ReadEntry],
    lower_arn: &str,
    sso: SsoRoleMatch,
    key: impl Fn(&ReadEntry) -> String,
) -> impl Iterator<Item = &'a ReadEntry> {
    let is_overwritten = move |position: usize, entry: &ReadEntry| {
        let own = key(entry);
        let mut later = entries.iter().skip(position + 1);
        later.any(|later| key(later) == own)
    };
    entries
        .iter()
        .enumerate()
        .filter(move |(position, entry)| {
            entry.matches(lower_arn, sso) && !is_overwritten(*position, entry)
        })
        .map(|(_, entry)| entry)
}

/// Roles first, then users, of entries that no other overwrites.
pub(super) fn find_in_config_map<'a>(
    roles: impl Iterator<Item = &'a ReadEntry>,
    users: impl Iterator<Item = &'a ReadEntry>,
    lower_arn: &str,
    sso: SsoRoleMatch,
) -> Found<'a> {
    let candidates = |entries: &mut dyn Iterator<Item = &'a ReadEntry>, kind| {
        entries
            .filter(|entry| entry.matches(lower_arn, sso))
            .map(|entry| Candidate {
                kind,
                index: entry.index,
                username: &entry.username,
                groups: &entry.groups,
            })
            .collect::<Vec<_>>()
    };
    let (mut roles, mut users) = (roles, users);
    let mut found = candidates(&mut roles, CandidateKind::Role);
    if found.is_empty() {
        found = candidates(&mut users, CandidateKind::User);
    }
    if found.is_empty() {
        Found::None
    } else {
        Found::Candidates(found)
    }
}
