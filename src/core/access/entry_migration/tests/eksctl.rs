//! What the migrator of eksctl does wrong, case by case (`pkg/actions/accessentry/migrator.go`).

use super::*;

/// It looks a role of another account up by its last segment in its own account.
#[test]
fn a_role_of_another_account_is_never_taken_for_one_of_this_account() {
    let other = "arn:aws:iam::444455556666:role/devs";
    let item = role_item("devs", "dev", &["devs"]).replace(ACCOUNT, "444455556666");
    let migrated = Case::of_roles(item.clone()).roles(&["teams/devs"]).only();
    assert_eq!(obstacle(&migrated), "path_unknown");
    assert_eq!(migrated.before, migrated.after);
    // Told by whoever knows it, it moves.
    let path = "arn:aws:iam::444455556666:role/teams/devs";
    let migrated = Case::of_roles(item).found(other, path).only();
    assert_eq!(proposed(&migrated).principal.arn, path);
}

#[test]
fn nodes_of_another_account_stay() {
    let other = "arn:aws:iam::444455556666:role/n";
    let item = role_item("n", "system:node:{{EC2PrivateDNSName}}", &["system:nodes"])
        .replace(ACCOUNT, "444455556666");
    assert_eq!(
        obstacle(&Case::of_roles(item).found(other, other).only()),
        "principal"
    );
}

/// A role that is gone aborts its run.
#[test]
fn a_role_that_is_gone_stops_nobody_else() {
    let items = role_item("gone", "gone", &["a"]) + &role_item("there", "there", &["b"]);
    let mut case = Case::of_roles(items).roles(&["there"]);
    case.principals.insert(&role("gone"), IamAnswer::Gone);
    let migration = case.plan();
    assert_eq!(nothing(&migration.entries[0]), "gone");
    assert_eq!(proposed(&migration.entries[1]).groups, ["b"]);
    assert!(migration.moves_whole(&[]));
}

/// The first `system:masters` drops the other groups.
#[test]
fn an_administrator_keeps_its_other_groups_beside_the_policy() {
    for groups in [
        ["system:masters", "ops", "audit"],
        ["ops", "system:masters", "audit"],
    ] {
        let migrated = Case::of_roles(role_item("r", "admin", &groups))
            .roles(&["r"])
            .only();
        let entry = proposed(&migrated);
        assert_eq!(entry.groups, ["audit", "ops"]);
        let arns: Vec<&str> = entry
            .policies
            .iter()
            .map(|policy| policy.policy_arn.as_str())
            .collect();
        assert_eq!(arns, [ADMIN_POLICY_ARN]);
        assert_eq!(ids(&migrated), ["masters", "impersonation"]);
    }
}

/// `arn:aws:` is written into the code.
#[test]
fn the_policy_is_that_of_the_partition() {
    let case = Case {
        partition: Partition::AwsUsGov,
        ..Case::of_roles(
            role_item("r", "admin", &["system:masters"]).replace("arn:aws:", "arn:aws-us-gov:"),
        )
    };
    let arn = role("r").replace("arn:aws:", "arn:aws-us-gov:");
    let migrated = case.found(&arn, &arn).only();
    let policy = &proposed(&migrated).policies[0];
    assert_eq!(
        policy.policy_arn,
        ADMIN_POLICY_ARN.replace("arn:aws:", "arn:aws-us-gov:")
    );
}

/// The user name of Fargate is not recognised, so its entry is passed over for its `system:` groups.
#[test]
fn fargate_is_recognised() {
    let item = role_item(
        "f",
        "system:node:{{SessionName}}",
        &[
            "system:bootstrappers",
            "system:nodes",
            "system:node-proxier",
        ],
    );
    let migrated = Case::of_roles(item.clone()).roles(&["f"]).only();
    assert_eq!(proposed(&migrated).entry_type, EntryType::FargateLinux);
    let managed = BTreeMap::from([(fold_key(&role("f")), EntryType::FargateLinux)]);
    let case = Case {
        managed: Knowledge::Known(managed),
        ..Case::of_roles(item)
    };
    assert_eq!(case.roles(&["f"]).only().state(), "made_by_eks");
}

/// User names are sent without a look at the rules of EKS.
#[test]
fn no_user_name_is_proposed_that_eks_refuses() {
    use crate::aws_auth::username_template::check_access_entry_username;
    for username in [
        "system:a",
        "eks:a",
        "aws:a",
        "amazon:a",
        "iam:a",
        "{{SessionName}}",
        "a{{SessionName}}",
        "{{SessionNameRaw}}:a",
        "",
    ] {
        let migrated = Case::of_roles(role_item("r", username, &[]))
            .roles(&["r"])
            .only();
        if let Some(name) = &proposed(&migrated).user_name {
            assert_eq!(check_access_entry_username(name), Ok(()), "{username}");
        }
        assert_eq!(ids(&migrated), ["user-name"], "{username}");
    }
}

/// In mode API it deletes aws-auth. Here nothing is taken away, and what stays is told before the mode is raised.
#[test]
fn what_stays_is_told_before_the_mode_is_raised_to_api() {
    let migration = Case::of_roles(role_item("r", "ops", &["system:basic-user"]))
        .roles(&["r"])
        .plan();
    let text = report(&migration);
    assert!(
        text.contains("Do not raise the mode to API while 1 entry stays in aws-auth"),
        "{text}"
    );
    assert!(!migration.moves_whole(&Difference::ACCEPTABLE));
}
