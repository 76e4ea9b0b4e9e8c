use std::time::{Duration, UNIX_EPOCH};

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Layer {
    text: &'static str,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

fn layer(text: &'static str, source: Option<Box<dyn Error + Send + Sync>>) -> Layer {
    Layer { text, source }
}

#[test]
fn causes_are_told_once_and_empty_words_are_left_out() {
    let inner = layer("connection refused (os error 111)", None);
    let io = io::Error::other(inner);
    let middle = layer(
        "tcp connect error: connection refused (os error 111)",
        Some(Box::new(io)),
    );
    let outer = layer("dispatch failure", Some(Box::new(middle)));
    assert_eq!(
        causes(&outer, "the endpoint did not answer"),
        vec!["tcp connect error: connection refused (os error 111)".to_owned()]
    );
}

#[test]
fn an_error_inside_an_io_error_is_found() {
    let error = layer(
        "outer",
        Some(Box::new(io::Error::other(layer("inner", None)))),
    );
    let texts: Vec<String> = chain(&error).map(ToString::to_string).collect();
    assert_eq!(texts, vec!["outer", "inner", "inner"]);
}

#[test]
fn secrets_leave_every_text() {
    let text = "GET https://sts.eu-west-1.amazonaws.com/?X-Amz-Credential=AKIDEXAMPLE%2F2026&X-Amz-Signature=abc123&x-amz-security-token:FwoGZXIv \
                Bearer k8s-aws-v1.aHR0cHM6Ly9zdHM_x bare k8s-aws-v1.aHR0cHM6Ly9zdHM_x Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/2026, Signature=0123456789abcdef0123 \
                token eyJhbGciOi.eyJpc3Mi.c2ln proxy http://user:pass@proxy:3128 id AKIAIOSFODNN7EXAMPLE";
    assert_eq!(
        redact(text),
        "GET https://sts.eu-west-1.amazonaws.com/?X-Amz-Credential=(redacted)&X-Amz-Signature=(redacted)&x-amz-security-token:(redacted) \
         Bearer (redacted) bare k8s-aws-v1.(redacted) Authorization: AWS4-HMAC-SHA256 Credential=(redacted), Signature=(redacted) \
         token (redacted) proxy http://(redacted)@proxy:3128 id (redacted)"
    );
}

#[test]
fn skew_is_the_answers_date_minus_our_clock() {
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert_eq!(
        clock_skew_seconds(Some("Tue, 14 Nov 2023 22:13:50 GMT"), now),
        Some(30)
    );
    assert_eq!(clock_skew_seconds(Some("yesterday"), now), None);
    assert_eq!(clock_skew_seconds(None, now), None);
}
