use aws_credential_types::provider::future;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::test_clock::TestClock;

const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn audience(region: &str) -> Audience {
    Audience {
        cluster_name: "prod".to_owned(),
        region: region.to_owned(),
    }
}

fn keys(session_token: Option<&str>, end: Option<SystemTime>) -> Credentials {
    Credentials::new(
        "AKIDEXAMPLE",
        SECRET_KEY,
        session_token.map(str::to_owned),
        end,
        "test",
    )
}

fn provider(credentials: Credentials) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(credentials)
}

fn source(credentials: Credentials, clock: &Arc<TestClock>) -> TokenSource {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    TokenSource::new(
        audience("eu-central-1"),
        provider(credentials),
        "tests".into(),
        clock,
    )
}

/// The URL inside a token.
fn url(token: &Secret) -> String {
    let encoded = token.expose().strip_prefix("k8s-aws-v1.").unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

fn parameters(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').unwrap();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn value<'a>(parameters: &'a [(String, String)], key: &str) -> &'a str {
    parameters
        .iter()
        .find(|(one, _)| one == key)
        .map(|(_, value)| value.as_str())
        .unwrap_or_else(|| panic!("no {key}"))
}

#[tokio::test]
async fn the_token_is_a_presigned_request_that_names_the_cluster_in_a_signed_header() {
    let clock = TestClock::new();
    let token = mint(
        &audience("eu-central-1"),
        &provider(keys(Some("FwoSESSION/+="), None)),
        "tests",
        clock.now(),
    )
    .await
    .unwrap();
    let url = url(&token.token);
    assert!(
        url.starts_with("https://sts.eu-central-1.amazonaws.com/?"),
        "{url}"
    );
    let parameters = parameters(&url);
    let mut names: Vec<&str> = parameters.iter().map(|(key, _)| key.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        vec![
            "Action",
            "Version",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-Security-Token",
            "X-Amz-Signature",
            "X-Amz-SignedHeaders"
        ]
    );
    assert_eq!(value(&parameters, "Action"), "GetCallerIdentity");
    assert_eq!(value(&parameters, "Version"), "2011-06-15");
    assert_eq!(value(&parameters, "X-Amz-Algorithm"), "AWS4-HMAC-SHA256");
    assert_eq!(
        value(&parameters, "X-Amz-Credential"),
        "AKIDEXAMPLE%2F20260101%2Feu-central-1%2Fsts%2Faws4_request"
    );
    assert_eq!(value(&parameters, "X-Amz-Date"), "20260101T000000Z");
    assert_eq!(value(&parameters, "X-Amz-Expires"), "60");
    assert_eq!(
        value(&parameters, "X-Amz-SignedHeaders"),
        "host%3Bx-k8s-aws-id"
    );
    assert_eq!(
        value(&parameters, "X-Amz-Security-Token"),
        "FwoSESSION%2F%2B%3D"
    );
    assert_eq!(token.expires_at, clock.now() + Duration::from_secs(840));
}

#[tokio::test]
async fn the_signature_is_that_of_the_aws_command_line() {
    // Made by botocore 1.43 with the same keys, time, region and cluster name.
    let token = mint(
        &audience("eu-central-1"),
        &provider(keys(None, None)),
        "tests",
        TestClock::new().now(),
    )
    .await
    .unwrap();
    let parameters = parameters(&url(&token.token));
    assert_eq!(
        value(&parameters, "X-Amz-Signature"),
        "90deba2593189974193138cba9b65d48b4ac33032feb892e56147e8a492084a0"
    );
}

#[tokio::test]
async fn the_host_follows_the_clusters_region_and_partition() {
    for (region, host) in [
        ("us-east-1", "sts.us-east-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov"),
        ("eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"),
    ] {
        let token = mint(
            &audience(region),
            &provider(keys(None, None)),
            "tests",
            TestClock::new().now(),
        )
        .await
        .unwrap();
        assert!(
            url(&token.token).starts_with(&format!("https://{host}/?")),
            "{region}"
        );
    }
}

#[tokio::test]
async fn a_token_is_kept_and_renewed_before_fourteen_minutes_are_over() {
    let clock = Arc::new(TestClock::new());
    let source = source(keys(None, None), &clock);
    let first = source.token().await.unwrap();
    clock.advance(Duration::from_secs(12 * 60 + 59));
    assert_eq!(source.token().await.unwrap(), first);
    clock.advance(Duration::from_secs(1));
    assert_ne!(source.token().await.unwrap(), first);
}

#[tokio::test]
async fn tokens_that_are_used_once_differ_within_a_second_and_leave_the_kept_one_alone() {
    let clock = Arc::new(TestClock::new());
    let source = source(keys(None, None), &clock);
    let kept = source.token().await.unwrap();
    let mut seen = vec![kept.clone()];
    for _ in 0..3 {
        let token = source.new_token().await.unwrap();
        assert!(!seen.contains(&token));
        seen.push(token);
    }
    assert_eq!(source.token().await.unwrap(), kept);
}

#[tokio::test]
async fn no_token_is_ever_used_fifteen_minutes_after_it_was_made() {
    let clock = Arc::new(TestClock::new());
    let source = source(keys(None, None), &clock);
    for _ in 0..300 {
        let made = value(
            &parameters(&url(&source.token().await.unwrap())),
            "X-Amz-Date",
        )
        .to_owned();
        let made = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", made)
            .unwrap()
            .to_datetime()
            .unwrap();
        let made = made.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let age = jiff::Timestamp::try_from(clock.now()).unwrap().as_second() - made.as_second();
        assert!((0..14 * 60).contains(&age), "a token of {age} seconds");
        clock.advance(Duration::from_secs(17));
    }
}

#[tokio::test]
async fn a_token_ends_with_its_credentials() {
    let clock = TestClock::new();
    let end = clock.now() + Duration::from_secs(300);
    let token = mint(
        &audience("eu-central-1"),
        &provider(keys(None, Some(end))),
        "tests",
        clock.now(),
    )
    .await
    .unwrap();
    assert_eq!(token.expires_at, end);
}

#[tokio::test]
async fn a_token_that_every_cluster_would_refuse_is_an_error_that_says_so() {
    let long = "A".repeat(2900);
    let error = mint(
        &audience("eu-central-1"),
        &provider(keys(Some(&long), None)),
        "tests",
        TestClock::new().now(),
    )
    .await
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error
            .message
            .contains("every cluster refuses more than 4096"),
        "{}",
        error.message
    );
    assert!(!error.detail().contains("AAAA"));
}

#[tokio::test]
async fn secrets_do_not_show_in_debug_texts() {
    let token = mint(
        &audience("eu-central-1"),
        &provider(keys(Some("FwoSESSION"), None)),
        "tests",
        TestClock::new().now(),
    )
    .await
    .unwrap();
    let shown = format!("{token:?}");
    assert!(!shown.contains("k8s-aws-v1"), "{shown}");
    assert!(shown.contains("(redacted)"), "{shown}");
}

#[derive(Debug)]
struct Refusing;

impl ProvideCredentials for Refusing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        use aws_credential_types::provider::error::CredentialsError;
        let below = ApiError::new(ErrorKind::AccessDenied, "sts:AssumeRole", "no");
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error(below)))
    }
}

#[tokio::test]
async fn a_role_that_could_not_be_assumed_is_the_error_of_the_token() {
    let refusing = SharedCredentialsProvider::new(Refusing);
    let error = mint(
        &audience("eu-central-1"),
        &refusing,
        "tests",
        TestClock::new().now(),
    )
    .await
    .unwrap_err();
    assert_eq!(
        error,
        ApiError::new(ErrorKind::AccessDenied, "sts:AssumeRole", "no")
    );
}
