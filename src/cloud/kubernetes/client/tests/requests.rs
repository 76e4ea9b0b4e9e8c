//! What is sent, and what is read from answers.

use super::*;

#[tokio::test]
async fn a_config_map_is_read_with_a_fresh_token() {
    let bed = bed(|_| Reply::new(200, AWS_AUTH)).await;
    assert_eq!(
        bed.client.config_map("kube-system", "aws-auth").await,
        Ok(Some(aws_auth()))
    );
    let received = &bed.server.received()[0];
    assert_eq!(
        (received.method.as_str(), received.target.as_str()),
        ("GET", "/api/v1/namespaces/kube-system/configmaps/aws-auth")
    );
    assert!(
        received
            .header("authorization")
            .unwrap()
            .starts_with("Bearer k8s-aws-v1.")
    );
    assert_eq!(
        received.header("user-agent"),
        Some("terraform-provider-eksauth/0.1.0")
    );
    assert_eq!(received.header("accept"), Some("application/json"));
}

#[tokio::test]
async fn a_name_that_would_change_the_path_is_not_sent() {
    let bed = bed(|_| Reply::new(200, AWS_AUTH)).await;
    for (space, name) in [
        ("kube-system", "../secrets/s"),
        ("a/b", "c"),
        ("a", "b?c"),
        ("a", ""),
    ] {
        let error = bed.client.config_map(space, name).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{space} {name}");
        let deleted = bed.client.delete_config_map(space, name).await;
        assert_eq!(deleted.unwrap_err().kind, ErrorKind::Invalid);
    }
    assert_eq!(bed.server.received().len(), 0);
}

#[tokio::test]
async fn a_config_map_that_is_not_there_is_none_and_its_deletion_is_success() {
    let bed = bed(|_| status(404, "NotFound", "configmaps \"aws-auth\" not found")).await;
    assert_eq!(
        bed.client.config_map("kube-system", "aws-auth").await,
        Ok(None)
    );
    assert_eq!(
        bed.client
            .delete_config_map("kube-system", "aws-auth")
            .await,
        Ok(())
    );
}

#[tokio::test]
async fn a_patch_sends_only_the_changed_keys_and_the_version_that_was_read() {
    let bed = bed(|_| Reply::new(200, AWS_AUTH)).await;
    assert_eq!(
        bed.client
            .patch_config_map("kube-system", "aws-auth", &patch())
            .await,
        Ok(aws_auth())
    );
    let received = &bed.server.received()[0];
    assert_eq!(received.method, "PATCH");
    assert_eq!(
        received.target,
        "/api/v1/namespaces/kube-system/configmaps/aws-auth?&fieldManager=terraform-provider-eksauth"
    );
    assert_eq!(
        received.header("content-type"),
        Some("application/merge-patch+json")
    );
    let body: serde_json::Value = serde_json::from_str(&received.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({ "metadata": { "resourceVersion": "42" }, "data": { "mapRoles": "[]", "mapUsers": null } })
    );
}

#[tokio::test]
async fn a_config_map_is_created_with_its_labels_and_annotations() {
    let bed = bed(|_| Reply::new(201, AWS_AUTH)).await;
    let new = NewConfigMap {
        data: BTreeMap::from([("mapRoles".to_owned(), String::new())]),
        labels: BTreeMap::from([("l".to_owned(), "m".to_owned())]),
        annotations: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
    };
    assert_eq!(
        bed.client
            .create_config_map("kube-system", "aws-auth", &new)
            .await,
        Ok(aws_auth())
    );
    let body: serde_json::Value = serde_json::from_str(&bed.server.received()[0].body).unwrap();
    let metadata = serde_json::json!({ "name": "aws-auth", "namespace": "kube-system", "labels": { "l": "m" }, "annotations": { "a": "b" } });
    assert_eq!(
        body,
        serde_json::json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "mapRoles": "" } })
    );
}

#[tokio::test]
async fn a_dry_run_is_the_same_request_with_one_parameter_more() {
    let bed = bed(|_| Reply::new(200, AWS_AUTH)).await;
    let new = NewConfigMap::default();
    let (space, name) = ("kube-system", "aws-auth");
    let writes = bed.client.patch_config_map(space, name, &patch()).await;
    assert_eq!(writes, Ok(aws_auth()));
    let dry_runs = [
        bed.client.dry_run_patch(space, name, &patch()).await,
        bed.client.dry_run_create(space, name, &new).await,
    ];
    assert_eq!(dry_runs, [Ok(()), Ok(())]);
    let received = bed.server.received();
    assert_eq!(received[1].body, received[0].body);
    assert_eq!(
        received[1].target,
        received[0].target.replace("?&", "?&dryRun=All&")
    );
    assert_eq!(
        (received[2].method.as_str(), received[2].target.as_str()),
        (
            "POST",
            "/api/v1/namespaces/kube-system/configmaps?&dryRun=All&fieldManager=terraform-provider-eksauth"
        )
    );
}

