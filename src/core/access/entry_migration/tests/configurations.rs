//! What is printed: every entry that may move, nothing that may not, and nothing that is evaluated.

use super::*;

fn printed(case: &Case, accepted: &[&str]) -> EntryConfiguration {
    configuration(&EntryConfigurationRequest {
        migration: &case.plan(),
        cluster: "prod",
        account: ACCOUNT,
        region: None,
        accepted,
        told: &[],
        after: None,
    })
}

#[test]
fn an_administrator_is_printed_once_its_differences_are_accepted() {
    let case = Case::of_roles(role_item("ops", "admin", &["system:masters", "audit"]))
        .roles(&["teams/ops"]);
    let refused = printed(&case, &["masters"]);
    assert!(
        refused.left_out[0].contains("(impersonation)"),
        "{:?}",
        refused.left_out
    );
    assert!(!refused.text.contains("resource"), "{}", refused.text);
    let accepted = printed(&case, &["masters", "impersonation"]);
    assert_eq!(accepted.left_out, [""; 0]);
    let block = "resource \"eksauth_access_entry\" \"ops\" {\n  cluster_name      = \"prod\"\n  principal_arn     = \"arn:aws:iam::111122223333:role/teams/ops\"\n  user_name         = \"admin\"\n  kubernetes_groups = [\"audit\"]\n  policies = [\n    {\n      policy_arn   = \"arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy\"\n      access_scope = { type = \"cluster\" }\n    },\n  ]\n  on_conflict = \"adopt\"\n  depends_on  = [eksauth_authentication_mode.this]\n}\n";
    assert!(accepted.text.contains(block), "{}", accepted.text);
}

#[test]
fn one_that_exists_is_imported_as_it_is() {
    let existing = AccessEntry {
        principal_arn: role("teams/r"),
        kind: "STANDARD".to_owned(),
        username: "other".to_owned(),
        groups: vec!["x".to_owned()],
        policies: vec![AccessPolicy {
            policy_arn: ADMIN_POLICY_ARN.to_owned(),
            namespaces: vec!["apps".to_owned()],
        }],
        created_at: None,
    };
    let case = Case {
        mode: AuthenticationMode::ApiAndConfigMap,
        entries: Knowledge::Known(vec![existing]),
        ..Case::of_roles(role_item("r", "ops", &["a"]))
    };
    let text = printed(&case.roles(&["teams/r"]), &[]).text;
    for wanted in [
        "import {\n  to = eksauth_access_entry.r\n  id = \"prod:arn:aws:iam::111122223333:role/teams/r\"\n}\n",
        "user_name         = \"other\"",
        "access_scope = { type = \"namespace\", namespaces = [\"apps\"] }",
    ] {
        assert!(text.contains(wanted), "{text}");
    }
}

/// The mode before the entries, and a look at aws-auth behind them.
#[test]
fn the_entries_stand_between_the_mode_and_the_look_at_what_may_go() {
    let case = Case::of_roles(role_item("ops", "admin", &["system:masters"])).roles(&["ops"]);
    let text = printed(&case, &["masters", "impersonation"]).text;
    let mode = "resource \"eksauth_authentication_mode\" \"this\" {\n  cluster_name        = \"prod\"\n  authentication_mode = \"API_AND_CONFIG_MAP\"\n}\n";
    let look = "data \"eksauth_access_entry_migration\" \"this\" {\n  cluster_name = \"prod\"\n  accept       = [\"impersonation\", \"masters\"]\n  depends_on = [\n    eksauth_authentication_mode.this,\n    eksauth_access_entry.ops,\n  ]\n}\n";
    let entry = text.find("\"eksauth_access_entry\"").unwrap();
    assert!(text.find(mode).is_some_and(|place| place < entry), "{text}");
    assert!(text.ends_with(look), "{text}");

    let request = EntryConfigurationRequest {
        migration: &case.plan(),
        cluster: "prod",
        account: ACCOUNT,
        region: Some("eu-west-1"),
        accepted: &["masters", "impersonation"],
        told: &[role("ops")],
        after: Some("aws_eks_cluster.this"),
    };
    let text = configuration(&request).text;
    assert!(!text.contains("eksauth_authentication_mode"), "{text}");
    assert!(
        text.contains("depends_on  = [aws_eks_cluster.this]\n"),
        "{text}"
    );
    assert!(
        text.contains("principal_arns = [\"arn:aws:iam::111122223333:role/ops\"]"),
        "{text}"
    );
    assert_eq!(text.matches("region ").count(), 2, "{text}");
}

#[test]
fn users_roles_and_accounts_of_one_name_have_labels_of_their_own() {
    let case = Case {
        map_users: user_item("eve", "eve", &[]),
        ..Case::of_roles(
            role_item("eve", "a", &[])
                + &role_item("eve", "b", &[]).replace(ACCOUNT, "444455556666"),
        )
    };
    let other = role("eve").replace(ACCOUNT, "444455556666");
    let text = printed(&case.roles(&["eve"]).found(&other, &other), &[]).text;
    for label in ["eve", "eve_444455556666", "user_eve"] {
        assert!(
            text.contains(&format!("\"eksauth_access_entry\" \"{label}\"")),
            "{text}"
        );
    }
}

#[test]
fn nothing_of_aws_auth_is_evaluated_or_ends_a_comment() {
    let name = "x:${file(\"/etc/passwd\")}";
    let item = role_item("r", name, &["g"])
        + "- rolearn: \"arn:aws:iam::111122223333:role/z\\nresource\"\n  username: a\n";
    let text = printed(&Case::of_roles(item).roles(&["r"]), &[]).text;
    assert!(text.contains("x:$${file(\\\"/etc/passwd\\\")}"), "{text}");
    assert!(
        text.lines().all(|line| !line.starts_with("resource\"")),
        "{text}"
    );
}

#[test]
fn the_report_has_a_row_for_every_entry_and_no_cell_ends_early() {
    let case = Case {
        map_accounts: "- '444455556666'\n".to_owned(),
        ..Case::of_roles(role_item("r", "a|b", &["g"]))
    };
    let migration = case.roles(&["r"]).plan();
    let text = report(&migration);
    assert!(text.contains("a\\|b"), "{text}");
    assert!(
        text.contains("| `mapAccounts[0]` | `444455556666` |"),
        "{text}"
    );
    let rows = rows(&migration);
    assert_eq!(rows[0][3], "The same as before.");
    assert!(rows[1][3].contains("(account)"), "{rows:?}");
    let nodes = role_item(
        "r",
        "system:node:{{EC2PrivateDNSName}}",
        &["system:bootstrappers", "system:nodes"],
    );
    let rows = super::super::rows(&Case::of_roles(nodes).roles(&["r"]).plan());
    assert_eq!(
        rows[0][3],
        "The same access as before: the group `system:bootstrappers` goes, which gives nothing to nodes that have joined."
    );
}
