use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::aws_auth::fixture::{Bed, ROLES, make_role, role_arn};
use crate::ports::eks::{AccessPolicy, AuthenticationMode};

const ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

fn entry(principal_arn: &str, username: &str) -> AccessEntry {
    AccessEntry {
        principal_arn: principal_arn.to_owned(),
        kind: "STANDARD".to_owned(),
        username: username.to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
        created_at: None,
    }
}

fn source(bed: &Bed) -> DataSourceHarness<AccessEntryMigrationDataSource> {
    DataSourceHarness::new(
        AccessEntryMigrationDataSource,
        bed.cloud.client(Bed::settings()),
    )
}

#[test]
fn schema_and_model_fit() {
    assert_eq!(source(&Bed::lived_in()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn every_entry_is_told_with_what_becomes_of_it() {
    let bed = Bed::new(&[("mapRoles", ROLES), ("mapAccounts", "- '444455556666'\n")]);
    let updates = &bed.cloud.eks.updates;
    updates.manage(&role_arn("nodes"), "EC2_LINUX");
    updates.manage(&role_arn("pods"), "FARGATE_LINUX");
    let told = json!([role_arn("teams/admins"), role_arn("nodes")]);
    bed.cloud.deny("iam:ListRoles");
    bed.cloud.deny("iam:GetRole");
    let config = json!({ "principal_arns": told });
    let (read, _) = source(&bed).read(config).await.unwrap();
    let entries = read.entries.known().cloned().unwrap();
    let states: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.state.known())
        .map(String::as_str)
        .collect();
    assert_eq!(states, ["made_by_eks", "new", "stays"]);
    assert_eq!(
        entries[1].principal_arn,
        Attr::Known(role_arn("teams/admins"))
    );
    let names: Vec<&Attr<String>> = entries[1]
        .differences
        .known()
        .unwrap()
        .iter()
        .map(|one| &one.id)
        .collect();
    assert_eq!(
        names,
        [
            &Attr::Known("masters".to_owned()),
            &Attr::Known("impersonation".to_owned())
        ]
    );
    assert_eq!(entries[2].reason_id, Attr::Known("account".to_owned()));
    assert_eq!(read.done, Attr::Known(false));
    assert_eq!(read.not_read, Attr::Known(Vec::new()));
    assert!(
        read.report
            .known()
            .unwrap()
            .contains("| `mapAccounts[0]` |")
    );
}

#[tokio::test]
async fn an_arn_of_nobody_is_refused() {
    let config = json!({ "principal_arns": [role_arn("teams/nobody")] });
    let refused = source(&Bed::lived_in()).read(config).await.unwrap_err();
    let refused = refused.iter().next().unwrap();
    assert_eq!(refused.summary, "Invalid Principal");
    assert!(refused.detail.contains("nobody who stands in aws-auth"));
}

/// The configuration stays when its principals are gone from aws-auth.
#[tokio::test]
async fn the_arn_of_a_principal_that_has_moved_is_taken() {
    let bed = Bed::lived_in();
    bed.cloud
        .eks
        .set_mode("prod", AuthenticationMode::ApiAndConfigMap);
    let arn = "arn:aws:iam::444455556666:role/teams/moved";
    bed.cloud.eks.admit(entry(arn, arn));
    let config = json!({ "principal_arns": [arn] });
    source(&bed).read(config).await.unwrap();
}

#[tokio::test]
async fn an_entry_is_held_back_until_it_has_an_access_entry_and_its_differences_are_accepted() {
    let bed = Bed::new(&[("mapRoles", ROLES)]);
    bed.cloud
        .eks
        .set_mode("prod", AuthenticationMode::ApiAndConfigMap);
    let held_back = async |accept: &[&str]| {
        let config = json!({ "principal_arns": [role_arn("teams/admins"), role_arn("nodes")], "accept": accept });
        let (read, _) = source(&bed).read(config).await.unwrap();
        let entries = read.entries.known().cloned().unwrap();
        entries[1].held_back.known().cloned()
    };
    bed.cloud.deny("iam:ListRoles");
    bed.cloud.deny("iam:GetRole");
    assert_eq!(
        held_back(&[]).await.as_deref(),
        Some("it has no access entry yet")
    );
    let arn = role_arn("teams/admins");
    bed.cloud.eks.admit(entry(&arn, "admin"));
    let all = Difference::ACCEPTABLE;
    let without_policy = held_back(&all).await.unwrap();
    assert!(without_policy.contains("(rights)"), "{without_policy}");
    let policy = AccessPolicy {
        policy_arn: ADMIN.to_owned(),
        namespaces: Vec::new(),
    };
    bed.cloud.eks.associate(&arn, policy);
    let unaccepted = held_back(&[]).await.unwrap();
    assert!(unaccepted.contains("(masters)"), "{unaccepted}");
    assert_eq!(held_back(&all).await, None);
}

/// The authenticator takes no heed of case, and IAM has no two roles that differ in it.
#[tokio::test]
async fn a_role_in_another_spelling_is_the_same_role() {
    let roles = ROLES.replace("role/admins", "role/Admins");
    let bed = Bed::new(&[("mapRoles", &roles)]);
    make_role(&bed.cloud.iam, "111122223333", "/teams/", "admins");
    let (read, _) = source(&bed).read(json!({})).await.unwrap();
    let entries = read.entries.known().cloned().unwrap();
    assert_eq!(
        entries[1].principal_arn,
        Attr::Known(role_arn("teams/admins"))
    );
}

#[tokio::test]
async fn only_what_cannot_be_had_away_can_be_accepted() {
    let refused = source(&Bed::lived_in()).validate(json!({ "accept": ["rights"] }));
    assert_eq!(refused.iter().next().unwrap().summary, "Invalid Difference");
}

#[tokio::test]
async fn what_may_not_be_read_is_named() {
    let bed = Bed::lived_in();
    for action in ["iam:ListRoles", "iam:GetRole", "eks:ListNodegroups"] {
        bed.cloud.deny(action);
    }
    let (read, _) = source(&bed).read(json!({})).await.unwrap();
    let not_read = read.not_read.known().unwrap()[0].known().unwrap();
    assert!(
        not_read.contains("`eks:ListNodegroups` is missing"),
        "{not_read}"
    );
    let of_roles = Attr::Known("mapRoles".to_owned());
    let entries = read.entries.known().unwrap().iter();
    for entry in entries.filter(|entry| entry.section == of_roles) {
        assert_eq!(entry.reason_id, Attr::Known("path_unknown".to_owned()));
    }
}
