use super::*;

#[tokio::test]
async fn what_the_caller_may_not_grant_is_said_rule_by_rule() {
    let bed = Bed::new();
    bed.kube()
        .refuse_escalation("{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}");
    let refused = refusal(bed.step().create(config()).await);
    assert_eq!(titles(&refused), ["Caller Would Grant More Than It Has"]);
    let told = text(&refused);
    assert!(
        told.contains("  `get, list` on `pods` of the core group"),
        "{told}"
    );
    assert!(told.contains("`escalate` on the role"), "{told}");
}

#[tokio::test]
async fn a_namespace_is_waited_for_and_then_named() {
    let bed = Bed::new();
    let config = with(config(), json!({"namespaces": ["later"]}));
    bed.kube().on_next_rbac(
        Verb::Patch,
        Fault::After(Box::new(|kube| kube.make_namespace("other"))),
    );
    let refused = refusal(bed.step().create(config.clone()).await);
    assert_eq!(titles(&refused), ["Namespace Not Found"]);
    assert!(text(&refused).contains("has no namespace `later`"));
    bed.kube().make_namespace("later");
    bed.create(config).await;
}

#[tokio::test]
async fn a_create_that_stops_half_way_leaves_what_it_made_in_the_state() {
    let bed = Bed::new();
    let config = with(config(), json!({"namespaces": ["a", "later"]}));
    let failure = bed.step().create(config).await.unwrap_err();
    let state = failure.state.unwrap();
    assert_eq!(bed.shown().len(), 1);
    bed.step().delete(&state).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}

#[tokio::test]
async fn an_update_that_stops_half_way_goes_on_with_the_next() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    let other = json!({"name": "dev", "cluster_role": "view", "groups": ["developers"]});
    bed.kube()
        .on_next_rbac(Verb::Delete, Fault::Refuse(ErrorKind::Service));
    let failure = bed.step().update(&state, other.clone()).await.unwrap_err();
    let state = failure.state.unwrap();
    assert_eq!(bed.shown().len(), 3);
    let read = bed.step().read(&state).await.unwrap().unwrap();
    let state = bed.step().update(&read, other.clone()).await.unwrap();
    assert_eq!(bed.shown().len(), 1);
    assert_eq!(bed.plan_again(&state, other).await, Action::None);
}

#[tokio::test]
async fn a_lost_answer_is_no_failure_where_it_was_carried_out() {
    let bed = Bed::new();
    bed.kube().on_next_rbac(Verb::Patch, Fault::LoseAnswer);
    let state = bed.create(config()).await;
    assert_eq!(state.model.adopted, Attr::Known(false));
    bed.kube().on_next_rbac(Verb::Patch, Fault::LoseRequest);
    let changed = with(config(), json!({"labels": {"a": "b"}}));
    let refused = refusal(bed.step().update(&state, changed).await);
    assert_eq!(titles(&refused), ["Cannot Change Role Or Binding"]);
}

#[tokio::test]
async fn a_failed_read_is_no_deletion() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    bed.kube().deny("get", "clusterroles");
    bed.kube().deny("list", "clusterroles");
    let refused = bed.step().read(&state).await.unwrap_err();
    assert!(
        text(&refused).contains("clusterroles"),
        "{}",
        text(&refused)
    );
}

#[tokio::test]
async fn a_wait_is_as_long_as_it_is_set() {
    let bed = Bed::new();
    let config = with(
        config(),
        json!({"namespaces": ["later"], "timeouts": {"create": "2s"}}),
    );
    let refused = refusal(bed.step().create(config).await);
    assert!(
        text(&refused).contains("the provider waited 2 s for it"),
        "{}",
        text(&refused)
    );
}
