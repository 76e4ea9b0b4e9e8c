use super::*;

#[test]
fn what_cannot_be_is_said_with_its_path() {
    let rule = |rule: Json| with(config(), json!({"rules": [rule]}));
    for (config, title, path) in [
        (json!({"name": "dev", "groups": ["g"]}), "No Role", "rules"),
        (
            with(config(), json!({"cluster_role": "view"})),
            "More Than One Role",
            "cluster_role",
        ),
        (
            with(config(), json!({"groups": []})),
            "Nobody Is Bound",
            "groups",
        ),
        (with(config(), json!({"rules": []})), "No Rules", "rules"),
        (
            with(config(), json!({"namespaces": []})),
            "No Namespace",
            "namespaces",
        ),
        (
            json!({"name": "dev", "role": "x", "groups": ["g"]}),
            "Role Without Namespace",
            "role",
        ),
        (
            with(config(), json!({"name": "view"})),
            "Name Of Built-In Role",
            "name",
        ),
        (
            with(config(), json!({"name": "system:x"})),
            "Name Of Built-In Role",
            "name",
        ),
        (
            with(config(), json!({"name": "De v"})),
            "Invalid Role Name",
            "name",
        ),
        (
            json!({"name": "dev", "cluster_role": "a/b", "groups": ["g"]}),
            "Invalid Role Name",
            "cluster_role",
        ),
        (
            with(config(), json!({"namespaces": ["A_b"]})),
            "Invalid Namespace",
            "namespaces",
        ),
        (
            with(config(), json!({"groups": [" x"]})),
            "Invalid Subject",
            "groups",
        ),
        (
            with(config(), json!({"groups": ["system:masters"]})),
            "Invalid Subject",
            "groups",
        ),
        (
            with(config(), json!({"users": ["a:{{SessionName}}"]})),
            "Invalid Subject",
            "users",
        ),
        (
            with(config(), json!({"labels": {"a b": "c"}})),
            "Invalid Label",
            "labels",
        ),
        (
            rule(json!({"resources": ["pods"], "verbs": []})),
            "Invalid Rule",
            "rules[0].verbs",
        ),
        (
            rule(json!({"verbs": ["get"]})),
            "Invalid Rule",
            "rules[0].resources",
        ),
        (
            rule(json!({"resources": ["Pods"], "verbs": ["get"]})),
            "Invalid Resource",
            "rules[0].resources",
        ),
        (
            rule(json!({"resources": ["pods"], "verbs": ["Get"]})),
            "Invalid Verb",
            "rules[0].verbs",
        ),
        (
            rule(json!({"api_groups": ["apps/v1"], "resources": ["pods"], "verbs": ["get"]})),
            "Invalid API Group",
            "rules[0].api_groups",
        ),
        (
            rule(json!({"api_groups": [], "resources": ["pods"], "verbs": ["get"]})),
            "Invalid Rule",
            "rules[0].api_groups",
        ),
        (
            rule(json!({"non_resource_urls": ["metrics"], "verbs": ["get"]})),
            "Invalid Non-Resource URL",
            "rules[0].non_resource_urls",
        ),
        (
            rule(
                json!({"non_resource_urls": ["/metrics"], "resources": ["pods"], "verbs": ["get"]}),
            ),
            "Invalid Rule",
            "rules[0].non_resource_urls",
        ),
        (
            with(
                rule(json!({"non_resource_urls": ["/metrics"], "verbs": ["get"]})),
                json!({"namespaces": ["a"]}),
            ),
            "Invalid Rule",
            "rules[0].non_resource_urls",
        ),
    ] {
        let told = Bed::new().step().validate(config.clone());
        assert_eq!(titles(&told), [title], "{config}");
        let at = told
            .iter()
            .next()
            .unwrap()
            .path
            .as_ref()
            .unwrap()
            .to_string();
        assert!(at.starts_with(path), "{config}: {at}");
    }
}

#[test]
fn what_may_be_is_let_pass() {
    for config in [
        config(),
        json!({"name": "team:dev", "cluster_role": "system:auth-delegator", "users": ["arn:aws:iam::111122223333:role/x"]}),
        json!({"name": "dev", "rules": UNKNOWN, "groups": UNKNOWN, "cluster_role": UNKNOWN}),
        json!({"name": "dev", "rules": [{"non_resource_urls": ["/metrics", "/healthz/*"], "verbs": ["get"]}], "groups": ["g"]}),
        json!({"name": "dev", "rules": [{"api_groups": ["*"], "resources": ["*", "pods/log", "*/scale"], "verbs": ["*"], "resource_names": ["X_y"]}], "groups": ["g"]}),
    ] {
        let told = Bed::new().step().validate(config.clone());
        assert_eq!(text(&told), "", "{config}");
    }
}
