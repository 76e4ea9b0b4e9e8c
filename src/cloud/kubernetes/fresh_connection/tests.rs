use aws_credential_types::Credentials;
use eksauth_provider::ports::ErrorKind;
use eksauth_provider::ports::cloud::UrlSetting;

use super::super::client::tests::{cluster, status, tls};
use super::*;
use crate::loopback::{Loopback, Reply};
use crate::test_clock::TestClock;

fn fresh(cluster: Cluster, access: ClusterAccess) -> FreshClients {
    FreshClients {
        cluster,
        access,
        audience: Audience {
            cluster_name: "prod".to_owned(),
            region: "eu-central-1".to_owned(),
        },
        credentials: SharedCredentialsProvider::new(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "tests",
        )),
        credential_sources: "tests".into(),
        proxies: Proxies::default(),
        user_agent: String::new(),
        clock: Arc::new(TestClock::new()),
        tokens: Arc::default(),
    }
}

const WHOAMI: &str = r#"{"status":{"userInfo":{"username":"admin"}}}"#;

#[tokio::test]
async fn each_connection_is_new_and_shows_a_token_of_its_own_within_one_second() {
    let (ca, acceptor) = tls(&["localhost"]);
    let server = Loopback::start_tls(acceptor, |_| Reply::new(201, WHOAMI)).await;
    let endpoint = format!("https://localhost:{}", server.address.port());
    let fresh = fresh(cluster(endpoint, ca), ClusterAccess::default());
    let address = ServerAddress::At(server.address.ip());
    for _ in 0..3 {
        let connection = fresh.connect(address).await.unwrap();
        for _ in 0..2 {
            let user = connection.kube().self_subject_review().await.unwrap();
            assert_eq!(user.username, "admin");
        }
        let shown = format!("{:?}", connection.token());
        assert!(!shown.contains("k8s-aws-v1"), "{shown}");
    }
    assert_eq!(server.connections(), 3);
    let received = server.received();
    let mut tokens: Vec<&str> = received
        .iter()
        .map(|one| one.header("authorization").unwrap())
        .collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
    let host = format!("localhost:{}", server.address.port());
    assert!(
        received
            .iter()
            .all(|one| one.header("host") == Some(host.as_str()))
    );
}

#[tokio::test]
async fn each_address_of_the_name_is_one_and_a_proxy_finds_the_server_itself() {
    let (ca, _) = tls(&["localhost"]);
    let named = cluster("https://localhost:1".to_owned(), ca.clone());
    let addresses = fresh(named.clone(), ClusterAccess::default())
        .addresses()
        .await;
    assert!(
        addresses.contains(&ServerAddress::At([127, 0, 0, 1].into())),
        "{addresses:?}"
    );
    let behind_proxy = ClusterAccess {
        proxy_url: Some(UrlSetting::new("http://proxy:3128")),
        ..ClusterAccess::default()
    };
    assert_eq!(
        fresh(named, behind_proxy).addresses().await,
        [ServerAddress::AsWritten]
    );
    let at_address = cluster("https://127.0.0.1:1".to_owned(), ca);
    assert_eq!(
        fresh(at_address, ClusterAccess::default())
            .addresses()
            .await,
        [ServerAddress::AsWritten]
    );
}

#[tokio::test]
async fn a_call_is_tried_once() {
    let (ca, acceptor) = tls(&["127.0.0.1"]);
    let server = Loopback::start_tls(acceptor, |_| {
        status(429, "TooManyRequests", "please try again later")
    })
    .await;
    let endpoint = format!("https://{}", server.address);
    let fresh = fresh(cluster(endpoint, ca), ClusterAccess::default());
    let connection = fresh.connect(ServerAddress::AsWritten).await.unwrap();
    let error = connection.kube().self_subject_review().await.unwrap_err();
    assert_eq!(
        (error.kind, server.received().len()),
        (ErrorKind::Throttled, 1)
    );
}
