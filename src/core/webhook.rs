//! The token webhook's bodies and statuses: what the kube-apiserver sends, and what it gets.
//!
//! Pure functions between [`token`](crate::token) and [`identity_mapping`](crate::identity_mapping). What surprises: refusals carry status
//! 403 (429 when STS throttles) with one static body, and answers name neither version nor kind. A request that names its token twice is
//! refused, where the reference takes the last. Source: `pkg/server/server.go:337-464` of aws-iam-authenticator v0.7.18.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::identity_mapping::Caller;
use crate::json::Json;
use crate::token::RefusalClass;

/// The path of the webhook.
pub const AUTHENTICATE_PATH: &str = "/authenticate";

const DENIED: &str = r#"{"metadata":{},"spec":{},"status":{"user":{}}}"#;
const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body; left out of the answer to a HEAD request.
    pub body: String,
}

/// Whether an identity may stand in logs and answers; accounts can be configured away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Account, unique id and ARNs are told.
    Full,
    /// Only the user name is told.
    Scrubbed,
}

impl Disclosure {
    /// The disclosure for an account, given the accounts that are scrubbed.
    pub fn of_account(account_id: &str, scrubbed_accounts: &[String]) -> Disclosure {
        if scrubbed_accounts
            .iter()
            .any(|account| account == account_id)
        {
            Disclosure::Scrubbed
        } else {
            Disclosure::Full
        }
    }
}

/// The token in a review, or the answer to a request that is none. Version, kind and audiences are not looked at.
pub fn token_of_review(method: &str, body: &[u8]) -> Result<String, Response> {
    if method != "POST" {
        return Err(text(405, "expected POST\n"));
    }
    let no_review = || text(400, "expected a request body to be a TokenReview\n");
    let review = Json::parse_first(body).map_err(|_| no_review())?;
    read_token(&review).ok_or_else(no_review)
}

/// The answer to a token that was refused.
pub fn refused(class: RefusalClass) -> Response {
    let status = if class == RefusalClass::Throttling {
        429
    } else {
        403
    };
    Response {
        status,
        content_type: JSON,
        body: DENIED.to_owned(),
    }
}

/// The answer to a caller without a mapping, or with one that cannot be used.
pub fn not_mapped() -> Response {
    Response {
        status: 403,
        content_type: JSON,
        body: DENIED.to_owned(),
    }
}

/// The answer to a caller with a mapping; `username` and `groups` are rendered.
pub fn accepted(
    caller: &Caller,
    username: &str,
    groups: &[String],
    disclosure: Disclosure,
) -> Response {
    let (uid, extra) = match disclosure {
        Disclosure::Full => (
            format!(
                "aws-iam-authenticator:{}:{}",
                caller.account_id, caller.user_id
            ),
            extra(caller),
        ),
        Disclosure::Scrubbed => (
            format!("aws-iam-authenticator:administrative:{username}"),
            BTreeMap::new(),
        ),
    };
    let user = User {
        username,
        uid,
        groups,
        extra,
    };
    let user = serde_json::to_value(user).unwrap_or_default();
    let body = format!(
        r#"{{"metadata":{{}},"spec":{{}},"status":{{"authenticated":true,"user":{user}}}}}{}"#,
        '\n'
    );
    Response {
        status: 200,
        content_type: JSON,
        body,
    }
}

#[derive(Serialize)]
struct User<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    uid: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    groups: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<&'static str, [&'a str; 1]>,
}

/// Six keys, always there, possibly with empty values; there is none for the account.
fn extra(caller: &Caller) -> BTreeMap<&'static str, [&str; 1]> {
    BTreeMap::from([
        ("arn", [caller.arn.as_str()]),
        ("canonicalArn", [caller.canonical_arn.as_str()]),
        ("sessionName", [caller.session_name.as_str()]),
        ("accessKeyId", [caller.access_key_id.as_str()]),
        ("principalId", [caller.user_id.as_str()]),
        (
            "sigs.k8s.io/aws-iam-authenticator/principalId",
            [caller.user_id.as_str()],
        ),
    ])
}

