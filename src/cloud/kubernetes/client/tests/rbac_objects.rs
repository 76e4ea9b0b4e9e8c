//! Roles and bindings as objects: what is sent, and what is read from answers.

use std::collections::BTreeSet;

use eksauth_provider::ports::rbac_objects::{
    AppliedRbacObject, BoundSubject, RbacField, RbacFieldOwner, RbacFields, RbacKey, RbacKind,
    RbacObject, RbacObjectApi, RbacRule, RoleRef,
};
use serde_json::{Value, json};

use super::*;

const ROLE: &str = r#"{"kind":"Role","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"dev","namespace":"team-a","uid":"u-1","resourceVersion":"7","creationTimestamp":"2026-01-02T03:04:05Z",
    "labels":{"team":"a","other":"x"},"managedFields":[
      {"manager":"terraform-provider-eksauth","operation":"Apply","apiVersion":"rbac.authorization.k8s.io/v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1",
       "fieldsV1":{"f:metadata":{"f:labels":{"f:team":{}}},"f:rules":{}}},
      {"manager":"kubectl-label","operation":"Update","apiVersion":"rbac.authorization.k8s.io/v1","time":"2026-01-02T03:04:06Z","fieldsType":"FieldsV1",
       "fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:other":{}}}}}]},
    "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["web"]},{"verbs":["get"],"nonResourceURLs":["/metrics"]}]}"#;

