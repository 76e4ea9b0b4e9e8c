//! What RBAC gives in every world: all power, ways to it, and the right to write aws-auth; by group, by user, by namespace. Worlds differ in who
//! has which name and which groups. What is hidden from whoever acts is so by a group that it lacks.

use serde_json::{Value, json};

use crate::{bed::cluster::Cluster, failure::Outcome};

use super::cast::carol;

const API: &str = "rbac.authorization.k8s.io";
const PATH: &str = "/apis/rbac.authorization.k8s.io/v1";

/// The group that lets whoever acts list RBAC.
pub(super) const READS_RBAC: &str = "gs-reads-rbac";
/// The group that lets it list nodes.
pub(super) const READS_NODES: &str = "gs-reads-nodes";

/// Ways to all power.
pub(super) const ADMIN_GROUPS: [&str; 3] = ["system:masters", "gs-admins", "gs-everything"];
/// Ways to write aws-auth and no more.
pub(super) const EDITOR_GROUPS: [&str; 2] = ["gs-editors", "gs-map-editors"];
/// Groups with which one is no administrator and may become one, and groups without any such power.
pub(super) const OTHER_GROUPS: [&str; 5] = [
    "gs-binders",
    "gs-escalators",
    "gs-impersonators",
    "gs-elsewhere",
    "gs-viewers",
];
/// User names, some of which RBAC names.
pub(super) const USERNAMES: [&str; 6] = [
    "gs-admin",
    "gs-editor",
    "gs:{{SessionName}}",
    "gs-of-{{AccountID}}",
    "gs-somebody",
    "gs-somebody-else",
];

/// Makes it, and waits until nothing more is to be made.
pub(super) fn make(prod: &Cluster<'_>) -> Outcome {
    let everything = rule("*", "*", "*");
    let map = json!({"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["aws-auth"], "verbs": ["get", "update", "patch"]});
    let roads = [
        ("gs-everything", vec![everything]),
        ("gs-map-editors", vec![map.clone()]),
        (
            "gs-binders",
            vec![
                rule(API, "clusterroles", "bind"),
                rule(API, "clusterrolebindings", "create"),
            ],
        ),
        (
            "gs-escalators",
            vec![
                rule(API, "clusterroles", "escalate"),
                rule(API, "clusterroles", "update"),
            ],
        ),
        (
            "gs-impersonators",
            vec![
                rule("", "groups", "impersonate"),
                rule("", "users", "impersonate"),
            ],
        ),
        (READS_NODES, vec![rule("", "nodes", "list")]),
        (
            READS_RBAC,
            [
                "roles",
                "rolebindings",
                "clusterroles",
                "clusterrolebindings",
            ]
            .map(|name| rule(API, name, "list"))
            .to_vec(),
        ),
        ("gs-viewers", vec![rule("", "pods", "list")]),
    ];
    for (name, rules) in roads {
        prod.ensure(
            &format!("{PATH}/clusterroles"),
            &json!({"metadata": {"name": name}, "rules": rules}),
        )?;
    }
    for (name, subjects) in [
        ("gs-everything", vec![group("gs-everything")]),
        ("gs-binders", vec![group("gs-binders")]),
        ("gs-escalators", vec![group("gs-escalators")]),
        ("gs-impersonators", vec![group("gs-impersonators")]),
        (READS_NODES, vec![group(READS_NODES)]),
        (READS_RBAC, vec![group(READS_RBAC)]),
        ("gs-viewers", vec![group("gs-viewers")]),
    ] {
        bind(
            prod,
            "clusterrolebindings",
            ("ClusterRole", name),
            name,
            subjects,
        )?;
    }
    let admins = vec![
        group("gs-admins"),
        user("gs-admin"),
        user("gs:alice"),
        user(&carol()),
    ];
    bind(
        prod,
        "clusterrolebindings",
        ("ClusterRole", "cluster-admin"),
        "gs-admins",
        admins,
    )?;
    let own = "namespaces/kube-system";
    for (namespace, name) in [(own, "gs-editors"), ("namespaces/default", "gs-elsewhere")] {
        let object = json!({"metadata": {"name": name}, "rules": [map.clone()]});
        prod.ensure(&format!("{PATH}/{namespace}/roles"), &object)?;
        let mut subjects = vec![group(name)];
        if name == "gs-editors" {
            subjects.push(user("gs-editor"));
        }
        bind(
            prod,
            &format!("{namespace}/rolebindings"),
            ("Role", name),
            name,
            subjects,
        )?;
    }
    let editors = vec![group("gs-map-editors")];
    bind(
        prod,
        &format!("{own}/rolebindings"),
        ("ClusterRole", "gs-map-editors"),
        "gs-map-editors",
        editors,
    )
}

/// Takes it away again.
pub(super) fn remove(prod: &Cluster<'_>) -> Outcome {
    for kind in ["clusterroles", "clusterrolebindings"] {
        for name in [
            "gs-everything",
            "gs-map-editors",
            "gs-binders",
            "gs-escalators",
            "gs-impersonators",
            READS_NODES,
            READS_RBAC,
            "gs-viewers",
            "gs-admins",
        ] {
            prod.ask("DELETE", &format!("{PATH}/{kind}/{name}"), None)?;
        }
    }
    for (namespace, name) in [
        ("kube-system", "gs-editors"),
        ("default", "gs-elsewhere"),
        ("kube-system", "gs-map-editors"),
    ] {
        for kind in ["roles", "rolebindings"] {
            prod.ask(
                "DELETE",
                &format!("{PATH}/namespaces/{namespace}/{kind}/{name}"),
                None,
            )?;
        }
    }
    Ok(())
}

fn bind(
    prod: &Cluster<'_>,
    place: &str,
    (kind, role): (&str, &str),
    name: &str,
    subjects: Vec<Value>,
) -> Outcome {
    let object = json!({"metadata": {"name": name}, "roleRef": {"apiGroup": API, "kind": kind, "name": role}, "subjects": subjects});
    prod.ensure(&format!("{PATH}/{place}"), &object)
}

fn rule(api_group: &str, resource: &str, verb: &str) -> Value {
    json!({"apiGroups": [api_group], "resources": [resource], "verbs": [verb]})
}

fn group(name: &str) -> Value {
    json!({"apiGroup": API, "kind": "Group", "name": name})
}

fn user(name: &str) -> Value {
    json!({"apiGroup": API, "kind": "User", "name": name})
}
