//! What may be taken out of aws-auth, and what is held back with its name.

use super::*;

fn admin(policies: &[&str]) -> Case {
    let entry = AccessEntry {
        principal_arn: role("teams/r"),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: vec!["audit".to_owned()],
        policies: policies
            .iter()
            .map(|arn| AccessPolicy {
                policy_arn: (*arn).to_owned(),
                namespaces: Vec::new(),
            })
            .collect(),
        created_at: Some(2_000),
    };
    Case {
        mode: AuthenticationMode::ApiAndConfigMap,
        entries: Knowledge::Known(vec![entry]),
        ..Case::of_roles(role_item("r", "admin", &["system:masters", "audit"]))
    }
    .roles(&["teams/r"])
}

fn held_back(case: &Case, accepted: &[&str]) -> Option<String> {
    let migration = case.plan();
    migration.held_back(&migration.entries[0], accepted)
}

#[test]
fn an_access_entry_without_its_policy_is_held_back_whatever_is_accepted() {
    let case = admin(&[]);
    let why = held_back(&case, &Difference::ACCEPTABLE).unwrap();
    assert!(why.contains("(rights)"), "{why}");
    assert!(why.contains("system:masters"), "{why}");
    let migration = case.plan();
    assert!(!migration.is_done() && !migration.moves_whole(&Difference::ACCEPTABLE));
    assert!(report(&migration).contains("`rights`"));
    // A policy for a part of the cluster is not the whole of it.
    let view = ADMIN_POLICY_ARN.replace("ClusterAdmin", "View");
    assert!(held_back(&admin(&[&view]), &Difference::ACCEPTABLE).is_some());
}

#[test]
fn with_its_policy_it_goes_once_the_differences_are_accepted() {
    let case = admin(&[ADMIN_POLICY_ARN]);
    let why = held_back(&case, &["masters"]).unwrap();
    assert!(
        why.contains("(impersonation)") && !why.contains("(masters)"),
        "{why}"
    );
    assert_eq!(held_back(&case, &["masters", "impersonation"]), None);
    assert!(case.plan().is_done());
}

#[test]
fn what_has_no_access_entry_yet_is_held_back() {
    let case = Case::of_roles(role_item("r", "ops", &["a"])).roles(&["r"]);
    assert_eq!(held_back(&case, &[]).unwrap(), "it has no access entry yet");
    let node = role_item("n", "system:node:{{EC2PrivateDNSName}}", &["system:nodes"]);
    let case = Case {
        managed: Knowledge::Known(BTreeMap::from([(
            fold_key(&role("n")),
            EntryType::Ec2Linux,
        )])),
        ..Case::of_roles(node)
    };
    assert!(
        held_back(&case.roles(&["n"]), &[])
            .unwrap()
            .contains("API_AND_CONFIG_MAP")
    );
    let case = Case::of_roles(role_item("r", "ops", &["system:basic-user"])).roles(&["r"]);
    assert!(held_back(&case, &[]).unwrap().contains("system:basic-user"));
}

#[test]
fn what_lets_nobody_in_goes_unless_something_else_would_then_let_it_in() {
    let mut case = Case::of_roles(role_item("gone", "gone", &["a"]));
    case.principals.insert(&role("gone"), IamAnswer::Gone);
    assert_eq!(held_back(&case, &[]), None);
    let refused = Case::of_users(user_item("eve", "x:{{EC2PrivateDNSName}}", &[]));
    assert_eq!(held_back(&refused, &[]), None);
    let refused = Case {
        map_accounts: format!("- '{ACCOUNT}'\n"),
        ..refused
    };
    assert!(held_back(&refused, &[]).unwrap().contains("mapAccounts"));
}
