//! One call to AWS: what it is, what was seen of it on the way, and what its failure means.
//!
//! What surprises: the SDK retries inside the call, so a create may have been carried out by an attempt whose answer was lost.
//! The observer sees every attempt; the number of attempts and a lost answer go into the error. Kinds are decided by the
//! service's code, then by the HTTP status, never by text.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, ready};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::Error as ErasedError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use eksauth_provider::ports::cancellation::{self, CancellationToken};
use eksauth_provider::ports::{ApiError, Clock, ErrorKind};

use super::proxy::ProxyRefused;
use crate::error::{causes, clock_skew_seconds, find, never_connected, redact};

/// Whether a call changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It only reads.
    Read,
    /// It writes.
    Write,
}

/// What all calls of one configuration know.
#[derive(Clone)]
pub(crate) struct CallContext {
    /// The clock that answers are compared with.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where credentials are looked for, as a practitioner reads it.
    pub(crate) credential_sources: Arc<str>,
    /// False where nothing names a region, which STS needs.
    pub(crate) has_region: bool,
}

impl CallContext {
    /// Begins a call, `iam:GetRole`.
    pub(crate) fn begin(&self, operation: &'static str, effect: Effect) -> Call {
        Call {
            operation,
            effect,
            context: self.clone(),
            cancel: cancellation::current(),
            observed: Arc::default(),
        }
    }
}

/// What the observer saw.
#[derive(Debug, Default)]
struct Observed {
    attempts: u32,
    endpoint: Option<String>,
    answer_lost: bool,
    /// An attempt of this call may have been carried out.
    is_open: bool,
    date: Option<String>,
    /// Something is sent, or may be at any moment.
    attempt_runs: bool,
    /// Why the last attempt failed, outermost first.
    last_failure: Vec<String>,
}

/// One call, from its begin to its error.
pub(crate) struct Call {
    operation: &'static str,
    effect: Effect,
    context: CallContext,
    /// Cancelled by Ctrl-C.
    cancel: CancellationToken,
    observed: Arc<Mutex<Observed>>,
}

impl Call {
    /// What watches the attempts; goes into the request.
    pub(crate) fn observer(&self) -> Observer {
        Observer {
            observed: Arc::clone(&self.observed),
        }
    }

    /// The answer. Once the operation is cancelled no further attempt is made. The one that runs is waited for: what became of a write whose
    /// answer nobody heard is not known.
    ///
    /// # Errors
    /// What the failure means.
    pub(crate) async fn answer<T, E>(
        &self,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, ApiError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut sent = pin!(sent);
        let mut cancelled = pin!(self.cancel.cancelled());
        poll_fn(|task| {
            if let Poll::Ready(answer) = sent.as_mut().poll(task) {
                return Poll::Ready(answer.map_err(|error| self.error(error)));
            }
            ready!(cancelled.as_mut().poll(task));
            self.given_up()
                .map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
        })
        .await
    }

    /// The failure of a cancelled call; `None` while an attempt runs.
    fn given_up(&self) -> Option<ApiError> {
        let observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        if observed.attempt_runs {
            return None;
        }
        let message = match observed.attempts {
            0 => "the run was cancelled before the call was made".to_owned(),
            attempts => format!(
                "the run was cancelled, so the call was not made again after {attempts} failed {}",
                if attempts == 1 { "attempt" } else { "attempts" }
            ),
        };
        Some(ApiError {
            causes: observed.last_failure.clone(),
            attempts: observed.attempts.max(1),
            earlier_attempt_is_open: self.effect == Effect::Write && observed.is_open,
            ..ApiError::new(ErrorKind::Cancelled, self.operation, message)
        })
    }

