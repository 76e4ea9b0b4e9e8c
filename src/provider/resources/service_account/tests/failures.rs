use super::*;
use crate::config::OnUnreadable;

#[tokio::test]
async fn a_namespace_that_is_not_there_is_said_at_plan() {
    let bed = Bed::new().await;
    let step = bed.step();
    let config = json!({"namespace": "appz", "name": "reader", "labels": {"team": "apps"}});
    step.plan_create(config).await.unwrap();
    let told = step.take_warnings();
    assert!(titles(&told).contains(&"Namespace Not Found"), "{told:?}");
    assert!(
        text(&told).contains("`appz` (did you mean `apps`?)"),
        "{}",
        text(&told)
    );
}

#[tokio::test]
async fn a_lost_answer_is_recognised_as_ours() {
    let bed = Bed::new().await;
    bed.kube().on_next_account(Verb::Patch, Fault::LoseAnswer);
    let state = bed.step().create(config()).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(false));
    bed.kube().on_next_account(Verb::Patch, Fault::LoseAnswer);
    let changed = with(config(), json!({"token_expiration": 600}));
    bed.step().update(&state, changed).await.unwrap();
    bed.kube().on_next_account(Verb::Patch, Fault::LoseRequest);
    let refused = refusal(
        bed.step()
            .update(&state, with(config(), json!({"token_expiration": 700})))
            .await,
    );
    assert_eq!(titles(&refused), ["Cannot Change Service Account"]);
}

#[tokio::test]
async fn an_account_that_somebody_makes_meanwhile_is_theirs() {
    let bed = Bed::new().await;
    let make = |kube: &FakeKube| {
        kube.put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    };
    bed.kube()
        .on_next_account(Verb::Patch, Fault::After(Box::new(make)));
    let step = bed.step();
    let state = step.create(config()).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(
        titles(&step.take_warnings()),
        ["Service Account Exists Already"]
    );
}

#[tokio::test]
async fn a_conflict_that_comes_with_the_apply_names_the_holder() {
    let bed = Bed::new().await;
    let make = |kube: &FakeKube| {
        kube.put_service_account(
            "eksctl",
            &foreign(&[("eks.amazonaws.com/role-arn", "theirs")]),
        );
    };
    bed.kube()
        .on_next_account(Verb::Patch, Fault::After(Box::new(make)));
    let refused = refusal(bed.step().create(config()).await);
    assert_eq!(titles(&refused), ["Service Account Is Held By Others"]);
    assert!(
        text(&refused).contains("`eksctl` holds"),
        "{}",
        text(&refused)
    );
}

#[tokio::test]
async fn a_missing_right_is_named() {
    for (verb, title) in [
        ("get", "Cannot Read Service Account"),
        ("patch", "Cannot Create Service Account"),
        ("create", "Cannot Create Service Account"),
    ] {
        let bed = Bed::new().await;
        bed.kube().deny(verb, "serviceaccounts");
        let refused = refusal(bed.step().create(config()).await);
        assert_eq!(titles(&refused), [title]);
        assert!(
            text(&refused).contains(&format!("{verb} serviceaccounts")),
            "{}",
            text(&refused)
        );
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_kept_where_that_is_wanted() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().deny("get", "serviceaccounts");
    let refused = bed.step().read(&state).await.unwrap_err();
    assert_eq!(titles(&refused), ["Cannot Read Service Account"]);
    let step = bed.step_with(Settings {
        on_unreadable: OnUnreadable::KeepState,
        ..FakeCloud::settings()
    });
    assert_eq!(step.read(&state).await, Ok(Some(state)));
    assert_eq!(
        titles(&step.take_warnings()),
        ["State Kept Without Checking"]
    );
}
