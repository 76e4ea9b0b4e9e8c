//! A plan without reach or rights: with `on_unreadable = "keep_state"` it keeps the state and says that nothing was judged.

use tf_provider::{Context, Diagnostic};

use crate::config::{OnUnreadable, Settings};
use crate::ports::{ApiError, ErrorKind};

/// What a look at an object gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup<T> {
    /// It is there.
    Found(T),
    /// It is not there.
    Gone,
    /// It could not be read, and the practitioner wants the state kept.
    Unread,
}

/// True if the failure is one of reach or rights and the state is to be kept. Then the warning is given too.
pub(crate) fn is_kept<C: AsRef<Settings>>(cx: &Context<C>, about: &str, error: &ApiError) -> bool {
    is_kept_by(C::as_ref(&cx.client), cx, about, error)
}

/// The same below the client, with the settings at hand.
pub(crate) fn is_kept_by<C>(
    settings: &Settings,
    cx: &Context<C>,
    about: &str,
    error: &ApiError,
) -> bool {
    let kept = keeps(settings, error);
    if kept {
        cx.add(not_judged(about, error));
    }
    kept
}

/// Whether the settings keep the state at this failure.
pub(crate) fn keeps(settings: &Settings, error: &ApiError) -> bool {
    let is_reach_or_rights = matches!(
        error.kind,
        ErrorKind::AccessDenied
            | ErrorKind::Unauthorized
            | ErrorKind::ExpiredCredentials
            | ErrorKind::NoCredentials
            | ErrorKind::Unreachable
    );
    is_reach_or_rights && settings.on_unreadable == OnUnreadable::KeepState
}

/// The warning.
pub(crate) fn not_judged(about: &str, error: &ApiError) -> Diagnostic {
    Diagnostic::warning(
        "State Kept Without Checking",
        format!(
            "{about} could not be read, and `on_unreadable = \"keep_state\"` keeps what the state has. Whether it is still so was not judged.\n\n{}",
            error.detail()
        ),
    )
}
