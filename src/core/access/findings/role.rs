//! What IAM says about the roles that entries name: gone, younger than their entry, or in an account that cannot be looked into.
//!
//! The server compares ARNs, not unique ids: whoever makes a role of a name that an entry has gets what the entry gives. That a role was made anew
//! shows only where the time of the entry is known; a write of the section after the role was made hides it, and then nothing is said.
//! Source: EKS user guide, "Creating access entries" (which bind the unique id; entries of aws-auth do not).

use std::collections::HashMap;

use super::mapping_finding::{MappingFinding, at};
use crate::access::severity::Severity;
use crate::aws_auth::{ReadEntry, Reading, Section};
use crate::moment::iso;
use crate::principal::arn::{Arn, canonical_role_arn, iam_role_name};

/// How far the clocks of IAM and of the API server may be apart, in seconds. A role and its entry are often made in one apply.
const CLOCKS_APART: i64 = 300;

/// The roles of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    account: String,
    /// Seconds since 1970 by name in small letters: IAM tells names apart without regard to case.
    created_at: HashMap<String, i64>,
}

impl Roles {
    /// All roles of an account, as name and time of creation (seconds since 1970).
    pub fn new(account: &str, roles: impl IntoIterator<Item = (String, i64)>) -> Self {
        Self {
            account: account.to_owned(),
            created_at: roles
                .into_iter()
                .map(|(name, created_at)| (name.to_ascii_lowercase(), created_at))
                .collect(),
        }
    }

    /// Whether a role was made after a moment (seconds since 1970), by clocks of AWS, which agree to the second.
    pub(in crate::access) fn is_younger_than(
        &self,
        account: &str,
        name: &str,
        moment: i64,
    ) -> bool {
        account == self.account
            && self
                .created_at
                .get(&name.to_ascii_lowercase())
                .is_some_and(|created_at| *created_at > moment.saturating_add(1))
    }

    /// Whether an account has a role; `None` for another account than the one that was listed.
    pub fn has(&self, account: &str, name: &str) -> Option<bool> {
        (account == self.account).then(|| self.created_at.contains_key(&name.to_ascii_lowercase()))
    }
}

/// What is worth saying about the roles of entries. `written_by` is a moment (seconds since 1970) by which the entry was there; `None`: not known.
pub fn role_findings(
    reading: &Reading,
    roles: &Roles,
    written_by: impl Fn(&ReadEntry) -> Option<i64>,
) -> Vec<MappingFinding> {
    [Section::MapRoles, Section::MapUsers]
        .into_iter()
        .flat_map(|section| reading.section(section))
        .filter_map(|entry| role_finding(entry, roles, written_by(entry)))
        .collect()
}

fn role_finding(
    entry: &ReadEntry,
    roles: &Roles,
    written_by: Option<i64>,
) -> Option<MappingFinding> {
    let arn = Arn::parse(&canonical_role_arn(&entry.arn).ok()?).ok()?;
    let (account, name) = (arn.account?, iam_role_name(&entry.arn).ok()?);
    if account.as_str() != roles.account {
        let text = format!(
            "`{name}` is a role of account `{account}`; whether it is there cannot be seen from account `{}`",
            roles.account
        );
        return Some(at(entry, "role.other_account", Severity::Note, text));
    }
    let Some(created_at) = roles.created_at.get(&name.to_ascii_lowercase()) else {
        let text = format!(
            "account `{account}` has no role `{name}`; whoever makes one gets what this entry gives"
        );
        return Some(at(entry, "role.missing", Severity::Warning, text));
    };
    let written_by = written_by?;
    if *created_at <= written_by.saturating_add(CLOCKS_APART) {
        return None;
    }
    let text = format!(
        "role `{name}` was made at {}, and this entry was there by {}: it was written for an earlier role of that name, or for none",
        iso(*created_at),
        iso(written_by)
    );
    Some(at(entry, "role.newer_than_entry", Severity::Warning, text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws_auth::read;

    const ENTRIES: &str = "\
- {rolearn: 'arn:aws:iam::111122223333:role/Dev', username: dev}
- {rolearn: 'arn:aws:iam::111122223333:role/teams/gone', username: gone}
- {rolearn: 'arn:aws:iam::444455556666:role/dev', username: theirs}
- {rolearn: 'arn:aws:iam::111122223333:user/dev', username: a-user}
- {username: nobody}
";

    fn found(created_at: i64, written_by: Option<i64>) -> Vec<(&'static str, usize, String)> {
        let reading = read(&BTreeMap::from([(
            "mapRoles".to_owned(),
            ENTRIES.to_owned(),
        )]));
        let roles = Roles::new("111122223333", [("dev".to_owned(), created_at)]);
        role_findings(&reading, &roles, |_| written_by)
            .into_iter()
            .map(|finding| (finding.id, finding.line, finding.text))
            .collect()
    }

    #[test]
    fn a_missing_role_and_one_of_another_account_are_reported_with_what_follows() {
        assert_eq!(
            found(1_735_689_600, Some(1_735_689_600)),
            [
                (
                    "role.missing",
                    2,
                    "account `111122223333` has no role `gone`; whoever makes one gets what this entry gives"
                        .to_owned()
                ),
                (
                    "role.other_account",
                    3,
                    "`dev` is a role of account `444455556666`; whether it is there cannot be seen from account `111122223333`"
                        .to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_role_is_younger_than_its_entry_only_where_that_is_certain() {
        let is_reported = |created_at, written_by| {
            found(created_at, written_by)
                .iter()
                .any(|(id, ..)| *id == "role.newer_than_entry")
        };
        let entry = 1_735_689_600;
        assert!(!is_reported(entry - 1, Some(entry)));
        assert!(!is_reported(entry + CLOCKS_APART, Some(entry)));
        assert!(is_reported(entry + CLOCKS_APART + 1, Some(entry)));
        assert!(!is_reported(entry + 1_000_000, None));
        assert_eq!(
            found(entry + 86_400, Some(entry))[0],
            (
                "role.newer_than_entry",
                1,
                "role `Dev` was made at 2025-01-02T00:00:00Z, and this entry was there by 2025-01-01T00:00:00Z: it was written for an earlier \
                 role of that name, or for none"
                    .to_owned()
            )
        );
    }
}
