//! The group binding.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Life, PlanOnly, cloud, hold, hold_plan};
use crate::fakes::{FakeCloud, FakeRbac};
use crate::permissions::DeclaresPermissions;
use crate::ports::rbac::RbacObjects;
use crate::resources::group_binding::GroupBindingResource;

/// Asked for when the API server refuses, or when somebody loses what the guard looks at: the business of the tests of what does that.
const ELSEWHERE: [&str; 11] = [
    "create subjectaccessreviews",
    "eks:DescribeAccessEntry",
    "eks:ListAccessEntries",
    "eks:ListAssociatedAccessPolicies",
    "get configmaps",
    "iam:GetRole",
    "iam:GetUser",
    "iam:ListRoles",
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
    cloud.kubernetes.make_namespace("apps");
    cloud
}

fn config(group: &str) -> Json {
    json!({
        "cluster_name": "prod", "name": "operators", "groups": [group],
        "rules": [{"api_groups": [""], "resources": ["pods"], "verbs": ["get"]}],
    })
}

fn in_namespace(group: &str) -> Json {
    json!({
        "cluster_name": "prod", "name": "operators-edit", "groups": [group],
        "cluster_role": "edit", "namespaces": ["apps"],
    })
}

#[tokio::test]
async fn a_role_and_its_binding() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud,
            make: || GroupBindingResource,
        };
        life.plan_elsewhere(config("a")).await?;
        let state = life.create(&config("a")).await?;
        let state = life.update(&state, &config("b")).await?;
        life.import("prod/clusterrole/operators").await?;
        life.delete(&state).await?;
        let state = life.create(&in_namespace("a")).await?;
        let state = life.update(&state, &in_namespace("b")).await?;
        life.delete(&state).await
    };
    let permissions = GroupBindingResource::PERMISSIONS;
    hold(&permissions, &ELSEWHERE, readable, life).await;
}

#[tokio::test]
async fn a_plan_of_a_group_binding() {
    let object = PlanOnly {
        config: config("a"),
        changed: config("b"),
        import_id: "prod/clusterrole/operators",
    };
    hold_plan(readable(), || GroupBindingResource, object).await;
}
