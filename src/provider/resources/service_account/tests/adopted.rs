use super::*;

#[tokio::test]
async fn an_account_that_is_there_is_taken_over_and_keeps_what_it_has() {
    let bed = Bed::new().await;
    bed.kube()
        .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    let step = bed.step();
    let state = step.create(config()).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Service Account Exists Already"]
    );
    assert_eq!(state.model.adopted, Attr::Known(true));
    let step = bed.step();
    step.delete(&state).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Adopted Service Account Stays"]
    );
    assert_eq!(bed.shown(), ["the annotation `helm.sh/chart`=x"]);
    assert_eq!(bed.account().unwrap().own_fields().len(), 0);
}

#[tokio::test]
async fn what_others_hold_with_another_value_is_named_with_its_holder_at_plan_and_at_apply() {
    let bed = Bed::new().await;
    let planned = bed.step().plan_create(config()).await.unwrap();
    bed.kube().put_service_account(
        "eksctl",
        &foreign(&[("eks.amazonaws.com/role-arn", "theirs")]),
    );
    let holder = format!(
        "`eksctl` holds the annotation `eks.amazonaws.com/role-arn` = `theirs`; wanted is `{ROLE}`"
    );
    let at_plan = bed.step().plan_create(config()).await.unwrap_err();
    let at_apply = bed.step().apply(planned).await.unwrap_err().diagnostics;
    for refused in [at_plan, at_apply] {
        assert_eq!(titles(&refused), ["Service Account Is Held By Others"]);
        assert!(text(&refused).contains(&holder), "{}", text(&refused));
    }
    let adopting = with(config(), json!({"on_conflict": "adopt"}));
    let state = bed.step().create(adopting).await.unwrap();
    assert_eq!(bed.shown(), [format!("the annotation `role-arn`={ROLE}")]);
    bed.step().delete(&state).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}

#[tokio::test]
async fn what_others_hold_with_the_same_value_stays_with_them() {
    let bed = Bed::new().await;
    bed.kube()
        .put_service_account("eksctl", &foreign(&[("eks.amazonaws.com/role-arn", ROLE)]));
    let state = bed.step().create(config()).await.unwrap();
    let step = bed.step();
    let without = json!({"namespace": "apps", "name": "reader"});
    let state_without = step.update(&state, without.clone()).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(titles(&warnings), ["Field Stays On Service Account"]);
    assert!(
        text(&warnings).contains("`eksctl` holds the annotation"),
        "{}",
        text(&warnings)
    );
    let step = bed.step();
    let read = step.read(&state_without).await.unwrap().unwrap();
    assert_eq!(read.model.role_arn, Attr::Null);
    assert_eq!(
        step.plan_update(&read, without).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn an_account_that_somebody_made_again_is_theirs() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().remove_service_account("apps", "reader");
    bed.kube()
        .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(
        (read.model.adopted.clone(), read.model.role_arn.clone()),
        (Attr::Known(true), Attr::Null)
    );
    let state = bed.step().update(&read, config()).await.unwrap();
    bed.step().delete(&state).await.unwrap();
    assert_eq!(bed.shown(), ["the annotation `helm.sh/chart`=x"]);
}
