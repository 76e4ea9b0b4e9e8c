//! The authentication mode.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Life, PlanOnly, cloud, hold, hold_plan};
use crate::fakes::{FakeCloud, FakeRbac};
use crate::permissions::DeclaresPermissions;
use crate::ports::rbac::RbacObjects;
use crate::resources::authentication_mode::AuthenticationModeResource;

/// Asked for by the step to `API`, which is refused without, or when somebody loses something: the business of the tests of the guard.
const ELSEWHERE: [&str; 11] = [
    "create subjectaccessreviews",
    "eks:DescribeAccessEntry",
    "eks:ListAccessEntries",
    "eks:ListAssociatedAccessPolicies",
    "iam:GetUser",
    "iam:ListRoles",
    "list clusterrolebindings",
    "list clusterroles",
    "list nodes",
    "list rolebindings",
    "list roles",
];

fn readable() -> Arc<FakeCloud> {
    let cloud = cloud();
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    cloud
}

fn config(mode: &str) -> Json {
    json!({ "cluster_name": "prod", "authentication_mode": mode })
}

#[tokio::test]
async fn a_step_of_a_mode() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud,
            make: || AuthenticationModeResource,
        };
        life.plan_elsewhere(config("API_AND_CONFIG_MAP")).await?;
        let state = life.create(&config("API_AND_CONFIG_MAP")).await?;
        life.import("prod").await?;
        life.delete(&state).await
    };
    let permissions = AuthenticationModeResource::PERMISSIONS;
    hold(&permissions, &ELSEWHERE, readable, life).await;
}

#[tokio::test]
async fn a_plan_of_a_mode() {
    let object = PlanOnly {
        config: config("API_AND_CONFIG_MAP"),
        changed: config("API"),
        import_id: "prod",
    };
    hold_plan(readable(), || AuthenticationModeResource, object).await;
}
