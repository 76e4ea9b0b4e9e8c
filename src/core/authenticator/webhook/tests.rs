use super::*;

fn token(body: &str) -> Option<String> {
    token_of_review("POST", body.as_bytes()).ok()
}

#[test]
fn the_token_is_read_and_what_is_left_out_is_empty() {
    assert_eq!(
        token("\r\n\t {\"spec\":{\"token\":\"t\",\"audiences\":[\"a\"]}} \n"),
        Some("t".to_owned())
    );
    assert_eq!(token(r#"{"kind":null,"spec":null}"#), Some(String::new()));
    assert_eq!(token("{}"), Some(String::new()));
    assert_eq!(token("null"), Some(String::new()));
    // What the kube-apiserver sends, and fields that nobody knows.
    assert_eq!(
        token(
            r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1beta1","metadata":{"creationTimestamp":null,"labels":{},"x":1},
               "spec":{"token":"t","audiences":["https://kubernetes.default.svc"]},"status":{"user":{"extra":null}},"more":[1.5]}"#
        ),
        Some("t".to_owned())
    );
    assert_eq!(
        token(
            r#"{"metadata":{"creationTimestamp":"2026-06-01T12:00:00.5+02:00","generation":-3},"spec":{"token":"t"}}"#
        ),
        Some("t".to_owned())
    );
}

#[test]
fn what_is_no_review_is_answered_with_400_and_text() {
    for body in [
        "",
        "x",
        "[]",
        "\"x\"",
        r#"{"spec":1}"#,
        r#"{"spec":{"token":1}}"#,
        r#"{"kind":1}"#,
        r#"{"kind":"Other","spec":{"token":"t"}}"#,
        r#"{"kind":"tokenreview","spec":{"token":"t"}}"#,
        r#"{"kind":"TokenReview ","spec":{"token":"t"}}"#,
        r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{}}"#,
        r#"{"SPEC":{"token":"t"}}"#,
        r#"{"Spec":{"token":"t"}}"#,
        "{\"\u{17f}pec\":{\"token\":\"t\"}}",
        r#"{"\u017fpec":{"token":"t"}}"#,
        r#"{"spec":{"Token":"t"}}"#,
        "{\"spec\":{\"to\u{212a}en\":\"t\"}}",
        r#"{"spec":{"token":"t","TOKEN":null}}"#,
        r#"{"spec":{"token":"t"},"KIND":"TokenReview"}"#,
        r#"{"spec":{"token":"t"},"APIVersion":"x"}"#,
        r#"{"spec":{"token":"t","Audiences":[]}}"#,
        r#"{"spec":{"token":"t"},"metadata":{"NAME":"n"}}"#,
        r#"{"spec":{"token":"t"}} trailing"#,
        r#"{"spec":{"token":"t"}}{"spec":{"token":"u"}}"#,
        r#"{"spec":{"token":"t"}}]"#,
        r#"{"spec":{"token":"t"}},"#,
        "{\"spec\":{\"token\":\"t\"}}\0",
        "{\"spec\":{\"token\":\"t\"}}\u{a0}",
        "\u{feff}{\"spec\":{\"token\":\"t\"}}",
        "[{\"spec\":{\"token\":\"t\"}}]",
        "{\"spec\":[{\"token\":\"t\"}]}",
        "{\"spec\":{\"token\":[\"t\"]}}",
        "{\"spec\":{\"token\":\"t\"},}",
        "// x\n{\"spec\":{\"token\":\"t\"}}",
        "1",
        "true",
        r#"{"spec":{"audiences":"a"}}"#,
        r#"{"spec":{"audiences":[1]}}"#,
        r#"{"spec":[]}"#,
        r#"{"apiVersion":1}"#,
        r#"{"metadata":"x"}"#,
        r#"{"metadata":{"name":1}}"#,
        r#"{"metadata":{"labels":{"a":1}}}"#,
        r#"{"metadata":{"generation":1.5}}"#,
        r#"{"metadata":{"creationTimestamp":"yesterday"}}"#,
        r#"{"metadata":{"creationTimestamp":""}}"#,
        r#"{"metadata":{"managedFields":["x"]}}"#,
        r#"{"status":{"authenticated":"yes"}}"#,
        r#"{"status":{"user":{"groups":"g"}}}"#,
        r#"{"status":{"user":[]}}"#,
        r#"{"status":{"error":1}}"#,
    ] {
        assert_eq!(
            token_of_review("POST", body.as_bytes()),
            Err(Response {
                status: 400,
                content_type: TEXT,
                body: "expected a request body to be a TokenReview\n".to_owned()
            }),
            "{body}"
        );
    }
}

