//! Waiting until IAM is consistent: what was just made is not yet seen everywhere.
//!
//! Two minutes, as hashicorp/aws waits; every wait watches Ctrl-C.

use std::time::Duration;

use tf_provider::Context;

use super::Session;
use super::cancellable_wait::{Cancelled, wait};
use crate::backoff::Backoff;
use crate::ports::{ApiError, ErrorKind};

/// Between two calls.
const PAUSES: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(5),
};
/// How long IAM may need.
const LIMIT: Duration = Duration::from_secs(120);
/// The same where the likelier reason is a name that does not exist: a policy, a boundary.
const NOT_FOUND_LIMIT: Duration = Duration::from_secs(30);

/// Calls until the answer is final: a success, an error that `passes` does not know, the limit (then the last error), or Ctrl-C.
pub(crate) async fn until_consistent<
    C: AsRef<Session>,
    T,
    F: Future<Output = Result<T, ApiError>>,
>(
    cx: &Context<C>,
    passes: impl Fn(&ApiError) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, ApiError> {
    let session: &Session = C::as_ref(&cx.client);
    let clock = session.clock();
    let started = clock.now();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let waited = clock.now().duration_since(started).unwrap_or_default();
        let limit = match error.kind {
            ErrorKind::NotFound => NOT_FOUND_LIMIT,
            _ => LIMIT,
        };
        if !passes(&error) || waited >= limit {
            return Err(error);
        }
        tracing::info!(operation = %error.operation, waited_seconds = waited.as_secs(), "waiting for IAM to see what was just made");
        if let Err(Cancelled) = wait(clock.as_ref(), &cx.cancel, PAUSES.pause(attempt)).await {
            return Err(ApiError::new(
                ErrorKind::Cancelled,
                error.operation,
                "cancelled while waiting",
            ));
        }
    }
}

/// Looks until a service shows what was written, so that whoever depends on it, and the next plan, find it. That it takes longer, or may not be looked at, is no
/// failure of what was done.
///
/// # Errors
/// Ctrl-C.
pub(crate) async fn until_shown<C: AsRef<Session>, F: Future<Output = Result<bool, ApiError>>>(
    cx: &Context<C>,
    operation: &'static str,
    mut look: impl FnMut() -> F,
) -> Result<(), ApiError> {
    let look = || {
        let looked = look();
        async move {
            match looked.await? {
                true => Ok(()),
                false => Err(ApiError::new(
                    ErrorKind::NotFound,
                    operation,
                    "what was written is not shown yet",
                )),
            }
        }
    };
    let is_unseen = |error: &ApiError| error.kind == ErrorKind::NotFound;
    match until_consistent(cx, is_unseen, look).await {
        Err(error) if error.kind != ErrorKind::Cancelled => {
            tracing::warn!(%error, "what was written is not shown yet");
            Ok(())
        }
        shown => shown,
    }
}

/// A principal or provider in a trust policy, or a boundary, that IAM does not see yet.
pub(crate) fn is_not_seen_yet(error: &ApiError) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::UnknownPrincipal
    )
}
