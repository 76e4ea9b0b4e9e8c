//! Who is spoken to, and as whom.

use super::*;

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

/// EKS's authorities share one subject, so what gives another one away is the signature alone, or the kind of its key.
#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_also_where_both_have_one_subject() {
    let ecdsa = &rcgen::PKCS_ECDSA_P256_SHA256;
    for (issuer, subject, key) in [
        ("same subject, same kind of key", "kubernetes", ecdsa),
        (
            "same subject, other kind of key",
            "kubernetes",
            &rcgen::PKCS_ED25519,
        ),
        ("other subject", "somebody", ecdsa),
    ] {
        let authority = |subject, algorithm| Authority { subject, algorithm };
        let (other, _) = tls_of(&authority("kubernetes", ecdsa), &["127.0.0.1"]);
        let (_, acceptor) = tls_of(&authority(subject, key), &["127.0.0.1"]);
        let server = Loopback::start_tls(acceptor, |_| Reply::new(200, AWS_AUTH)).await;
        let clock = Arc::new(TestClock::new());
        let endpoint = format!("https://{}", server.address);
        let client = connect(
            &cluster(endpoint.clone(), other),
            &ClusterAccess::default(),
            &clock,
        )
        .unwrap();
        let error = client
            .config_map("kube-system", "aws-auth")
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{issuer}");
        assert_eq!(
            error.code.as_deref(),
            Some("InvalidCertificate"),
            "{issuer}"
        );
        assert_eq!(
            error.message,
            format!(
                "the certificate of {endpoint} was refused: it was not issued by the cluster's certificate authority"
            ),
            "{issuer}"
        );
        assert_eq!(server.received().len(), 0, "{issuer}");
    }
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