const BINDING: &str = r#"{"kind":"ClusterRoleBinding","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"dev-1","uid":"u-2","managedFields":[
      {"manager":"terraform-provider-eksauth","operation":"Apply","apiVersion":"rbac.authorization.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:roleRef":{},"f:subjects":{}}}]},
    "subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"developers"},{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"ann"},
      {"kind":"ServiceAccount","name":"reader","namespace":"apps"}],
    "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"dev"}}"#;

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn key(kind: RbacKind, namespace: &str, name: &str) -> RbacKey {
    RbacKey {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

fn role_key() -> RbacKey {
    key(RbacKind::Role, "team-a", "dev")
}

fn rules() -> Vec<RbacRule> {
    vec![
        RbacRule {
            api_groups: owned(&[""]),
            resources: owned(&["pods"]),
            verbs: owned(&["get"]),
            resource_names: owned(&["web"]),
            ..RbacRule::default()
        },
        RbacRule {
            verbs: owned(&["get"]),
            non_resource_urls: owned(&["/metrics"]),
            ..RbacRule::default()
        },
    ]
}

fn subjects() -> Vec<BoundSubject> {
    vec![
        BoundSubject::Group("developers".to_owned()),
        BoundSubject::User("ann".to_owned()),
        BoundSubject::ServiceAccount {
            namespace: "apps".to_owned(),
            name: "reader".to_owned(),
        },
    ]
}

fn role_ref() -> RoleRef {
    RoleRef {
        kind: RbacKind::ClusterRole,
        name: "dev".to_owned(),
    }
}

fn owner(manager: &str, operation: &str, fields: &[RbacField]) -> RbacFieldOwner {
    RbacFieldOwner {
        manager: manager.to_owned(),
        operation: operation.to_owned(),
        fields: fields.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

fn role() -> RbacObject {
    let label = |name: &str| RbacField::Label(name.to_owned());
    let texts = [("team", "a"), ("other", "x")];
    let labels = texts.map(|(key, value)| (key.to_owned(), value.to_owned()));
    RbacObject {
        key: role_key(),
        uid: "u-1".to_owned(),
        fields: RbacFields {
            labels: labels.into(),
            rules: Some(rules()),
            ..RbacFields::default()
        },
        is_aggregated: false,
        owners: vec![
            owner(
                "terraform-provider-eksauth",
                "Apply",
                &[label("team"), RbacField::Rules],
            ),
            owner("kubectl-label", "Update", &[label("other")]),
        ],
    }
}

fn sent(bed: &Bed) -> (String, Value) {
    let received = bed.server.received();
    let last = received.last().unwrap();
    let body = serde_json::from_str(&last.body).unwrap_or_default();
    (format!("{} {}", last.method, last.target), body)
}

#[tokio::test]
async fn a_role_is_read_with_who_holds_what() {
    let bed = bed(|_| Reply::new(200, ROLE)).await;
    assert_eq!(bed.client.rbac_object(&role_key()).await, Ok(Some(role())));
    let (line, _) = sent(&bed);
    assert_eq!(
        line,
        "GET /apis/rbac.authorization.k8s.io/v1/namespaces/team-a/roles/dev"
    );
}

#[tokio::test]
async fn a_binding_is_read_with_every_kind_of_subject() {
    let bed = bed(|_| Reply::new(200, BINDING)).await;
    let binding = key(RbacKind::ClusterRoleBinding, "", "dev-1");
    let found = bed.client.rbac_object(&binding).await.unwrap().unwrap();
    assert_eq!(found.fields.subjects, Some(subjects()));
    assert_eq!(found.fields.role_ref, Some(role_ref()));
    assert_eq!(found.fields.rules, None);
    assert!(found.is_own_alone());
    let (line, _) = sent(&bed);
    assert_eq!(
        line,
        "GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/dev-1"
    );
}

#[tokio::test]
async fn an_aggregated_role_without_rules_is_told_and_a_missing_one_is_none() {
    let aggregated = r#"{"metadata":{"name":"sum","uid":"u-3"},"rules":null,"aggregationRule":{"clusterRoleSelectors":[{}]}}"#;
    let bed = bed(move |received| match received.target.ends_with("/sum") {
        true => Reply::new(200, aggregated),
        false => status(404, "NotFound", "no"),
    })
    .await;
    let role = |name| key(RbacKind::ClusterRole, "", name);
    let found = bed.client.rbac_object(&role("sum")).await.unwrap().unwrap();
    assert!(found.is_aggregated);
    assert_eq!(found.fields.rules, Some(Vec::new()));
    assert_eq!(bed.client.rbac_object(&role("none")).await, Ok(None));
}

#[tokio::test]
async fn an_apply_sends_only_what_is_held_and_tells_a_new_object_by_its_status() {
    for (status, is_new) in [(201, true), (200, false)] {
        let bed = bed(move |_| Reply::new(status, ROLE)).await;
        let applied = AppliedRbacObject {
            key: role_key(),
            uid: (!is_new).then(|| "u-1".to_owned()),
            fields: RbacFields {
                rules: Some(rules()),
                ..RbacFields::default()
            },
            is_forced: !is_new,
        };
        let done = bed.client.apply_rbac_object(&applied).await.unwrap();
        assert_eq!((done.object, done.is_new), (role(), is_new));
        let (line, body) = sent(&bed);
        let force = if is_new { "" } else { "force=true&" };
        assert_eq!(
            line,
            format!(
                "PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/team-a/roles/dev?&{force}fieldManager=terraform-provider-eksauth"
            )
        );
        let mut metadata = json!({"name": "dev", "namespace": "team-a"});
        if !is_new {
            metadata["uid"] = json!("u-1");
        }
        assert_eq!(
            body,
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": [
                {"apiGroups": [""], "resources": ["pods"], "resourceNames": ["web"], "verbs": ["get"]},
                {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]})
        );
    }
}

#[tokio::test]
async fn a_binding_is_sent_with_its_reference_and_every_kind_of_subject() {
    let bed = bed(|_| Reply::new(201, BINDING)).await;
    let applied = AppliedRbacObject {
        key: key(RbacKind::ClusterRoleBinding, "", "dev-1"),
        uid: None,
        fields: RbacFields {
            labels: [("team".to_owned(), "a".to_owned())].into(),
            role_ref: Some(role_ref()),
            subjects: Some(subjects()),
            ..RbacFields::default()
        },
        is_forced: false,
    };
    bed.client.apply_rbac_object(&applied).await.unwrap();
    let group = "rbac.authorization.k8s.io";
    assert_eq!(
        sent(&bed).1,
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "dev-1", "labels": {"team": "a"}},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "dev"},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "developers"}, {"apiGroup": group, "kind": "User", "name": "ann"},
                {"kind": "ServiceAccount", "namespace": "apps", "name": "reader"}]})
    );
}

