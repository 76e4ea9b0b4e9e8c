//! Pods and what makes them, page by page: what is asked for, and what is read from answers as an API server gives them.

use eksauth_core::legacy_pod_role::inventory::Inventory;
use eksauth_provider::ports::workload::{ObjectKind, ObjectPage, WorkloadApi};
use serde_json::json;

use super::*;

/// The first page of two, as kube-apiserver 1.33 gives it: items without kind, and much that nobody looks at.
const FIRST: &str = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"4711","continue":"bmV4dA","remainingItemCount":1},"items":[
    {"metadata":{"name":"web-6c8b4f5d9-x2x7z","generateName":"web-6c8b4f5d9-","namespace":"apps","uid":"8f4c","resourceVersion":"812","creationTimestamp":"2026-01-02T03:04:05Z",
      "labels":{"app":"web","pod-template-hash":"6c8b4f5d9"},"annotations":{"iam.amazonaws.com/role":"reader","iam.amazonaws.com/external-id":"id","kubernetes.io/psp":"eks.privileged"},
      "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-6c8b4f5d9","uid":"55aa","controller":true,"blockOwnerDeletion":true}],
      "managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:iam.amazonaws.com/role":{}}}}}]},
     "spec":{"serviceAccountName":"web","serviceAccount":"web","hostNetwork":true,"nodeName":"ip-10-0-0-1","restartPolicy":"Always","volumes":[{"name":"kube-api-access","projected":{"sources":[]}}],
      "containers":[{"name":"a","image":"example.com/web:1","args":["--verbose"],"env":[{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/reader"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},{"name":"SECRET","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],"resources":{}}]},
     "status":{"phase":"Running","podIP":"10.0.0.7","containerStatuses":[{"name":"a","ready":true,"restartCount":0,"image":"example.com/web:1","imageID":""}]}}]}"#;

/// What was read, as the rules see it.
fn inventory(kind: ObjectKind, page: &ObjectPage) -> Inventory {
    let mut inventory = Inventory::default();
    for object in &page.items {
        inventory.add(kind, object, None);
    }
    inventory
}

fn target(bed: &Bed) -> String {
    let received = bed.server.received();
    let last = received.last().unwrap();
    format!("{} {}", last.method, last.target)
}

#[tokio::test]
async fn running_pods_are_listed_page_by_page() {
    let bed = bed(|request| match request.target.contains("continue=") {
        false => Reply::new(200, FIRST),
        true => Reply::new(
            200,
            r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"4711","continue":""},"items":[]}"#,
        ),
    })
    .await;
    let first = bed.client.object_page(ObjectKind::Pod, None).await.unwrap();
    let running = "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
    assert_eq!(
        target(&bed),
        format!("GET /api/v1/pods?&{running}&limit=250")
    );
    let workloads = inventory(ObjectKind::Pod, &first).workloads();
    assert_eq!(workloads.len(), 1, "{workloads:?}");
    let web = &workloads[0];
    assert_eq!(
        (web.kind.as_str(), web.namespace.as_str(), web.name.as_str()),
        ("ReplicaSet", "apps", "web-6c8b4f5d9")
    );
    assert_eq!(web.template.role.as_deref(), Some("reader"));
    assert_eq!(web.template.external_id.as_deref(), Some("id"));
    assert_eq!(web.template.service_account, "web");
    assert!(web.template.host_network);
    let injected = "arn:aws:iam::111122223333:role/reader".to_owned();
    assert_eq!(
        web.web_identity_roles,
        BTreeMap::from([(injected, 1_usize)])
    );

    assert_eq!(first.continuation(), Some("bmV4dA"));
    let last = bed
        .client
        .object_page(ObjectKind::Pod, first.continuation())
        .await
        .unwrap();
    assert_eq!(
        target(&bed),
        format!("GET /api/v1/pods?&{running}&limit=250&continue=bmV4dA")
    );
    assert!(last.items.is_empty() && last.continuation().is_none());
}

#[tokio::test]
async fn every_kind_is_listed_where_its_group_is() {
    let bed = bed(|_| Reply::new(200, json!({"items": []}).to_string())).await;
    for kind in ObjectKind::ALL {
        bed.client.object_page(kind, None).await.unwrap();
    }
    let received = bed.server.received();
    let paths: Vec<&str> = received
        .iter()
        .filter_map(|one| one.target.split('?').next())
        .collect();
    assert_eq!(
        paths,
        [
            "/api/v1/namespaces",
            "/api/v1/serviceaccounts",
            "/apis/apps/v1/deployments",
            "/apis/apps/v1/statefulsets",
            "/apis/apps/v1/daemonsets",
            "/apis/apps/v1/replicasets",
            "/api/v1/replicationcontrollers",
            "/apis/batch/v1/jobs",
            "/apis/batch/v1/cronjobs",
            "/api/v1/pods",
        ]
    );
}

#[tokio::test]
async fn a_list_that_is_refused_or_has_expired_says_which() {
    let forbidden = "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let denied = bed(move |_| status(403, "Forbidden", forbidden)).await;
    let error = denied
        .client
        .object_page(ObjectKind::Pod, None)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::AccessDenied);
    assert!(error.message.contains(forbidden), "{error:?}");

    let expired =
        bed(|_| status(410, "Expired", "The provided continue parameter is too old")).await;
    let error = expired
        .client
        .object_page(ObjectKind::Pod, Some("old"))
        .await
        .unwrap_err();
    assert_eq!(error.code.as_deref(), Some("410"), "{error:?}");

    let broken = bed(|_| Reply::new(200, r#"{"items": [{"metadata": 1}]}"#)).await;
    let error = broken
        .client
        .object_page(ObjectKind::Pod, None)
        .await
        .unwrap_err();
    assert!(
        error.message.starts_with("the answer cannot be read: "),
        "{error:?}"
    );
}
