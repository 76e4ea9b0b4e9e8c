use tf_provider::claims::Claims;

use super::*;

#[tokio::test]
async fn an_account_that_was_made_goes_and_its_pods_are_named() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    let pods: Vec<String> = (0..12).map(|number| format!("web-{number}")).collect();
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    bed.kube().run_pods("apps", "reader", &pods);
    let step = bed.step();
    step.delete(&state).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(titles(&warnings), ["Service Account Is In Use"]);
    assert!(
        text(&warnings).contains("`web-9` and more"),
        "{}",
        text(&warnings)
    );
    assert_eq!(bed.account(), None);
    bed.step().delete(&state).await.unwrap();
}

#[tokio::test]
async fn one_that_somebody_made_again_is_not_deleted() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().remove_service_account("apps", "reader");
    bed.kube()
        .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    bed.step().delete(&state).await.unwrap();
    assert_eq!(bed.shown(), ["the annotation `helm.sh/chart`=x"]);
}

#[tokio::test]
async fn one_that_is_made_again_between_look_and_removal_stays() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    let remake = |kube: &FakeKube| {
        kube.remove_service_account("apps", "reader");
        kube.put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    };
    bed.kube()
        .on_next_account(Verb::Delete, Fault::After(Box::new(remake)));
    let refused = bed.step().delete(&state).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), ["Service Account Changed Meanwhile"]);
    assert!(bed.account().is_some());
}

#[tokio::test]
async fn an_account_that_passes_to_another_address_is_not_deleted_and_stays_what_it_was() {
    for is_adopted in [false, true] {
        for is_removal_first in [true, false] {
            let (bed, folder) = (Bed::new().await, tempfile::tempdir().unwrap());
            if is_adopted {
                bed.kube()
                    .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
            }
            let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
            let first = with(config(), json!({"token_expiration": 600}));
            let state = walk().create(first).await.unwrap();
            let uid = bed.account().unwrap().uid;
            let plan = walk();
            let removal = plan.plan_delete(&state).await.unwrap();
            plan.plan_create(config()).await.unwrap();
            let apply = walk();
            let new = if is_removal_first {
                apply.apply(removal).await.unwrap();
                apply.create(config()).await.unwrap()
            } else {
                let new = apply.create(config()).await.unwrap();
                apply.apply(removal).await.unwrap();
                new
            };
            assert_eq!(titles(&apply.take_warnings()), Vec::<&str>::new());
            assert_eq!(new.model.adopted, Attr::Known(is_adopted));
            assert_eq!(bed.account().unwrap().uid, uid);
            assert_eq!(bed.account().unwrap().own_fields().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_cluster_that_is_gone_took_the_account_along() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.cloud.eks.remove("prod");
    assert_eq!(bed.step().read(&state).await, Ok(None));
    bed.step().delete(&state).await.unwrap();
}

#[tokio::test]
async fn pods_are_named_whatever_takes_the_account_away() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().run_pods("apps", "reader", &["web-1"]);
    let renamed = with(
        config(),
        json!({"name": "writer", "on_untrusted": "ignore"}),
    );
    let step = bed.step();
    step.plan_update(&state, renamed).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Service Account Is In Use"]);
    bed.kube().remove_service_account("apps", "reader");
    step.plan_create(config()).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Pods Must Be Restarted"]);
    let labelled = with(config(), json!({"labels": {"a": "b"}}));
    step.plan_update(&state, labelled).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Pods Must Be Restarted"]);
}

#[tokio::test]
async fn pods_that_lose_the_role_of_an_adopted_account_are_named() {
    let bed = Bed::new().await;
    bed.kube()
        .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().run_pods("apps", "reader", &["web-1"]);
    let step = bed.step();
    step.plan_delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Pods Must Be Restarted"]);
}

#[tokio::test]
async fn what_others_hold_of_an_imported_account_is_told_when_it_is_let_go() {
    let bed = Bed::new().await;
    bed.kube().put_service_account(
        "kubectl-annotate",
        &foreign(&[
            ("eks.amazonaws.com/role-arn", ROLE),
            ("eks.amazonaws.com/token-expiration", "3600"),
        ]),
    );
    let imported = bed.step().import("prod/apps/reader").await.unwrap();
    let step = bed.step();
    step.delete(&imported.unwrap()).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(
        titles(&warnings),
        [
            "Adopted Service Account Stays",
            "Field Stays On Service Account"
        ]
    );
    for part in ["role-arn", "token-expiration"] {
        assert!(text(&warnings).contains(part), "{}", text(&warnings));
    }
}
