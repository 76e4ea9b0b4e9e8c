//! The resources of aws-auth. The cluster has none at first, access entries, RBAC that may be read, and more recovery copies than are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::Resource;

use super::{Life, PlanOnly, cloud, hold, hold_plan};
use crate::aws_auth::fixture::{make_role, role_arn};
use crate::client::Client;
use crate::fakes::{ACCOUNT, FakeCloud, FakeRbac, active_cluster};
use crate::permissions::DeclaresPermissions;
use crate::ports::eks::{AccessEntry, AccessPolicy, AuthenticationMode, Cluster};
use crate::ports::kubernetes::ConfigMap;
use crate::ports::rbac::RbacObjects;
use crate::resources::aws_auth::AwsAuthResource;
use crate::resources::aws_auth_account::AwsAuthAccountResource;
use crate::resources::aws_auth_role::AwsAuthRoleResource;
use crate::resources::aws_auth_user::AwsAuthUserResource;

/// Asked in tests of their own: where the cluster refuses the caller, where an entry of nodes or an administrator goes, where RBAC is not read, where
/// whoever acts has other groups.
const ELSEWHERE: &[&str] = &[
    "iam:GetRole",
    "list nodes",
    "iam:ListRoles",
    "iam:GetUser",
    "list roles",
    "list rolebindings",
    "create subjectaccessreviews",
];

fn bare() -> Arc<FakeCloud> {
    let cloud = cloud();
    cloud.eks.put(Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
    let admin = role_arn("admins");
    cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: admin.clone(),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
    });
    cloud.eks.associate(
        &admin,
        AccessPolicy {
            // An administrator by it would be enough to know that somebody is left.
            policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy".to_owned(),
            namespaces: Vec::new(),
        },
    );
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(true),
    });
    for day in 1..=6 {
        let name = format!("aws-auth-recovery-2024010{day}t000000000z-00000000");
        cloud.kubernetes.put_other(&name, copy());
    }
    make_role(
        &cloud.iam,
        ACCOUNT,
        "/aws-reserved/sso.amazonaws.com/",
        "AWSReservedSSO_Viewers_0123456789abcdef",
    );
    for name in ["one", "two"] {
        make_role(&cloud.iam, ACCOUNT, "/", name);
    }
    cloud.iam.put_user("/", "alice");
    cloud
}

fn copy() -> ConfigMap {
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    ConfigMap {
        labels: BTreeMap::from([
            label("app.kubernetes.io/managed-by", "terraform-provider-eksauth"),
            label("terraform-provider-eksauth/recovery-of", "aws-auth"),
        ]),
        ..ConfigMap::default()
    }
}

/// One object that is made, changed so that somebody loses something, imported and removed.
struct Story {
    config: Json,
    weaker: Json,
    import_id: String,
}

async fn live<R>(cloud: Arc<FakeCloud>, make: fn() -> R, story: Story) -> Result<(), String>
where
    R: Resource<Client = Client> + DeclaresPermissions,
{
    let life = Life { cloud, make };
    life.plan_elsewhere(story.config.clone()).await?;
    let state = life.create(&story.config).await?;
    let state = life.update(&state, &story.weaker).await?;
    life.import(&story.import_id).await?;
    life.delete(&state).await
}

#[tokio::test]
async fn one_role() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let of_set = |groups: &[&str]| json!({"cluster_name": "prod", "permission_set": "Viewers", "username": "viewer", "groups": groups});
        let story = Story {
            config: of_set(&["viewers", "builders"]),
            weaker: of_set(&["viewers"]),
            import_id: format!(
                "prod#{}",
                role_arn("AWSReservedSSO_Viewers_0123456789abcdef")
            ),
        };
        live(cloud, AwsAuthRoleResource::new, story).await
    };
    let permissions = AwsAuthRoleResource::PERMISSIONS;
    hold(&permissions, ELSEWHERE, bare, life).await;
}

#[tokio::test]
async fn one_user() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let arn = "arn:aws:iam::111122223333:user/alice";
        let user = |groups: &[&str]| json!({"cluster_name": "prod", "userarn": arn, "username": "alice", "groups": groups});
        let story = Story {
            config: user(&["viewers", "builders"]),
            weaker: user(&["viewers"]),
            import_id: format!("prod#{arn}"),
        };
        live(cloud, AwsAuthUserResource::new, story).await
    };
    let permissions = AwsAuthUserResource::PERMISSIONS;
    hold(&permissions, ELSEWHERE, bare, life).await;
}

#[tokio::test]
async fn one_account() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let account = json!({"cluster_name": "prod", "account_id": "444455556666"});
        let story = Story {
            config: account.clone(),
            weaker: account,
            import_id: "prod#444455556666".to_owned(),
        };
        live(cloud, AwsAuthAccountResource::new, story).await
    };
    let permissions = AwsAuthAccountResource::PERMISSIONS;
    hold(&permissions, ELSEWHERE, bare, life).await;
}

#[tokio::test]
async fn the_whole_map() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let role = |name: &str| json!({"rolearn": role_arn(name), "username": name, "groups": []});
        let map = |roles: &[Json]| json!({"cluster_name": "prod", "map_roles": roles});
        let story = Story {
            config: map(&[role("one"), role("two")]),
            weaker: map(&[role("one")]),
            import_id: "prod".to_owned(),
        };
        live(cloud, || AwsAuthResource, story).await
    };
    let permissions = AwsAuthResource::PERMISSIONS;
    hold(&permissions, ELSEWHERE, bare, life).await;
}

#[tokio::test]
async fn a_plan_needs_what_is_said_to_be_of_a_plan() {
    let of_set = |groups: &[&str]| json!({"cluster_name": "prod", "permission_set": "Viewers", "username": "viewer", "groups": groups});
    let role = PlanOnly {
        config: of_set(&["viewers", "builders"]),
        changed: of_set(&["viewers"]),
        import_id: "prod#arn:aws:iam::111122223333:role/AWSReservedSSO_Viewers_0123456789abcdef",
    };
    hold_plan(bare(), AwsAuthRoleResource::new, role).await;
    let map = |roles: &[&str]| {
        let role = |name: &&str| json!({"rolearn": role_arn(name), "username": name});
        json!({"cluster_name": "prod", "map_roles": roles.iter().map(role).collect::<Vec<Json>>()})
    };
    let whole = PlanOnly {
        config: map(&["one", "two"]),
        changed: map(&["one"]),
        import_id: "prod",
    };
    hold_plan(bare(), || AwsAuthResource, whole).await;
}
