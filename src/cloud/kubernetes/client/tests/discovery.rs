//! What is served, as servers of each age tell it.

use eksauth_provider::ports::rbac_objects::{Discovery, RbacObjectApi, ServedResource};

use super::*;

/// Answers by path; what is not there is a 404.
async fn served(answers: &'static [(&'static str, u16, &'static str)]) -> Bed {
    bed(move |received| {
        let mut answers = answers.iter();
        match answers.find(|(path, _, _)| *path == received.target.trim_end_matches('?')) {
            Some((_, 200, body)) => Reply::new(200, *body),
            Some((_, code, body)) => status(*code, "ServiceUnavailable", body),
            None => status(404, "NotFound", "no"),
        }
    })
    .await
}

fn resource(api_group: &str, name: &str, verbs: &[&str]) -> ServedResource {
    ServedResource {
        api_group: api_group.to_owned(),
        name: name.to_owned(),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        is_namespaced: true,
    }
}

/// The same for every age, in whichever order.
fn expected() -> Vec<ServedResource> {
    vec![
        resource("", "pods", &["get", "list"]),
        resource("", "pods/log", &["get"]),
        ServedResource {
            is_namespaced: false,
            ..resource("", "nodes", &["get"])
        },
        resource("apps", "deployments", &["get", "patch"]),
    ]
}

fn sorted(mut discovery: Discovery) -> Discovery {
    let key = |one: &ServedResource| (one.api_group.clone(), one.name.clone());
    discovery.resources.sort_by_key(key);
    discovery
}

fn all(incomplete: &[&str]) -> Discovery {
    sorted(Discovery {
        resources: expected(),
        incomplete: incomplete.iter().map(|name| (*name).to_owned()).collect(),
    })
}

#[tokio::test]
async fn a_server_that_aggregates_is_asked_twice() {
    let bed = served(&[
        (
            "/api",
            200,
            r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[{"metadata":{},"versions":[{"version":"v1","freshness":"Current","resources":[
                {"resource":"pods","responseKind":{"group":"","version":"","kind":"Pod"},"scope":"Namespaced","singularResource":"pod","verbs":["get","list"],
                 "subresources":[{"subresource":"log","responseKind":{"group":"","version":"","kind":"Pod"},"verbs":["get"]}]},
                {"resource":"nodes","scope":"Cluster","singularResource":"node","verbs":["get"]}]}]}]}"#,
        ),
        (
            "/apis",
            200,
            r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[
                {"metadata":{"name":"apps"},"versions":[{"version":"v1","freshness":"Current","resources":[{"resource":"deployments","scope":"Namespaced","singularResource":"deployment","verbs":["get","patch"]}]}]},
                {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale","resources":[]}]}]}"#,
        ),
    ])
    .await;
    let found = bed.client.discovery().await.unwrap();
    assert_eq!(sorted(found), all(&["metrics.k8s.io"]));
    let received = bed.server.received();
    assert_eq!(received.len(), 2);
    let accepts = received[0].header("accept").unwrap();
    assert!(accepts.contains("as=APIGroupDiscoveryList"), "{accepts}");
    // What an older server takes.
    assert!(accepts.ends_with(",application/json"), "{accepts}");
}

const OLD: [(&str, u16, &str); 4] = [
    (
        "/api",
        200,
        r#"{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}"#,
    ),
    (
        "/api/v1",
        200,
        r#"{"kind":"APIResourceList","groupVersion":"v1","resources":[
            {"name":"pods","singularName":"","namespaced":true,"kind":"Pod","verbs":["get","list"]},
            {"name":"pods/log","singularName":"","namespaced":true,"kind":"Pod","verbs":["get"]},
            {"name":"nodes","singularName":"","namespaced":false,"kind":"Node","verbs":["get"]}]}"#,
    ),
    (
        "/apis",
        200,
        r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[
            {"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}},
            {"name":"metrics.k8s.io","versions":[{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}]}]}"#,
    ),
    (
        "/apis/apps/v1",
        200,
        r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"apps/v1","resources":[{"name":"deployments","singularName":"","namespaced":true,"kind":"Deployment","verbs":["get","patch"]}]}"#,
    ),
];

#[tokio::test]
async fn an_old_server_is_asked_for_each_version_and_a_group_that_is_away_is_named() {
    let bed = served(&OLD).await;
    let found = bed.client.discovery().await.unwrap();
    assert_eq!(sorted(found), all(&["metrics.k8s.io"]));
    assert_eq!(bed.server.received().len(), 5);
}

#[tokio::test]
async fn whoever_may_not_ask_is_told_so() {
    let bed = bed(|_| status(403, "Forbidden", "no")).await;
    let refused = bed.client.discovery().await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::AccessDenied);
    assert_eq!(refused.missing_permission.as_deref(), Some("get /api"));
}
