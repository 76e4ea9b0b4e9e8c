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
            "Unknown Resource: The cluster serves no `deployments` in the core group, so the rule gives nothing for it. It is in `apps`.",
        ),
        (
            json!({"resources": ["pod"], "verbs": ["get"]}),
            "Did you mean `pods`?",
        ),
        (
            json!({"api_groups": ["app"], "resources": ["*"], "verbs": ["get"]}),
            "Unknown API Group: The cluster serves no API group `app`. Did you mean `apps`?",
        ),
        (
            json!({"resources": ["pods"], "verbs": ["gets"]}),
            "Unknown Verb: Nothing can be done with `pods` by the verb `gets`, so it gives nothing. Did you mean `get`?",
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
