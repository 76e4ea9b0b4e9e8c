use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{Verifier, judge};
use eksauth_provider::ports::Clock;

use super::*;
use crate::kubernetes::token::{Audience, mint};
use crate::loopback::{Loopback, Reply, closed_address};
use crate::test_clock::TestClock;

/// A token of ours, judged by the rules of the server side.
async fn request() -> StsRequest {
    let clock = Arc::new(TestClock::new());
    let keys = SharedCredentialsProvider::new(Credentials::new(
        "AKIDEXAMPLE",
        "secret",
        Some("SESSION/+=".to_owned()),
        None,
        "tests",
    ));
    let audience = Audience {
        cluster_name: "prod".to_owned(),
        region: "eu-central-1".to_owned(),
    };
    let token = mint(&audience, &keys, "tests", clock.now()).await.unwrap();
    let verifier = Verifier {
        cluster_id: "prod".to_owned(),
        partition: Partition::Aws,
        region: Some("eu-central-1".to_owned()),
    };
    judge(token.token.expose(), &verifier, clock.now()).unwrap()
}

async fn client(origin: &str) -> StsClient {
    StsClient::new(StsClientSettings {
        connect_to: Some(origin.into()),
        ca_bundle: None,
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_judged_request_is_sent_once_with_the_host_that_was_signed() {
    let sts = Loopback::start(|_| Reply::new(302, "elsewhere")).await;
    let answer = client(&sts.url()).await.ask(&request().await).await;
    assert_eq!(
        answer,
        Ok(StsAnswer {
            status: 302,
            body: b"elsewhere".to_vec()
        })
    );
    let received = sts.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].method, "GET");
    assert!(
        received[0]
            .target
            .starts_with("/?Action=GetCallerIdentity&"),
        "{}",
        received[0].target
    );
    assert_eq!(
        received[0].header("host"),
        Some("sts.eu-central-1.amazonaws.com")
    );
    assert_eq!(received[0].header("x-k8s-aws-id"), Some("prod"));
    assert_eq!(received[0].header("accept"), Some("application/json"));
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let sts = Loopback::start(|_| Reply::new(200, "x".repeat(MAX_STS_BODY_BYTES * 3))).await;
    let answer = client(&sts.url())
        .await
        .ask(&request().await)
        .await
        .unwrap();
    assert_eq!(answer.body.len(), MAX_STS_BODY_BYTES + 1);
}

#[tokio::test]
async fn silence_is_told_without_the_presigned_url() {
    let origin = format!("http://{}", closed_address().await);
    let error = client(&origin)
        .await
        .ask(&request().await)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (
            ErrorKind::Unreachable,
            "`sts.eu-central-1.amazonaws.com` did not answer"
        )
    );
    let shown = format!("{error:?} {}", error.detail());
    assert!(
        !shown.contains("X-Amz-") && !shown.contains("SESSION"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for origin in ["127.0.0.1:4566", "ftp://a", "http://a/b"] {
        let settings = StsClientSettings {
            connect_to: Some(origin.into()),
            ca_bundle: None,
        };
        assert_eq!(
            StsClient::new(settings).await.unwrap_err().kind,
            ErrorKind::Invalid,
            "{origin}"
        );
    }
}
