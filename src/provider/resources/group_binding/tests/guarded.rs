mod at_once;
mod calls;
mod departures;
mod goes_together;
mod in_any_order;
mod mode_rises;
mod own;
mod together;
mod unlisted;

use super::*;
use crate::fakes::FakeReviews;
use crate::ports::access_review::ReviewedUser;

/// A cluster whose only administrator is the group `admins` by the binding of `boss`, which this provider has made; whoever acts is in it.
async fn with_admins() -> (Bed, Stored<GroupBindingModel>) {
    let bed = Bed::new();
    let all = RbacFields {
        rules: Some(vec![RbacRule {
            api_groups: vec!["*".to_owned()],
            resources: vec!["*".to_owned()],
            verbs: vec!["*".to_owned()],
            ..RbacRule::default()
        }]),
        ..RbacFields::default()
    };
    bed.kube()
        .put_rbac_object("kube-apiserver", &cluster_role("cluster-admin"), all);
    let entry = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups:\n  - admins\n";
    bed.kube().write(&[("mapRoles", entry)]);
    bed.kube().set_discovery(&[]);
    crate::aws_auth::fixture::make_role(&bed.cloud.iam, crate::fakes::ACCOUNT, "/", "admin");
    let state = bed.create(boss()).await;
    (bed, state)
}

fn boss() -> Json {
    json!({"name": "boss", "cluster_role": "cluster-admin", "groups": ["admins"]})
}

#[tokio::test]
async fn the_binding_of_the_last_administrators_is_not_removed() {
    let (bed, state) = with_admins().await;
    let step = bed.step();
    step.plan_delete(&state).await.unwrap();
    let warned = text(&step.take_warnings());
    assert!(warned.contains("role/admin"), "{warned}");
    let refused = bed.step().delete(&state).await.unwrap_err().diagnostics;
    let told = text(&refused);
    assert!(
        told.contains("is refused because of what it does to access"),
        "{told}"
    );
    assert!(told.contains("`eksauth_group_binding` `boss`"), "{told}");
    assert_eq!(bed.shown().len(), 2);
}

#[tokio::test]
async fn nor_given_to_somebody_else_nor_made_weaker() {
    let (bed, state) = with_admins().await;
    for more in [
        json!({"groups": ["others"]}),
        json!({"cluster_role": "view"}),
    ] {
        let refused = refusal(bed.step().update(&state, with(boss(), more)).await);
        let told = text(&refused);
        assert!(
            told.contains("is refused because of what it does to access"),
            "{told}"
        );
    }
    let more = with(boss(), json!({"groups": ["admins", "others"]}));
    bed.step().update(&state, more).await.unwrap();
}

#[tokio::test]
async fn with_another_administrator_it_goes() {
    let (bed, state) = with_admins().await;
    bed.create(with(boss(), json!({"name": "second"}))).await;
    bed.step().delete(&state).await.unwrap();
    let second = bed
        .step()
        .import("prod/clusterrole/cluster-admin")
        .await
        .unwrap()
        .unwrap();
    let refused = bed.step().delete(&second).await.unwrap_err().diagnostics;
    assert!(text(&refused).contains("is refused"), "{}", text(&refused));
}

#[tokio::test]
async fn two_removals_at_once_do_not_both_pass() {
    let (bed, first) = with_admins().await;
    let second = bed.create(with(boss(), json!({"name": "second"}))).await;
    let step = bed.step();
    let (one, other) = tokio::join!(step.delete(&first), step.delete(&second));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(bed.shown().len(), 2);
}

#[tokio::test]
async fn bindings_that_nobody_judges_are_not_held_up_and_rbac_that_is_not_read_is_said() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    bed.kube().set_rbac(FakeRbac::default());
    let step = bed.step();
    step.delete(&state).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Change Of Bindings Not Judged"]
    );
}

/// Whoever acts is in the group `developers`, and may do this.
fn reviews(may: &[&str]) -> FakeReviews {
    FakeReviews {
        user: Some(ReviewedUser {
            username: "ci".to_owned(),
            groups: vec!["developers".to_owned()],
            ..ReviewedUser::default()
        }),
        may: Some(may.iter().map(|one| (*one).to_owned()).collect()),
        ..FakeReviews::default()
    }
}

#[tokio::test]
async fn a_role_that_gives_nothing_of_what_is_asked_costs_no_question() {
    let bed = Bed::new();
    bed.kube().set_reviews(reviews(&["patch clusterroles"]));
    for more in [json!({}), json!({"namespaces": ["a", "b"]})] {
        let state = bed.create(with(config(), more)).await;
        bed.kube().take_reviewed();
        bed.step().delete(&state).await.unwrap();
        assert_eq!(bed.kube().take_reviewed(), Vec::<String>::new());
    }
    // Nobody knows here what a role gives that is managed elsewhere.
    let bound = json!({"name": "dev", "cluster_role": "view", "groups": ["developers"]});
    let state = bed.create(bound).await;
    bed.step().delete(&state).await.unwrap();
    assert!(!bed.kube().take_reviewed().is_empty());
}

#[tokio::test]
async fn what_whoever_acts_has_lost_is_put_back() {
    let bed = Bed::new();
    let powerful = json!({"rules": [{"resources": ["configmaps"], "verbs": ["get"]}]});
    let state = bed.create(with(config(), powerful)).await;
    bed.kube()
        .set_reviews(reviews(&["get configmaps", "patch clusterroles"]));
    let lost = reviews(&["patch clusterroles"]);
    bed.kube().on_next_rbac(
        Verb::Delete,
        Fault::After(Box::new(move |kube| kube.set_reviews(lost))),
    );
    let before = bed.shown();
    let refused = bed.step().delete(&state).await.unwrap_err().diagnostics;
    assert_eq!(
        titles(&refused),
        ["Change Took Access From Whoever Applies It"]
    );
    let told = text(&refused);
    assert!(
        told.contains("`get configmaps kube-system/aws-auth`"),
        "{told}"
    );
    assert!(told.contains("Everything was put back"), "{told}");
    assert_eq!(bed.shown(), before);
    // Nothing was lost of what it could not do before either.
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.adopted, Attr::Known(false));
    bed.step().delete(&read).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}
