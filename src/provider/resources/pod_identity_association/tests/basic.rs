//! Made, read, changed in place, gone.

use super::*;

#[tokio::test]
async fn an_association_is_made_whole_and_plans_empty() {
    let bed = Bed::new();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let config = with(
        config(),
        json!({"target_role_arn": TARGET, "disable_session_tags": true, "policy": policy, "tags": {"team": "apps"}}),
    );
    let made = bed.step().create(config.clone()).await.unwrap();
    let now = bed.now().unwrap();
    assert_eq!(now.target_role_arn.as_deref(), Some(TARGET));
    assert_eq!(now.policy.as_deref(), Some(policy));
    assert!(now.is_without_session_tags);
    assert_eq!(now.tags["team"], "apps");
    let model = &made.model;
    assert_eq!(model.association_id, Attr::Known(now.id));
    assert_eq!(model.external_id, now.external_id.into());
    assert_eq!(model.id, Attr::Known("prod/apps/reader".to_owned()));
    let step = bed.step();
    let read = step.read(&made).await.unwrap().unwrap();
    let plan = step.plan_update(&read, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
    bed.step().delete(&read).await.unwrap();
    assert!(bed.now().is_none());
}

#[tokio::test]
async fn everything_but_the_account_changes_in_place_and_the_role_is_never_empty() {
    let bed = Bed::new();
    let made = bed.step().create(config()).await.unwrap();
    let id = bed.now().unwrap().id;
    bed.writes();
    for more in [
        json!({"role_arn": OTHER}),
        json!({"target_role_arn": TARGET}),
    ] {
        let step = bed.step();
        let plan = step.plan_update(&made, with(config(), more)).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        step.apply(plan).await.unwrap();
        assert_eq!(bed.now().unwrap().id, id);
    }
    assert_eq!(
        bed.writes(),
        [
            format!("UpdatePodIdentityAssociation prod {OTHER}"),
            format!("UpdatePodIdentityAssociation prod {ROLE}")
        ]
    );
    let step = bed.step();
    let plan = step.plan_update(&made, with(config(), json!({"service_account": "writer"})));
    assert_eq!(plan.await.unwrap().action, Action::Replace);
}

#[tokio::test]
async fn tags_change_without_touching_the_roles() {
    let bed = Bed::new();
    let tagged = with(config(), json!({"tags": {"a": "1", "b": "2"}}));
    let made = bed.step().create(tagged).await.unwrap();
    bed.writes();
    let changed = with(config(), json!({"tags": {"a": "3"}}));
    bed.step().update(&made, changed).await.unwrap();
    assert_eq!(bed.writes(), ["TagResource", "UntagResource"]);
    let tags = bed.now().unwrap().tags;
    assert_eq!(
        tags.into_iter().collect::<Vec<_>>(),
        [("a".to_owned(), "3".to_owned())]
    );
}

#[tokio::test]
async fn what_is_taken_out_goes_in_place_or_with_an_association_that_is_made_anew() {
    for ignores in [false, true] {
        let bed = Bed::new();
        let chained = with(
            config(),
            json!({"target_role_arn": TARGET, "tags": {"a": "b"}}),
        );
        let made = bed.step().create(chained).await.unwrap();
        let id = bed.now().unwrap().id;
        if ignores {
            bed.cloud.eks.ignore_empty_texts();
        }
        let step = bed.step();
        let without = with(config(), json!({"tags": {"a": "b"}}));
        let plan = step.plan_update(&made, without.clone()).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        let changed = step.apply(plan).await.unwrap().unwrap();
        let now = bed.now().unwrap();
        assert_eq!(now.target_role_arn, None);
        assert_eq!(now.id == id, !ignores);
        assert_eq!(now.tags["a"], "b");
        assert_eq!(changed.model.association_id, Attr::Known(now.id));
        assert_eq!(changed.model.external_id, Attr::Null);
        let step = bed.step();
        let read = step.read(&changed).await.unwrap().unwrap();
        assert_eq!(
            step.plan_update(&read, without).await.unwrap().action,
            Action::None
        );
    }
}

#[tokio::test]
async fn one_that_is_gone_is_planned_anew_and_one_made_again_by_others_is_theirs() {
    let bed = Bed::new();
    let made = bed.step().create(config()).await.unwrap();
    bed.cloud.eks.lose_association("apps:reader");
    assert!(bed.step().read(&made).await.unwrap().is_none());
    bed.step().delete(&made).await.unwrap();
    bed.give(OTHER, None);
    let step = bed.step();
    let read = step.read(&made).await.unwrap().unwrap();
    assert_eq!(read.model.adopted, Attr::Known(true));
    assert_eq!(read.model.role_arn, Attr::Known(OTHER.to_owned()));
    let plan = step.plan_update(&read, config()).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let changed = step.apply(plan).await.unwrap().unwrap();
    bed.step().delete(&changed).await.unwrap();
    assert_eq!(bed.now().unwrap().role_arn, ROLE);
}

#[tokio::test]
async fn one_that_is_gone_between_plan_and_apply_is_named() {
    let bed = Bed::new();
    let made = bed.step().create(config()).await.unwrap();
    bed.cloud.eks.lose_association("apps:reader");
    let changed = with(config(), json!({"role_arn": OTHER}));
    let refused = refusal(bed.step().update(&made, changed).await);
    assert_eq!(
        titles(&refused),
        ["Pod Identity Association Changed Meanwhile"]
    );
}

#[tokio::test]
async fn another_spelling_of_the_policy_is_no_drift() {
    let bed = Bed::new();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}]});
    let config = with(
        config(),
        json!({"disable_session_tags": true, "policy": policy.to_string()}),
    );
    let made = bed.step().create(config.clone()).await.unwrap();
    let mut now = bed.now().unwrap();
    bed.cloud.eks.lose_association("apps:reader");
    now.policy = Some(
        policy
            .to_string()
            .replace("[\"s3:GetObject\"]", "\"s3:GetObject\""),
    );
    bed.cloud.eks.give_by_pod_identity("apps:reader", now);
    let step = bed.step();
    let read = step.read(&made).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}
