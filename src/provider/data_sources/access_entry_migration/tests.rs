use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::aws_auth::fixture::{Bed, ROLES, role_arn};

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
    for entry in read.entries.known().unwrap() {
        assert_eq!(entry.reason_id, Attr::Known("path_unknown".to_owned()));
    }
}