    /// What the failure means.
    pub(crate) fn error<E>(&self, error: SdkError<E, HttpResponse>) -> ApiError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut api_error = match (&error, failed_below(&error)) {
            (SdkError::ServiceError(context), _) => {
                self.service_error(context.err(), context.raw())
            }
            (_, Some(below)) => below,
            (SdkError::ResponseError(context), _) => {
                let message = format!(
                    "the answer with status {} could not be read",
                    context.raw().status().as_u16()
                );
                self.failed(ErrorKind::Service, message, &error)
            }
            _ => self.transport_error(&error),
        };
        let observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        api_error.attempts = observed.attempts.max(1);
        api_error.earlier_attempt_is_open = self.effect == Effect::Write && observed.is_open;
        api_error.clock_skew_seconds =
            clock_skew_seconds(observed.date.as_deref(), self.context.clock.now());
        api_error
    }

    fn service_error<E>(&self, error: &E, raw: &HttpResponse) -> ApiError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = raw.status().as_u16();
        let code = error.code();
        let message = error.message().map_or_else(
            || format!("the service answered with status {status} and no message"),
            redact,
        );
        let kind = match kind(code, status) {
            ErrorKind::Invalid if names_unknown_principal(code, &message) => {
                ErrorKind::UnknownPrincipal
            }
            kind => kind,
        };
        let missing = (kind == ErrorKind::AccessDenied)
            .then(|| missing_action(&message).unwrap_or_else(|| self.operation.to_owned()));
        ApiError {
            code: Some(code.map_or_else(|| format!("HTTP {status}"), str::to_owned)),
            request_id: error
                .meta()
                .request_id()
                .or_else(|| raw.request_id())
                .map(str::to_owned),
            missing_permission: missing,
            ..ApiError::new(kind, self.operation, message)
        }
    }

    fn transport_error(&self, error: &(dyn Error + 'static)) -> ApiError {
        if let Some(credentials) = find::<CredentialsError>(error) {
            return self.credentials_error(credentials);
        }
        if let Some(proxy) = find::<ProxyRefused>(error) {
            return self.failed(ErrorKind::Unreachable, proxy.to_string(), error);
        }
        let observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = observed.endpoint.clone();
        let lost = observed.answer_lost;
        drop(observed);
        let Some(endpoint) = endpoint else {
            if !self.context.has_region && self.operation.starts_with("sts:") {
                let message = "no region is set, neither by `region` nor in AWS_REGION, AWS_DEFAULT_REGION or the profile";
                return ApiError::new(ErrorKind::Invalid, self.operation, message);
            }
            let message = "the request could not be made, because a setting is missing or wrong";
            return self.failed(ErrorKind::Invalid, message.to_owned(), error);
        };
        if self.effect == Effect::Write && (lost || !never_connected(error)) {
            let message = format!(
                "the connection to {endpoint} broke before the answer came, so the call may have been carried out"
            );
            return self.failed(ErrorKind::AnswerLost, message, error);
        }
        self.failed(
            ErrorKind::Unreachable,
            format!("the endpoint {endpoint} did not answer"),
            error,
        )
    }

    fn credentials_error(&self, error: &CredentialsError) -> ApiError {
        let sources = &self.context.credential_sources;
        let message = match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                format!("no AWS credentials were found; tried {sources}")
            }
            CredentialsError::ProviderTimedOut(_) => {
                format!("a source of AWS credentials did not answer in time; tried {sources}")
            }
            _ => format!("AWS credentials could not be loaded from {sources}"),
        };
        match error {
            // Below are the same places once more, each with "was not enabled".
            CredentialsError::CredentialsNotLoaded(_) => {
                ApiError::new(ErrorKind::NoCredentials, self.operation, message)
            }
            _ => self.failed(ErrorKind::NoCredentials, message, error),
        }
    }

    fn failed(&self, kind: ErrorKind, message: String, error: &(dyn Error + 'static)) -> ApiError {
        let message = redact(&message);
        ApiError {
            causes: causes(error, &message),
            ..ApiError::new(kind, self.operation, message)
        }
    }
}

