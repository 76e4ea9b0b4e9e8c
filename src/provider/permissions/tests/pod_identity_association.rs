//! The Pod Identity association.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Life, PlanOnly, cloud, hold, hold_plan};
use crate::aws_auth::fixture::make_role;
use crate::fakes::{ACCOUNT, FakeCloud};
use crate::permissions::DeclaresPermissions;
use crate::resources::pod_identity_association::PodIdentityAssociationResource;

/// EKS itself asks for it in the name of whoever makes an association.
const ELSEWHERE: [&str; 1] = ["iam:PassRole"];

fn with_roles() -> Arc<FakeCloud> {
    let cloud = cloud();
    for name in ["reader", "writer"] {
        make_role(&cloud.iam, ACCOUNT, "/", name);
    }
    cloud
}

fn config(role: &str, team: &str) -> Json {
    json!({
        "cluster_name": "prod", "namespace": "apps", "service_account": "reader", "on_untrusted": "warn",
        "role_arn": format!("arn:aws:iam::111122223333:role/{role}"), "tags": {team: "x"},
    })
}

#[tokio::test]
async fn an_association() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud,
            make: || PodIdentityAssociationResource,
        };
        life.plan_elsewhere(config("reader", "a")).await?;
        let state = life.create(&config("reader", "a")).await?;
        let state = life.update(&state, &config("writer", "b")).await?;
        life.import("prod/apps/reader").await?;
        life.delete(&state).await
    };
    let permissions = PodIdentityAssociationResource::PERMISSIONS;
    hold(&permissions, &ELSEWHERE, with_roles, life).await;
}

#[tokio::test]
async fn a_plan_of_an_association() {
    let object = PlanOnly {
        config: config("reader", "a"),
        changed: config("writer", "b"),
        import_id: "prod/apps/reader",
    };
    let make = || PodIdentityAssociationResource;
    hold_plan(with_roles(), make, object).await;
}
