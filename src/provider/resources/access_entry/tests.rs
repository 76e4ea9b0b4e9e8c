use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tf_provider::resource::MoveSource;
use tf_provider::testing::{Action, Harness};
use tf_provider::{Diagnostic, Diagnostics};

use super::*;
use crate::fakes::{FakeCloud, FakeRbac, FakeRole, active_cluster};
use crate::ports::eks::{AuthenticationMode, Cluster};
use crate::ports::iam::Role;
use crate::ports::rbac::RbacObjects;

mod capability;
mod exclusive;
mod guarded;
mod in_any_order;
mod listed;
mod made_again;
mod mode_rises;
mod policies;

const ROLE: &str = "arn:aws:iam::111122223333:role/teams/platform";
const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

fn cluster(mode: AuthenticationMode) -> Cluster {
    Cluster {
        authentication_mode: Some(mode),
        ..active_cluster("prod", "ABC")
    }
}

fn role(id: &str, created_at: i64) -> FakeRole {
    FakeRole {
        role: Role {
            name: "platform".to_owned(),
            arn: ROLE.to_owned(),
            unique_id: id.to_owned(),
            path: "/teams/".to_owned(),
            assume_role_policy: "{}".to_owned(),
            description: String::new(),
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: [].into(),
            created_at,
        },
        attached: [].into(),
        inline: [].into(),
        instance_profiles: Vec::new(),
    }
}

fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(cluster(AuthenticationMode::Api));
    cloud.iam.put_role(role("AROAONE", 1_735_600_000));
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    cloud
}

fn harness(cloud: &Arc<FakeCloud>) -> Harness<AccessEntryResource> {
    Harness::new(AccessEntryResource, cloud.client(FakeCloud::settings()))
}

fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

fn first(diagnostics: &Diagnostics) -> &Diagnostic {
    diagnostics.iter().next().unwrap()
}

fn config(more: Json) -> Json {
    let mut config = json!({ "cluster_name": "prod", "principal_arn": ROLE });
    let (Json::Object(config_map), Json::Object(more)) = (&mut config, more) else {
        return config;
    };
    config_map.extend(more);
    config
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&cloud()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_knows_what_eks_fills_in() {
    let cloud = cloud();
    let planned = harness(&cloud)
        .plan_create(config(json!({})))
        .await
        .unwrap();
    let model = planned.model.unwrap();
    assert_eq!(
        model.user_name,
        Attr::Known("arn:aws:sts::111122223333:assumed-role/platform/{{SessionName}}".to_owned())
    );
    assert_eq!(model.kubernetes_groups, Attr::Known([].into()));
    assert_eq!(model.id, Attr::Known(format!("prod:{ROLE}")));
    let nodes = harness(&cloud)
        .plan_create(config(json!({ "type": "EC2_LINUX" })))
        .await
        .unwrap();
    let model = nodes.model.unwrap();
    assert_eq!(
        model.user_name,
        Attr::Known("system:node:{{EC2PrivateDNSName}}".to_owned())
    );
    assert_eq!(model.kubernetes_groups, Attr::Unknown);
}

#[tokio::test]
async fn what_was_made_is_what_was_planned_and_the_second_plan_is_empty() {
    let cloud = cloud();
    let resource = harness(&cloud);
    for more in [
        json!({}),
        json!({ "user_name": "platform:{{SessionName}}", "kubernetes_groups": ["viewers"], "tags": { "a": "b" } }),
        json!({ "type": "EC2_LINUX" }),
        json!({ "type": "EC2" }),
    ] {
        let state = resource.create(config(more.clone())).await.unwrap();
        assert_eq!(
            state.model.principal_id,
            Attr::Known("AROAONE".to_owned()),
            "{more}"
        );
        let read = resource.read(&state).await.unwrap().unwrap();
        let second = resource
            .plan_update(&read, config(more.clone()))
            .await
            .unwrap();
        assert_eq!(second.action, Action::None, "{more}");
        resource.delete(&read).await.unwrap();
        assert_eq!(cloud.eks.entry_now(ROLE), None, "{more}");
    }
}

#[tokio::test]
async fn nothing_of_nodes_is_ever_sent() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "type": "EC2_LINUX" })))
        .await
        .unwrap();
    cloud.eks.calls.take();
    let tagged = config(json!({ "type": "EC2_LINUX", "tags": { "a": "b" } }));
    let changed = resource.update(&state, tagged).await.unwrap();
    let asked = cloud.eks.calls.take();
    assert!(
        !asked
            .iter()
            .any(|call| call.starts_with("UpdateAccessEntry"))
    );
    assert_eq!(
        cloud.eks.entry_tags(ROLE),
        [("a".to_owned(), "b".to_owned())].into()
    );
    assert_eq!(changed.model.access_entry_arn, state.model.access_entry_arn);
}