/// A failed call below this one: the role that could not be assumed on the way.
pub(crate) fn failed_below(error: &(dyn Error + 'static)) -> Option<ApiError> {
    if let Some(below) = find::<ApiError>(error) {
        return Some(below.clone());
    }
    if let Some(below) = find::<AssumeRoleError>(error) {
        return Some(assuming_failed("sts:AssumeRole", below.meta()));
    }
    find::<AssumeRoleWithWebIdentityError>(error)
        .map(|below| assuming_failed("sts:AssumeRoleWithWebIdentity", below.meta()))
}

/// A role of a profile that the SDK could not assume.
fn assuming_failed(operation: &'static str, told: &ErrorMetadata) -> ApiError {
    let message = told.message().map_or_else(
        || "the role of the profile could not be assumed".to_owned(),
        redact,
    );
    let kind = kind(told.code(), 400);
    let missing = (kind == ErrorKind::AccessDenied)
        .then(|| missing_action(&message).unwrap_or_else(|| operation.to_owned()));
    ApiError {
        code: told.code().map(str::to_owned),
        request_id: told.request_id().map(str::to_owned),
        missing_permission: missing,
        ..ApiError::new(kind, operation, message)
    }
}

/// The kind of a service's refusal.
pub(crate) fn kind(code: Option<&str>, status: u16) -> ErrorKind {
    let code = code.map(|code| code.strip_suffix("Exception").unwrap_or(code));
    match (code, status) {
        (Some("NoSuchEntity" | "ResourceNotFound" | "NotFound"), _) => ErrorKind::NotFound,
        (Some("EntityAlreadyExists" | "ResourceInUse" | "ResourceAlreadyExists"), _) => {
            ErrorKind::AlreadyExists
        }
        (
            Some("ConcurrentModification" | "DeleteConflict" | "EntityTemporarilyUnmodifiable"),
            _,
        ) => ErrorKind::Conflict,
        (Some("AccessDenied" | "UnauthorizedOperation" | "OptInRequired"), _) => {
            ErrorKind::AccessDenied
        }
        (Some("ExpiredToken" | "IDPRejectedClaimExpired"), _) => ErrorKind::ExpiredCredentials,
        (
            Some(
                "InvalidClientTokenId"
                | "SignatureDoesNotMatch"
                | "UnrecognizedClient"
                | "IncompleteSignature"
                | "InvalidSignature"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenError"
                | "InvalidAccessKeyId"
                | "AuthFailure"
                | "InvalidIdentityToken"
                | "IDPRejectedClaim"
                | "RequestExpired",
            ),
            _,
        ) => ErrorKind::Unauthorized,
        (
            Some(
                "Throttling"
                | "Throttled"
                | "RequestThrottled"
                | "TooManyRequests"
                | "RequestLimitExceeded"
                | "SlowDown"
                | "PriorRequestNotComplete"
                | "BandwidthLimitExceeded"
                | "EC2Throttled",
            ),
            _,
        ) => ErrorKind::Throttled,
        (Some("LimitExceeded" | "ResourceLimitExceeded" | "ServiceQuotaExceeded"), _) => {
            ErrorKind::LimitExceeded
        }
        (
            Some(
                "ServiceFailure" | "InternalFailure" | "ServiceUnavailable" | "Server"
                | "InternalServer",
            ),
            _,
        ) => ErrorKind::Service,
        (_, 401) => ErrorKind::Unauthorized,
        (_, 403) => ErrorKind::AccessDenied,
        (_, 404) => ErrorKind::NotFound,
        (_, 409) => ErrorKind::Conflict,
        (_, 429) => ErrorKind::Throttled,
        (_, 400..500) => ErrorKind::Invalid,
        _ => ErrorKind::Service,
    }
}

/// IAM has one code for everything that can be wrong with a policy, so this is the one place that reads the text. A principal that was made a moment
/// ago is as unknown as one that does not exist.
fn names_unknown_principal(code: Option<&str>, message: &str) -> bool {
    code == Some("MalformedPolicyDocument")
        && message.to_ascii_lowercase().contains("invalid principal")
}

/// The action in `… is not authorized to perform: iam:GetRole on resource: …`.
fn missing_action(message: &str) -> Option<String> {
    let (_, rest) = message
        .split_once("is not authorized to perform: ")
        .or_else(|| message.split_once("Not authorized to perform "))?;
    let action = rest
        .split(|c: char| c.is_whitespace() || c == ',')
        .next()?
        .trim_end_matches('.');
    action.contains(':').then(|| action.to_owned())
}

/// `None` for what does not exist.
pub(crate) fn absent<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Success for what is gone already.
pub(crate) fn gone<T>(answer: Result<T, ApiError>) -> Result<(), ApiError> {
    absent(answer).map(|_| ())
}

/// Watches the attempts of a call.
#[derive(Debug)]
pub(crate) struct Observer {
    observed: Arc<Mutex<Observed>>,
}

#[dyn_dispatch_hint]
impl Intercept for Observer {
    fn name(&self) -> &'static str {
        "eksauth-call-observer"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.observed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .attempt_runs = true;
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        observed.attempts += 1;
        observed.endpoint = origin(context.request().uri());
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        self.observed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .date = date;
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        observed.attempt_runs = false;
        if let Some(Err(error)) = context.output_or_error() {
            let lost = match error.as_connector_error() {
                Some(connector) => !connector.is_user() && !never_connected(connector),
                None => error.is_timeout_error() || error.is_response_error(),
            };
            let is_fault = context
                .response()
                .is_some_and(|answer| answer.status().as_u16() >= 500);
            observed.answer_lost |= lost;
            observed.is_open |= lost || is_fault;
            observed.last_failure = failure(error);
        }
        Ok(())
    }
}

/// Why an attempt failed, outermost first.
fn failure(error: &OrchestratorError<ErasedError>) -> Vec<String> {
    match (error.as_operation_error(), error.as_connector_error()) {
        (Some(answered), _) => causes(answered, ""),
        (_, Some(connector)) => causes(connector, ""),
        _ => Vec::new(),
    }
}

/// `https://host:port` of a request; never its path and query, which may be signed.
fn origin(uri: &str) -> Option<String> {
    let uri: http::Uri = uri.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    Some(format!("{}://{host}", uri.scheme_str()?))
}

/// Sends a fluent builder under the eyes of a [`Call`].
macro_rules! send {
    ($call:expr, $request:expr) => {{
        let call = $call;
        let request = $request.customize().interceptor(call.observer());
        call.answer(request.send()).await
    }};
}
pub(crate) use send;

#[cfg(test)]
mod tests;
