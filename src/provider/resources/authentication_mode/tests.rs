use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::{Action, Harness};
use tf_provider::{Diagnostics, Value};

use super::*;
use crate::config::{Acknowledgements, LockoutGuard, Settings};
use crate::fakes::{FakeCloud, FakeRbac, active_cluster};
use crate::ports::ErrorKind;
use crate::ports::eks::{AccessEntry, AccessPolicy, AuthenticationMode, Cluster, ClusterStatus};
use crate::ports::rbac::RbacObjects;

mod guarded;
mod waiting;

const NODES: &str = "arn:aws:iam::111122223333:role/nodes";

fn cloud(mode: AuthenticationMode) -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(Cluster {
        authentication_mode: Some(mode),
        ..active_cluster("prod", "ABC")
    });
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    cloud
}

fn harness(cloud: &Arc<FakeCloud>) -> Harness<AuthenticationModeResource> {
    with_settings(cloud, FakeCloud::settings())
}

fn with_settings(
    cloud: &Arc<FakeCloud>,
    settings: Settings,
) -> Harness<AuthenticationModeResource> {
    Harness::new(AuthenticationModeResource, cloud.client(settings))
}

fn config(mode: &str) -> Json {
    json!({ "cluster_name": "prod", "authentication_mode": mode })
}

fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

fn steps(cloud: &FakeCloud) -> usize {
    let calls = cloud.eks.calls.take();
    let is_step = |call: &&String| call.starts_with("UpdateClusterConfig");
    calls.iter().filter(is_step).count()
}

#[test]
fn the_schema_is_sound() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    assert_eq!(harness(&cloud).check(), Vec::<String>::new());
    let wrong = harness(&cloud).validate(config("ENTRIES"));
    assert_eq!(wrong.iter().count(), 1, "{wrong:?}");
}

#[tokio::test]
async fn a_cluster_goes_one_step_and_the_second_plan_is_empty() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    cloud.eks.updates.manage(NODES, "EC2_LINUX");
    let resource = harness(&cloud);
    resource
        .plan_create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap();
    let told = resource.take_warnings();
    assert_eq!(titles(&told), ["EKS Makes Access Entries"]);
    assert!(format!("{told:?}").contains(NODES), "{told:?}");
    let state = resource.create(config("API_AND_CONFIG_MAP")).await.unwrap();
    assert_eq!(
        cloud.eks.mode("prod"),
        Some(AuthenticationMode::ApiAndConfigMap)
    );
    assert_eq!(state.model.id, Attr::Known("prod".to_owned()));
    let read = resource.read(&state).await.unwrap().unwrap();
    let second = resource
        .plan_update(&read, config("API_AND_CONFIG_MAP"))
        .await
        .unwrap();
    assert_eq!(second.action, Action::None);
    assert_eq!(steps(&cloud), 1);
}

#[tokio::test]
async fn a_cluster_that_is_there_already_needs_nothing() {
    for mode in ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"] {
        let cloud = cloud(AuthenticationMode::parse(mode).unwrap());
        let resource = harness(&cloud);
        resource.create(config(mode)).await.unwrap();
        assert_eq!(resource.take_warnings().iter().count(), 0, "{mode}");
        assert_eq!(steps(&cloud), 0, "{mode}");
    }
}

#[tokio::test]
async fn a_step_back_and_two_at_once_are_refused_at_plan() {
    for (now, wanted, title) in [
        (
            AuthenticationMode::Api,
            "API_AND_CONFIG_MAP",
            "Authentication Mode Cannot Go Back",
        ),
        (
            AuthenticationMode::ApiAndConfigMap,
            "CONFIG_MAP",
            "Authentication Mode Cannot Go Back",
        ),
        (
            AuthenticationMode::ConfigMap,
            "API",
            "Authentication Mode Takes Two Steps",
        ),
    ] {
        let cloud = cloud(now);
        let resource = harness(&cloud);
        let refused = resource.plan_create(config(wanted)).await.unwrap_err();
        assert_eq!(titles(&refused), [title]);
        assert_eq!(steps(&cloud), 0);
    }
}

#[tokio::test]
async fn a_mode_that_was_raised_outside_is_followed_and_never_lowered() {
    let cloud = cloud(AuthenticationMode::ApiAndConfigMap);
    let resource = harness(&cloud);
    let state = resource.create(config("API_AND_CONFIG_MAP")).await.unwrap();
    cloud.eks.set_mode("prod", AuthenticationMode::Api);
    let resource = harness(&cloud);
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model.authentication_mode,
        Attr::Known("API".to_owned())
    );
    let refused = resource
        .plan_update(&read, config("API_AND_CONFIG_MAP"))
        .await
        .unwrap_err();
    assert_eq!(titles(&refused), ["Authentication Mode Cannot Go Back"]);
    let planned = resource.plan_update(&read, config("API")).await.unwrap();
    assert_eq!(planned.action, Action::None);
}

#[tokio::test]
async fn destroy_forgets_and_says_that_the_mode_stays() {
    let cloud = cloud(AuthenticationMode::Api);
    let resource = harness(&cloud);
    let state = resource.create(config("API")).await.unwrap();
    resource.delete(&state).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Authentication Mode Stays"]
    );
    assert_eq!(cloud.eks.mode("prod"), Some(AuthenticationMode::Api));
}

#[tokio::test]
async fn an_import_is_by_the_cluster() {
    let cloud = cloud(AuthenticationMode::ApiAndConfigMap);
    let resource = harness(&cloud);
    let by_name = resource.import("prod").await.unwrap().unwrap();
    assert_eq!(
        by_name.model.authentication_mode,
        Attr::Known("API_AND_CONFIG_MAP".to_owned())
    );
    assert_eq!(
        by_name.identity(),
        &Value::object([
            ("cluster_name", Value::from("prod")),
            ("account_id", Value::from("111122223333")),
            ("region", Value::from("eu-central-1")),
        ])
    );
    let by_identity = resource
        .import_identity(json!({ "cluster_name": "prod" }))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(by_identity, by_name);
    let arn = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
    assert_eq!(resource.import(arn).await.unwrap().unwrap(), by_name);
    let planned = resource
        .plan_update(&by_name, config("API_AND_CONFIG_MAP"))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::None);
    for (id, title) in [
        ("prod/x", "Invalid Import Id"),
        ("", "Invalid Import Id"),
        ("other", "Cluster Not Found"),
        (
            "arn:aws:eks:eu-central-1:999988887777:cluster/prod",
            "Cluster In Another Account",
        ),
    ] {
        let refused = resource.import(id).await.unwrap_err();
        assert_eq!(titles(&refused), [title], "{id}");
    }
}

#[tokio::test]
async fn two_resources_for_one_cluster_are_refused() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    let resource = harness(&cloud).with_claims(tf_provider::claims::Claims::in_memory());
    resource.plan_create(config("CONFIG_MAP")).await.unwrap();
    let refused = resource
        .plan_create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap_err();
    assert_eq!(
        titles(&refused),
        ["Two Resources For One Authentication Mode"]
    );
}

#[tokio::test]
async fn managed_roles_that_cannot_be_read_are_said() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    cloud.deny("eks:ListNodegroups");
    let resource = harness(&cloud);
    let planned = resource.plan_create(config("API_AND_CONFIG_MAP")).await;
    planned.unwrap();
    let told = format!("{:?}", resource.take_warnings());
    assert!(told.contains("eks:ListNodegroups"), "{told}");
    resource.create(config("API_AND_CONFIG_MAP")).await.unwrap();
}
