//! The token webhook's bodies and statuses: what the kube-apiserver sends, and what it gets.
//!
//! Pure functions between [`token`](crate::token) and [`identity_mapping`](crate::authenticator::identity_mapping). What surprises: refusals carry status
//! 403 (429 when STS throttles) with one static body, and answers name neither version nor kind. A request is refused where the reference takes
//! one of several readings of it: a token named twice, keys in another spelling, another kind, text behind the JSON. Source: `pkg/server/server.go:337-464` of aws-iam-authenticator v0.7.18.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::MapAccess;

use crate::json::members::{Checked, Members, Object, Text};
use crate::principal::caller::Caller;
use crate::token::RefusalClass;

/// What a server answers at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Token reviews.
    Authenticate,
    /// Whether the server runs.
    Health,
    /// Whether it can judge; the reference has no such path.
    Readiness,
    /// Its counters.
    Metrics,
}

impl Endpoint {
    /// The endpoint of a path, which is compared as it stands; none where nothing is.
    pub fn from_path(path: &str) -> Option<Endpoint> {
        match path {
            AUTHENTICATE_PATH => Some(Endpoint::Authenticate),
            "/healthz" => Some(Endpoint::Health),
            "/readyz" => Some(Endpoint::Readiness),
            "/metrics" => Some(Endpoint::Metrics),
            _ => None,
        }
    }
}

/// The path of the webhook.
pub const AUTHENTICATE_PATH: &str = "/authenticate";

const KIND: &str = "TokenReview";
const DENIED: &str = r#"{"metadata":{},"spec":{},"status":{"user":{}}}"#;
const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What is answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body; left out of the answer to a HEAD request.
    pub body: String,
}

/// Without the body: it says whose a token is, down to the id of the access key.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// Whether an identity may stand in logs and answers; accounts can be configured away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Account, unique id and ARNs are shown.
    Full,
    /// Only the user name is shown.
    Scrubbed,
}

impl Disclosure {
    /// The disclosure for an account, given the accounts that are scrubbed.
    pub fn for_account(account_id: &str, scrubbed_accounts: &[String]) -> Disclosure {
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

/// The answer of a server that runs.
pub fn healthy() -> Response {
    text(200, "ok")
}

/// The answer at a path where nothing is.
pub fn not_found() -> Response {
    text(404, "404 page not found\n")
}

/// The token in a review, or the answer to a request that is none. Version and audiences are not looked at; a kind that is named is TokenReview.
pub fn token_of_review(method: &str, body: &[u8]) -> Result<String, Response> {
    if method != "POST" {
        return Err(text(405, "expected POST\n"));
    }
    // The whole body is one value of text, also where it is not looked at: behind it nothing stands but white space.
    let review = std::str::from_utf8(body).map(serde_json::from_str::<Object<Review>>);
    match review {
        Ok(Ok(Object(review))) if matches!(review.kind.as_str(), "" | KIND) => Ok(review.token),
        Ok(_) | Err(_) => Err(text(400, "expected a request body to be a TokenReview\n")),
    }
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
        extra,
        groups,
        uid,
        username,
    };
    let user = serde_json::to_string(&user).unwrap_or_default();
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

/// In the order in which it is written.
#[derive(Serialize)]
struct User<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<&'static str, [&'a str; 1]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    groups: &'a [String],
    uid: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
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

/// A TokenReview: its token, empty where it is left out. A known member that stands twice, in another spelling or with the wrong type makes it none.
#[derive(Default)]
struct Review {
    kind: String,
    token: String,
}

impl Members for Review {
    const NAMES: &'static [&'static str] = &["kind", "apiVersion", "metadata", "status", "spec"];

    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        position: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        match position {
            0 => {
                self.kind = object.next_value::<Text>()?.0;
                Ok(())
            }
            1 => object.next_value_seed(&Checked::Text),
            2 => object.next_value_seed(METADATA),
            3 => object.next_value_seed(STATUS),
            _ => {
                self.token = object.next_value::<Object<Spec>>()?.0.token;
                Ok(())
            }
        }
    }
}

#[derive(Default)]
struct Spec {
    token: String,
}

impl Members for Spec {
    const NAMES: &'static [&'static str] = &["audiences", "token"];

    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        position: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        match position {
            0 => object.next_value_seed(TEXTS),
            _ => {
                self.token = object.next_value::<Text>()?.0;
                Ok(())
            }
        }
    }
}

const TEXTS: &Checked = &Checked::List(&Checked::Text);

/// What Go's struct takes of an object's metadata.
const METADATA: &Checked = &Checked::Object(&[
    ("name", Checked::Text),
    ("generateName", Checked::Text),
    ("namespace", Checked::Text),
    ("selfLink", Checked::Text),
    ("uid", Checked::Text),
    ("resourceVersion", Checked::Text),
    ("generation", Checked::Whole),
    ("creationTimestamp", Checked::Time),
    ("deletionTimestamp", Checked::Time),
    ("deletionGracePeriodSeconds", Checked::Whole),
    ("labels", Checked::Map(&Checked::Text)),
    ("annotations", Checked::Map(&Checked::Text)),
    ("ownerReferences", Checked::List(&Checked::Object(&[]))),
    ("finalizers", Checked::List(&Checked::Text)),
    ("managedFields", Checked::List(&Checked::Object(&[]))),
]);

/// A review that is asked has no status; one that has is only checked.
const STATUS: &Checked = &Checked::Object(&[
    ("authenticated", Checked::Bool),
    ("audiences", Checked::List(&Checked::Text)),
    ("error", Checked::Text),
    (
        "user",
        Checked::Object(&[
            ("username", Checked::Text),
            ("uid", Checked::Text),
            ("groups", Checked::List(&Checked::Text)),
        ]),
    ),
]);

#[cfg(test)]
mod tests;
