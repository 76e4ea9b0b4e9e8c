use super::*;

fn binding(namespace: &str) -> RbacKey {
    match namespace {
        "" => key(RbacKind::ClusterRoleBinding, "", "dev-ad9d9ff267"),
        namespace => key(RbacKind::RoleBinding, namespace, "dev-d083a1bd53"),
    }
}

/// What the plan says and the apply refuses: an error at plan would stop a destroy, which begins with the same plan.
async fn warned_and_refused(bed: &Bed, state: &Stored<GroupBindingModel>) -> (String, String) {
    let step = bed.step();
    let planned = step.plan_update(state, config()).await.unwrap();
    let warned = text(&step.take_warnings());
    let refused = step.apply(planned).await.unwrap_err().diagnostics;
    (warned, text(&refused))
}

#[tokio::test]
async fn what_is_gone_is_made_again() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    for gone in [cluster_role("dev"), binding("")] {
        bed.kube().remove_rbac_object(&gone);
        let step = bed.step();
        let read = step.read(&state).await.unwrap().unwrap();
        let planned = step.plan_update(&read, config()).await.unwrap();
        assert_eq!(planned.action, Action::Update, "{gone}");
        let made = step.apply(planned).await.unwrap().unwrap();
        assert_eq!(bed.plan_again(&made, config()).await, Action::None);
        assert_eq!(made.model.adopted, Attr::Known(false));
    }
    bed.kube().remove_rbac_object(&cluster_role("dev"));
    bed.kube().remove_rbac_object(&binding(""));
    assert_eq!(bed.step().read(&state).await.unwrap(), None);
}

#[tokio::test]
async fn a_namespace_without_its_binding_is_drift() {
    let bed = Bed::new();
    let config = with(config(), json!({"namespaces": ["a", "b"]}));
    let state = bed.create(config.clone()).await;
    bed.kube().remove_rbac_object(&binding("a"));
    let step = bed.step();
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model.namespaces,
        crate::attributes::values::to_set(["b".to_owned()])
    );
    let planned = step.plan_update(&read, config.clone()).await.unwrap();
    let made = step.apply(planned).await.unwrap().unwrap();
    assert!(bed.kube().rbac_object_now(&binding("a")).is_some());
    assert_eq!(bed.plan_again(&made, config).await, Action::None);
}

#[tokio::test]
async fn a_role_without_its_only_binding_is_drift() {
    let bed = Bed::new();
    let config = with(config(), json!({"namespaces": ["a"]}));
    let state = bed.create(config.clone()).await;
    for gone in [binding("a"), key(RbacKind::Role, "a", "dev")] {
        bed.kube().remove_rbac_object(&gone);
        let step = bed.step();
        let read = step.read(&state).await.unwrap().unwrap();
        assert_eq!(read.model.id, Attr::Known("prod/dev".to_owned()));
        let planned = step.plan_update(&read, config.clone()).await.unwrap();
        let made = step.apply(planned).await.unwrap().unwrap();
        assert_eq!(made.model.id, state.model.id);
        assert_eq!(bed.plan_again(&made, config.clone()).await, Action::None);
    }
}

#[tokio::test]
async fn other_rules_and_other_subjects_are_drift_and_foreign_labels_are_not() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    let labels = RbacFields {
        labels: [("theirs".to_owned(), "x".to_owned())].into(),
        ..RbacFields::default()
    };
    bed.kube()
        .put_rbac_object("argocd", &cluster_role("dev"), labels);
    assert_eq!(bed.plan_again(&state, config()).await, Action::None);
    let more = RbacFields {
        subjects: Some(vec![
            BoundSubject::Group("developers".to_owned()),
            BoundSubject::ServiceAccount {
                namespace: "x".to_owned(),
                name: "y".to_owned(),
            },
        ]),
        ..RbacFields::default()
    };
    bed.kube()
        .put_rbac_object("kubectl-edit", &binding(""), more);
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model.users,
        crate::attributes::values::to_set(["system:serviceaccount:x:y".to_owned()])
    );
    // What somebody holds with another value is theirs until it is taken over.
    let (warned, refused) = warned_and_refused(&bed, &read).await;
    for told in [warned, refused] {
        assert!(told.contains("`kubectl-edit` holds `subjects`"), "{told}");
    }
    let adopt = with(config(), json!({"on_conflict": "adopt"}));
    let taken = bed.step().update(&read, adopt.clone()).await.unwrap();
    assert_eq!(bed.plan_again(&taken, adopt).await, Action::None);
}

