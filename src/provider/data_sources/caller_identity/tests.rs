use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::aws_auth::fixture::{Bed, role_arn};
use crate::config::Settings;
use crate::fakes::{FakeCloud, FakeReviews, context_of_unknown_block};
use crate::ports::access_review::ReviewedUser;

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
        ..CallerIdentityModel::default()
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

#[tokio::test]
async fn a_cluster_that_is_named_says_who_the_caller_is_there() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    let source = || DataSourceHarness::new(CallerIdentityDataSource, bed.client());
    let (model, _) = source().read(json!({})).await.unwrap();
    assert_eq!((model.access, model.summary), (Attr::Null, Attr::Null));
    let config = || json!({"cluster_name": "prod"});
    let (model, _) = source().read(config()).await.unwrap();
    assert_eq!(
        (model.access, model.username, model.summary),
        (Attr::Known(false), Attr::Null, known("no access"))
    );
    let arn = ("canonicalArn".to_owned(), vec![role_arn("admins")]);
    bed.kube().set_reviews(FakeReviews {
        user: Some(ReviewedUser {
            username: "kubernetes-admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
            extra: [arn].into(),
        }),
        ..FakeReviews::default()
    });
    let (model, _) = source().read(config()).await.unwrap();
    assert_eq!(
        (model.access, model.username, model.is_cluster_admin),
        (
            Attr::Known(true),
            known("kubernetes-admin"),
            Attr::Known(true)
        )
    );
    bed.kube().refuse_caller();
    let (model, _) = source().read(config()).await.unwrap();
    assert_eq!(
        (model.access, model.may_write_aws_auth, model.arn.is_null()),
        (Attr::Known(false), Attr::Known(false), false)
    );
}
