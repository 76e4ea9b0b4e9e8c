use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::resource::MoveSource;
use tf_provider::testing::{Action, Harness};
use tf_provider::{Diagnostic, Diagnostics};

use super::*;
use crate::fakes::{FakeCloud, FakeRbac, FakeRole, active_cluster};
use crate::ports::eks::{AccessEntry, AuthenticationMode, Cluster};
use crate::ports::iam::Role;
use crate::ports::rbac::RbacObjects;

const ROLE: &str = "arn:aws:iam::111122223333:role/teams/platform";
const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(Cluster {
        authentication_mode: Some(AuthenticationMode::Api),
        ..active_cluster("prod", "ABC")
    });
    cloud.eks.admit(entry("STANDARD"));
    cloud.iam.put_role(FakeRole {
        role: Role {
            name: "platform".to_owned(),
            arn: ROLE.to_owned(),
            unique_id: "AROAONE".to_owned(),
            path: "/teams/".to_owned(),
            assume_role_policy: "{}".to_owned(),
            description: String::new(),
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: [].into(),
            created_at: 1_735_600_000,
        },
        attached: [].into(),
        inline: [].into(),
        instance_profiles: Vec::new(),
    });
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    cloud
}

fn entry(kind: &str) -> AccessEntry {
    AccessEntry {
        principal_arn: ROLE.to_owned(),
        kind: kind.to_owned(),
        username: "platform".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
        created_at: Some(1_767_225_600),
    }
}