#[tokio::test]
async fn one_that_somebody_else_has_made_again_is_theirs() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    bed.kube().remove_rbac_object(&cluster_role("dev"));
    bed.kube()
        .put_rbac_object("helm", &cluster_role("dev"), reads_pods());
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.adopted, Attr::Known(true));
    bed.step().delete(&read).await.unwrap();
    assert_eq!(
        bed.shown(),
        ["ClusterRole `dev`: `rules`=get,list pods in \"\""]
    );
}

#[tokio::test]
async fn a_binding_under_the_name_that_refers_elsewhere_is_named() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    bed.kube().remove_rbac_object(&binding(""));
    bed.kube().put_rbac_object(
        "mallory",
        &binding(""),
        binds("cluster-admin", "developers"),
    );
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.groups, Attr::Null);
    let (warned, refused) = warned_and_refused(&bed, &read).await;
    for told in [&warned, &refused] {
        assert!(told.contains("Binding Refers To Another Role: "), "{told}");
    }
    assert!(warned.contains("Apply refuses the change"), "{warned}");
    bed.step().delete(&read).await.unwrap();
}

/// Nothing is left of the state, so the plan of a destroy begins as that of a create.
#[tokio::test]
async fn nor_does_one_of_which_nothing_else_is_left_stop_a_destroy() {
    let bed = Bed::new();
    bed.kube()
        .put_rbac_object("kube-apiserver", &cluster_role("view"), reads_pods());
    let config = json!({"name": "dev", "cluster_role": "view", "groups": ["developers"]});
    let state = bed.create(config.clone()).await;
    let Attr::Known(name) = &state.model.binding_name else {
        unreachable!()
    };
    let binding = key(RbacKind::ClusterRoleBinding, "", name);
    bed.kube().remove_rbac_object(&binding);
    bed.kube()
        .put_rbac_object("mallory", &binding, binds("edit", "developers"));
    let step = bed.step();
    assert_eq!(step.read(&state).await.unwrap(), None);
    let planned = step.plan_create(config.clone()).await.unwrap();
    let warned = text(&step.take_warnings());
    assert!(warned.contains("Apply refuses the change"), "{warned}");
    let refused = step.apply(planned).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), ["Binding Refers To Another Role"]);
    // One that the state never had is refused by its plan.
    let refused = bed.step().plan_create(config).await.unwrap_err();
    assert_eq!(titles(&refused), ["Binding Refers To Another Role"]);
}

#[tokio::test]
async fn whoever_loses_all_bindings_of_the_namespaces_has_a_whole_state_and_gets_them_again() {
    let bed = Bed::new();
    let config = with(config(), json!({"namespaces": ["a", "b"]}));
    let state = bed.create(config.clone()).await;
    bed.kube().remove_rbac_object(&binding("a"));
    bed.kube().remove_rbac_object(&binding("b"));
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.id, Attr::Known("prod/dev".to_owned()));
    bed.step().plan_delete(&read).await.unwrap();
    let step = bed.step();
    let planned = step.plan_update(&read, config.clone()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let made = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(bed.plan_again(&made, config).await, Action::None);
    assert_eq!(bed.shown().len(), 4);
    bed.step().delete(&made).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}

#[tokio::test]
async fn a_create_that_stopped_before_any_binding_can_be_read_and_removed() {
    let bed = Bed::new();
    let config = with(config(), json!({"namespaces": ["a", "later"]}));
    let failure = bed.step().create(config.clone()).await.unwrap_err();
    let read = bed.step().read(&failure.state.unwrap()).await;
    let read = read.unwrap().unwrap();
    bed.kube().make_namespace("later");
    let made = bed.step().update(&read, config.clone()).await.unwrap();
    assert_eq!(bed.plan_again(&made, config).await, Action::None);
    bed.step().delete(&made).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}
