//! What an API server's refusal or silence means.
//!
//! What surprises: 409 is both "exists already" and "changed meanwhile"; the reason in the Status tells which. A certificate for
//! another name is a failed connection, so it is never mistaken for a lost answer.

use std::error::Error;

use eksauth_provider::ports::{ApiError, ErrorKind, RequestVerb};
use http::{Request, StatusCode};
use rustls::CertificateError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{causes, find, never_connected, redact};

/// The code of a failed connection where TLS refused the server.
const INVALID_CERTIFICATE: &str = "InvalidCertificate";

/// How the API server ends the message with which it refuses the dry run of an object that a webhook with side effects watches. No reason of a Status
/// tells it from another bad request, so this is the one place that reads the text. Source: k8s.io/apiserver, `NewDryRunUnsupportedErr`.
const NO_DRY_RUN: &str = " does not support dry run";

/// The cause of a refusal to make something in a namespace that is being deleted. Source: k8s.io/api core/v1, `NamespaceTerminatingCause`.
const ENDING_NAMESPACE: &str = "NamespaceTerminating";

/// A request to an API server, for its error texts.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// What it does.
    pub(super) verb: RequestVerb,
    /// `configmaps kube-system/aws-auth`.
    pub(super) object: String,
}

impl Operation {
    fn text(&self) -> String {
        format!("{} {}", self.verb.word(), self.object)
    }

    /// True if the request changes nothing.
    pub(super) fn is_read(&self) -> bool {
        self.verb.is_read()
    }

    /// The request of this operation as kube built it.
    pub(super) fn request(
        &self,
        built: Result<Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<Request<Vec<u8>>, ApiError> {
        built.map_err(|error| self.failed(ErrorKind::Invalid, error.to_string()))
    }

    /// What a successful answer says.
    pub(super) fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ApiError> {
        self.understood(serde_json::from_slice(body))
    }

    /// What was made of a successful answer.
    pub(super) fn understood<T>(&self, read: Result<T, serde_json::Error>) -> Result<T, ApiError> {
        read.map_err(|error| {
            self.failed(
                ErrorKind::Service,
                format!("the answer cannot be read: {error}"),
            )
        })
    }

    /// A failure of this operation in our own words.
    pub(super) fn failed(&self, kind: ErrorKind, message: impl Into<String>) -> ApiError {
        ApiError::from_api_server(kind, self.verb, &self.object, message)
    }

    /// The failure of a request that was cancelled between two attempts; `last` is how the one before ended.
    pub(super) fn given_up(&self, last: &ApiError) -> ApiError {
        let attempts = match last.attempts {
            1 => "1 failed attempt".to_owned(),
            attempts => format!("{attempts} failed attempts"),
        };
        let message =
            format!("the run was cancelled, so the call was not made again after {attempts}");
        ApiError {
            address: last.address.clone(),
            causes: std::iter::once(&last.message)
                .chain(&last.causes)
                .cloned()
                .collect(),
            attempts: last.attempts,
            earlier_attempt_is_open: last.may_have_been_carried_out(),
            ..self.failed(ErrorKind::Cancelled, message)
        }
    }
}

/// `Status` as far as it tells why.
#[derive(Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    message: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    details: Option<Details>,
}

/// What a `Status` says beside its reason.
#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    causes: Vec<Cause>,
}

#[derive(Debug, Default, Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
}

impl Status {
    /// Refused only because the namespace is on its way out, which RBAC has no part in: there is none to make anything in.
    fn is_in_ending_namespace(&self) -> bool {
        let causes = self.details.iter().flat_map(|details| &details.causes);
        causes
            .into_iter()
            .any(|cause| cause.reason == ENDING_NAMESPACE)
    }
}

/// The error of an answer that is no success.
pub(super) fn refused(operation: &Operation, status: StatusCode, body: &[u8]) -> ApiError {
    let told: Status = serde_json::from_slice(body).unwrap_or_default();
    let kind = match kind(status, &told.reason) {
        ErrorKind::Invalid if told.message.ends_with(NO_DRY_RUN) => ErrorKind::NoDryRun,
        ErrorKind::AccessDenied if told.is_in_ending_namespace() => ErrorKind::NotFound,
        kind => kind,
    };
    let message = match told.message.trim() {
        "" => format!("the API server answered with status {}", status.as_u16()),
        message => redact(message),
    };
    let missing = (kind == ErrorKind::AccessDenied).then(|| operation.text());
    ApiError {
        code: Some(status.as_u16().to_string()),
        missing_permission: missing,
        ..operation.failed(kind, message)
    }
}

