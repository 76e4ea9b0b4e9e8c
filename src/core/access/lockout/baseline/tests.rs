use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*, sample::select};

use std::collections::BTreeSet;

use super::*;
use crate::access::access_entry::AuthenticationMode;
use crate::access::access_policy::AccessPolicy;
use crate::access::lockout::{
    AccessChange, Comparison, Finding, FindingId, Nodes, Rbac, Subjects, Unread, assess,
};
use crate::aws_auth::{edit, read};

/// Few principals, so that entries meet: with a path, in another case, of another account, of nobody.
const ROLES: [&str; 6] = [
    "arn:aws:iam::111122223333:role/admins",
    "arn:aws:iam::111122223333:role/teams/admins",
    "arn:aws:iam::111122223333:role/Admins",
    "arn:aws:iam::444455556666:role/audit",
    "arn:aws:iam::111122223333:role/nodes",
    "arn:aws:sts::111122223333:assumed-role/admins/eve",
];
const USERS: [&str; 3] = [
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:user/Alice",
    "arn:aws:iam::444455556666:user/bob",
];
const GROUPS: [&[&str]; 5] = [
    &["system:masters"],
    &["viewers"],
    &["editors", "viewers"],
    &["system:nodes"],
    &[],
];

fn entry() -> impl Strategy<Value = Entry> {
    let parts = (
        select(&ROLES[..]),
        select(&["a", "b"][..]),
        select(&GROUPS[..]),
    );
    let role = parts.prop_map(|(arn, username, groups)| Entry::Role {
        rolearn: arn.to_owned(),
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    });
    let parts = (
        select(&USERS[..]),
        select(&["a", "b"][..]),
        select(&GROUPS[..]),
    );
    let user = parts.prop_map(|(arn, username, groups)| Entry::User {
        userarn: arn.to_owned(),
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    });
    let account = select(&["111122223333", "444455556666"][..])
        .prop_map(|account| Entry::Account(account.to_owned()));
    prop_oneof![4 => role, 2 => user, 1 => account]
}

fn access_entries() -> impl Strategy<Value = Knowledge<Vec<AccessEntry>>> {
    let one = (select(&ROLES[..5]), any::<bool>()).prop_map(|(arn, is_admin)| AccessEntry {
        created_at: None,
        principal_arn: arn.to_owned(),
        kind: "STANDARD".to_owned(),
        username: arn.to_owned(),
        groups: vec!["viewers".to_owned()],
        policies: is_admin
            .then(|| AccessPolicy {
                policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
                    .to_owned(),
                namespaces: Vec::new(),
            })
            .into_iter()
            .collect(),
    });
    prop_oneof![
        4 => vec(one, 0..3).prop_map(Knowledge::Known),
        1 => Just(Knowledge::Unreadable("not permitted".to_owned())),
    ]
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let everyone: Vec<&'static str> = ROLES.iter().chain(&USERS).copied().collect();
    (
        vec(select(everyone.clone()), 0..2),
        vec(select(everyone), 0..2),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(running, protected, is_readable, nodes, is_strict)| Circumstances {
                cluster: "prod".to_owned(),
                running: running.into_iter().map(Principal::from_arn).collect(),
                protected: protected.into_iter().map(Principal::from_arn).collect(),
                rbac: Rbac {
                    aws_auth_writers: Subjects {
                        groups: BTreeSet::from(["editors".to_owned()]),
                        ..Subjects::default()
                    },
                    is_readable,
                    ..Rbac::default()
                },
                nodes: if nodes { Nodes::Some } else { Nodes::None },
                unread: if is_strict {
                    Unread::Against
                } else {
                    Unread::Open
                },
                ..Circumstances::default()
            },
        )
}

/// What is asked of one entry of the document.
#[derive(Clone, Debug)]
enum Wanted {
    Kept,
    Removed,
    Replaced(Entry),
}

fn document(entries: &[Entry]) -> BTreeMap<String, String> {
    let changes: Vec<Change> = entries.iter().cloned().map(Change::Add).collect();
    let edited = edit(&BTreeMap::new(), &changes).unwrap();
    edited
        .sections
        .into_iter()
        .filter_map(|(section, text)| Some((section.key().to_owned(), text?)))
        .collect()
}

fn edited(data: &BTreeMap<String, String>, changes: &[Change]) -> BTreeMap<String, String> {
    let mut after = data.clone();
    for (section, text) in edit(data, changes).unwrap().sections {
        match text {
            Some(text) => after.insert(section.key().to_owned(), text),
            None => after.remove(section.key()),
        };
    }
    after
}

fn changes(reading: &Reading, wanted: &[Wanted], added: &[Entry]) -> Vec<Change> {
    let all = Section::ALL
        .into_iter()
        .flat_map(|section| reading.section(section));
    let of_entry = |(there, wanted): (&ReadEntry, &Wanted)| match wanted {
        Wanted::Kept => None,
        Wanted::Removed => Some(Change::Remove {
            section: there.section,
            index: there.index,
            undo: None,
        }),
        Wanted::Replaced(entry) => (entry.section() == there.section).then(|| Change::Replace {
            section: there.section,
            index: there.index,
            entry: entry.clone(),
        }),
    };
    all.zip(wanted)
        .filter_map(of_entry)
        .chain(added.iter().cloned().map(Change::Add))
        .collect()
}

fn described(comparisons: &[Comparison]) -> Vec<(&Principal, AccessChange, String)> {
    comparisons
        .iter()
        .filter(|comparison| {
            !matches!(
                comparison.change,
                AccessChange::Same | AccessChange::Unknown
            )
        })
        .map(|comparison| {
            let after = crate::access::cluster_access::describe(&comparison.after);
            (&comparison.principal, comparison.change, after)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_small_change_is_judged_as_if_everybody_had_been_compared(
        entries in vec(entry(), 0..7),
        wanted in vec(prop_oneof![3 => Just(Wanted::Kept), 2 => Just(Wanted::Removed), 1 => entry().prop_map(Wanted::Replaced)], 7),
        added in vec(entry(), 0..2),
        access_entries in access_entries(),
        has_api in any::<bool>(),
        circumstances in circumstances(),
    ) {
        let data = document(&entries);
        let view = |data: &BTreeMap<String, String>| ClusterView {
            mode: if has_api { AuthenticationMode::ApiAndConfigMap } else { AuthenticationMode::ConfigMap },
            aws_auth: Knowledge::Known(read(data)),
            access_entries: access_entries.clone(),
        };
        let changes = changes(&read(&data), &wanted, &added);
        let (before, after) = (view(&data), view(&edited(&data, &changes)));
        let baseline = Baseline::new(before.clone());
        let admins = baseline.admins(&circumstances);

        let expected = assess(&before, &after, &circumstances);
        let assessment = baseline.assess(&changes, &circumstances, &admins);
        let sorted = |findings: &[Finding]| {
            let mut findings = findings.to_vec();
            findings.sort_by(|one, other| (one.severity, one.id, &one.arn).cmp(&(other.severity, other.id, &other.arn)));
            findings
        };
        prop_assert_eq!(sorted(&assessment.findings), sorted(&expected.findings));
        prop_assert_eq!(described(&assessment.comparisons), described(&expected.comparisons));
        let is_of_change = |finding: &Finding| finding.id != FindingId::ProtectedHasNone;
        if expected.findings.iter().any(is_of_change) && circumstances.unread == Unread::Open {
            prop_assert!(baseline.may_take_away(&changes));
        }
    }
}
