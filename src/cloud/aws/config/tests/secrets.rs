//! What debug texts and logs hold, and a bundle of certificates that is of no use.

use super::*;

#[tokio::test]
async fn debug_texts_hold_no_secrets() {
    let cloud = Loopback::start(|_| identity()).await;
    let settings = AwsSettings {
        http_proxy: Some("http://me:hunter2@127.0.0.1:1".into()),
        https_proxy: Some("me:hunter2@127.0.0.1:1".into()),
        ..settings(&cloud)
    };
    let connection = Connection::open(settings.clone(), Arc::new(TestClock::new()))
        .await
        .unwrap();
    let shown = format!(
        "{:?} {:?} {settings:?} {:?}",
        connection.sdk, connection.credentials, connection.proxies
    );
    assert!(!shown.contains(SECRET_KEY), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_ca_bundle_without_a_usable_certificate_is_told_at_the_first_https_call() {
    let bundle = file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let cloud = Loopback::start(|_| identity()).await;
    let mut settings = AwsSettings {
        custom_ca_bundle: Some(path(&bundle)),
        ..settings(&cloud)
    };
    settings
        .endpoints
        .insert("sts".to_owned(), "https://127.0.0.1:1".into());
    let error = connect(settings)
        .await
        .unwrap()
        .sts()
        .caller_identity()
        .await
        .unwrap_err();
    assert_eq!(
        error.detail(),
        format!(
            "CA bundle: `{}`: no certificate in the file can be used",
            path(&bundle)
        )
    );
}

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logs_hold_no_secrets() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let cloud = Loopback::start(|received| match received.field("Action") {
        Some("AssumeRole") => assumed("AKIDROLE"),
        _ => Reply::query_error(403, "AccessDenied", "no"),
    })
    .await;
    let role = AssumeRole {
        role_arn: "arn:aws:iam::1:role/ci".to_owned(),
        ..AssumeRole::default()
    };
    let settings = AwsSettings {
        token: Some(Secret::new("BASESESSIONTOKEN")),
        assume_role: vec![role],
        http_proxy: Some(format!("http://me:hunter2@{}", cloud.address).into()),
        endpoints: ["iam", "sts"]
            .map(|service| {
                let url = format!("http://{service}.example.test");
                (service.to_owned(), url.into())
            })
            .into(),
        ..settings(&cloud)
    };
    tracing::info!(?settings, "connecting");
    let clients = connect(settings).await.unwrap();
    clients.iam().list_oidc_providers().await.unwrap_err();
    let token = clients
        .cluster_token("prod", "eu-central-1", None)
        .await
        .unwrap();
    drop(guard);
    let to_proxy = cloud.received();
    assert!(
        to_proxy[0].target.starts_with("http://sts.example.test/"),
        "{to_proxy:?}"
    );
    let text = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("ListOpenIDConnectProviders"),
        "nothing was logged"
    );
    for secret in [
        SECRET_KEY,
        "BASESESSIONTOKEN",
        "ASSUMEDSECRET",
        "ASSUMEDTOKEN",
        token.token.expose(),
        "hunter2",
        // `me:hunter2` as the proxy gets it.
        "bWU6aHVudGVyMg",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}
