//! The service account.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Life, PlanOnly, cloud, hold, hold_plan};
use crate::aws_auth::fixture::make_role;
use crate::fakes::{ACCOUNT, FakeCloud};
use crate::permissions::DeclaresPermissions;
use crate::resources::service_account::ServiceAccountResource;

/// Asked for when the API server refuses, or when many accounts are read within a moment: the business of the tests of what does that.
const ELSEWHERE: [&str; 4] = [
    "eks:DescribeAccessEntry",
    "eks:ListAccessEntries",
    "eks:ListAssociatedAccessPolicies",
    "list serviceaccounts",
];

fn with_namespace_and_role() -> Arc<FakeCloud> {
    let cloud = cloud();
    cloud.kubernetes.make_namespace("apps");
    make_role(&cloud.iam, ACCOUNT, "/", "reader");
    cloud
}

fn config(seconds: u32) -> Json {
    json!({
        "cluster_name": "prod", "namespace": "apps", "name": "reader", "on_untrusted": "warn",
        "role_arn": "arn:aws:iam::111122223333:role/reader", "token_expiration": seconds,
    })
}

#[tokio::test]
async fn an_account() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud,
            make: || ServiceAccountResource,
        };
        life.plan_elsewhere(config(600)).await?;
        let state = life.create(&config(600)).await?;
        let state = life.update(&state, &config(700)).await?;
        life.import("prod/apps/reader").await?;
        life.delete(&state).await
    };
    let permissions = ServiceAccountResource::PERMISSIONS;
    hold(&permissions, &ELSEWHERE, with_namespace_and_role, life).await;
}

#[tokio::test]
async fn a_plan_of_an_account() {
    let object = PlanOnly {
        config: config(600),
        changed: config(700),
        import_id: "prod/apps/reader",
    };
    hold_plan(with_namespace_and_role(), || ServiceAccountResource, object).await;
}