#[tokio::test]
async fn roles_and_nodes_are_read_as_far_as_the_guard_needs_them() {
    let rules = r#"{"metadata":{"name":"empty"},"aggregationRule":{},"rules":null},
        {"metadata":{"name":"masters"},"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]},{"verbs":["get"],"nonResourceURLs":["/x"]}]}"#;
    let bindings = r#"{"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"masters"},
        "subjects":[{"kind":"Group","name":"g"},{"kind":"User","name":"u"},{"kind":"ServiceAccount","name":"s","namespace":"n"}]}"#;
    let node = r#"{"metadata":{"name":"n"},"spec":{"of":["the","future"]}}"#;
    let bed = bed(move |received| {
        let path = received.target.split('?').next().unwrap();
        let (kind, items) = match path.rsplit('/').next().unwrap() {
            "clusterroles" => ("ClusterRole", rules),
            "clusterrolebindings" => ("ClusterRoleBinding", bindings),
            "roles" => ("Role", r#"{"metadata":{"name":"none"}}"#),
            "rolebindings" => ("RoleBinding", ""),
            _ => ("Node", node),
        };
        Reply::new(
            200,
            format!(
                r#"{{"kind":"{kind}List","apiVersion":"v1","metadata":{{}},"items":[{items}]}}"#
            ),
        )
    })
    .await;
    let found = RbacObjects {
        cluster_roles: bed.client.cluster_roles().await.unwrap(),
        cluster_role_bindings: bed.client.cluster_role_bindings().await.unwrap(),
        roles: bed.client.kube_system_roles().await.unwrap(),
        role_bindings: bed.client.kube_system_role_bindings().await.unwrap(),
        ..RbacObjects::default()
    };
    let rule = |verb: &str, star: &[&str]| PolicyRule {
        verbs: vec![verb.to_owned()],
        api_groups: star.iter().map(ToString::to_string).collect(),
        resources: star.iter().map(ToString::to_string).collect(),
        resource_names: Vec::new(),
    };
    let role = |name: &str, rules| Role {
        name: name.to_owned(),
        rules,
        ..Role::default()
    };
    let expected = RbacObjects {
        cluster_roles: vec![
            Role {
                aggregation: Some(Vec::new()),
                ..role("empty", Vec::new())
            },
            role("masters", vec![rule("*", &["*"]), rule("get", &[])]),
        ],
        cluster_role_bindings: vec![Binding {
            refers_to_cluster_role: true,
            role: "masters".to_owned(),
            subjects: vec![
                Subject::Group("g".to_owned()),
                Subject::User("u".to_owned()),
                Subject::User("system:serviceaccount:n:s".to_owned()),
            ],
        }],
        roles: vec![role("none", Vec::new())],
        ..RbacObjects::default()
    };
    assert_eq!(found, expected);
    assert_eq!(bed.client.has_nodes().await, Ok(true));
    let mut targets: Vec<String> = bed
        .server
        .received()
        .into_iter()
        .map(|one| format!("{} {}", one.method, one.target.trim_end_matches('?')))
        .collect();
    targets.sort();
    let rbac = "GET /apis/rbac.authorization.k8s.io/v1";
    assert_eq!(
        targets,
        [
            "GET /api/v1/nodes?&limit=1".to_owned(),
            format!("{rbac}/clusterrolebindings"),
            format!("{rbac}/clusterroles"),
            format!("{rbac}/namespaces/kube-system/rolebindings"),
            format!("{rbac}/namespaces/kube-system/roles"),
        ]
    );
}

#[tokio::test]
async fn config_maps_are_listed_by_label() {
    let bed = bed(|_| Reply::new(200, format!(r#"{{"apiVersion":"v1","kind":"ConfigMapList","metadata":{{}},"items":[{AWS_AUTH}]}}"#))).await;
    let found = bed
        .client
        .list_config_maps("kube-system", "a=b,c in (d)")
        .await;
    assert_eq!(
        found,
        Ok(BTreeMap::from([("aws-auth".to_owned(), aws_auth())]))
    );
    assert_eq!(
        bed.server.received()[0].target,
        "/api/v1/namespaces/kube-system/configmaps?&labelSelector=a%3Db%2Cc+in+%28d%29"
    );
}