/// Each message is one of Kubernetes 1.34.
#[tokio::test]
async fn what_may_not_be_granted_is_told_from_a_missing_permission() {
    let of_verb = |verb: &str| {
        format!(
            "roles.rbac.authorization.k8s.io \"dev\" is forbidden: User \"ci\" cannot {verb} resource \"roles\" in API group \"rbac.authorization.k8s.io\" in the namespace \"team-a\""
        )
    };
    let escalation = "roles.rbac.authorization.k8s.io \"dev\" is forbidden: user \"ci\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}";
    for (message, missing) in [
        (of_verb("patch"), Some("patch roles team-a/dev")),
        (of_verb("create"), Some("create roles team-a/dev")),
        (escalation.to_owned(), None),
    ] {
        let bed = bed(move |_| status(403, "Forbidden", &message)).await;
        let applied = AppliedRbacObject {
            key: role_key(),
            uid: None,
            fields: RbacFields::default(),
            is_forced: false,
        };
        let refused = bed.client.apply_rbac_object(&applied).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::AccessDenied);
        assert_eq!(refused.missing_permission.as_deref(), missing);
    }
}

#[tokio::test]
async fn a_removal_names_the_very_object_and_what_is_gone_is_success() {
    let bed = bed(|_| status(404, "NotFound", "no")).await;
    let key = role_key();
    let gone = bed.client.delete_rbac_object(&key, "u-1");
    assert_eq!(gone.await, Ok(()));
    let (line, body) = sent(&bed);
    assert_eq!(
        line,
        "DELETE /apis/rbac.authorization.k8s.io/v1/namespaces/team-a/roles/dev?"
    );
    assert_eq!(body["preconditions"], json!({"uid": "u-1"}));
}

#[tokio::test]
async fn all_of_a_kind_are_listed_page_by_page() {
    let bed = bed(|received| {
        let page = |token: &str, name: &str| {
            json!({"metadata": {"continue": token}, "items": [{"metadata": {"name": name, "namespace": "team-a"}}]})
                .to_string()
        };
        match received.target.contains("continue=next") {
            false => Reply::new(200, page("next", "a")),
            true => Reply::new(200, page("", "b")),
        }
    })
    .await;
    let listed = bed.client.rbac_objects(RbacKind::RoleBinding).await;
    let keys = ["a", "b"].map(|name| key(RbacKind::RoleBinding, "team-a", name));
    let listed: Vec<RbacKey> = listed.unwrap().into_iter().map(|one| one.key).collect();
    assert_eq!(listed, keys);
    assert_eq!(
        bed.server.received()[0].target,
        "/apis/rbac.authorization.k8s.io/v1/rolebindings?&limit=5000"
    );
}

/// Names of RBAC objects have colons, and nothing that would be another path.
#[tokio::test]
async fn a_name_that_would_change_the_path_is_not_sent() {
    let bed = bed(|_| status(404, "NotFound", "no")).await;
    for wrong in [
        key(RbacKind::ClusterRole, "", "../secrets/s"),
        key(RbacKind::ClusterRole, "", ".."),
        key(RbacKind::ClusterRole, "", "a?b"),
        key(RbacKind::ClusterRole, "", ""),
        key(RbacKind::Role, "", "dev"),
        key(RbacKind::Role, "a/b", "dev"),
    ] {
        let refused = bed.client.rbac_object(&wrong).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Invalid, "{wrong}");
    }
    assert!(bed.server.received().is_empty());
    let colons = key(RbacKind::ClusterRole, "", "system:node");
    assert_eq!(bed.client.rbac_object(&colons).await, Ok(None));
}
