use super::*;

#[test]
fn the_schema_and_the_model_fit() {
    assert_eq!(Bed::new().step().check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_role_of_its_own_is_made_and_bound_and_plans_empty() {
    let bed = Bed::new();
    let config = with(
        config(),
        json!({"users": ["ann"], "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}),
    );
    let step = bed.step();
    let planned = step.plan_create(config.clone()).await.unwrap();
    let model = planned.model.clone().unwrap();
    assert_eq!(model.id, Attr::Known("prod/clusterrole/dev".to_owned()));
    assert_eq!(model.binding_name, Attr::Known("dev-ad9d9ff267".to_owned()));
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(state.model.adopted, Attr::Known(false));
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    let label = "the label `rbac.authorization.k8s.io/aggregate-to-view`=true";
    assert_eq!(
        bed.shown(),
        [
            format!("ClusterRole `dev`: {label} | `rules`=get,list pods in \"\""),
            format!(
                "ClusterRoleBinding `dev-ad9d9ff267`: {label} | `roleRef`=ClusterRole `dev` | `subjects`=group developers; user ann"
            ),
        ]
    );
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read, state);
    assert_eq!(bed.plan_again(&state, config).await, Action::None);
    bed.step().delete(&state).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}

#[tokio::test]
async fn in_namespaces_there_is_a_role_and_a_binding_in_each() {
    let bed = Bed::new();
    let config = |namespaces: Json| with(config(), json!({"namespaces": namespaces}));
    let state = bed.create(config(json!(["a", "b"]))).await;
    assert_eq!(state.model.id, Attr::Known("prod/role/a,b/dev".to_owned()));
    let keys = |bed: &Bed| {
        bed.kube()
            .rbac_keys()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(&bed),
        [
            "Role `dev` in namespace `a`",
            "Role `dev` in namespace `b`",
            "RoleBinding `dev-d083a1bd53` in namespace `a`",
            "RoleBinding `dev-d083a1bd53` in namespace `b`",
        ]
    );
    let state = bed
        .step()
        .update(&state, config(json!(["b"])))
        .await
        .unwrap();
    assert_eq!(
        keys(&bed),
        [
            "Role `dev` in namespace `b`",
            "RoleBinding `dev-d083a1bd53` in namespace `b`"
        ]
    );
    assert_eq!(
        bed.plan_again(&state, config(json!(["b"]))).await,
        Action::None
    );
}

#[tokio::test]
async fn a_role_that_is_there_is_bound_and_never_changed() {
    let bed = Bed::new();
    let view = bed
        .kube()
        .put_rbac_object("kube-apiserver", &cluster_role("view"), reads_pods());
    let config = json!({"name": "dev", "cluster_role": "view", "groups": ["developers"], "namespaces": ["a"]});
    let state = bed.create(config.clone()).await;
    assert_eq!(
        state.model.id,
        Attr::Known(format!(
            "prod/rolebinding/a/{}",
            state.model.binding_name.known().unwrap()
        ))
    );
    assert_eq!(bed.plan_again(&state, config).await, Action::None);
    bed.step().delete(&state).await.unwrap();
    assert_eq!(
        bed.kube().rbac_object_now(&cluster_role("view")),
        Some(view)
    );
    assert_eq!(bed.shown().len(), 1);
}

#[tokio::test]
async fn the_new_binding_is_there_before_the_old_one_goes() {
    let bed = Bed::new();
    let config =
        |role: &str| json!({"name": "dev", "cluster_role": role, "groups": ["developers"]});
    let state = bed.create(config("view")).await;
    bed.kube().take_rbac_calls();
    let step = bed.step();
    let planned = step.plan_update(&state, config("edit")).await.unwrap();
    let model = planned.model.clone().unwrap();
    assert!(model.binding_name.is_known());
    assert_ne!(model.binding_name, state.model.binding_name);
    let changed = step.apply(planned).await.unwrap().unwrap();
    let writes: Vec<Verb> = bed
        .kube()
        .take_rbac_calls()
        .into_iter()
        .map(|(verb, _)| verb)
        .filter(|verb| matches!(verb, Verb::Patch | Verb::Delete))
        .collect();
    assert_eq!(writes, [Verb::Patch, Verb::Delete]);
    assert_eq!(bed.shown().len(), 1);
    assert_eq!(bed.plan_again(&changed, config("edit")).await, Action::None);
}

#[tokio::test]
async fn from_one_place_to_the_other_nothing_goes_before_its_heir_is_there() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    let in_namespace = with(config(), json!({"namespaces": ["a"]}));
    let state = bed
        .step()
        .update(&state, in_namespace.clone())
        .await
        .unwrap();
    assert_eq!(bed.plan_again(&state, in_namespace).await, Action::None);
    let state = bed.step().update(&state, config()).await.unwrap();
    assert_eq!(bed.plan_again(&state, config()).await, Action::None);
    assert_eq!(bed.shown().len(), 2);
}

#[tokio::test]
async fn what_a_cluster_of_the_same_apply_is_called_is_known_at_apply() {
    let bed = Bed::new();
    let config = with(
        config(),
        json!({"cluster_name": UNKNOWN, "groups": UNKNOWN}),
    );
    let planned = bed.step().plan_create(config).await.unwrap();
    let model = planned.model.unwrap();
    assert_eq!((model.id, model.adopted), (Attr::Unknown, Attr::Unknown));
}
