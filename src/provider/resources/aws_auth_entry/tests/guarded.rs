//! Plans whose apply the guard refuses are not silent. Whoever acts is the role `admins`.

use tf_provider::testing::Harness;

use super::*;
use crate::config::{LockoutGuard, Settings};
use crate::fakes::{FakeRbac, FakeReviews};
use crate::ports::rbac::RbacObjects;

fn guarded(bed: &Bed) -> Harness<AwsAuthRoleResource> {
    let settings = Settings {
        lockout_guard: LockoutGuard::Error,
        ..Bed::settings()
    };
    Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings))
}

/// The warning's title and text that name the own entry.
fn own_loss(diagnostics: &tf_provider::Diagnostics) -> String {
    let own = format!("This Change Locks You Out: {}", role_arn("admins"));
    let mut shown = diagnostics.iter();
    let warning = shown.find(|shown| shown.summary == own);
    warning
        .map(|shown| shown.detail.clone())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_plan_that_adopts_the_own_entry_away_says_so() {
    let bed = Bed::lived_in();
    let mut config = role_config("admins", "viewer", &["viewers"]);
    config["on_conflict"] = json!("adopt");
    let step = guarded(&bed);
    step.plan_create(config.clone()).await.unwrap();
    let said = own_loss(&step.take_warnings());
    assert!(
        said.contains(
            "Unless another change of the same apply makes up for it, apply refuses this"
        ),
        "{said}"
    );
    let refused = guarded(&bed).create(config).await.unwrap_err();
    assert!(titles(&refused.diagnostics).contains(&"This Change Locks You Out"));
}

#[tokio::test]
async fn a_plan_that_moves_the_own_entry_to_another_cluster_says_so() {
    let bed = Bed::lived_in();
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/stage".to_owned(),
        ..active_cluster("stage", "S")
    });
    let mut config = role_config("admins", "admin", &["system:masters"]);
    let state = guarded(&bed).create(config.clone()).await.unwrap();
    config["cluster_name"] = json!("stage");
    let step = guarded(&bed);
    let planned = step.plan_update(&state, config).await.unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert_ne!(own_loss(&step.take_warnings()), "");
}

#[tokio::test]
async fn a_plan_that_only_adds_asks_and_says_nothing() {
    let bed = Bed::lived_in();
    bed.make_role("/", "dev");
    let step = guarded(&bed);
    step.plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    assert_eq!(bed.kube().take_reviewed(), Vec::<String>::new());
}

#[tokio::test]
async fn another_admin_may_come_in_the_same_apply_and_nobody_gives_the_own_entry_back() {
    let bed = Bed::lived_in();
    for name in ["ops", "viewer"] {
        bed.make_role("/", name);
    }
    let of = |name: &str, group: &str| role_config(name, name, &[group]);
    bed.kube().write(&[("mapRoles", "[]")]);
    bed.kube().set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    bed.kube().set_reviews(FakeReviews {
        may: Some(["patch configmaps".to_owned()].into()),
        ..FakeReviews::default()
    });
    let unguarded = || bed.step(AwsAuthRoleResource::new());
    let editor = of("admins", "editors");
    let own = unguarded().create(editor).await.unwrap();
    let last = of("ops", "system:masters");
    let last = unguarded().create(last).await.unwrap();
    let step = guarded(&bed);
    step.plan_update(&last, of("ops", "viewers")).await.unwrap();
    let title = format!("The Last Cluster Admin Goes: {}", role_arn("ops"));
    let warnings = step.take_warnings();
    assert!(titles(&warnings).contains(&title.as_str()), "{warnings:?}");
    guarded(&bed)
        .plan_update(&own, of("admins", "viewers"))
        .await
        .unwrap_err();
}
