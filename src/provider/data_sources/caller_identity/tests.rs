use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::config::Settings;
use crate::fakes::{FakeCloud, context_of_unknown_block};

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

#[test]
fn the_schema_is_sound() {
    let cloud = Arc::new(FakeCloud::default());
    let source = DataSourceHarness::new(
        CallerIdentityDataSource,
        cloud.client(FakeCloud::settings()),
    );
    assert_eq!(source.check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_is_shown_with_the_role_that_a_cluster_compares() {
    let cloud = Arc::new(FakeCloud::default());
    let source = DataSourceHarness::new(
        CallerIdentityDataSource,
        cloud.client(FakeCloud::settings()),
    );
    let (model, _) = source.read(json!({})).await.unwrap();
    let expected = CallerIdentityModel {
        account_id: known("111122223333"),
        arn: known("arn:aws:sts::111122223333:assumed-role/admins/eve"),
        canonical_arn: known("arn:aws:iam::111122223333:role/admins"),
        principal_type: known("assumed_role"),
        session_name: known("eve"),
        user_id: known("AROAEXAMPLEADMINS0000:eve"),
    };
    assert_eq!(model, expected);
}

#[tokio::test]
async fn a_user_has_no_session() {
    let identity = CallerIdentity {
        account: "111122223333".to_owned(),
        arn: "arn:aws:iam::111122223333:user/team/eve".to_owned(),
        user_id: "AIDAEXAMPLE".to_owned(),
    };
    let model = flatten(identity);
    assert_eq!(
        (model.session_name, model.principal_type),
        (Attr::Null, known("user"))
    );
    assert_eq!(
        model.canonical_arn,
        known("arn:aws:iam::111122223333:user/team/eve")
    );
}

#[tokio::test]
async fn an_account_that_is_not_allowed_is_refused_by_name() {
    let cloud = Arc::new(FakeCloud::default());
    let settings = Settings {
        allowed_account_ids: ["999988887777".to_owned()].into(),
        ..FakeCloud::settings()
    };
    let source = DataSourceHarness::new(CallerIdentityDataSource, cloud.client(settings));
    let refused = source.read(json!({})).await.unwrap_err();
    assert_eq!(
        refused.iter().next().unwrap().summary,
        "Account Not Allowed"
    );
    assert!(refused.iter().next().unwrap().detail.contains(
        "The credentials of `arn:aws:sts::111122223333:assumed-role/admins/eve` belong to account `111122223333`, which is not among \
         `allowed_account_ids`"
    ));
}

#[tokio::test]
async fn an_unknown_provider_block_is_the_reason_given() {
    let client = context_of_unknown_block(Settings::default()).client;
    let refused = DataSourceHarness::new(CallerIdentityDataSource, client)
        .read(json!({}))
        .await
        .unwrap_err();
    assert_eq!(
        refused.iter().next().unwrap().summary,
        "Provider Block Not Known"
    );
}
