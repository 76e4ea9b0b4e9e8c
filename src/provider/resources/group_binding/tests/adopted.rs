use super::*;

#[tokio::test]
async fn one_that_is_there_is_adopted_and_outlives_destroy() {
    let bed = Bed::new();
    bed.kube()
        .put_rbac_object("kubectl-create", &cluster_role("dev"), reads_pods());
    let step = bed.step();
    let planned = step.plan_create(config()).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Role Or Binding Exists Already"]
    );
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(bed.plan_again(&state, config()).await, Action::None);
    let step = bed.step();
    step.delete(&state).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        [
            "Adopted Role Or Binding Stays",
            "Field Stays On Role Or Binding"
        ]
    );
    assert_eq!(
        bed.shown(),
        ["ClusterRole `dev`: `rules`=get,list pods in \"\""]
    );
}

#[tokio::test]
async fn whoever_holds_other_rules_is_named() {
    let bed = Bed::new();
    let other = RbacFields {
        rules: Some(vec![RbacRule {
            verbs: vec!["*".to_owned()],
            ..reads_pods().rules.unwrap()[0].clone()
        }]),
        ..RbacFields::default()
    };
    bed.kube()
        .put_rbac_object("helm", &cluster_role("dev"), other);
    let refused = bed.step().plan_create(config()).await.unwrap_err();
    assert_eq!(titles(&refused), ["Role Or Binding Is Held By Others"]);
    let told = text(&refused);
    assert!(told.contains("`helm` holds `rules` = `* pods in \"\"` of ClusterRole `dev`; wanted is `get,list pods in \"\"`"), "{told}");
    let adopt = with(config(), json!({"on_conflict": "adopt"}));
    let state = bed.create(adopt.clone()).await;
    assert_eq!(bed.plan_again(&state, adopt).await, Action::None);
}

#[tokio::test]
async fn a_built_in_or_aggregated_role_is_never_changed() {
    let bed = Bed::new();
    let marked = RbacFields {
        labels: [(
            "kubernetes.io/bootstrapping".to_owned(),
            "rbac-defaults".to_owned(),
        )]
        .into(),
        ..reads_pods()
    };
    bed.kube()
        .put_rbac_object("kube-apiserver", &cluster_role("dev"), marked);
    let before = bed.shown();
    let adopt = with(config(), json!({"on_conflict": "adopt"}));
    let refused = bed.step().plan_create(adopt).await.unwrap_err();
    assert_eq!(titles(&refused), ["Built-In Role Or Binding"]);
    assert_eq!(bed.shown(), before);
}
