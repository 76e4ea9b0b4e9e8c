use std::sync::Arc;

use eksauth_core::kubernetes::rbac::{BindingObject, BoundSubject, ClusterRbac, RoleRef};
use serde_json::json;
use tf_provider::testing::Harness;

use super::*;
use crate::attributes::values::to_set;
use crate::aws_auth::fixture::{Bed, role_config, titles};
use crate::client::Client;
use crate::config::Settings;
use crate::fakes::active_cluster;
use crate::resources::aws_auth::AwsAuthResource;
use crate::resources::aws_auth_role::AwsAuthRoleResource;

const ENTRIES: &str = "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: a, groups: [devs]}\n\
                       - {rolearn: 'arn:aws:iam::111122223333:role/b', username: b, groups: [devs, 'system:masters']}\n";

fn binding(group: &str) -> BindingObject {
    BindingObject {
        name: format!("of-{group}"),
        role: RoleRef {
            is_cluster_role: true,
            name: "view".to_owned(),
        },
        subjects: vec![BoundSubject::Group(group.to_owned())],
        ..BindingObject::default()
    }
}

/// A cluster that maps `devs` and binds `leavers`.
fn bed() -> Bed {
    let bed = Bed::new(&[("mapRoles", ENTRIES)]);
    bed.kube().set_named_rbac(ClusterRbac {
        cluster_role_bindings: Ok(vec![binding("leavers")]),
        ..ClusterRbac::default()
    });
    bed
}

fn settings(suppressed: &[&str]) -> Settings {
    Settings {
        suppress_findings: suppressed.iter().map(ToString::to_string).collect(),
        ..Bed::settings()
    }
}

/// One provider configuration, which suppresses nothing.
fn client_of(bed: &Bed) -> Arc<Client> {
    bed.cloud.client(settings(&[]))
}

async fn taken(bed: &Bed, client: &Client) -> Vec<String> {
    let cluster = bed.cluster(client).await;
    let document = bed.document();
    let (warnings, cancel) = (client.group_warnings(), CancellationToken::new());
    let found = warnings.take(&cancel, &cluster, document.reading());
    let found = found.await.into_iter();
    found
        .map(|finding| format!("{} {}", finding.id, finding.group))
        .collect()
}

fn set(groups: &[&str]) -> Groups {
    to_set(groups.iter().map(ToString::to_string))
}

#[tokio::test]
async fn a_plan_tells_once_for_a_cluster() {
    let bed = bed();
    let client = client_of(&bed);
    assert_eq!(
        taken(&bed, &client).await,
        ["group.unbound devs", "group.nobody_mapped leavers"]
    );
    assert_eq!(taken(&bed, &client).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_told_that_the_plan_may_make_right() {
    for (bound, mapped, left) in [
        (
            set(&["devs"]),
            set(&[]),
            vec!["group.nobody_mapped leavers"],
        ),
        (set(&[]), set(&["leavers"]), vec!["group.unbound devs"]),
        (Attr::Unknown, Attr::Unknown, vec![]),
        (
            set(&["others"]),
            set(&["x-{{AccountID}}"]),
            vec!["group.unbound devs", "group.nobody_mapped leavers"],
        ),
    ] {
        let bed = bed();
        let client = client_of(&bed);
        client.group_warnings().note_bound(&bound);
        client.group_warnings().note_mapped(&mapped);
        assert_eq!(taken(&bed, &client).await, left, "{bound:?} {mapped:?}");
    }
}

#[tokio::test]
async fn what_is_planned_at_the_same_time_is_waited_for() {
    let bed = bed();
    let client = client_of(&bed);
    let later = async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        client.group_warnings().note_bound(&set(&["devs"]));
    };
    let (found, ()) = tokio::join!(taken(&bed, &client), later);
    assert_eq!(found, ["group.nobody_mapped leavers"]);
}

#[tokio::test]
async fn without_the_right_to_list_nothing_is_told() {
    for denied in ["clusterrolebindings", "rolebindings"] {
        let bed = bed();
        bed.kube().deny("list", denied);
        let found = taken(&bed, &client_of(&bed)).await;
        assert!(
            !found.contains(&"group.unbound devs".to_owned()),
            "{found:?}"
        );
        assert!(
            !found.iter().any(|one| one.contains(NOT_JUDGED)),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn what_is_suppressed_is_not_told_and_where_all_is_nothing_is_listed() {
    let bed = bed();
    let client = bed.cloud.client(settings(&[UNBOUND]));
    assert_eq!(taken(&bed, &client).await, ["group.nobody_mapped leavers"]);
    let client = bed.cloud.client(settings(&TOLD_IN_PLANS));
    assert_eq!(taken(&bed, &client).await, Vec::<String>::new());
    assert!(client.group_warnings().told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_cluster_that_gives_built_in_groups_alone_is_not_listed() {
    let bed = Bed::new(&[("mapRoles", crate::aws_auth::fixture::ROLES)]);
    let client = client_of(&bed);
    assert_eq!(taken(&bed, &client).await, Vec::<String>::new());
    assert!(client.group_warnings().told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_group_of_an_access_entry_is_somebodys() {
    use eksauth_core::access::access_entry::AuthenticationMode;
    let bed = bed();
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
    let entry = eksauth_core::access::access_entry::AccessEntry {
        principal_arn: "arn:aws:iam::111122223333:role/c".to_owned(),
        kind: "STANDARD".to_owned(),
        username: "c".to_owned(),
        groups: vec!["leavers".to_owned(), "of-entry".to_owned()],
        policies: Vec::new(),
        created_at: None,
    };
    bed.cloud.eks.admit(entry);
    assert_eq!(taken(&bed, &client_of(&bed)).await, ["group.unbound devs"]);
}

/// Whether a step told of groups, with everything else that it told.
fn is_told(warnings: &tf_provider::Diagnostics) -> bool {
    titles(warnings).contains(&"Findings On Mapped Groups")
}

#[tokio::test]
async fn an_entry_tells_in_the_plan_after_the_one_that_makes_it() {
    let bed = bed();
    let config = || role_config("c", "c", &["devs"]);
    let step = Harness::new(AwsAuthRoleResource::new(), client_of(&bed));
    let state = step.create(config()).await.unwrap();
    assert!(!is_told(&step.take_warnings()));
    let step = Harness::new(AwsAuthRoleResource::new(), client_of(&bed));
    step.plan_update(&state, config()).await.unwrap();
    assert!(is_told(&step.take_warnings()));
    let step = Harness::new(AwsAuthRoleResource::new(), client_of(&bed));
    step.plan_update(&state, role_config("c", "c", &["others"]))
        .await
        .unwrap();
    assert!(!is_told(&step.take_warnings()));
}

#[tokio::test]
async fn the_whole_map_tells_where_it_changes_nothing() {
    let bed = bed();
    let config = || json!({ "map_roles": [{ "rolearn": "arn:aws:iam::111122223333:role/a", "username": "a", "groups": ["devs"] }] });
    let step = Harness::new(AwsAuthResource, client_of(&bed));
    let state = step.create(config()).await.unwrap();
    assert!(!is_told(&step.take_warnings()));
    let step = Harness::new(AwsAuthResource, client_of(&bed));
    step.plan_update(&state, config()).await.unwrap();
    assert!(is_told(&step.take_warnings()));
}
