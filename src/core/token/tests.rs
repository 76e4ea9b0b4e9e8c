use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::principal::arn::CallerArnError;

mod strictness;

const QUERY: &str = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=ASIAEXAMPLEKEY000001%2F20260601%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20260601T115500Z\
    &X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=00";

fn verifier() -> Verifier {
    Verifier {
        cluster_id: "prod".to_owned(),
        partition: Partition::Aws,
        region: Some("eu-west-1".to_owned()),
    }
}

fn noon() -> SystemTime {
    timestamp::parse(b"20260601T120000Z").unwrap()
}

fn judge_url(url: &str) -> Result<StsRequest, Refusal> {
    judge(&encode(url), &verifier(), noon())
}

fn url(query: &str) -> String {
    format!("https://sts.eu-west-1.amazonaws.com/?{query}")
}

fn request() -> StsRequest {
    judge_url(&url(QUERY)).unwrap()
}

fn answer(arn: &str, account: &str, user_id: &str) -> Result<Identity, Refusal> {
    let body = format!(
        r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"{account}","Arn":"{arn}","UserId":"{user_id}"}}}}}}"#
    );
    request().answer(200, body.as_bytes())
}

#[test]
fn a_good_token_becomes_the_one_request_for_sts() {
    let request = request();
    assert_eq!(request.method(), "GET");
    assert_eq!(request.url(), url(QUERY));
    assert_eq!(request.host(), "sts.eu-west-1.amazonaws.com");
    assert_eq!(
        request.headers(),
        [("x-k8s-aws-id", "prod"), ("accept", "application/json")]
    );
}

#[test]
fn the_answer_of_sts_becomes_an_identity() {
    let identity = answer(
        "arn:aws:sts::111122223333:assumed-role/Admin/eve@example.com",
        "111122223333",
        "AROA1:eve@example.com",
    )
    .unwrap();
    assert_eq!(
        identity.canonical_arn(),
        "arn:aws:iam::111122223333:role/Admin"
    );
    assert_eq!(
        (
            identity.user_id(),
            identity.session_name(),
            identity.access_key_id()
        ),
        ("AROA1", "eve@example.com", "ASIAEXAMPLEKEY000001")
    );
    assert!(!format!("{identity:?}").contains("ASIA"), "{identity:?}");
    assert_eq!(
        crate::principal::caller::Caller::from(&identity).canonical_arn,
        identity.canonical_arn()
    );
    let user = answer(
        "arn:aws:iam::111122223333:user/a/Eve",
        "111122223333",
        "AIDA1",
    )
    .unwrap();
    assert_eq!((user.user_id(), user.session_name()), ("AIDA1", ""));
}

#[test]
fn debug_shows_neither_signature_nor_credential() {
    let shown = format!("{:?}", request());
    assert!(shown.contains("sts.eu-west-1.amazonaws.com"), "{shown}");
    assert!(
        !shown.contains("Signature") && !shown.contains("ASIA"),
        "{shown}"
    );
}

#[test]
fn every_spelling_of_the_url_that_another_reader_would_mend_is_refused() {
    for (text, expected) in [
        (
            "https://sts.eu-west-1.amazonaws.com:443/?",
            "host.not_allowed",
        ),
        ("https://STS.eu-west-1.amazonaws.com/?", "host.not_allowed"),
        ("https://sts.eu-west-1.amazonaws.com./?", "host.not_allowed"),
        ("https://sts.eu-west-1.amazonaws.com\\/?", "url.parse"),
        ("https://sts.eu-west-1.amazonaws.com\t/?", "url.parse"),
        (" https://sts.eu-west-1.amazonaws.com/?", "url.parse"),
        ("https:sts.eu-west-1.amazonaws.com/?", "url.parse"),
        ("https:///sts.eu-west-1.amazonaws.com/?", "host.malformed"),
        ("https://user@sts.eu-west-1.amazonaws.com/?", "url.userinfo"),
        ("https://@sts.eu-west-1.amazonaws.com/?", "url.userinfo"),
        (
            "https://sts.eu-west-1.amazonaws.com@evil.example/?",
            "url.userinfo",
        ),
        ("https://sts.eu-west-1%2eamazonaws.com/?", "url.parse"),
        ("https://sts.eu-west-1.amazonaws.com//?", "url.path"),
        ("https://sts.eu-west-1.amazonaws.com/./?", "url.path"),
        ("https://sts.eu-west-1.amazonaws.com/%2f?", "url.path"),
        ("https://sts.eu-west-1.amazonaws.com/;x?", "url.path"),
        ("https://sts.eu-west-1.amazonaws.com?", "url.path"),
        ("http://sts.eu-west-1.amazonaws.com/?", "url.scheme"),
        (
            "https://sts.us-gov-west-1.amazonaws.com/?",
            "host.partition_mismatch",
        ),
        (
            "https://sts.cn-north-1.amazonaws.com.cn/?",
            "host.partition_mismatch",
        ),
        ("https://sts.evil.amazonaws.com/?", "host.not_allowed"),
    ] {
        assert_eq!(
            judge_url(&format!("{text}{QUERY}"))
                .map_err(|refusal| refusal.reason())
                .err(),
            Some(expected),
            "{text}"
        );
    }
    assert_eq!(
        judge_url(&format!("{}#x", url(QUERY))),
        Err(Refusal::Fragment)
    );
    assert!(judge_url(&url(QUERY).replace("https", "HTTPS")).is_ok());
}

