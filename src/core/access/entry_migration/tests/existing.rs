//! Access entries that exist count before aws-auth, whatever they say.

use super::*;

fn entry(username: &str, groups: &[&str], created_at: i64) -> AccessEntry {
    AccessEntry {
        principal_arn: role("teams/r"),
        kind: "STANDARD".to_owned(),
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        policies: Vec::new(),
        created_at: Some(created_at),
    }
}

fn with(entries: Knowledge<Vec<AccessEntry>>) -> Case {
    Case {
        mode: AuthenticationMode::ApiAndConfigMap,
        entries,
        ..Case::of_roles(role_item("r", "ops", &["a", "b"]))
    }
}

#[test]
fn one_that_says_the_same_is_kept() {
    let case = with(Knowledge::Known(vec![entry("ops", &["b", "a"], 2_000)]));
    let migration = case.roles(&["teams/r"]).plan();
    assert_eq!(migration.entries[0].state(), "exists");
    assert!(migration.is_done() && migration.moves_whole(&[]));
}

#[test]
fn one_that_says_something_else_counts_already_so_nothing_changes() {
    let case = with(Knowledge::Known(vec![entry("other", &[], 2_000)]));
    let migrated = case.roles(&["teams/r"]).only();
    assert_eq!(migrated.state(), "exists_other");
    assert_eq!(migrated.before, migrated.after);
    // What it gives less is told all the same.
    assert_eq!(ids(&migrated), ["rights", "user-name"]);
    assert!(!migrated.may_leave_aws_auth(&Difference::ACCEPTABLE));
}

#[test]
fn one_that_gives_more_takes_nothing_away() {
    let mut more = entry("ops", &["a", "b", "c"], 2_000);
    more.policies.push(AccessPolicy {
        policy_arn: ADMIN_POLICY_ARN.to_owned(),
        namespaces: Vec::new(),
    });
    let migration = with(Knowledge::Known(vec![more]))
        .roles(&["teams/r"])
        .plan();
    assert_eq!(migration.entries[0].state(), "exists_other");
    assert_eq!(migration.entries[0].differences, []);
    assert_eq!(migration.held_back(&migration.entries[0], &[]), None);
    assert!(migration.is_done());
}

#[test]
fn one_that_eks_made_for_managed_nodes_is_left_to_it() {
    let made = AccessEntry {
        principal_arn: role("n"),
        kind: "EC2_LINUX".to_owned(),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: vec!["system:nodes".to_owned()],
        policies: Vec::new(),
        created_at: Some(2_000),
    };
    let node = role_item("n", "system:node:{{EC2PrivateDNSName}}", &["system:nodes"]);
    let case = Case {
        mode: AuthenticationMode::ApiAndConfigMap,
        entries: Knowledge::Known(vec![made]),
        managed: Knowledge::Known(BTreeMap::from([(
            fold_key(&role("n")),
            EntryType::Ec2Linux,
        )])),
        ..Case::of_roles(node)
    };
    let migration = case.roles(&["n"]).plan();
    assert_eq!(migration.entries[0].state(), "made_by_eks");
    assert_eq!(migration.entries[0].differences, []);
    assert!(migration.is_done() && migration.moves_whole(&[]));
}

#[test]
fn one_that_is_older_than_its_role_counts_for_nobody() {
    let case = with(Knowledge::Known(vec![entry("ops", &["a", "b"], 500)]));
    assert_eq!(obstacle(&case.roles(&["teams/r"]).only()), "stale_entry");
}

#[test]
fn one_that_exists_says_the_path_itself() {
    let case = with(Knowledge::Known(vec![entry("ops", &["a", "b"], 2_000)]));
    assert_eq!(case.only().state(), "exists");
}

#[test]
fn without_the_entries_nothing_is_proposed() {
    let case = with(Knowledge::Unreadable(
        "the access entries could not be read: `eks:ListAccessEntries` is missing".to_owned(),
    ));
    let migration = case.roles(&["teams/r"]).plan();
    assert_eq!(obstacle(&migration.entries[0]), "not_read");
    assert!(migration.is_uncertain() && !migration.moves_whole(&[]));
    assert!(migration.unread[0].contains("eks:ListAccessEntries"));
}

#[test]
fn without_the_node_groups_nodes_move_and_that_is_named() {
    let case = Case {
        managed: Knowledge::Unreadable("the node groups could not be read".to_owned()),
        ..Case::of_roles(role_item(
            "n",
            "system:node:{{EC2PrivateDNSName}}",
            &["system:nodes"],
        ))
    };
    let migration = case.roles(&["n"]).plan();
    assert_eq!(migration.entries[0].state(), "new");
    assert!(migration.entries[0].notes[0].contains("EKS makes this entry itself"));
    assert!(migration.unread[0].contains("the node groups could not be read"));
}
