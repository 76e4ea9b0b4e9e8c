//! Why a call to AWS or Kubernetes failed, whoever was called.

use std::fmt;
use std::time::Duration;

/// What kind of failure it is; decided by error code, never by text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object does not exist.
    NotFound,
    /// An object of that name exists already.
    AlreadyExists,
    /// Another writer was faster (409, ConcurrentModification, DeleteConflict).
    Conflict,
    /// The caller may not do this (403, AccessDenied).
    AccessDenied,
    /// Nobody knows the caller (401, invalid token or signature).
    Unauthorized,
    /// The credentials are past their time.
    ExpiredCredentials,
    /// There are no credentials.
    NoCredentials,
    /// Too many calls, also after retries.
    Throttled,
    /// A quota is used up.
    LimitExceeded,
    /// The service refuses the input.
    Invalid,
    /// A policy names a principal that the service does not know, or does not know yet.
    UnknownPrincipal,
    /// The provider block does not want to work in the caller's account.
    AccountNotAllowed,
    /// The server makes no dry run of this, because an admission webhook takes none; the call itself may succeed.
    NoDryRun,
    /// The endpoint did not answer: name, connection, TLS or time.
    Unreachable,
    /// The connection broke after the request was sent: it may have been carried out.
    AnswerLost,
    /// The operation was cancelled.
    Cancelled,
    /// The service failed (5xx) or said something unknown.
    Service,
}

impl ErrorKind {
    /// True where nobody can tell whether the call was carried out. Every other failure is a refusal, or came before the request was sent.
    pub fn leaves_outcome_open(self) -> bool {
        matches!(self, Self::AnswerLost | Self::Service)
    }
}

/// Who was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// A service of AWS, or what comes before any call.
    Aws,
    /// The API server of a cluster, with what was asked of it.
    ApiServer(RequestVerb),
}

/// The operation of a profile that the environment names and the shared files do not have.
pub const PROFILE_VARIABLE: &str = "AWS_PROFILE";

/// The operation of a profile that the provider block names and the shared files do not have.
pub const PROFILE_ARGUMENT: &str = "`profile`";

/// What a request to an API server does, in the words of RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestVerb {
    /// Reads one object.
    Get,
    /// Reads many.
    List,
    /// Follows many.
    Watch,
    /// Makes one, or asks a review.
    Create,
    /// Changes one.
    Patch,
    /// Removes one.
    Delete,
}

impl RequestVerb {
    /// As RBAC writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// True for what changes nothing.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

/// A failed call. Display gives the service's words; [`ApiError::detail`] gives everything a practitioner needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Who was called.
    pub service: Service,
    /// `iam:CreateRole`, `kubernetes:patch configmaps kube-system/aws-auth`.
    pub operation: String,
    /// The address that was called, where there is one for each cluster.
    pub address: Option<String>,
    /// The service's code, `EntityAlreadyExists`; HTTP status for Kubernetes.
    pub code: Option<String>,
    /// The service's message.
    pub message: String,
    /// The service's request id.
    pub request_id: Option<String>,
    /// The causes below, outermost first, without repetition and without secrets.
    pub causes: Vec<String>,
    /// The action that is missing, `iam:CreateRole`, for [`ErrorKind::AccessDenied`].
    pub missing_permission: Option<String>,
    /// The answer's `Date` minus our clock, in seconds, where the answer had one.
    pub clock_skew_seconds: Option<i64>,
    /// How often the call was tried.
    pub attempts: u32,
    /// True where an attempt before the last one may have been carried out: its answer was lost, or was a fault of the service.
    pub earlier_attempt_is_open: bool,
    /// How long the service asks to wait before the next call.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// A failure with a kind, an operation and a message.
    pub fn new(kind: ErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            service: Service::Aws,
            operation: operation.into(),
            address: None,
            code: None,
            message: message.into(),
            request_id: None,
            causes: Vec::new(),
            missing_permission: None,
            clock_skew_seconds: None,
            attempts: 1,
            earlier_attempt_is_open: false,
            retry_after: None,
        }
    }

    /// A failure of a request to an API server about an object, such as `configmaps kube-system/aws-auth`.
    pub fn from_api_server(
        kind: ErrorKind,
        verb: RequestVerb,
        object: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            service: Service::ApiServer(verb),
            ..Self::new(
                kind,
                format!("kubernetes:{} {object}", verb.word()),
                message,
            )
        }
    }

    /// False where the call was surely not carried out, by no attempt.
    pub fn may_have_been_carried_out(&self) -> bool {
        self.kind.leaves_outcome_open() || self.earlier_attempt_is_open
    }

    /// Operation, code, message, causes, request id and missing permission as a practitioner reads them.
    pub fn detail(&self) -> String {
        let mut text = format!("{}: {}", self.operation, self.message);
        if let Some(code) = &self.code {
            text = format!("{} failed with `{code}`: {}", self.operation, self.message);
        }
        for cause in &self.causes {
            text.push_str(&format!("\n  caused by: {cause}"));
        }
        if let Some(action) = &self.missing_permission {
            text.push_str(&format!("\nThe caller needs the permission `{action}`."));
        }
        if let Some(id) = &self.request_id {
            text.push_str(&format!("\nRequest id: {id}"));
        }
        text
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.message)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_answer_and_a_fault_of_the_service_leave_open_what_was_done() {
        for (kind, is_open) in [
            (ErrorKind::AnswerLost, true),
            (ErrorKind::Service, true),
            (ErrorKind::Throttled, false),
            (ErrorKind::Invalid, false),
            (ErrorKind::AccessDenied, false),
            (ErrorKind::Unauthorized, false),
            (ErrorKind::Conflict, false),
            (ErrorKind::AlreadyExists, false),
            (ErrorKind::NotFound, false),
            (ErrorKind::Unreachable, false),
        ] {
            let error = ApiError::new(kind, "iam:CreateRole", "no");
            assert_eq!(error.may_have_been_carried_out(), is_open, "{kind:?}");
            let repeated = ApiError {
                earlier_attempt_is_open: true,
                ..error
            };
            assert!(repeated.may_have_been_carried_out(), "{kind:?}");
        }
    }
}
