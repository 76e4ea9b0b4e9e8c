//! Bindings of whoever acts, of names of service accounts, and what is judged where a part of RBAC is not read.

use tf_provider::claims::Claims;

use super::*;
use crate::config::Acknowledgements;

const ADMIN: &str = "arn:aws:iam::111122223333:role/admin";

/// Whoever acts is the role `admin` in a group.
pub(super) fn acts_in(group: &str) -> FakeReviews {
    FakeReviews {
        user: Some(ReviewedUser {
            username: "admin".to_owned(),
            groups: vec![group.to_owned()],
            extra: [("canonicalArn".to_owned(), vec![ADMIN.to_owned()])].into(),
        }),
        may: Some(["* *".to_owned(), "patch configmaps".to_owned()].into()),
        ..FakeReviews::default()
    }
}

pub(super) fn meant(bed: &Bed, words: &str) -> Harness<GroupBindingResource> {
    let settings = Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        confirm_access: true,
        acknowledgements: Acknowledgements::parse(words),
        ..FakeCloud::settings()
    };
    Harness::new(GroupBindingResource, bed.cloud.client(settings))
}

#[tokio::test]
async fn the_name_of_a_service_account_is_a_user_like_any_other() {
    let (bed, state) = with_admins().await;
    let entry =
        format!("- rolearn: {ADMIN}\n  username: system:serviceaccount:ops:boss\n  groups: []\n");
    let named = json!({"groups": [], "users": ["system:serviceaccount:ops:boss"]});
    let named = bed
        .create(with(with(boss(), json!({"name": "named"})), named))
        .await;
    bed.kube().write(&[("mapRoles", &entry)]);
    bed.step().delete(&state).await.unwrap();
    let step = bed.step();
    step.plan_delete(&named).await.unwrap();
    let warned = text(&step.take_warnings());
    assert!(warned.contains("role/admin"), "{warned}");
    let told = text(&bed.step().delete(&named).await.unwrap_err().diagnostics);
    assert!(told.contains("lockout.last-admin"), "{told}");
}

#[tokio::test]
async fn what_could_be_read_of_rbac_counts_whatever_could_not() {
    let (bed, state) = with_admins().await;
    bed.kube().deny("list", "rolebindings");
    let told = text(&bed.step().delete(&state).await.unwrap_err().diagnostics);
    assert!(told.contains("lockout.last-admin"), "{told}");
    assert_eq!(bed.shown().len(), 2);
    bed.create(with(boss(), json!({"name": "second"}))).await;
    let step = bed.step();
    step.delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_takes_its_own_binding_where_nobody_could_judge_that() {
    let (bed, state) = with_admins().await;
    bed.kube().deny("list", "clusterrolebindings");
    bed.kube().set_reviews(acts_in("others"));
    let others = json!({"name": "others", "cluster_role": "view", "groups": ["viewers"]});
    let others = bed.create(others).await;
    let step = bed.step();
    step.delete(&others).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Change Of Bindings Not Judged"]
    );
    bed.kube().set_reviews(acts_in("admins"));
    let told = text(&bed.step().delete(&state).await.unwrap_err().diagnostics);
    assert!(told.contains("lockout.running-identity"), "{told}");
    assert!(told.contains("list clusterrolebindings"), "{told}");
    // It keeps what it has where the same role is given to it and to others.
    let more = with(boss(), json!({"groups": ["admins", "others"]}));
    bed.step().update(&state, more).await.unwrap();
}