#[test]
fn a_parameter_in_two_spellings_is_refused() {
    let judge = |more: &str| judge_url(&url(&format!("{QUERY}&{more}")));
    assert_eq!(
        judge("action=GetCallerIdentity"),
        Err(Refusal::CaseVariantDuplicate)
    );
    assert_eq!(
        judge("Action=GetCallerIdentity"),
        Err(Refusal::MultipleValues)
    );
    assert_eq!(
        judge("x%2Damz-credential=x"),
        Err(Refusal::CaseVariantDuplicate)
    );
    assert_eq!(
        judge("X-Amz-Security-To%E2%84%AAen=x"),
        Err(Refusal::ParameterNotAllowed)
    );
    assert_eq!(judge("=x"), Err(Refusal::ParameterNotAllowed));
    assert_eq!(judge("X-Amz-Security-Token=a;b"), Err(Refusal::Query));
    assert_eq!(judge("X-Amz-Security-Token=%zz"), Err(Refusal::Query));
    assert!(judge("&X-Amz-Security-Token=a%2Bb%2F").is_ok());
}

#[test]
fn bytes_that_no_request_line_carries_are_escaped_and_nothing_else() {
    let request = judge_url(&url(&format!(
        "{QUERY}&X-Amz-Security-Token=ab\"{{\u{e9}}}%2f"
    )))
    .unwrap();
    assert_eq!(
        request.url(),
        url(&format!(
            "{QUERY}&X-Amz-Security-Token=ab%22%7B%C3%A9%7D%2f"
        ))
    );
}

#[test]
fn only_the_ascii_spelling_of_the_cluster_header_counts() {
    let signed =
        |headers: &str| judge_url(&url(&QUERY.replace("host%3Bx-k8s-aws-id", headers))).map(drop);
    assert_eq!(signed("X-K8S-AWS-ID"), Ok(()));
    assert_eq!(signed("x-%E2%84%AA8s-aws-id"), Err(Refusal::SignedHeaders));
    assert_eq!(signed("host%3B%20x-k8s-aws-id"), Err(Refusal::Query));
}

#[test]
fn a_token_lives_fifteen_minutes_to_the_nanosecond_and_may_be_five_minutes_ahead() {
    let made = timestamp::parse(b"20260601T115500Z").unwrap();
    let at = |now: SystemTime| judge(&encode(&url(QUERY)), &verifier(), now).map(drop);
    assert_eq!(at(made + TOKEN_LIFETIME), Ok(()));
    let age = TOKEN_LIFETIME + Duration::from_nanos(1);
    assert_eq!(at(made + age), Err(Refusal::Expired { age }));
    assert_eq!(at(made - MAX_CLOCK_SKEW), Ok(()));
    let ahead = MAX_CLOCK_SKEW + Duration::from_nanos(1);
    assert_eq!(at(made - ahead), Err(Refusal::FromTheFuture { ahead }));
    let request = judge(&encode(&url(QUERY)), &verifier(), made).unwrap();
    assert_eq!(request.expires_at(), made + TOKEN_LIFETIME);
}

#[test]
fn a_token_has_one_encoding() {
    let token = encode(&url(QUERY));
    let judge = |token: &str| judge(token, &verifier(), noon()).map(drop);
    assert_eq!(judge(&token), Ok(()));
    assert_eq!(judge(&format!("{token}=")), Err(Refusal::Base64));
    assert_eq!(
        judge(&token.replacen("k8s-aws-v1.", "k8s-aws-v1.\n", 1)),
        Err(Refusal::Base64)
    );
    assert_eq!(
        judge(&token.replacen("k8s", "K8s", 1)),
        Err(Refusal::Prefix)
    );
    assert_eq!(
        judge(&"x".repeat(4097)),
        Err(Refusal::TooLarge { bytes: 4097 })
    );
}

