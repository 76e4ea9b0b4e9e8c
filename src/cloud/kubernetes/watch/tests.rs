use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use eksauth_provider::ports::cloud::Secret;
use eksauth_provider::ports::eks::ClusterStatus;
use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::loopback::{Loopback, Received, Reply};

async fn api_server(
    script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static,
) -> (Loopback, ConfigMapWatch) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap(),
        )
        .unwrap();
    let count = AtomicUsize::new(0);
    let server = Loopback::start_tls(TlsAcceptor::from(Arc::new(config)), move |received| {
        script(count.fetch_add(1, Ordering::SeqCst), received)
    })
    .await;
    let cluster = Cluster {
        name: "prod".to_owned(),
        arn: String::new(),
        status: ClusterStatus::Active,
        endpoint: Some(format!("https://{}", server.address)),
        certificate_authority: Some(cert.pem()),
        issuer: None,
        authentication_mode: None,
        version: None,
        created_at: None,
        tags: BTreeMap::new(),
    };
    let access = ClusterAccess {
        token: Some(Secret::new("the-token")),
        ..ClusterAccess::default()
    };
    let watch = ConfigMapWatch::new(&cluster, &access, "kube-system", "aws-auth").unwrap();
    (server, watch)
}

fn config_map(version: &str, roles: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"aws-auth","resourceVersion":"{version}"}},"data":{{"mapRoles":"{roles}"}}}}"#
    )
}

fn event(kind: &str, object: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")
}

fn data(roles: &str) -> ConfigMapState {
    ConfigMapState::Data(BTreeMap::from([("mapRoles".to_owned(), roles.to_owned())]))
}

async fn states(watch: &ConfigMapWatch) -> (Vec<ConfigMapState>, ApiError) {
    let seen = Mutex::new(Vec::new());
    let error = watch.follow(|state| seen.lock().unwrap().push(state)).await;
    (seen.into_inner().unwrap(), error)
}

#[tokio::test]
async fn changes_are_told_a_watch_is_resumed_and_a_forgotten_one_begins_anew() {
    let (server, watch) = api_server(|count, _| match count {
        0 => Reply::new(
            200,
            format!(
                r#"{{"metadata":{{"resourceVersion":"5"}},"items":[{}]}}"#,
                config_map("3", "a")
            ),
        ),
        1 => Reply::new(
            200,
            event("MODIFIED", &config_map("6", "b"))
                + &event("DELETED", &config_map("7", "b"))
                + &event("BOOKMARK", r#"{"metadata":{"resourceVersion":"9"}}"#),
        ),
        2 => Reply::new(
            200,
            event(
                "ERROR",
                r#"{"kind":"Status","code":410,"reason":"Expired"}"#,
            ),
        ),
        3 => Reply::new(200, r#"{"metadata":{"resourceVersion":"20"},"items":[]}"#),
        _ => Reply::new(
            403,
            r#"{"kind":"Status","reason":"Forbidden","message":"no watch for you"}"#,
        ),
    })
    .await;
    let (seen, error) = states(&watch).await;
    assert_eq!(
        seen,
        [
            data("a"),
            data("b"),
            ConfigMapState::Absent,
            ConfigMapState::Absent
        ]
    );
    assert_eq!(
        (error.kind, error.missing_permission.as_deref()),
        (
            ErrorKind::AccessDenied,
            Some("watch configmaps kube-system/aws-auth")
        )
    );
    let targets: Vec<String> = server
        .received()
        .iter()
        .map(|one| one.target.clone())
        .collect();
    let list = "/api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name%3Daws-auth";
    let from = |version| {
        format!(
            "{list}&watch=true&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion={version}"
        )
    };
    assert_eq!(
        targets,
        [
            list.to_owned(),
            from("5"),
            from("9"),
            list.to_owned(),
            from("20")
        ]
    );
    assert_eq!(
        server.received()[1].header("authorization"),
        Some("Bearer the-token")
    );
}

#[tokio::test]
async fn what_is_no_event_ends_the_watch_with_a_reason() {
    let (_server, watch) = api_server(|count, _| match count {
        0 => Reply::new(200, r#"{"metadata":{"resourceVersion":"5"},"items":[]}"#),
        _ => Reply::new(200, "surprise\n"),
    })
    .await;
    let (seen, error) = states(&watch).await;
    assert_eq!(seen, [ConfigMapState::Absent]);
    assert_eq!(error.kind, ErrorKind::Service);
    assert!(
        error.message.starts_with("the answer cannot be read: "),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn watches_that_end_as_soon_as_they_begin_are_a_failure() {
    for (status, body) in [(200, ""), (410, "{}")] {
        let (server, watch) =
            api_server(
                move |_, received| match received.target.contains("watch=true") {
                    true => Reply::new(status, body),
                    false => Reply::new(200, r#"{"metadata":{"resourceVersion":"5"},"items":[]}"#),
                },
            )
            .await;
        let followed = tokio::time::timeout(Duration::from_secs(30), states(&watch));
        let (_, error) = followed.await.expect("it does not go on for ever");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (
                ErrorKind::Service,
                "the API server ends watches as soon as they begin"
            )
        );
        let watches = server.received();
        let watches = watches
            .iter()
            .filter(|one| one.target.contains("watch=true"));
        assert_eq!(watches.count(), MAX_SHORT_WATCHES + 1);
    }
}
