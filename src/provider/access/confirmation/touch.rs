//! Whether a write of aws-auth can touch what one identity stands on: by the texts alone, without asking anybody.
//!
//! aws-auth is judged as if there were nothing else: an access entry that should let the identity in as well may not do so (its role was made again), and
//! an entry that is added can hide what let it in before. What only looks like the identity (its name under a path, in another spelling, by single
//! sign-on) counts too, because the cluster may see more in it than the rules do.

use std::collections::{BTreeMap, HashSet};

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{Access, ClusterView, Knowledge, Principal};
use eksauth_core::aws_auth::{ReadEntry, Reading, Section, Sso, read};
use eksauth_core::principal::case_folding::fold_key;

/// `data` before a write and after it.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) before: &'a BTreeMap<String, String>,
    pub(super) after: &'a BTreeMap<String, String>,
}

impl Texts<'_> {
    /// Whether the write can change what the identity gets.
    pub(super) fn touch(&self, principal: &Principal) -> bool {
        let (before, after) = (read(self.before), read(self.after));
        alone(before.clone(), principal) != alone(after.clone(), principal)
            || changed(&before, &after)
                .iter()
                .any(|entry| resembles(entry, principal))
    }
}

/// What aws-auth alone gives, without the places of the entries, which move when something else goes.
fn alone(reading: Reading, principal: &Principal) -> Vec<(String, Vec<String>)> {
    let view = ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(reading),
        access_entries: Knowledge::Known(Vec::new()),
    };
    let grants = match view.access_of(&principal.arn, &principal.account).access {
        Access::Granted(grant) => vec![grant],
        Access::Random(grants) => grants,
        Access::None | Access::Unknown(_) => Vec::new(),
    };
    grants
        .into_iter()
        .map(|grant| (grant.username, grant.groups))
        .collect()
}

/// The entries that only one of two readings has.
fn changed<'a>(before: &'a Reading, after: &'a Reading) -> Vec<&'a ReadEntry> {
    let mut found = Vec::new();
    for section in Section::ALL {
        let (old, new) = (before.section(section), after.section(section));
        found.extend(only_in(old, new));
        found.extend(only_in(new, old));
    }
    found
}

/// The entries of one list that the other does not have.
fn only_in<'a>(
    entries: &'a [ReadEntry],
    others: &'a [ReadEntry],
) -> impl Iterator<Item = &'a ReadEntry> {
    let others: HashSet<Meaning<'_>> = others.iter().map(Meaning::of_entry).collect();
    entries
        .iter()
        .filter(move |entry| !others.contains(&Meaning::of_entry(entry)))
}

/// What an entry says, wherever it stands.
#[derive(PartialEq, Eq, Hash)]
struct Meaning<'a> {
    arn: &'a str,
    username: &'a str,
    groups: &'a [String],
    sso: Option<[&'a str; 3]>,
}

impl<'a> Meaning<'a> {
    fn of_entry(entry: &'a ReadEntry) -> Self {
        let sso = |sso: &'a Sso| {
            [
                sso.permission_set_name.as_str(),
                sso.account_id.as_str(),
                sso.partition.as_str(),
            ]
        };
        Self {
            arn: &entry.arn,
            username: &entry.username,
            groups: &entry.groups,
            sso: entry.sso.as_ref().map(sso),
        }
    }
}

/// Whether an entry may be meant for the identity: its account, or its own name wherever it stands.
fn resembles(entry: &ReadEntry, principal: &Principal) -> bool {
    if entry.section == Section::MapAccounts {
        return entry.arn.trim() == principal.account;
    }
    let name = |arn: &str| fold_key(arn.trim().rsplit(['/', ':']).next().unwrap_or_default());
    let own = name(&principal.arn);
    match &entry.sso {
        Some(sso) => {
            own.starts_with("awsreservedsso_") && own.contains(&fold_key(&sso.permission_set_name))
        }
        None => name(&entry.arn) == own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/ci";

    fn data(section: Section, text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(section.key().to_owned(), text.to_owned())])
    }

    fn roles(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        let items = entries.iter().map(|(arn, groups)| {
            format!("- rolearn: {arn}\n  username: ci\n  groups: [{groups}]\n")
        });
        data(Section::MapRoles, &items.collect::<String>())
    }

    fn touches(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> bool {
        let principal = Principal::from_arn(ROLE);
        Texts { before, after }.touch(&principal)
    }

    #[test]
    fn what_others_get_touches_nobody_else() {
        let own = (ROLE, "system:masters");
        let other = ("arn:aws:iam::111122223333:role/dev", "dev");
        assert!(!touches(&roles(&[own]), &roles(&[own, other])));
        assert!(!touches(&roles(&[other, own]), &roles(&[own])));
        let accounts = |text| data(Section::MapAccounts, text);
        assert!(!touches(&accounts(""), &accounts("- \"444455556666\"\n")));
    }

    #[test]
    fn ones_own_entry_and_whatever_hides_it_does() {
        let own = (ROLE, "system:masters");
        let weaker = (ROLE, "viewers");
        assert!(touches(&roles(&[own]), &roles(&[])));
        assert!(touches(&roles(&[own]), &roles(&[weaker])));
        assert!(touches(&roles(&[own]), &roles(&[own, weaker])));
        assert!(touches(&roles(&[]), &roles(&[own])), "it may hide another");
        let shouted = ("arn:aws:iam::111122223333:role/CI", "viewers");
        assert!(touches(&roles(&[own]), &roles(&[own, shouted])));
        let under_path = ("arn:aws:iam::111122223333:role/teams/ci", "viewers");
        assert!(touches(&roles(&[own]), &roles(&[own, under_path])));
        let accounts = |text| data(Section::MapAccounts, text);
        assert!(touches(&accounts("- \"111122223333\"\n"), &accounts("")));
    }

    #[test]
    fn a_text_that_reads_no_longer_takes_it_too() {
        let own = roles(&[(ROLE, "system:masters")]);
        assert!(touches(&own, &data(Section::MapRoles, "\t- rolearn")));
    }

    #[test]
    fn an_entry_of_single_sign_on_may_be_meant_for_its_role() {
        let role = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admins_0123456789abcdef";
        let sso = data(
            Section::MapRoles,
            "- sso:\n    permissionSetName: Admins\n    accountID: \"111122223333\"\n  username: a\n",
        );
        let texts = Texts {
            before: &BTreeMap::new(),
            after: &sso,
        };
        assert!(texts.touch(&Principal::from_arn(role)));
        assert!(!texts.touch(&Principal::from_arn(ROLE)));
    }
}
