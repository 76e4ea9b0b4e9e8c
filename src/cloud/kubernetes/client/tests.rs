use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use eksauth_provider::ports::KubeApi;
use eksauth_provider::ports::eks::ClusterStatus;
use eksauth_provider::ports::kubernetes::{ConfigMap, ConfigMapPatch, FieldManager, NewConfigMap};
use eksauth_provider::ports::rbac::{Binding, PolicyRule, RbacApi, RbacObjects, Role, Subject};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::super::token::Audience;
use super::*;
use crate::loopback::{Loopback, Received, Reply, closed_address};
use crate::test_clock::TestClock;

/// A CA and an API server's TLS with a certificate for the names.
fn tls(names: &[&str]) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let leaf = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (ca.pem(), TlsAcceptor::from(Arc::new(config)))
}

fn cluster(endpoint: String, ca: String) -> Cluster {
    Cluster {
        name: "prod".to_owned(),
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
        status: ClusterStatus::Active,
        endpoint: Some(endpoint),
        certificate_authority: Some(ca),
        issuer: None,
        authentication_mode: None,
        version: None,
        created_at: None,
        tags: BTreeMap::new(),
    }
}

fn minted(clock: &Arc<TestClock>) -> Identity {
    let keys = SharedCredentialsProvider::new(Credentials::new(
        "AKIDEXAMPLE",
        "secret",
        None,
        None,
        "tests",
    ));
    let audience = Audience {
        cluster_name: "prod".to_owned(),
        region: "eu-central-1".to_owned(),
    };
    Identity::Minted(TokenSource::new(
        audience,
        keys,
        "tests".into(),
        Arc::clone(clock) as Arc<dyn Clock>,
    ))
}

fn connect(
    cluster: &Cluster,
    access: &ClusterAccess,
    clock: &Arc<TestClock>,
) -> Result<KubeClient, ApiError> {
    let clock_port = Arc::clone(clock) as Arc<dyn Clock>;
    KubeClient::new(
        cluster,
        access,
        minted(clock),
        &Proxies::default(),
        "terraform-provider-eksauth/0.1.0",
        clock_port,
    )
}

struct Bed {
    server: Loopback,
    client: KubeClient,
    clock: Arc<TestClock>,
    endpoint: String,
}

async fn bed(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Bed {
    let (ca, acceptor) = tls(&["127.0.0.1"]);
    let server = Loopback::start_tls(acceptor, script).await;
    let endpoint = format!("https://{}", server.address);
    let clock = Arc::new(TestClock::new());
    let client = connect(
        &cluster(endpoint.clone(), ca),
        &ClusterAccess::default(),
        &clock,
    )
    .unwrap();
    Bed {
        server,
        client,
        clock,
        endpoint,
    }
}

const AWS_AUTH: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"aws-auth","namespace":"kube-system","uid":"u-1","resourceVersion":"42",
    "annotations":{"a":"b"},"labels":{"l":"m"},"managedFields":[
      {"manager":"kubectl-edit","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:mapUsers":{}}}},
      {"manager":"vpcLambda","operation":"Update","apiVersion":"v1","time":"2025-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:mapRoles":{}}}}]},
    "data":{"mapRoles":"- rolearn: x\n"},"binaryData":{"blob":"AAAA"}}"#;

fn aws_auth() -> ConfigMap {
    let manager = |name: &str, time, key: &str| FieldManager {
        name: name.to_owned(),
        operation: "Update".to_owned(),
        time: Some(time),
        data_keys: vec![key.to_owned()],
    };
    ConfigMap {
        data: BTreeMap::from([("mapRoles".to_owned(), "- rolearn: x\n".to_owned())]),
        binary_keys: vec!["blob".to_owned()],
        resource_version: "42".to_owned(),
        uid: "u-1".to_owned(),
        immutable: false,
        annotations: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        labels: BTreeMap::from([("l".to_owned(), "m".to_owned())]),
        managers: vec![
            manager("vpcLambda", 1_735_689_600, "mapRoles"),
            manager("kubectl-edit", 1_767_225_600, "mapUsers"),
        ],
    }
}

