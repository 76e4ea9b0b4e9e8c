//! Why a call to AWS or Kubernetes failed, whoever was called.

use std::fmt;

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

/// A failed call. Display gives the service's words; [`ApiError::detail`] gives everything a practitioner needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// `iam:CreateRole`, `kubernetes:patch configmaps kube-system/aws-auth`.
    pub operation: String,
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
    /// How often the call was tried. Above 1, an earlier attempt may have been carried out although its answer was lost.
    pub attempts: u32,
}

impl ApiError {
    /// A failure with a kind, an operation and a message.
    pub fn new(kind: ErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            code: None,
            message: message.into(),
            request_id: None,
            causes: Vec::new(),
            missing_permission: None,
            clock_skew_seconds: None,
            attempts: 1,
        }
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
