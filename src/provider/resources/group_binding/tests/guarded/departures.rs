//! Several bindings by which whoever acts has its rights, each a part of them: all of them go, in whatever order Terraform asks.

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use tf_provider::claims::Claims;

use super::own::{acts_in, all_of_rbac, binding_of, meant};
use super::*;
use crate::resources::aws_auth::AwsAuthResource;
use crate::resources::aws_auth_role::AwsAuthRoleResource;

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

fn of_rbac(resources: &[&str]) -> Json {
    json!([{"api_groups": ["rbac.authorization.k8s.io"], "resources": resources, "verbs": ["get", "delete"]}])
}

fn configmaps() -> Json {
    json!([{"resources": ["configmaps"], "verbs": ["get", "patch"]}])
}

fn own(name: &str, rules: Json) -> Json {
    json!({"name": name, "rules": rules, "groups": ["cleaners"]})
}

/// A binding of whoever acts, and the kinds that it removes by it.
struct Part {
    config: Json,
    kinds: Vec<RbacKind>,
}

/// Makes all parts, and takes them down as one of the orders says.
async fn take_down(parts: &[Part; 3], order: [usize; 3]) -> Vec<Result<(), String>> {
    let (bed, _) = with_admins().await;
    bed.kube().make_namespace("kube-system");
    bed.kube().set_reviews(acts_in("cleaners"));
    let before = bed.shown();
    let mut states = Vec::new();
    for part in parts {
        let state = bed.create(part.config.clone()).await;
        for kind in &part.kinds {
            let name = state.model.name.known().unwrap();
            bed.kube().rest_rights_on(Some(*kind), cluster_role(name));
            bed.kube().rest_rights_on(Some(*kind), binding_of(&state));
        }
        states.push(state);
    }
    let folder = tempfile::tempdir().unwrap();
    let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
    let plan = walk();
    let mut planned = Vec::new();
    for position in order {
        planned.push(plan.plan_delete(&states[position]).await.unwrap());
    }
    let apply = walk();
    let removed = join_all(planned.into_iter().map(|one| apply.apply(one))).await;
    let told = |failed: Failure<GroupBindingModel>| text(&failed.diagnostics);
    let outcomes: Vec<Result<(), String>> = removed
        .into_iter()
        .map(|one| one.map(drop).map_err(told))
        .collect();
    if outcomes.iter().all(Result::is_ok) {
        assert_eq!(bed.shown(), before, "{order:?}");
    }
    outcomes
}

async fn all_go(parts: [Part; 3]) {
    for order in ORDERS {
        for outcome in take_down(&parts, order).await {
            outcome.unwrap_or_else(|told| panic!("{order:?}: {told}"));
        }
    }
}

#[tokio::test]
async fn what_removes_what_is_in_namespaces_goes_before_what_removes_the_rest() {
    use RbacKind::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
    let in_kube_system = with(
        own("maps", configmaps()),
        json!({"namespaces": ["kube-system"]}),
    );
    all_go([
        Part {
            config: own("cluster", of_rbac(&["clusterroles", "clusterrolebindings"])),
            kinds: vec![ClusterRole, ClusterRoleBinding],
        },
        Part {
            config: own("namespaces", of_rbac(&["roles", "rolebindings"])),
            kinds: vec![Role, RoleBinding],
        },
        Part {
            config: in_kube_system,
            kinds: Vec::new(),
        },
    ])
    .await;
}

#[tokio::test]
async fn what_removes_only_together_goes_at_the_same_moment() {
    use RbacKind::{ClusterRole, ClusterRoleBinding};
    all_go([
        Part {
            config: own("roles", of_rbac(&["clusterroles"])),
            kinds: vec![ClusterRole],
        },
        Part {
            config: own("bindings", of_rbac(&["clusterrolebindings"])),
            kinds: vec![ClusterRoleBinding],
        },
        Part {
            config: own("maps", configmaps()),
            kinds: Vec::new(),
        },
    ])
    .await;
}

#[tokio::test]
async fn what_could_not_go_keeps_what_removes_it() {
    let (bed, _) = with_admins().await;
    bed.kube().set_reviews(acts_in("cleaners"));
    let other = json!({"name": "other", "cluster_role": "view", "groups": ["viewers"]});
    let other = bed.create(other).await;
    let own = bed.create(own("own", all_of_rbac())).await;
    let folder = tempfile::tempdir().unwrap();
    let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
    let plan = walk();
    let going = plan.plan_delete(&other).await.unwrap();
    let last = plan.plan_delete(&own).await.unwrap();
    bed.kube()
        .on_next_rbac(Verb::Delete, Fault::Refuse(ErrorKind::Invalid));
    let apply = walk();
    let (going, last) = tokio::join!(apply.apply(going), apply.apply(last));
    going.unwrap_err();
    let told = last.unwrap_err().diagnostics;
    assert_eq!(titles(&told), ["The Caller's Own Binding Goes Last"]);
    assert!(bed.kube().rbac_object_now(&binding_of(&own)).is_some());
}