fn status(code: u16, reason: &str, message: &str) -> Reply {
    let body = serde_json::json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message });
    Reply::Answer {
        status: code,
        headers: vec![("date", "Thu, 01 Jan 2026 00:00:02 GMT".to_owned())],
        body: body.to_string(),
    }
}

fn patch() -> ConfigMapPatch {
    let data = BTreeMap::from([
        ("mapRoles".to_owned(), Some("[]".to_owned())),
        ("mapUsers".to_owned(), None),
    ]);
    ConfigMapPatch {
        resource_version: "42".to_owned(),
        data,
    }
}

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
async fn a_long_apply_gets_a_new_token_on_the_same_connection() {
    let bed = bed(|_| Reply::new(200, AWS_AUTH)).await;
    for _ in 0..2 {
        bed.client
            .config_map("kube-system", "aws-auth")
            .await
            .unwrap();
    }
    bed.clock.advance(Duration::from_secs(14 * 60));
    bed.client
        .config_map("kube-system", "aws-auth")
        .await
        .unwrap();
    let tokens: Vec<String> = bed
        .server
        .received()
        .iter()
        .map(|one| one.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[1], tokens[2]);
    assert_eq!(bed.server.connections(), 1);
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
    let found = bed.client.rbac_objects().await.unwrap();
    let rule = |verb: &str, star: &[&str]| PolicyRule {
        verbs: vec![verb.to_owned()],
        api_groups: star.iter().map(ToString::to_string).collect(),
        resources: star.iter().map(ToString::to_string).collect(),
        resource_names: Vec::new(),
    };
    let role = |name: &str, rules| Role {
        name: name.to_owned(),
        rules,
    };
    let expected = RbacObjects {
        cluster_roles: vec![
            role("empty", Vec::new()),
            role("masters", vec![rule("*", &["*"]), rule("get", &[])]),
        ],
        cluster_role_bindings: vec![Binding {
            refers_to_cluster_role: true,
            role: "masters".to_owned(),
            subjects: vec![
                Subject::Group("g".to_owned()),
                Subject::User("u".to_owned()),
            ],
        }],
        roles: vec![role("none", Vec::new())],
        role_bindings: Vec::new(),
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

#[tokio::test]
async fn refusals_become_kinds() {
    let refusals = [
        (401, "Unauthorized", "Unauthorized", ErrorKind::Unauthorized),
        (
            403,
            "Forbidden",
            "User \"u\" cannot patch resource \"configmaps\"",
            ErrorKind::AccessDenied,
        ),
        (
            409,
            "Conflict",
            "the object has been modified",
            ErrorKind::Conflict,
        ),
        (
            409,
            "AlreadyExists",
            "configmaps \"aws-auth\" already exists",
            ErrorKind::AlreadyExists,
        ),
        (422, "Invalid", "too long", ErrorKind::Invalid),
        (500, "InternalError", "etcd", ErrorKind::Service),
    ];
    for (code, reason, message, kind) in refusals {
        let bed = bed(move |_| status(code, reason, message)).await;
        let operation = "kubernetes:patch configmaps kube-system/aws-auth";
        let expected = ApiError {
            code: Some(code.to_string()),
            missing_permission: (code == 403)
                .then(|| "patch configmaps kube-system/aws-auth".to_owned()),
            clock_skew_seconds: Some(2),
            ..ApiError::new(kind, operation, message)
        };
        assert_eq!(
            bed.client
                .patch_config_map("kube-system", "aws-auth", &patch())
                .await,
            Err(expected)
        );
        assert_eq!(bed.server.received().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_patch_whose_answer_is_lost_is_not_repeated() {
    let bed = bed(|_| Reply::Break).await;
    let error = bed
        .client
        .patch_config_map("kube-system", "aws-auth", &patch())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::AnswerLost, 1));
    assert_eq!(
        error.message,
        format!(
            "the connection to {} broke before the answer came, so the change may have been made",
            bed.endpoint
        )
    );
    assert_eq!(bed.server.received().len(), 1);
}

#[tokio::test]
async fn a_read_whose_answer_is_lost_is_repeated() {
    let calls = AtomicUsize::new(0);
    let bed = bed(move |_| {
        if calls.fetch_add(1, Ordering::SeqCst) < 2 {
            Reply::Break
        } else {
            Reply::new(200, AWS_AUTH)
        }
    })
    .await;
    assert_eq!(
        bed.client.config_map("kube-system", "aws-auth").await,
        Ok(Some(aws_auth()))
    );
}

#[tokio::test]
async fn too_many_requests_are_repeated_and_then_told() {
    let bed = bed(|_| status(429, "TooManyRequests", "later")).await;
    let error = bed
        .client
        .patch_config_map("kube-system", "aws-auth", &patch())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Throttled, 4));
    assert!(!error.may_have_been_carried_out());
}

#[tokio::test]
async fn the_pause_that_the_server_asks_for_is_kept() {
    let bed = bed(|_| Reply::Answer {
        status: 429,
        headers: vec![("retry-after", "7".to_owned())],
        body: String::new(),
    })
    .await;
    let start = bed.clock.now();
    let error = bed
        .client
        .patch_config_map("kube-system", "aws-auth", &patch())
        .await
        .unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
    let waited = bed.clock.now().duration_since(start).unwrap();
    assert_eq!(waited, Duration::from_secs(21));
}

#[tokio::test]
async fn a_refusal_is_no_change_and_a_fault_may_be_one() {
    let refusals = [400, 401, 403, 404, 409, 413, 415, 422, 429].map(|code| (code, false));
    let faults = [408, 500, 502, 503, 504].map(|code| (code, true));
    let next = Arc::new(AtomicU16::new(0));
    let told = Arc::clone(&next);
    let bed = bed(move |_| status(told.load(Ordering::SeqCst), "", "no")).await;
    for (code, is_open) in refusals.into_iter().chain(faults) {
        next.store(code, Ordering::SeqCst);
        let error = bed
            .client
            .patch_config_map("kube-system", "aws-auth", &patch())
            .await
            .unwrap_err();
        assert_eq!(error.may_have_been_carried_out(), is_open, "{code}");
    }
}

#[tokio::test]
async fn an_api_server_that_is_not_there_is_unreachable_also_for_a_patch() {
    let (ca, _) = tls(&["127.0.0.1"]);
    let endpoint = format!("https://{}", closed_address().await);
    let clock = Arc::new(TestClock::new());
    let client = connect(
        &cluster(endpoint.clone(), ca),
        &ClusterAccess::default(),
        &clock,
    )
    .unwrap();
    let error = client
        .patch_config_map("kube-system", "aws-auth", &patch())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Unreachable, 4));
    assert_eq!(
        error.message,
        format!("the API server {endpoint} did not answer")
    );
    assert!(
        error.causes.iter().any(|cause| cause.contains("refused")),
        "{:?}",
        error.causes
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_explained_and_tls_server_name_mends_it() {
    let (ca, acceptor) = tls(&["api.internal"]);
    let server = Loopback::start_tls(acceptor, |_| Reply::new(200, AWS_AUTH)).await;
    let clock = Arc::new(TestClock::new());
    let cluster = cluster(format!("https://{}", server.address), ca);
    let client = connect(&cluster, &ClusterAccess::default(), &clock).unwrap();
    let error = client
        .config_map("kube-system", "aws-auth")
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Unreachable, 1));
    assert_eq!(error.code.as_deref(), Some("InvalidCertificate"));
    assert!(
        error
            .message
            .ends_with("was refused: it is not valid for `127.0.0.1`, only for `api.internal`"),
        "{}",
        error.message
    );
    let access = ClusterAccess {
        tls_server_name: Some("api.internal".to_owned()),
        ..ClusterAccess::default()
    };
    let client = connect(&cluster, &access, &clock).unwrap();
    assert_eq!(
        client.config_map("kube-system", "aws-auth").await,
        Ok(Some(aws_auth()))
    );
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let ((other, _), (_, acceptor)) = (tls(&["127.0.0.1"]), tls(&["127.0.0.1"]));
    let server = Loopback::start_tls(acceptor, |_| Reply::new(200, AWS_AUTH)).await;
    let clock = Arc::new(TestClock::new());
    let cluster = cluster(format!("https://{}", server.address), other);
    let client = connect(&cluster, &ClusterAccess::default(), &clock).unwrap();
    let error = client
        .config_map("kube-system", "aws-auth")
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(
        error
            .message
            .contains("the certificate of https://127.0.0.1:"),
        "{}",
        error.message
    );
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn a_cluster_that_is_being_made_cannot_be_reached() {
    let clock = Arc::new(TestClock::new());
    let creating = Cluster {
        endpoint: None,
        ..cluster(String::new(), String::new())
    };
    let error = connect(&creating, &ClusterAccess::default(), &clock)
        .err()
        .unwrap();
    assert_eq!(
        error.detail(),
        "kubernetes:connect prod: cluster `prod` has no endpoint yet"
    );
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_before_anything_is_sent() {
    let clock = Arc::new(TestClock::new());
    let (ca, _) = tls(&["127.0.0.1"]);
    let good = cluster("https://127.0.0.1:1".to_owned(), ca);
    let cases = [
        (
            ClusterAccess {
                host: Some("http://me:pw@api".into()),
                ..ClusterAccess::default()
            },
            "`http://(redacted)@api` is not the https URL of an API server",
        ),
        (
            ClusterAccess {
                cluster_ca_certificate: Some("no PEM".to_owned()),
                ..ClusterAccess::default()
            },
            "the certificate authority of cluster `prod` cannot be used: there is no certificate in it",
        ),
        (
            ClusterAccess {
                proxy_url: Some("me:p/w@proxy:3128".into()),
                ..ClusterAccess::default()
            },
            "`(redacted)@proxy:3128` is not the http or https URL of a proxy",
        ),
        (
            ClusterAccess {
                proxy_url: Some("ftp://proxy".into()),
                ..ClusterAccess::default()
            },
            "`ftp://proxy` is not the http or https URL of a proxy",
        ),
    ];
    for (access, message) in cases {
        let error = connect(&good, &access, &clock).err().unwrap();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Invalid, message)
        );
    }
}

#[tokio::test]
async fn a_given_token_is_sent_as_it_is_and_never_shown() {
    let (ca, acceptor) = tls(&["127.0.0.1"]);
    let server = Loopback::start_tls(acceptor, |_| {
        status(403, "Forbidden", "no Bearer t0ps3cr3t-t0ken-value for you")
    })
    .await;
    let clock = Arc::new(TestClock::new());
    let identity = Identity::Given(Secret::new("t0ps3cr3t-t0ken-value"));
    let cluster = cluster(format!("https://{}", server.address), ca);
    let client = KubeClient::new(
        &cluster,
        &ClusterAccess::default(),
        identity,
        &Proxies::default(),
        "",
        clock as Arc<dyn Clock>,
    )
    .unwrap();
    let error = client
        .config_map("kube-system", "aws-auth")
        .await
        .unwrap_err();
    assert_eq!(
        server.received()[0].header("authorization"),
        Some("Bearer t0ps3cr3t-t0ken-value")
    );
    assert!(
        !format!("{error:?} {}", error.detail()).contains("t0ps3cr3t"),
        "{error:?}"
    );
}
