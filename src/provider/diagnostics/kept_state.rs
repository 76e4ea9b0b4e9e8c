//! A plan without reach or rights: with `on_unreadable = "keep_state"` it keeps the state and says that nothing was judged.

use tf_provider::{Context, Diagnostic, Diagnostics};

use super::api_failure;
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
    let kept = keeps(C::as_ref(&cx.client), error);
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
        "NOT JUDGED",
        format!(
            "{about} could not be read, and `on_unreadable = \"keep_state\"` keeps what the state has. Whether it is still so was not judged.\n\n{}",
            error.detail()
        ),
    )
}

/// A cluster or a document in it that could not be read, for whatever reason.
pub(crate) struct Unreadable<'a> {
    /// The title of the failure.
    pub(crate) summary: &'a str,
    /// What could not be read.
    pub(crate) about: &'a str,
    /// Why.
    pub(crate) error: &'a ApiError,
}

impl Unreadable<'_> {
    /// Warns that the state is kept where the practitioner prefers that.
    ///
    /// # Errors
    /// The failure, where the practitioner does not.
    pub(crate) fn keep_or_fail<C>(
        &self,
        cx: &Context<C>,
        settings: &Settings,
    ) -> Result<(), Diagnostics> {
        let Self {
            summary,
            about,
            error,
        } = self;
        match settings.on_unreadable {
            OnUnreadable::Error => Err(api_failure::failed(summary, about, error).into()),
            OnUnreadable::KeepState => {
                cx.warning(
                    "NOT JUDGED",
                    format!(
                        "`on_unreadable = \"keep_state\"`: {about} could not be read, so the state is kept. {}",
                        error.detail()
                    ),
                );
                Ok(())
            }
        }
    }
}