fn harness(cloud: &Arc<FakeCloud>) -> Harness<AccessPolicyAssociationResource> {
    Harness::new(
        AccessPolicyAssociationResource,
        cloud.client(FakeCloud::settings()),
    )
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

fn config(policy: &str, namespaces: &[&str]) -> Json {
    let scope = match namespaces {
        [] => json!({ "type": "cluster" }),
        names => json!({ "type": "namespace", "namespaces": names }),
    };
    json!({ "cluster_name": "prod", "principal_arn": ROLE, "policy_arn": policy, "access_scope": scope })
}

fn live(cloud: &FakeCloud) -> Vec<(String, Vec<String>)> {
    let policies = cloud.eks.entry_now(ROLE).unwrap().policies.into_iter();
    policies
        .map(|policy| (policy.policy_arn.clone(), policy.namespaces))
        .collect()
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&cloud()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_made_is_what_was_planned_and_the_second_plan_is_empty() {
    let cloud = cloud();
    for (policy, namespaces) in [
        ("AmazonEKSViewPolicy", [].as_slice()),
        (VIEW, &["apps", "dev-*"]),
    ] {
        let resource = harness(&cloud);
        let config = config(policy, namespaces);
        let state = resource.create(config.clone()).await.unwrap();
        assert_eq!(live(&cloud).len(), 1);
        assert_eq!(state.model.id, Attr::Known(format!("prod#{ROLE}#{policy}")));
        let read = resource.read(&state).await.unwrap().unwrap();
        let second = resource.plan_update(&read, config).await.unwrap();
        assert_eq!(second.action, Action::None);
        resource.delete(&read).await.unwrap();
        assert_eq!(live(&cloud), []);
    }
}

#[tokio::test]
async fn the_scope_is_changed_in_place_by_one_call() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(config(VIEW, &["apps"])).await.unwrap();
    cloud.eks.calls.take();
    resource.update(&state, config(VIEW, &[])).await.unwrap();
    assert_eq!(live(&cloud), [(VIEW.to_owned(), Vec::new())]);
    let asked = cloud.eks.calls.take();
    let writes = asked.iter().filter(|call| call.contains("ssociateAccess"));
    assert_eq!(writes.count(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_name_and_its_arn_are_the_same_policy_and_another_one_is_a_new_object() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(config(VIEW, &[])).await.unwrap();
    let by_name = config("AmazonEKSViewPolicy", &[]);
    let plan = resource.plan_update(&state, by_name).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let other = config("AmazonEKSEditPolicy", &[]);
    let plan = resource.plan_update(&state, other).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    resource.apply(plan).await.unwrap();
    assert_eq!(live(&cloud).len(), 1);
    assert!(live(&cloud)[0].0.ends_with("/AmazonEKSEditPolicy"));
}

#[tokio::test]
async fn one_that_is_there_is_refused_with_the_import_block_or_adopted() {
    let cloud = cloud();
    harness(&cloud)
        .create(config(VIEW, &["apps"]))
        .await
        .unwrap();
    let resource = harness(&cloud);
    let refused = resource.create(config(VIEW, &[])).await.unwrap_err();
    let told = first(&refused.diagnostics);
    assert_eq!(told.summary, "Access Policy Is Associated Already");
    assert!(
        told.detail
            .contains(&format!("id = \"prod#{ROLE}#{VIEW}\""))
    );
    let mut adopting = config(VIEW, &[]);
    adopting["on_conflict"] = json!("adopt");
    let adopted = resource.create(adopting).await.unwrap();
    assert_eq!(adopted.model.adopted, Attr::Known(true));
    resource.delete(&adopted).await.unwrap();
    assert_eq!(live(&cloud), [(VIEW.to_owned(), Vec::new())]);
}

#[tokio::test]
async fn an_association_is_found_by_its_import_id() {
    let cloud = cloud();
    let resource = harness(&cloud);
    resource.create(config(VIEW, &["apps"])).await.unwrap();
    for id in [
        format!("prod#{ROLE}#{VIEW}"),
        format!("prod#{ROLE}#AmazonEKSViewPolicy@eu-central-1"),
        format!("arn:aws:eks:eu-central-1:111122223333:cluster/prod#{ROLE}#{VIEW}"),
    ] {
        let imported = resource.import(&id).await.unwrap().unwrap();
        assert_eq!(imported.model.principal_arn, Attr::Known(ROLE.to_owned()));
        let policy = imported.model.policy_arn.known().unwrap();
        let mut wanted = config(policy, &["apps"]);
        if id.contains('@') {
            wanted["region"] = json!("eu-central-1");
        }
        let plan = resource.plan_update(&imported, wanted).await.unwrap();
        assert_eq!(plan.action, Action::None, "{id}");
    }
    for (id, title) in [
        (format!("prod#{ROLE}"), "Invalid Import Id"),
        (
            format!("prod#{ROLE}#AmazonEKSEditPolicy"),
            "Nothing To Import",
        ),
    ] {
        let refused = resource.import(&id).await.unwrap_err();
        assert_eq!(titles(&refused), [title], "{id}");
    }
}

#[tokio::test]
async fn an_association_of_hashicorp_aws_moves() {
    let cloud = cloud();
    let made = harness(&cloud)
        .create(config(VIEW, &["apps"]))
        .await
        .unwrap();
    let source = MoveSource {
        provider_address: "registry.terraform.io/hashicorp/aws".to_owned(),
        type_name: "aws_eks_access_policy_association".to_owned(),
        schema_version: 0,
        state: json!({
            "cluster_name": "prod", "principal_arn": ROLE, "policy_arn": VIEW,
            "access_scope": [{ "type": "namespace", "namespaces": ["apps"] }],
        }),
        private: Vec::new(),
    };
    let moved = AccessPolicyAssociationResource
        .move_from(source)
        .unwrap()
        .unwrap();
    let context = cloud.context(FakeCloud::settings());
    let read = AccessPolicyAssociationResource
        .read(&context, moved)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.model.cluster_arn, made.model.cluster_arn);
    assert_eq!(read.model.access_scope, made.model.access_scope);
}

#[tokio::test]
async fn without_an_entry_or_for_nodes_there_is_none() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let absent = json!({
        "cluster_name": "prod", "principal_arn": "arn:aws:iam::111122223333:role/other",
        "policy_arn": VIEW, "access_scope": { "type": "cluster" },
    });
    let refused = resource.create(absent).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["No Access Entry"]);
    cloud.eks.remove_entry(ROLE);
    cloud.eks.admit(entry("EC2_LINUX"));
    let resource = harness(&cloud);
    let refused = resource.create(config(VIEW, &[])).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["Access Policy Not For This Type"]
    );
}

#[tokio::test]
async fn the_policy_of_the_last_admin_does_not_go() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let admin = config("AmazonEKSClusterAdminPolicy", &[]);
    let state = resource.create(admin).await.unwrap();
    let narrower = config("AmazonEKSClusterAdminPolicy", &["apps"]);
    for refused in [
        resource.update(&state, narrower).await.unwrap_err(),
        resource.delete(&state).await.unwrap_err(),
    ] {
        assert_eq!(
            titles(&refused.diagnostics),
            ["The Last Cluster Admin Goes"]
        );
    }
    assert_eq!(live(&cloud).len(), 1);
}

#[tokio::test]
async fn what_eks_lists_later_is_waited_for() {
    let cloud = cloud();
    cloud.eks.list_later(3);
    let wide = config(VIEW, &[]);
    let resource = harness(&cloud);
    let made = resource.create(config(VIEW, &["apps"])).await.unwrap();
    assert!(resource.read(&made).await.unwrap().is_some());
    let changed = resource.update(&made, wide.clone()).await.unwrap();
    let resource = harness(&cloud);
    let read = resource.read(&changed).await.unwrap().unwrap();
    let plan = resource.plan_update(&read, wide.clone()).await.unwrap();
    assert_eq!(plan.action, Action::None);
    resource.delete(&read).await.unwrap();
    // Without a wait it would be said to exist already.
    resource.create(wide).await.unwrap();
}