#[tokio::test]
async fn groups_and_user_name_are_changed_in_place() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "kubernetes_groups": ["old"] })))
        .await
        .unwrap();
    let wanted = config(json!({ "kubernetes_groups": ["new"], "user_name": "x:{{SessionName}}" }));
    let changed = resource.update(&state, wanted.clone()).await.unwrap();
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    assert_eq!(entry.groups, ["new"]);
    assert_eq!(entry.username, "x:{{SessionName}}");
    // Left out, it is what EKS fills in.
    let back = resource.update(&changed, config(json!({}))).await.unwrap();
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    assert_eq!(entry.groups, Vec::<String>::new());
    assert_eq!(Attr::Known(entry.username), back.model.user_name);
}

#[tokio::test]
async fn a_role_that_was_made_again_has_its_entry_replaced() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(config(json!({}))).await.unwrap();
    cloud.iam.put_role(role("AROATWO", 1_735_600_000));
    cloud.clock.advance(Duration::from_secs(5));
    let read = resource.read(&state).await.unwrap().unwrap();
    let plan = resource
        .plan_update(&read, config(json!({})))
        .await
        .unwrap();
    assert_eq!(plan.action, Action::Replace);
    let told = resource.take_warnings();
    assert_eq!(titles(&told), ["Access Entry Counts For Nobody"]);
    assert!(first(&told).detail.contains("`AROATWO`"));
}

#[tokio::test]
async fn an_imported_entry_that_is_older_than_its_role_is_replaced() {
    let cloud = cloud();
    let resource = harness(&cloud);
    resource.create(config(json!({}))).await.unwrap();
    let imported = resource
        .import(&format!("prod:{ROLE}"))
        .await
        .unwrap()
        .unwrap();
    let same = resource
        .plan_update(&imported, config(json!({})))
        .await
        .unwrap();
    assert_eq!(same.action, Action::None);
    cloud.iam.put_role(role("AROATWO", 1_800_000_000));
    cloud.clock.advance(Duration::from_secs(5));
    let plan = resource
        .plan_update(&imported, config(json!({})))
        .await
        .unwrap();
    assert_eq!(plan.action, Action::Replace);
}

#[tokio::test]
async fn without_rights_in_iam_the_entry_stays_as_it_is() {
    let cloud = cloud();
    cloud.deny("iam:ListRoles");
    cloud.deny("iam:GetRole");
    let resource = harness(&cloud);
    let state = resource.create(config(json!({}))).await.unwrap();
    assert_eq!(state.model.principal_id, Attr::Null);
    let plan = resource
        .plan_update(&state, config(json!({})))
        .await
        .unwrap();
    assert_eq!(plan.action, Action::None);
}

#[tokio::test]
async fn a_path_that_is_left_out_is_told() {
    let cloud = cloud();
    let config = json!({ "cluster_name": "prod", "principal_arn": "arn:aws:iam::111122223333:role/platform" });
    let refused = harness(&cloud).plan_create(config).await.unwrap_err();
    assert_eq!(titles(&refused), ["Invalid Principal"]);
    assert!(first(&refused).detail.contains(&format!("Write `{ROLE}`")));
}

#[tokio::test]
async fn an_entry_that_is_there_is_refused_with_the_import_block_or_adopted() {
    let cloud = cloud();
    let resource = harness(&cloud);
    resource
        .create(config(json!({ "kubernetes_groups": ["theirs"] })))
        .await
        .unwrap();
    let resource = harness(&cloud);
    resource.plan_create(config(json!({}))).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Access Entry Exists Already"]
    );
    let refused = resource.create(config(json!({}))).await.unwrap_err();
    let told = first(&refused.diagnostics);
    assert_eq!(told.summary, "Access Entry Exists Already");
    assert!(told.detail.contains(&format!("id = \"prod:{ROLE}\"")));
    assert_eq!(cloud.eks.entry_now(ROLE).unwrap().groups, ["theirs"]);
    let adopted = resource
        .create(config(
            json!({ "on_conflict": "adopt", "kubernetes_groups": ["ours"] }),
        ))
        .await
        .unwrap();
    assert_eq!(adopted.model.adopted, Attr::Known(true));
    assert_eq!(cloud.eks.entry_now(ROLE).unwrap().groups, ["ours"]);
    resource.delete(&adopted).await.unwrap();
    assert!(cloud.eks.entry_now(ROLE).is_some());
}

#[tokio::test]
async fn an_entry_is_found_by_its_import_id() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "kubernetes_groups": ["viewers"] })))
        .await
        .unwrap();
    for id in [
        format!("prod:{ROLE}"),
        format!("prod:{ROLE}@eu-central-1"),
        format!("arn:aws:eks:eu-central-1:111122223333:cluster/prod:{ROLE}"),
    ] {
        let imported = resource.import(&id).await.unwrap().unwrap();
        assert_eq!(
            imported.model.access_entry_arn, state.model.access_entry_arn,
            "{id}"
        );
        let mut wanted = config(json!({ "kubernetes_groups": ["viewers"] }));
        if id.contains('@') {
            wanted["region"] = json!("eu-central-1");
        }
        let plan = resource.plan_update(&imported, wanted).await.unwrap();
        assert_eq!(plan.action, Action::None, "{id}");
    }
    for (id, title) in [
        ("prod".to_owned(), "Invalid Import Id"),
        (format!("prod#{ROLE}"), "Invalid Import Id"),
        (
            "prod:arn:aws:iam::111122223333:role/other".to_owned(),
            "Nothing To Import",
        ),
    ] {
        let refused = resource.import(&id).await.unwrap_err();
        assert_eq!(titles(&refused), [title], "{id}");
    }
}

