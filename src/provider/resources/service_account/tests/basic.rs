use super::*;

#[tokio::test]
async fn the_schema_and_the_model_fit() {
    assert_eq!(Bed::new().await.step().check(), Vec::<String>::new());
}

#[tokio::test]
async fn an_account_is_made_with_its_annotations_and_plans_empty() {
    let bed = Bed::new().await;
    let config = with(
        config(),
        json!({
            "audience": "sts.amazonaws.com", "token_expiration": 3600, "sts_regional_endpoints": true,
            "labels": {"team": "apps"}, "image_pull_secrets": ["b", "a"], "automount_service_account_token": false,
        }),
    );
    let step = bed.step();
    let planned = step.plan_create(config.clone()).await.unwrap();
    let model = planned.model.clone().unwrap();
    assert_eq!(model.id, Attr::Known("prod/apps/reader".to_owned()));
    assert_eq!(model.adopted, Attr::Unknown);
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(state.model.adopted, Attr::Known(false));
    assert_eq!(state.model.id, Attr::Known("prod/apps/reader".to_owned()));
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    assert_eq!(
        bed.shown(),
        [
            "the annotation `audience`=sts.amazonaws.com",
            &format!("the annotation `role-arn`={ROLE}"),
            "the annotation `sts-regional-endpoints`=true",
            "the annotation `token-expiration`=3600",
            "the label `team`=apps",
            "`imagePullSecrets`=a, b",
            "`automountServiceAccountToken`=false",
        ]
    );
    let step = bed.step();
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read, state);
    let planned = step.plan_update(&read, config).await.unwrap();
    assert_eq!(planned.action, Action::None);
}

#[tokio::test]
async fn a_plan_without_a_change_asks_iam_nothing() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.cloud.iam.calls.take();
    let planned = bed.step().plan_update(&state, config()).await.unwrap();
    assert_eq!(planned.action, Action::None);
    assert_eq!(bed.cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_longer_set_goes_and_what_is_foreign_stays() {
    let bed = Bed::new().await;
    let before = with(
        config(),
        json!({"audience": "a", "on_untrusted": "ignore", "labels": {"a": "1", "b": "2"}}),
    );
    let state = bed.step().create(before).await.unwrap();
    let mut others = foreign(&[("helm.sh/chart", "x")]);
    others
        .fields
        .labels
        .insert("theirs".to_owned(), "1".to_owned());
    bed.kube().put_service_account("helm", &others);
    let after = with(config(), json!({"labels": {"b": "3"}}));
    let step = bed.step();
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, state.model);
    let state = step.update(&read, after.clone()).await.unwrap();
    assert_eq!(
        bed.shown(),
        [
            &format!("the annotation `role-arn`={ROLE}"),
            "the annotation `helm.sh/chart`=x",
            "the label `b`=3",
            "the label `theirs`=1",
        ]
    );
    let step = bed.step();
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, after).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn drift_is_seen_and_mended() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().put_service_account(
        "kubectl-edit",
        &foreign(&[("eks.amazonaws.com/role-arn", "other")]),
    );
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.role_arn, Attr::Known("other".to_owned()));
    let refused = bed.step().plan_update(&read, config()).await.unwrap_err();
    assert!(
        text(&refused)
            .contains("`kubectl-edit` holds the annotation `eks.amazonaws.com/role-arn` = `other`"),
        "{}",
        text(&refused)
    );
    let adopting = with(config(), json!({"on_conflict": "adopt"}));
    bed.step().update(&read, adopting).await.unwrap();
    assert_eq!(bed.shown(), [format!("the annotation `role-arn`={ROLE}")]);
}

#[tokio::test]
async fn an_account_that_is_gone_is_made_again() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().remove_service_account("apps", "reader");
    assert_eq!(bed.step().read(&state).await, Ok(None));
    let state = bed.step().create(config()).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(false));
}

#[tokio::test]
async fn another_name_or_namespace_is_another_account() {
    let bed = Bed::new().await;
    bed.kube().make_namespace("web");
    let state = bed.step().create(config()).await.unwrap();
    for more in [
        json!({"name": "writer", "on_untrusted": "ignore"}),
        json!({"namespace": "web", "on_untrusted": "ignore"}),
    ] {
        let planned = bed
            .step()
            .plan_update(&state, with(config(), more))
            .await
            .unwrap();
        assert_eq!(planned.action, Action::Replace);
    }
}

#[tokio::test]
async fn the_namespace_is_waited_for() {
    let bed = Bed::new().await;
    let config = with(
        config(),
        json!({"namespace": "late", "on_untrusted": "ignore"}),
    );
    bed.kube()
        .on_next_account(Verb::Patch, Fault::Refuse(ErrorKind::NotFound));
    bed.kube().on_next_account(
        Verb::Patch,
        Fault::After(Box::new(|kube| kube.make_namespace("late"))),
    );
    bed.step().create(config).await.unwrap();
    assert!(bed.kube().service_account_now("late", "reader").is_some());
}

#[tokio::test]
async fn a_namespace_that_does_not_come_is_told_after_two_minutes_or_the_timeout() {
    for (more, waited) in [
        (json!({}), "120 s"),
        (json!({"timeouts": {"create": "3m"}}), "180 s"),
    ] {
        let bed = Bed::new().await;
        let config = with(
            config(),
            json!({"namespace": "none", "on_untrusted": "ignore"}),
        );
        let refused = refusal(bed.step().create(with(config, more)).await);
        assert_eq!(titles(&refused), ["Namespace Not Found"]);
        assert!(text(&refused).contains(waited), "{}", text(&refused));
    }
}

#[tokio::test]
async fn a_cluster_of_the_same_apply_is_judged_at_apply() {
    let bed = Bed::new().await;
    let step = bed.step_with(FakeCloud::settings());
    let config = with(
        config(),
        json!({"cluster_name": UNKNOWN, "role_arn": UNKNOWN}),
    );
    let planned = step.plan_create(config).await.unwrap();
    let model = planned.model.unwrap();
    assert_eq!(
        (model.id, model.cluster_arn),
        (Attr::Unknown, Attr::Unknown)
    );
    assert_eq!(bed.kube().take_account_calls(), []);
}

#[tokio::test]
async fn pods_that_must_be_restarted_are_named_where_they_may_be_listed() {
    let bed = Bed::new().await;
    bed.put_role("/", "other", &trust("system:serviceaccount:apps:reader"));
    let state = bed.step().create(config()).await.unwrap();
    bed.kube().run_pods("apps", "reader", &["web-1", "web-2"]);
    let other = with(
        config(),
        json!({"role_arn": format!("arn:aws:iam::{ACCOUNT}:role/other")}),
    );
    let step = bed.step();
    step.plan_update(&state, other.clone()).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(titles(&warnings), ["Pods Must Be Restarted"]);
    assert!(
        text(&warnings).contains("`web-1`, `web-2`"),
        "{}",
        text(&warnings)
    );
    let labelled = with(config(), json!({"labels": {"a": "b"}}));
    step.plan_update(&state, labelled).await.unwrap();
    bed.kube().deny("list", "pods");
    step.plan_update(&state, other).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
}
