//! What refusals, faults and silence mean, and what is sent again.

use super::*;
use eksauth_provider::ports::RequestVerb;
use eksauth_provider::ports::cancellation::{CancellationToken, cancelled_by};

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
        let expected = ApiError {
            code: Some(code.to_string()),
            missing_permission: (code == 403)
                .then(|| "patch configmaps kube-system/aws-auth".to_owned()),
            clock_skew_seconds: Some(2),
            address: Some(bed.endpoint.clone()),
            ..ApiError::from_api_server(
                kind,
                RequestVerb::Patch,
                "configmaps kube-system/aws-auth",
                message,
            )
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
async fn a_cancelled_request_is_not_made_again() {
    let bed = bed(|_| Reply::Answer {
        status: 429,
        headers: vec![("retry-after", "7".to_owned())],
        body: String::new(),
    })
    .await;
    let start = bed.clock.now();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let patch = patch();
    let sent = bed
        .client
        .patch_config_map("kube-system", "aws-auth", &patch);
    let error = cancelled_by(cancel, sent).await.unwrap_err();
    assert_eq!(
        (error.kind, error.attempts, error.message.as_str()),
        (
            ErrorKind::Cancelled,
            1,
            "the run was cancelled, so the call was not made again after 1 failed attempt"
        )
    );
    assert!(!error.may_have_been_carried_out());
    assert_eq!(bed.server.received().len(), 1);
    assert_eq!(bed.clock.now(), start);
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