fn kind(status: StatusCode, reason: &str) -> ErrorKind {
    match (status.as_u16(), reason) {
        (401, _) => ErrorKind::Unauthorized,
        (403, _) => ErrorKind::AccessDenied,
        (404, _) => ErrorKind::NotFound,
        (409, "AlreadyExists") => ErrorKind::AlreadyExists,
        (409, _) => ErrorKind::Conflict,
        (429, _) => ErrorKind::Throttled,
        // Something on the way gave up waiting; whether the API server got the request is open.
        (408, _) => ErrorKind::Service,
        (400..500, _) => ErrorKind::Invalid,
        _ => ErrorKind::Service,
    }
}

/// The error of a request that got no answer.
pub(super) fn unanswered(
    operation: &Operation,
    endpoint: &str,
    error: &(dyn Error + 'static),
) -> ApiError {
    let (kind, code, message) = if let Some(certificate) = certificate_error(error) {
        let message = format!("the certificate of {endpoint} was refused: {certificate}");
        (ErrorKind::Unreachable, Some(INVALID_CERTIFICATE), message)
    } else if operation.is_read() || never_connected(error) {
        let message = format!("the API server {endpoint} did not answer");
        (ErrorKind::Unreachable, None, message)
    } else {
        (ErrorKind::AnswerLost, None, lost(endpoint))
    };
    ApiError {
        code: code.map(str::to_owned),
        causes: causes(error, &message),
        ..operation.failed(kind, message)
    }
}

/// The error of a request whose time was up.
pub(super) fn timed_out(operation: &Operation, endpoint: &str, seconds: u64) -> ApiError {
    if operation.is_read() {
        return operation.failed(
            ErrorKind::Unreachable,
            format!("the API server {endpoint} did not answer within {seconds} seconds"),
        );
    }
    operation.failed(ErrorKind::AnswerLost, lost(endpoint))
}

fn lost(endpoint: &str) -> String {
    format!(
        "the connection to {endpoint} broke before the answer came, so the change may have been made"
    )
}

fn certificate_error(error: &(dyn Error + 'static)) -> Option<String> {
    let rustls::Error::InvalidCertificate(why) = find::<rustls::Error>(error)? else {
        return None;
    };
    Some(match why {
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let expected = expected.to_str().into_owned();
            let presented: Vec<String> = presented
                .iter()
                .map(|name| format!("`{}`", bare_name(name)))
                .collect();
            format!(
                "it is not valid for `{expected}`, only for {}",
                presented.join(", ")
            )
        }
        CertificateError::NotValidForName => "it is not valid for this name".to_owned(),
        // An authority of the same subject, as EKS's are, is told apart by what it signs with.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it was not issued by the cluster's certificate authority".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        other => other.to_string(),
    })
}

/// `api.internal` of `DnsName("api.internal")`.
fn bare_name(presented: &str) -> &str {
    presented
        .split_once('(')
        .map_or(presented, |(_, rest)| rest.trim_end_matches(')'))
        .trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_that_is_being_deleted_is_none_and_no_want_of_rights() {
        let operation = Operation {
            verb: RequestVerb::Patch,
            object: "serviceaccounts apps/reader".to_owned(),
        };
        let kind = |cause: &str| {
            let body = serde_json::json!({"kind": "Status", "reason": "Forbidden", "code": 403,
                "message": "serviceaccounts \"reader\" is forbidden: unable to create new content in namespace apps because it is being terminated",
                "details": {"causes": [{"reason": cause, "field": "metadata.namespace"}]}});
            refused(
                &operation,
                StatusCode::FORBIDDEN,
                body.to_string().as_bytes(),
            )
            .kind
        };
        assert_eq!(kind("NamespaceTerminating"), ErrorKind::NotFound);
        assert_eq!(kind("Other"), ErrorKind::AccessDenied);
    }

    #[test]
    fn a_webhook_that_takes_no_dry_run_is_told_from_another_bad_request() {
        let operation = Operation {
            verb: RequestVerb::Patch,
            object: "configmaps kube-system/aws-auth".to_owned(),
        };
        let kind = |message: &str| {
            let body = serde_json::json!({"kind": "Status", "reason": "BadRequest", "message": message, "code": 400});
            refused(
                &operation,
                StatusCode::BAD_REQUEST,
                body.to_string().as_bytes(),
            )
            .kind
        };
        let webhook = "admission webhook \"policy.example.com\" does not support dry run";
        assert_eq!(kind(webhook), ErrorKind::NoDryRun);
        assert_eq!(
            kind("a policy says: does not support dry run, they said"),
            ErrorKind::Invalid
        );
    }
}