#[tokio::test]
async fn who_means_that_everything_goes_takes_the_last_binding_along() {
    let (bed, state) = with_admins().await;
    let meant = |words: &str| meant(&bed, words);
    bed.kube().set_reviews(acts_in("admins"));
    let told = text(
        &meant("other:destroy")
            .delete(&state)
            .await
            .unwrap_err()
            .diagnostics,
    );
    assert!(told.contains("EKSAUTH_LOCKOUT_ACK=prod:destroy"), "{told}");
    // A change is no teardown.
    let others = with(boss(), json!({"groups": ["others"]}));
    let told = text(&refusal(meant("prod:destroy").update(&state, others).await));
    assert!(told.contains("is refused"), "{told}");
    let step = meant("prod:destroy");
    step.delete(&state).await.unwrap();
    let told = step.take_warnings();
    // Of the plan and of the write.
    let title = "Acknowledged Loss Of Access: arn:aws:iam::111122223333:role/admin";
    assert_eq!(titles(&told), [title; 2]);
    assert!(
        text(&told).contains(
            "  kubectl create clusterrolebinding NAME --clusterrole cluster-admin --group admins\n"
        ),
        "{}",
        text(&told)
    );
    assert!(!text(&told).contains("ConfigMap"), "{}", text(&told));
    assert_eq!(bed.shown().len(), 1);
}

pub(super) fn all_of_rbac() -> Json {
    json!([{"api_groups": ["rbac.authorization.k8s.io"], "resources": ["*"], "verbs": ["*"]}])
}

pub(super) fn binding_of(state: &Stored<GroupBindingModel>) -> RbacKey {
    let name = state.model.binding_name.known().unwrap();
    key(RbacKind::ClusterRoleBinding, "", name)
}

#[tokio::test]
async fn a_role_goes_with_the_binding_by_which_whoever_acts_may_remove_it() {
    let (bed, _) = with_admins().await;
    bed.kube().set_reviews(acts_in("cleaners"));
    let before = bed.shown();
    let own = json!({"name": "own", "rules": all_of_rbac(), "groups": ["cleaners"]});
    let own = bed.create(own).await;
    bed.kube().rest_rights_on(None, cluster_role("own"));
    bed.kube().rest_rights_on(None, binding_of(&own));
    meant(&bed, "prod:destroy").delete(&own).await.unwrap();
    assert_eq!(bed.shown(), before);
}

#[tokio::test]
async fn of_the_bindings_of_whoever_acts_that_which_removes_the_others_goes_last() {
    for is_last_first in [true, false] {
        let (bed, _) = with_admins().await;
        bed.kube().set_reviews(acts_in("cleaners"));
        let before = bed.shown();
        let maps = json!([{"resources": ["configmaps"], "verbs": ["get", "patch"]}]);
        let maps = json!({"name": "maps", "rules": maps, "groups": ["cleaners"]});
        let maps = bed.create(maps).await;
        let own = json!({"name": "own", "rules": all_of_rbac(), "groups": ["cleaners"]});
        let own = bed.create(own).await;
        bed.kube().rest_rights_on(None, binding_of(&own));
        let folder = tempfile::tempdir().unwrap();
        let walk = || meant(&bed, "prod:destroy").with_claims(Claims::in_folder(folder.path()));
        let plan = walk();
        let maps = plan.plan_delete(&maps).await.unwrap();
        let own = plan.plan_delete(&own).await.unwrap();
        let apply = walk();
        let (first, second) = match is_last_first {
            true => tokio::join!(apply.apply(own), apply.apply(maps)),
            false => tokio::join!(apply.apply(maps), apply.apply(own)),
        };
        first.unwrap();
        second.unwrap();
        assert_eq!(bed.shown(), before, "{is_last_first}");
    }
}

#[tokio::test]
async fn a_removal_beside_something_that_stays_is_no_teardown_whichever_is_planned_first() {
    for is_removal_first in [true, false] {
        let (bed, state) = with_admins().await;
        let other = json!({"name": "other", "cluster_role": "view", "groups": ["viewers"]});
        let stays = bed.create(other.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let claims = Claims::in_folder(folder.path());
        let plan = meant(&bed, "prod:destroy").with_claims(claims);
        if is_removal_first {
            let (removed, kept) =
                tokio::join!(plan.plan_delete(&state), plan.plan_update(&stays, other));
            removed.unwrap();
            kept.unwrap();
        } else {
            plan.plan_update(&stays, other).await.unwrap();
            plan.plan_delete(&state).await.unwrap();
        }
        let warned = text(&plan.take_warnings());
        assert!(
            warned.contains("lockout.last-admin"),
            "{is_removal_first}: {warned}"
        );
    }
}
