use super::*;

async fn plans_empty(bed: &Bed, id: &str, config: Json) {
    let state = bed.step().import(id).await.unwrap().unwrap();
    assert_eq!(bed.plan_again(&state, config).await, Action::None, "{id}");
}

#[tokio::test]
async fn what_was_made_here_is_found_by_its_id_and_by_its_identity() {
    let view = json!({"name": "dev", "cluster_role": "view", "groups": ["developers"]});
    let own = json!({"name": "dev", "rules": [{"resources": ["pods"], "verbs": ["get", "list"]}], "groups": ["developers"]});
    for config in [
        own.clone(),
        with(own, json!({"namespaces": ["a", "b"]})),
        view.clone(),
        with(view, json!({"namespaces": ["b"]})),
    ] {
        let bed = Bed::new();
        bed.kube()
            .put_rbac_object("kube-apiserver", &cluster_role("view"), reads_pods());
        let made = bed.create(config.clone()).await;
        let id = made.model.id.known().unwrap();
        plans_empty(&bed, id, config.clone()).await;
        let identity = json!({"cluster_name": "prod", "name": "dev"});
        let state = bed.step().import_identity(identity).await.unwrap().unwrap();
        assert_eq!(bed.plan_again(&state, config).await, Action::None, "{id}");
        assert_eq!(state.model, made.model, "{id}");
        bed.step().delete(&state).await.unwrap();
        assert_eq!(bed.shown().len(), 1, "{id}");
    }
}

#[tokio::test]
async fn what_kubectl_has_made_is_found_with_its_binding() {
    let bed = Bed::new();
    bed.kube()
        .put_rbac_object("kubectl-create", &cluster_role("dev"), reads_pods());
    let binding = key(RbacKind::ClusterRoleBinding, "", "devs-may-read");
    bed.kube()
        .put_rbac_object("kubectl-create", &binding, binds("dev", "developers"));
    let config = json!({"name": "dev", "rules": [{"resources": ["pods"], "verbs": ["get", "list"]}], "groups": ["developers"]});
    plans_empty(&bed, "prod/clusterrole/dev", config).await;
    let bound = json!({"name": "devs-may-read", "cluster_role": "dev", "groups": ["developers"]});
    plans_empty(&bed, "prod/clusterrolebinding/devs-may-read", bound).await;
    let second = key(RbacKind::ClusterRoleBinding, "", "more");
    bed.kube()
        .put_rbac_object("kubectl-create", &second, binds("dev", "others"));
    let refused = bed.step().import("prod/clusterrole/dev").await.unwrap_err();
    assert_eq!(titles(&refused), ["Several Bindings"]);
    assert!(text(&refused).contains("prod/clusterrolebinding/more"));
}

#[tokio::test]
async fn names_that_only_kubernetes_would_choose_are_taken() {
    let bed = Bed::new();
    let odd = "odd:Name_x y";
    bed.kube()
        .put_rbac_object("kubectl-create", &cluster_role(odd), reads_pods());
    bed.create(json!({"name": "dev", "cluster_role": odd, "groups": ["developers"]}))
        .await;
    let binding = key(RbacKind::ClusterRoleBinding, "", odd);
    bed.kube()
        .put_rbac_object("kubectl-create", &binding, binds("view", "developers"));
    let id = format!("prod/clusterrolebinding/{odd}");
    let state = bed.step().import(&id).await.unwrap().unwrap();
    assert_eq!(state.model.binding_name, Attr::Known(odd.to_owned()));
}

#[tokio::test]
async fn what_is_no_id_and_what_is_not_there_is_refused() {
    let bed = Bed::new();
    for id in [
        "prod",
        "prod/dev",
        "prod/pod/dev",
        "prod/role/dev",
        "prod/clusterrole/a/dev",
        "prod/role/A/dev",
        "prod/clusterrole/",
        "/clusterrole/dev",
    ] {
        let refused = bed.step().import(id).await.unwrap_err();
        assert_eq!(titles(&refused), ["Invalid Import Id"], "{id}");
    }
    for id in [
        "prod/clusterrole/dev",
        "prod/role/a/dev",
        "prod/rolebinding/a/x",
    ] {
        let refused = bed.step().import(id).await.unwrap_err();
        assert_eq!(titles(&refused), ["Nothing To Import"], "{id}");
    }
}

#[tokio::test]
async fn what_kubernetes_or_eks_has_made_is_not_imported() {
    let bed = Bed::new();
    let marked = RbacFields {
        labels: [(
            "kubernetes.io/bootstrapping".to_owned(),
            "rbac-defaults".to_owned(),
        )]
        .into(),
        ..binds("view", "developers")
    };
    let named = |name: &str| key(RbacKind::ClusterRoleBinding, "", name);
    for name in ["cluster-admin", "eks:nodes", "system:basic-user"] {
        bed.kube()
            .put_rbac_object("kube-apiserver", &named(name), binds("view", "x"));
    }
    bed.kube()
        .put_rbac_object("kube-apiserver", &named("marked"), marked);
    let of_namespace = key(RbacKind::RoleBinding, "a", "system:controller:x");
    bed.kube()
        .put_rbac_object("kube-apiserver", &of_namespace, binds("view", "x"));
    for id in [
        "prod/clusterrolebinding/cluster-admin",
        "prod/clusterrolebinding/eks:nodes",
        "prod/clusterrolebinding/system:basic-user",
        "prod/clusterrolebinding/marked",
        "prod/rolebinding/a/system:controller:x",
    ] {
        let refused = bed.step().import(id).await.unwrap_err();
        assert_eq!(titles(&refused), ["Built-In Role Or Binding"], "{id}");
        assert!(text(&refused).contains("which reconcile it"));
    }
}

#[tokio::test]
async fn a_cluster_is_named_by_its_arn_too() {
    let bed = Bed::new();
    let config = json!({"name": "dev", "rules": [{"resources": ["pods"], "verbs": ["get"]}], "groups": ["developers"]});
    let made = bed.create(config.clone()).await;
    let id = made.model.id.known().unwrap();
    let within = id.strip_prefix("prod").unwrap();
    let arn = |account: &str| format!("arn:aws:eks:eu-central-1:{account}:cluster/prod{within}");
    plans_empty(&bed, &arn("111122223333"), config).await;
    let refused = bed.step().import(&arn("999988887777")).await.unwrap_err();
    assert_eq!(titles(&refused), ["Cluster In Another Account"]);
}
