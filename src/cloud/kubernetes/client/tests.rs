use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use eksauth_provider::ports::KubeApi;
use eksauth_provider::ports::eks::ClusterStatus;
use eksauth_provider::ports::kubernetes::{ConfigMap, ConfigMapPatch, FieldManager, NewConfigMap};
use eksauth_provider::ports::rbac::{Binding, PolicyRule, RbacApi, RbacObjects, Role, Subject};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SignatureAlgorithm,
};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::super::token::Audience;
use super::*;
use crate::loopback::{Loopback, Received, Reply, closed_address};
use crate::test_clock::TestClock;

/// Who issues certificates.
struct Authority {
    subject: &'static str,
    algorithm: &'static SignatureAlgorithm,
}

/// A CA and an API server's TLS with a certificate for the names.
pub(in super::super) fn tls(names: &[&str]) -> (String, TlsAcceptor) {
    let authority = Authority {
        subject: "kubernetes",
        algorithm: &rcgen::PKCS_ECDSA_P256_SHA256,
    };
    tls_of(&authority, names)
}

fn tls_of(authority: &Authority, names: &[&str]) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, authority.subject);
    let key = KeyPair::generate_for(authority.algorithm).unwrap();
    let ca = CertifiedIssuer::self_signed(params, key).unwrap();
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

pub(in super::super) fn cluster(endpoint: String, ca: String) -> Cluster {
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

pub(in super::super) fn status(code: u16, reason: &str, message: &str) -> Reply {
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

mod connection;
mod discovery;
mod failures;
mod rbac_objects;
mod requests;
mod reviews;
mod service_accounts;
