//! The resources in IAM.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Life, PlanOnly, cloud, hold, hold_plan};
use crate::fakes::{FakeCloud, FakeRole};
use crate::permissions::DeclaresPermissions;
use crate::ports::iam::Role;
use crate::resources::irsa_role::IrsaRoleResource;
use crate::resources::node_assumed_role::NodeAssumedRoleResource;
use crate::resources::oidc_provider::OidcProviderResource;

/// Reads of many roles at once are the business of the room below; its own tests hold that they are not needed.
const GATHERED: [&str; 2] = ["iam:GetAccountAuthorizationDetails", "iam:ListRoles"];

/// Only a destroy that is refused in the middle puts a role back into its instance profile.
const PUT_BACK: [&str; 2] = ["iam:AddRoleToInstanceProfile", "iam:PassRole"];

fn with(mut config: Json, more: Json) -> Json {
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

#[tokio::test]
async fn a_role() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud: cloud.clone(),
            make: || IrsaRoleResource,
        };
        let policy = |name: &str| json!(format!("arn:aws:iam::aws:policy/{name}"));
        let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let config = json!({
            "name": "reader",
            "cluster_name": "prod",
            "service_accounts": ["apps:reader"],
            "policy_arns": [policy("One")],
            "inline_policies": {"one": document},
            "force_detach_policies": true,
        });
        life.plan_elsewhere(config.clone()).await?;
        let state = life.create(&config).await?;
        let changed = with(
            config.clone(),
            json!({
                "description": "Reads",
                "service_accounts": ["apps:reader", "apps:other"],
                "permissions_boundary": policy("Boundary"),
                "policy_arns": [policy("Two")],
                "inline_policies": {"two": document},
                "tags": {"team": "apps"},
            }),
        );
        let state = life.update(&state, &changed).await?;
        let state = life.update(&state, &config).await?;
        life.import("reader").await?;
        cloud.iam.change_role("reader", |found| {
            found.instance_profiles.push("of-somebody".to_owned());
        });
        life.delete(&state).await
    };
    let permissions = IrsaRoleResource::PERMISSIONS;
    hold(&permissions, &[GATHERED, PUT_BACK].concat(), cloud, life).await;
}

/// With the role of nodes that the role is for.
fn cloud_with_nodes() -> Arc<FakeCloud> {
    let cloud = cloud();
    let role = Role {
        name: "nodes".to_owned(),
        arn: "arn:aws:iam::111122223333:role/nodes".to_owned(),
        unique_id: "AROANODES".to_owned(),
        path: "/".to_owned(),
        assume_role_policy: "{}".to_owned(),
        description: String::new(),
        max_session_duration: 3600,
        permissions_boundary: None,
        tags: [].into(),
        created_at: 1_700_000_000,
    };
    cloud.iam.put_role(FakeRole {
        role,
        attached: [].into(),
        inline: [].into(),
        instance_profiles: Vec::new(),
    });
    cloud
}

#[tokio::test]
async fn a_role_of_nodes() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud: cloud.clone(),
            make: || NodeAssumedRoleResource,
        };
        let policy = |name: &str| json!(format!("arn:aws:iam::aws:policy/{name}"));
        let document = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let config = json!({
            "name": "reader",
            "node_role_arns": ["arn:aws:iam::111122223333:role/nodes"],
            "attach_node_policy": true,
            "policy_arns": [policy("One")],
            "inline_policies": {"one": document},
            "force_detach_policies": true,
        });
        let state = life.create(&config).await?;
        let changed = with(
            config.clone(),
            json!({
                "description": "Reads",
                "ec2": true,
                "attach_node_policy": false,
                "permissions_boundary": policy("Boundary"),
                "policy_arns": [policy("Two")],
                "tags": {"team": "apps"},
            }),
        );
        let state = life.update(&state, &changed).await?;
        let state = life.update(&state, &config).await?;
        life.import("reader").await?;
        cloud.iam.change_role("reader", |found| {
            found.instance_profiles.push("of-somebody".to_owned());
        });
        life.delete(&state).await
    };
    let permissions = NodeAssumedRoleResource::PERMISSIONS;
    let unseen = [GATHERED, PUT_BACK].concat();
    hold(&permissions, &unseen, cloud_with_nodes, life).await;
}

#[tokio::test]
async fn a_provider() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let life = Life {
            cloud,
            make: || OidcProviderResource,
        };
        let config = json!({"cluster_name": "prod", "client_id_list": ["sts.amazonaws.com"]});
        life.plan_elsewhere(config.clone()).await?;
        let state = life.create(&config).await?;
        let changed = with(
            config.clone(),
            json!({
                "client_id_list": ["other"],
                "thumbprint_list": ["9e99a48a9960b14926bb7f3b02e22da2b0ab7281"],
                "tags": {"team": "apps"},
            }),
        );
        let state = life.update(&state, &changed).await?;
        let state = life.update(&state, &config).await?;
        life.import("prod").await?;
        life.delete(&state).await
    };
    let permissions = OidcProviderResource::PERMISSIONS;
    hold(&permissions, &[], cloud, life).await;
}

#[tokio::test]
async fn a_plan_of_a_role_needs_what_is_said_to_be_of_a_plan() {
    let config = json!({
        "name": "reader",
        "cluster_name": "prod",
        "service_accounts": ["apps:reader"],
        "policy_arns": ["arn:aws:iam::aws:policy/One"],
        "inline_policies": {"one": r#"{"Version":"2012-10-17","Statement":[]}"#},
    });
    let object = PlanOnly {
        changed: with(config.clone(), json!({"service_accounts": ["apps:other"]})),
        config,
        import_id: "reader",
    };
    hold_plan(cloud(), || IrsaRoleResource, object).await;
}

#[tokio::test]
async fn a_plan_of_a_provider_needs_what_is_said_to_be_of_a_plan() {
    let config = json!({"cluster_name": "prod"});
    let object = PlanOnly {
        changed: with(config.clone(), json!({"client_id_list": ["other"]})),
        config,
        import_id: "prod",
    };
    hold_plan(cloud(), || OidcProviderResource, object).await;
}