#[tokio::test]
async fn what_another_provider_block_removes_is_waited_for() {
    let (bed, _) = with_admins().await;
    bed.kube().set_reviews(acts_in("cleaners"));
    let other = json!({"name": "other", "cluster_role": "view", "groups": ["viewers"]});
    let other = bed.create(other).await;
    let own = bed.create(own("own", all_of_rbac())).await;
    let folder = tempfile::tempdir().unwrap();
    let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
    let (plan, beside) = (walk(), walk());
    let first = plan.plan_delete(&own).await.unwrap();
    let again = plan.plan_delete(&own).await.unwrap();
    let going = beside.plan_delete(&other).await.unwrap();
    let told = walk().apply(first).await.unwrap_err().diagnostics;
    assert_eq!(titles(&told), ["The Caller's Own Binding Goes Last"]);
    assert!(bed.kube().rbac_object_now(&binding_of(&own)).is_some());
    walk().apply(going).await.unwrap();
    walk().apply(again).await.unwrap();
    assert!(bed.kube().rbac_object_now(&binding_of(&own)).is_none());
}

#[tokio::test]
async fn a_plan_of_a_part_of_the_configuration_is_no_teardown() {
    let (bed, state) = with_admins().await;
    let folder = tempfile::tempdir().unwrap();
    let entry = json!({"rolearn": "arn:aws:iam::111122223333:role/admin", "username": "admin", "groups": ["admins"], "on_conflict": "adopt"});
    Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings()))
        .with_claims(Claims::in_folder(folder.path()))
        .create(entry)
        .await
        .unwrap();
    let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
    let going = walk().plan_delete(&state).await.unwrap();
    let told = text(&walk().apply(going).await.unwrap_err().diagnostics);
    assert!(told.contains("lockout.last-admin"), "{told}");
    // Without the notes of an earlier plan nobody knows of it.
    meant(&bed, "prod:destroy").delete(&state).await.unwrap();
}

fn settings() -> Settings {
    Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    }
}

#[tokio::test]
async fn a_map_that_leaves_the_state_with_a_binding_keeps_nothing() {
    let (bed, state) = with_admins().await;
    let folder = tempfile::tempdir().unwrap();
    let map = || {
        Harness::new(AwsAuthResource, bed.cloud.client(settings()))
            .with_claims(Claims::in_folder(folder.path()))
    };
    let entry = json!({"rolearn": "arn:aws:iam::111122223333:role/admin", "username": "admin", "groups": ["admins"]});
    let config = json!({"map_roles": [entry], "on_conflict": "adopt"});
    let made = map().create(config).await.unwrap();
    let going = map().plan_delete(&made).await.unwrap();
    map().apply(going).await.unwrap();
    let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
    let going = walk().plan_delete(&state).await.unwrap();
    walk().apply(going).await.unwrap();
}

#[tokio::test]
async fn an_entry_that_left_the_state_and_stands_in_aws_auth_still_is_kept_by_nobody() {
    let (bed, state) = with_admins().await;
    let folder = tempfile::tempdir().unwrap();
    let entries = || {
        Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings()))
            .with_claims(Claims::in_folder(folder.path()))
    };
    let entry = json!({"rolearn": "arn:aws:iam::111122223333:role/admin", "username": "admin", "groups": ["admins"], "on_conflict": "adopt"});
    entries().create(entry.clone()).await.unwrap();
    // Terraform looks at the whole configuration before it plans a destroy: an entry that is in no state is planned to be made.
    entries().plan_create(entry).await.unwrap();
    let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
    let going = walk().plan_delete(&state).await.unwrap();
    walk().apply(going).await.unwrap();
}

#[tokio::test]
async fn own_bindings_do_not_keep_terraform_from_asking_for_what_they_wait_for() {
    for (bindings, slots) in [(14, 10), (3, 2)] {
        let (bed, _) = with_admins().await;
        bed.kube().set_reviews(acts_in("cleaners"));
        let before = bed.shown();
        let mut states = Vec::new();
        for position in 0..bindings {
            let rules = match position % 2 {
                0 => json!([{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}]),
                _ => configmaps(),
            };
            states.push(bed.create(own(&format!("own-{position}"), rules)).await);
        }
        let other = json!({"name": "other", "cluster_role": "view", "groups": ["viewers"]});
        states.push(bed.create(other).await);
        let folder = tempfile::tempdir().unwrap();
        let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
        let plan = walk();
        let mut planned = Vec::new();
        for state in &states {
            planned.push(plan.plan_delete(state).await.unwrap());
        }
        let apply = walk();
        let removals = stream::iter(planned).map(|one| apply.apply(one));
        let removed: Vec<_> = removals.buffer_unordered(slots).collect().await;
        for one in removed {
            one.unwrap_or_else(|failed| panic!("{}", text(&failed.diagnostics)));
        }
        assert_eq!(bed.shown(), before);
    }
}
