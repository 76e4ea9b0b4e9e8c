//! Roles and bindings with their names: which lists are asked for, and what is read from them.

use eksauth_core::kubernetes::rbac::{
    BindingObject, BoundSubject, PolicyRule, RoleObject, RoleRef, UrlRule,
};
use eksauth_provider::ports::rbac_listing::{RbacListingApi, RbacScope};

use super::*;

const CLUSTER_ROLES: &str = r#"
    {"metadata":{"name":"sum"},"aggregationRule":{"clusterRoleSelectors":[]},"rules":null},
    {"metadata":{"name":"viewer"},"rules":[
      {"verbs":["get"],"apiGroups":[""],"resources":["pods","pods/log"],"resourceNames":["web"]},
      {"verbs":["get"],"nonResourceURLs":["/healthz/*"]}]}"#;
const CLUSTER_BINDINGS: &str = r#"
    {"metadata":{"name":"nobody"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"viewer"}},
    {"metadata":{"name":"all"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"viewer"},"subjects":[
      {"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"g"},{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"u"},
      {"kind":"ServiceAccount","name":"s","namespace":"n"},{"kind":"Robot","name":"r"}]}"#;
const ROLES: &str = r#"{"metadata":{"name":"own","namespace":"apps"},"rules":[{"verbs":["*"],"apiGroups":["apps"],"resources":["*"]}]}"#;
const BINDINGS: &str = r#"{"metadata":{"name":"own","namespace":"apps"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"own"},
    "subjects":[{"kind":"ServiceAccount","name":"s"}]}"#;

async fn listing_bed() -> Bed {
    bed(|received| {
        let path = received.target.split('?').next().unwrap();
        let (kind, items) = match path.rsplit('/').next().unwrap() {
            "clusterroles" => ("ClusterRole", CLUSTER_ROLES),
            "clusterrolebindings" => ("ClusterRoleBinding", CLUSTER_BINDINGS),
            "roles" => ("Role", ROLES),
            _ => ("RoleBinding", BINDINGS),
        };
        Reply::new(
            200,
            format!(
                r#"{{"kind":"{kind}List","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{{}},"items":[{items}]}}"#
            ),
        )
    })
    .await
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn asked(bed: &Bed) -> Vec<String> {
    let received = bed.server.received().into_iter();
    received
        .map(|one| format!("{} {}", one.method, one.target.trim_end_matches('?')))
        .collect()
}

#[tokio::test]
async fn roles_keep_their_names_rules_and_paths() {
    let bed = listing_bed().await;
    let of_cluster = bed.client.role_objects(RbacScope::Cluster).await;
    let expected = vec![
        RoleObject {
            name: "sum".to_owned(),
            is_aggregated: true,
            ..RoleObject::default()
        },
        RoleObject {
            name: "viewer".to_owned(),
            rules: vec![PolicyRule {
                verbs: words(&["get"]),
                api_groups: words(&[""]),
                resources: words(&["pods", "pods/log"]),
                resource_names: words(&["web"]),
            }],
            url_rules: vec![UrlRule {
                verbs: words(&["get"]),
                paths: words(&["/healthz/*"]),
            }],
            ..RoleObject::default()
        },
    ];
    assert_eq!(of_cluster, Ok(expected));
    let of_namespaces = bed.client.role_objects(RbacScope::AllNamespaces).await;
    let own = RoleObject {
        namespace: "apps".to_owned(),
        name: "own".to_owned(),
        rules: vec![PolicyRule {
            verbs: words(&["*"]),
            api_groups: words(&["apps"]),
            resources: words(&["*"]),
            resource_names: Vec::new(),
        }],
        ..RoleObject::default()
    };
    assert_eq!(of_namespaces, Ok(vec![own]));
}

#[tokio::test]
async fn bindings_keep_whom_they_name_and_leave_out_what_nobody_can_be() {
    let bed = listing_bed().await;
    let of_cluster = bed.client.binding_objects(RbacScope::Cluster).await;
    let viewer = RoleRef {
        is_cluster_role: true,
        name: "viewer".to_owned(),
    };
    let account = |namespace: &str| BoundSubject::ServiceAccount {
        namespace: namespace.to_owned(),
        name: "s".to_owned(),
    };
    let expected = vec![
        BindingObject {
            name: "nobody".to_owned(),
            role: viewer.clone(),
            ..BindingObject::default()
        },
        BindingObject {
            name: "all".to_owned(),
            role: viewer,
            subjects: vec![
                BoundSubject::Group("g".to_owned()),
                BoundSubject::User("u".to_owned()),
                account("n"),
            ],
            ..BindingObject::default()
        },
    ];
    assert_eq!(of_cluster, Ok(expected));
    let of_one = bed
        .client
        .binding_objects(RbacScope::Namespace("apps"))
        .await;
    let own = BindingObject {
        namespace: "apps".to_owned(),
        name: "own".to_owned(),
        role: RoleRef {
            is_cluster_role: false,
            name: "own".to_owned(),
        },
        subjects: vec![account("")],
    };
    assert_eq!(of_one, Ok(vec![own]));
}

#[tokio::test]
async fn each_scope_is_one_list_of_its_own() {
    let bed = listing_bed().await;
    for scope in [
        RbacScope::Cluster,
        RbacScope::AllNamespaces,
        RbacScope::Namespace("apps"),
    ] {
        bed.client.role_objects(scope).await.unwrap();
        bed.client.binding_objects(scope).await.unwrap();
    }
    let rbac = "GET /apis/rbac.authorization.k8s.io/v1";
    assert_eq!(
        asked(&bed),
        [
            format!("{rbac}/clusterroles"),
            format!("{rbac}/clusterrolebindings"),
            format!("{rbac}/roles"),
            format!("{rbac}/rolebindings"),
            format!("{rbac}/namespaces/apps/roles"),
            format!("{rbac}/namespaces/apps/rolebindings"),
        ]
    );
}

#[tokio::test]
async fn a_refused_list_names_the_right_that_is_missing() {
    let message = r#"rolebindings.rbac.authorization.k8s.io is forbidden: User "dev" cannot list resource "rolebindings" in API group "rbac.authorization.k8s.io" at the cluster scope"#;
    let bed = bed(move |_| status(403, "Forbidden", message)).await;
    let refused = bed.client.binding_objects(RbacScope::AllNamespaces).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::AccessDenied);
    assert_eq!(refused.operation, "kubernetes:list rolebindings");
    let missing = refused.missing_permission.unwrap();
    assert!(
        missing.contains("list") && missing.contains("rolebindings"),
        "{missing}"
    );
}