#[test]
fn an_answer_that_is_not_plainly_from_sts_is_refused() {
    let status = |status, body: &str| request().answer(status, body.as_bytes());
    assert_eq!(
        status(403, "AccessDenied"),
        Err(Refusal::StsStatus { status: 403 })
    );
    assert_eq!(
        status(429, "slow down"),
        Err(Refusal::StsStatus { status: 429 })
    );
    assert_eq!(
        status(400, r#"{"Error":{"Code":"Throttling"}}"#),
        Err(Refusal::StsThrottling { status: 400 })
    );
    assert_eq!(status(307, ""), Err(Refusal::StsStatus { status: 307 }));
    assert_eq!(status(200, "<xml/>"), Err(Refusal::StsJson));
    assert_eq!(status(200, "{} x"), Err(Refusal::StsJson));
    assert_eq!(
        status(200, "{}"),
        Err(Refusal::StsArn(CallerArnError::Prefix))
    );
    assert_eq!(
        status(200, &" ".repeat(MAX_STS_BODY_BYTES + 1)),
        Err(Refusal::StsBodyTooLarge {
            limit: MAX_STS_BODY_BYTES
        })
    );
    assert_eq!(
        answer(
            "arn:aws:sts::111122223333:assumed-role/A/s",
            "444455556666",
            "AROA1:s"
        ),
        Err(Refusal::StsAccountMismatch)
    );
    assert_eq!(
        answer(
            "arn:aws:sts::111122223333:assumed-role/A/s",
            "111122223333",
            "AROA1"
        ),
        Err(Refusal::StsUserId)
    );
    assert_eq!(
        answer(
            "arn:aws:sts::111122223333:assumed-role/A/s",
            "111122223333",
            "AROA1:a:b"
        ),
        Err(Refusal::StsUserId)
    );
    assert_eq!(
        answer("x\",\"ARN\":\"y", "111122223333", "AROA1:s"),
        Err(Refusal::StsJson)
    );
    let metadata = |metadata: &str| {
        let body = format!(
            r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/a","UserId":"AIDA"}},"ResponseMetadata":{metadata}}}}}"#
        );
        request().answer(200, body.as_bytes()).map(drop)
    };
    for good in ["null", "{}", r#"{"RequestId":null,"More":[1]}"#] {
        assert_eq!(metadata(good), Ok(()), "{good}");
    }
    for bad in ["[]", "1", r#"{"RequestId":1}"#] {
        assert_eq!(metadata(bad), Err(Refusal::StsJson), "{bad}");
    }
}

#[test]
fn no_refusal_repeats_the_token() {
    let secret = url(QUERY).replace("X-Amz-Expires=60", "X-Amz-Expires=SECRET");
    let text = judge_url(&secret).unwrap_err().to_string();
    assert_eq!(
        text,
        "`X-Amz-Expires` in the token is not a number from 0 to 900"
    );
    assert_eq!(
        judge_url("https://evil.example.org/?SECRET")
            .unwrap_err()
            .to_string(),
        "the token is for `evil.example.org`, which is not a host of STS in partition aws"
    );
}

#[test]
fn the_version_of_the_exec_credential_is_echoed_by_each_dialect_in_its_way() {
    use ExecCredentialDialect::{Authenticator, AwsCli};
    let version = |info: &str, dialect| exec_credential_api_version(info, dialect);
    let beta = "client.authentication.k8s.io/v1beta1";
    for dialect in [Authenticator, AwsCli] {
        assert_eq!(version("", dialect), beta);
        assert_eq!(version("not json", dialect), beta);
        assert_eq!(
            version(
                r#"{"apiVersion":"client.authentication.k8s.io/v1"}"#,
                dialect
            ),
            "client.authentication.k8s.io/v1"
        );
    }
    assert_eq!(
        version(r#"{"apiVersion":"other/v9"}"#, Authenticator),
        "other/v9"
    );
    assert_eq!(version(r#"{"apiVersion":"other/v9"}"#, AwsCli), beta);
}

proptest! {
    #[test]
    fn the_judge_never_panics(text in any::<Vec<u8>>(), token in ".*") {
        let _ = judge(&token, &verifier(), noon());
        let encoded = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(&text));
        prop_assert!(judge(&encoded, &verifier(), noon()).is_err());
    }

    /// Whatever byte is changed, inserted or dropped: what is still accepted goes to a host of STS, with the path `/` and parameters
    /// that are allowed, each once.
    #[test]
    fn a_changed_url_is_refused_or_still_a_request_for_sts(at in 0usize..400, byte in any::<u8>(), kind in 0u8..3) {
        let mut bytes = url(QUERY).into_bytes();
        let at = at % bytes.len();
        match kind {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        let token = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes));
        if let Ok(request) = judge(&token, &verifier(), noon()) {
            prop_assert!(Partition::Aws.is_sts_host(request.host(), Some("eu-west-1")));
            let url = request.url();
            let query = url.strip_prefix(&format!("https://{}/?", request.host())).unwrap();
            let mut keys: Vec<String> = query.split('&').filter(|part| !part.is_empty())
                .map(|part| part.split('=').next().unwrap().to_ascii_lowercase()).collect();
            keys.sort();
            let count = keys.len();
            keys.dedup();
            prop_assert_eq!(keys.len(), count);
        }
    }

    #[test]
    fn no_answer_of_sts_makes_it_panic(status in any::<u16>(), body in any::<Vec<u8>>()) {
        let _ = request().answer(status, &body);
    }
}