fn text(status: u16, body: &str) -> Response {
    Response {
        status,
        content_type: TEXT,
        body: body.to_owned(),
    }
}

/// The token, empty where it is left out; none where something has the wrong type or stands twice.
fn read_token(review: &Json) -> Option<String> {
    use Shape::{Bool, List, Object, Text, Texts, Time, Whole};
    check(review, &[("kind", Text), ("apiVersion", Text)])?;
    let metadata = member(review, "metadata")?;
    check(
        metadata,
        &[
            ("name", Text),
            ("generateName", Text),
            ("namespace", Text),
            ("selfLink", Text),
            ("uid", Text),
            ("resourceVersion", Text),
            ("generation", Whole),
            ("creationTimestamp", Time),
            ("deletionTimestamp", Time),
            ("deletionGracePeriodSeconds", Whole),
            ("labels", Texts),
            ("annotations", Texts),
            ("ownerReferences", Object),
            ("finalizers", List),
            ("managedFields", Object),
        ],
    )?;
    let status = member(review, "status")?;
    check(
        status,
        &[
            ("authenticated", Bool),
            ("audiences", List),
            ("error", Text),
        ],
    )?;
    check(
        member(status, "user")?,
        &[("username", Text), ("uid", Text), ("groups", List)],
    )?;
    let spec = member(review, "spec")?;
    check(spec, &[("audiences", List), ("token", Text)])?;
    match member(spec, "token")? {
        Json::Text(token) => Some(token.clone()),
        _ => Some(String::new()),
    }
}

/// What a member of a review must be where it is there at all.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    /// A whole number.
    Whole,
    /// A time as RFC 3339 has it.
    Time,
    /// A list of texts.
    List,
    /// An object of texts.
    Texts,
    /// A list of objects.
    Object,
}

impl Shape {
    fn is_of(self, value: &Json) -> bool {
        let is_text = |value: &Json| matches!(value, Json::Text(_) | Json::Null);
        match (self, value) {
            (_, Json::Null) => true,
            (Shape::Text, Json::Text(_)) | (Shape::Bool, Json::Bool(_)) => true,
            (Shape::Whole, Json::Number(number)) => number.parse::<i64>().is_ok(),
            (Shape::Time, Json::Text(time)) => is_time(time),
            (Shape::List, Json::Array(items)) => items.iter().all(is_text),
            (Shape::Texts, Json::Object(members)) => members.iter().all(|(_, text)| is_text(text)),
            (Shape::Object, Json::Array(items)) => items
                .iter()
                .all(|item| matches!(item, Json::Object(_) | Json::Null)),
            _ => false,
        }
    }
}

/// An object, or nothing, whose members have the shapes of Go's struct.
fn check(object: &Json, shapes: &[(&str, Shape)]) -> Option<()> {
    shapes
        .iter()
        .try_for_each(|(name, shape)| shape.is_of(member(object, name)?).then_some(()))
}

/// `2006-01-02T15:04:05Z` with an optional fraction and any offset, as far as the form goes.
fn is_time(text: &str) -> bool {
    let Some((date_and_time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let form = "dddd-dd-ddTdd:dd:dd";
    let has_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, wanted)| {
                if wanted == b'd' {
                    byte.is_ascii_digit()
                } else {
                    byte == wanted
                }
            })
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    has_form(date_and_time, form)
        && (zone == "Z" || has_form(zone, "+dd:dd") || has_form(zone, "-dd:dd"))
}

fn member<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    object.member(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(body: &str) -> Option<String> {
        token_of_review("POST", body.as_bytes()).ok()
    }

    #[test]
    fn the_token_is_read_whatever_the_case_of_keys_and_what_follows() {
        assert_eq!(
            token(r#"{"SPEC":{"Token":"t","audiences":["a"]},"kind":"Other"} trailing"#),
            Some("t".to_owned())
        );
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
            Disclosure::of_account("111122223333", &["111122223333".to_owned()]),
            Disclosure::Scrubbed
        );
        assert_eq!(
            Disclosure::of_account("111122223333", &[]),
            Disclosure::Full
        );
    }
}