#[test]
fn a_token_named_twice_is_refused_in_whatever_case() {
    assert_eq!(token(r#"{"spec":{"token":"a","token":"b"}}"#), None);
    assert_eq!(token(r#"{"spec":{"token":"a","TOKEN":"b"}}"#), None);
    assert_eq!(
        token(r#"{"spec":{"token":"a"},"Spec":{"token":"b"}}"#),
        None
    );
}

#[test]
fn a_path_is_compared_as_it_stands() {
    assert_eq!(
        Endpoint::from_path("/authenticate"),
        Some(Endpoint::Authenticate)
    );
    for path in [
        "",
        "/",
        "/authenticate/",
        "//authenticate",
        "/Authenticate",
        "/healthz/",
        "authenticate",
    ] {
        assert_eq!(Endpoint::from_path(path), None, "{path}");
    }
    assert_eq!((healthy().status, not_found().status), (200, 404));
}

#[test]
fn throttling_is_429_and_every_other_refusal_403() {
    let status = |class| refused(class).status;
    assert_eq!(
        [
            RefusalClass::Format,
            RefusalClass::Sts,
            RefusalClass::Other,
            RefusalClass::Throttling
        ]
        .map(status),
        [403, 403, 403, 429]
    );
    assert_eq!(not_mapped(), refused(RefusalClass::Format));
}

#[test]
fn an_answer_is_not_shown_by_debug() {
    let caller = Caller {
        access_key_id: "ASIAEXAMPLEKEY000001".into(),
        ..Caller::default()
    };
    let answer = accepted(&caller, "u", &[], Disclosure::Full);
    assert!(answer.body.contains("ASIAEXAMPLEKEY000001"));
    assert!(!format!("{answer:?}").contains("ASIA"), "{answer:?}");
}

#[test]
fn an_accepted_caller_without_groups_has_no_key_for_them() {
    let caller = Caller {
        account_id: "111122223333".to_owned(),
        user_id: "AIDA".to_owned(),
        ..Caller::default()
    };
    assert_eq!(
        accepted(&caller, "u", &[], Disclosure::Scrubbed).body,
        "{\"metadata\":{},\"spec\":{},\"status\":{\"authenticated\":true,\
         \"user\":{\"uid\":\"aws-iam-authenticator:administrative:u\",\"username\":\"u\"}}}\n"
    );
    assert_eq!(
        Disclosure::for_account("111122223333", &["111122223333".to_owned()]),
        Disclosure::Scrubbed
    );
    assert_eq!(
        Disclosure::for_account("111122223333", &[]),
        Disclosure::Full
    );
}

#[test]
fn bytes_that_are_no_text_are_no_review_wherever_they_stand() {
    let bodies: [&[u8]; 3] = [
        b"{\"spec\":{\"token\":\"t\",\"audiences\":[\"\xff\"]}}",
        b"{\"spec\":{\"token\":\"t\"},\"\xc3\":1}",
        b"{\"spec\":{\"token\":\"\xed\xa0\x80\"}}",
    ];
    for body in bodies {
        let answer = token_of_review("POST", body);
        assert_eq!(answer.map_err(|response| response.status), Err(400));
    }
}
