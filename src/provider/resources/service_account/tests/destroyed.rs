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
async fn an_account_that_passes_to_another_address_is_not_deleted() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    let claims = Claims::in_memory();
    let step = bed.step().with_claims(claims);
    let removal = step.plan_delete(&state).await.unwrap();
    let changed = with(config(), json!({"token_expiration": 600}));
    let planned = step.plan_create(changed).await.unwrap();
    let uid = bed.account().unwrap().uid;
    step.apply(removal).await.unwrap();
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(bed.account().unwrap().uid, uid);
    assert_eq!(state.model.adopted, Attr::Known(false));
}

#[tokio::test]
async fn a_cluster_that_is_gone_took_the_account_along() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.cloud.eks.remove("prod");
    assert_eq!(bed.step().read(&state).await, Ok(None));
    bed.step().delete(&state).await.unwrap();
}