#[tokio::test]
async fn an_entry_of_hashicorp_aws_moves_and_plans_empty() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let made = resource
        .create(config(json!({ "kubernetes_groups": ["viewers"] })))
        .await
        .unwrap();
    let known = |attr: &Attr<String>| attr.known().cloned().unwrap();
    let source = MoveSource {
        provider_address: "registry.terraform.io/hashicorp/aws".to_owned(),
        type_name: "aws_eks_access_entry".to_owned(),
        schema_version: 0,
        state: json!({
            "cluster_name": "prod", "principal_arn": ROLE, "type": "STANDARD", "id": format!("prod:{ROLE}"),
            "user_name": known(&made.model.user_name), "kubernetes_groups": ["viewers"],
            "access_entry_arn": known(&made.model.access_entry_arn), "tags": {}, "tags_all": {},
        }),
        private: Vec::new(),
    };
    let moved = AccessEntryResource.move_from(source).unwrap().unwrap();
    let context = cloud.context(FakeCloud::settings());
    let read = AccessEntryResource
        .read(&context, moved)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.model.cluster_arn, made.model.cluster_arn);
    assert_eq!(read.model.kubernetes_groups, made.model.kubernetes_groups);
}

#[tokio::test]
async fn in_mode_config_map_a_plan_warns_and_apply_ends() {
    let cloud = cloud();
    cloud.eks.put(cluster(AuthenticationMode::ConfigMap));
    let resource = harness(&cloud);
    resource.plan_create(config(json!({}))).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Cluster Takes No Access Entries Yet"]
    );
    let refused = resource.create(config(json!({}))).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["Cluster Takes No Access Entries"]
    );
}

#[tokio::test]
async fn an_apply_waits_while_the_mode_is_being_raised() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let updating = Cluster {
        status: crate::ports::eks::ClusterStatus::Updating,
        ..cluster(AuthenticationMode::ConfigMap)
    };
    cloud.eks.put(updating.clone());
    let planned = resource.plan_create(config(json!({}))).await.unwrap();
    assert!(planned.model.is_some());
    let looks = vec![
        updating.clone(),
        updating.clone(),
        updating,
        cluster(AuthenticationMode::ApiAndConfigMap),
    ];
    cloud.eks.put_sequence("prod", looks);
    resource.create(config(json!({}))).await.unwrap();
    assert!(cloud.eks.entry_now(ROLE).is_some());
}

#[test]
fn wrong_configurations_are_refused_at_once() {
    let resource = harness(&cloud());
    for (more, title) in [
        (
            json!({ "type": "EC2_LINUX", "user_name": "x" }),
            "Names Of Nodes Cannot Be Chosen",
        ),
        (
            json!({ "type": "FARGATE_LINUX", "kubernetes_groups": ["x"] }),
            "Names Of Nodes Cannot Be Chosen",
        ),
        (json!({ "user_name": "system:x" }), "Invalid User Name"),
        (
            json!({ "user_name": "x{{SessionName}}" }),
            "Invalid User Name",
        ),
        (
            json!({ "user_name": "x:{{SessionNameRaw}}" }),
            "Invalid User Name",
        ),
        (
            json!({ "kubernetes_groups": ["system:masters"] }),
            "Invalid Group",
        ),
        (json!({ "type": "LINUX" }), "Invalid Value"),
        (
            json!({ "principal_arn": "arn:aws:sts::111122223333:assumed-role/platform/eve" }),
            "Invalid Principal",
        ),
        (
            json!({ "type": "EC2", "principal_arn": "arn:aws:iam::111122223333:user/eve" }),
            "Invalid Principal",
        ),
        (
            json!({ "exclusive_policies": true }),
            "Exclusive Policies Without Policies",
        ),
        (
            json!({ "type": "EC2_LINUX", "policies": [{ "policy_arn": VIEW, "access_scope": { "type": "cluster" } }] }),
            "Access Policy Not For This Type",
        ),
        (
            json!({ "policies": [{ "policy_arn": "view", "access_scope": { "type": "cluster" } }] }),
            "Invalid Access Policy",
        ),
        (
            json!({ "policies": [{ "policy_arn": VIEW, "access_scope": { "type": "namespace" } }] }),
            "Invalid Access Scope",
        ),
        (
            json!({ "policies": [
                { "policy_arn": VIEW, "access_scope": { "type": "cluster" } },
                { "policy_arn": "AmazonEKSViewPolicy", "access_scope": { "type": "namespace", "namespaces": ["a"] } },
            ] }),
            "Access Policy Is Named Twice",
        ),
    ] {
        let refused = resource.validate(config(more.clone()));
        assert_eq!(titles(&refused), [title], "{more}");
    }
}
