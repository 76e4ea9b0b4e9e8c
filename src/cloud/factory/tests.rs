use std::collections::BTreeMap;

use eksauth_provider::ports::cloud::Secret;
use eksauth_provider::ports::eks::ClusterStatus;

use super::*;
use crate::test_clock::TestClock;

fn cluster() -> Cluster {
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertificateParams::default()
        .self_signed(&key)
        .unwrap();
    Cluster {
        name: "prod".to_owned(),
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
        status: ClusterStatus::Active,
        endpoint: Some("https://127.0.0.1:1".to_owned()),
        certificate_authority: Some(ca.pem()),
        issuer: None,
        authentication_mode: None,
        version: None,
        created_at: None,
        tags: BTreeMap::new(),
    }
}

async fn clients() -> Arc<dyn Cloud> {
    let settings = AwsSettings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some(Secret::new("AKIDEXAMPLE")),
        secret_key: Some(Secret::new("secret")),
        ..AwsSettings::default()
    };
    let factory = Factory::with_clock(Arc::new(TestClock::new()));
    factory.connect(settings).await.unwrap()
}

fn address(client: Arc<dyn KubeApi>) -> *const () {
    Arc::as_ptr(&client).cast()
}

#[tokio::test]
async fn a_cluster_is_reached_by_one_client_until_it_is_replaced() {
    let (clients, cluster) = (clients().await, cluster());
    let reach = |cluster: &Cluster, access: &ClusterAccess| {
        let client = clients.kubernetes(cluster, "eu-central-1", access);
        address(client.unwrap())
    };
    let plain = ClusterAccess::default();
    let first = reach(&cluster, &plain);
    assert_eq!(reach(&cluster, &plain), first);
    let replaced = Cluster {
        endpoint: Some("https://127.0.0.1:2".to_owned()),
        ..cluster.clone()
    };
    assert_ne!(reach(&replaced, &plain), first);
    let other_role = ClusterAccess {
        kubernetes_role_arn: Some("arn:aws:iam::1:role/r".to_owned()),
        ..plain
    };
    assert_ne!(reach(&cluster, &other_role), first);
}

#[tokio::test]
async fn half_of_a_client_certificate_is_refused() {
    let access = ClusterAccess {
        client_certificate: Some("PEM".to_owned()),
        ..ClusterAccess::default()
    };
    let refused = clients()
        .await
        .kubernetes(&cluster(), "eu-central-1", &access)
        .err()
        .unwrap();
    assert_eq!(
        refused.detail(),
        "kubernetes:connect prod: `client_certificate` and `client_key` must be set together"
    );
}

#[tokio::test]
async fn a_token_is_made_without_a_call() {
    let token = clients()
        .await
        .cluster_token("prod", "eu-central-1", None)
        .await
        .unwrap();
    assert!(token.token.expose().starts_with("k8s-aws-v1."));
}

#[tokio::test]
async fn iam_of_another_account_is_one_client_by_role_and_region() {
    let clients = clients().await;
    let address = |role: &str, region: &str| {
        let client = clients.iam_as(role, region);
        Arc::as_ptr(&client).cast::<()>()
    };
    let (reach, other) = ("arn:aws:iam::1:role/reach", "arn:aws:iam::1:role/other");
    let first = address(reach, "eu-central-1");
    assert_eq!(address(reach, "eu-central-1"), first);
    assert_ne!(address(other, "eu-central-1"), first);
    assert_ne!(address(reach, "eu-west-1"), first);
    assert_ne!(Arc::as_ptr(&clients.iam()).cast::<()>(), first);
}
