use super::*;

const ALL: [&str; 7] = [
    "create", "delete", "get", "list", "patch", "update", "watch",
];

fn bed() -> Bed {
    let bed = Bed::new();
    bed.kube().set_discovery(&[
        ("", "pods", &ALL),
        ("", "pods/log", &["get"]),
        ("", "services", &ALL),
        ("apps", "deployments", &ALL),
        ("rbac.authorization.k8s.io", "roles", &ALL),
    ]);
    bed
}

async fn warned(bed: &Bed, rule: Json) -> Vec<String> {
    let step = bed.step();
    let config = with(config(), json!({"rules": [rule]}));
    step.plan_create(config).await.unwrap();
    let told = step.take_warnings();
    told.iter()
        .map(|one| format!("{}: {}", one.summary, one.detail))
        .collect()
}

#[tokio::test]
async fn what_the_cluster_does_not_know_is_said_with_the_nearest_name() {
    for (rule, parts) in [
        (
            json!({"resources": ["deployments"], "verbs": ["get"]}),
            "  `rules[0].resources`: The cluster serves no `deployments` in the core group. It is in `apps`: write `api_groups = [\"apps\"]`.",
        ),
        (
            json!({"resources": ["pod"], "verbs": ["get"]}),
            "Did you mean `pods`?",
        ),
        (
            json!({"api_groups": ["app"], "resources": ["*"], "verbs": ["get"]}),
            "  `rules[0].api_groups`: The cluster serves no API group `app`. Did you mean `apps`?",
        ),
        (
            json!({"resources": ["pods"], "verbs": ["gets"]}),
            "  `rules[0].verbs`: Nothing can be done with `pods` by the verb `gets`. Did you mean `get`?",
        ),
        (
            json!({"resources": ["pods/log"], "verbs": ["delete"]}),
            "by the verb `delete`",
        ),
    ] {
        let warned = warned(&bed(), rule.clone()).await;
        assert_eq!(warned.len(), 1, "{rule}: {warned:?}");
        assert!(warned[0].contains(parts), "{rule}: {warned:?}");
    }
}

#[tokio::test]
async fn all_findings_of_a_resource_are_one_warning() {
    let bed = bed();
    let step = bed.step();
    let rules = json!([
        {"api_groups": ["app"], "resources": ["pod", "svc"], "verbs": ["gets"]},
        {"resources": ["deployments"], "verbs": ["get"]},
    ]);
    step.plan_create(with(config(), json!({"rules": rules})))
        .await
        .unwrap();
    let told = step.take_warnings();
    assert_eq!(titles(&told), ["Rules Without Effect"]);
    let told = text(&told);
    for part in [
        "`rules[0].api_groups`: The cluster serves no API group `app`",
        "`rules[0].resources`: The cluster serves no `pod`",
        "`rules[0].resources`: The cluster serves no `svc`",
        "`rules[0].verbs`",
        "`rules[1].resources`",
        "Ignore this if the same apply creates it.",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test]
async fn namespaces_that_are_not_there_are_said_with_the_nearest_names() {
    let bed = bed();
    for name in ["team-a", "team-b"] {
        bed.kube().make_namespace(name);
    }
    let of = |namespaces: Json| with(config(), json!({"namespaces": namespaces}));
    let step = bed.step();
    step.plan_create(of(json!(["team-a", "taem-a", "taem-b"])))
        .await
        .unwrap();
    let told = step.take_warnings();
    assert_eq!(titles(&told), ["Namespace Not Found"]);
    let told = text(&told);
    for part in [
        "`taem-a` (did you mean `team-a`?)",
        "`taem-b`",
        "Ignore this",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let state = bed.create(of(json!(["team-a"]))).await;
    let step = bed.step();
    step.plan_update(&state, of(json!(["team-a", "team-b"])))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    bed.kube().deny("list", "namespaces");
    let step = bed.step();
    step.plan_create(of(json!(["taem-a"]))).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn of_a_role_that_is_not_there_the_nearest_name_is_said() {
    let bed = bed();
    for role in ["view", "edit"] {
        bed.kube()
            .put_rbac_object("kube-apiserver", &cluster_role(role), reads_pods());
    }
    let step = bed.step();
    let bound = json!({"name": "dev", "cluster_role": "veiw", "groups": ["developers"]});
    step.plan_create(bound).await.unwrap();
    let told = step.take_warnings();
    assert_eq!(titles(&told), ["Role Not Found"]);
    assert!(
        text(&told).contains("There is no ClusterRole `veiw` in cluster `prod`, so the binding gives nothing until there is. Did you mean `view`?"),
        "{}",
        text(&told)
    );
}

#[tokio::test]
async fn what_it_knows_and_what_no_server_lists_is_not_warned_of() {
    for rule in [
        json!({"resources": ["pods", "pods/log", "services"], "verbs": ["get", "delete"]}),
        json!({"api_groups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["*"]}),
        json!({"api_groups": ["*"], "resources": ["*", "*/scale"], "verbs": ["*"]}),
        json!({"resources": ["users", "groups"], "verbs": ["impersonate"]}),
        json!({"resources": ["nodes/metrics"], "verbs": ["get"]}),
        json!({"api_groups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["bind", "escalate"]}),
    ] {
        assert_eq!(
            warned(&bed(), rule.clone()).await,
            Vec::<String>::new(),
            "{rule}"
        );
    }
}

#[tokio::test]
async fn a_cluster_that_does_not_tell_is_named() {
    let bed = Bed {
        cloud: Arc::new(FakeCloud::default()),
    };
    bed.cloud.eks.put(active_cluster("prod", "A"));
    let warned = warned(&bed, json!({"resources": ["pods"], "verbs": ["get"]})).await;
    assert_eq!(warned.len(), 1);
    assert!(warned[0].starts_with("Rules Not Checked"), "{warned:?}");
}
