//! Which requests to an API server are sent again, and when. AWS has its own in the SDK (see `aws::config`).

use std::time::Duration;

use eksauth_provider::backoff::{Backoff, at_least};
use eksauth_provider::ports::{ApiError, ErrorKind};

/// Attempts of one request.
const ATTEMPTS: u32 = 4;

/// The pauses between them.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(4),
};

/// How long to wait before trying again; `None` where trying again is of no use or is not safe.
///
/// A write whose answer was lost is never repeated: the caller reads back what became of it.
pub(crate) fn pause(error: &ApiError, is_read: bool, attempts: u32) -> Option<Duration> {
    let again = match error.kind {
        ErrorKind::Throttled => true,
        // A certificate that was refused is refused again.
        ErrorKind::Unreachable => error.code.is_none(),
        ErrorKind::Service => is_read,
        _ => false,
    };
    (again && attempts < ATTEMPTS).then(|| at_least(BACKOFF.pause(attempts), error.retry_after))
}

/// The seconds of a `Retry-After`. An API server sends no dates.
pub(crate) fn retry_after(header: &str) -> Option<Duration> {
    header.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: ErrorKind) -> ApiError {
        ApiError::new(kind, "kubernetes:patch configmaps", "no")
    }

    #[test]
    fn a_write_is_repeated_only_where_it_was_surely_not_carried_out() {
        for (kind, of_a_write, of_a_read) in [
            (ErrorKind::Throttled, true, true),
            (ErrorKind::Unreachable, true, true),
            (ErrorKind::Service, false, true),
            (ErrorKind::AnswerLost, false, false),
            (ErrorKind::Conflict, false, false),
            (ErrorKind::AccessDenied, false, false),
        ] {
            let repeated = |is_read| pause(&failed(kind), is_read, 1).is_some();
            assert_eq!(
                (repeated(false), repeated(true)),
                (of_a_write, of_a_read),
                "{kind:?}"
            );
        }
        let refused_certificate = ApiError {
            code: Some("InvalidCertificate".to_owned()),
            ..failed(ErrorKind::Unreachable)
        };
        assert_eq!(pause(&refused_certificate, true, 1), None);
    }

    #[test]
    fn four_attempts_are_made_and_what_the_server_asks_for_is_waited() {
        let throttled = |retry_after| {
            let error = ApiError {
                retry_after,
                ..failed(ErrorKind::Throttled)
            };
            (1..=4)
                .map(|attempts| pause(&error, false, attempts).map(|pause| pause.as_millis()))
                .collect::<Vec<_>>()
        };
        assert_eq!(throttled(None), [Some(500), Some(1000), Some(2000), None]);
        assert_eq!(
            throttled(retry_after("7")),
            [Some(7000), Some(7000), Some(7000), None]
        );
        assert_eq!(throttled(retry_after("86400"))[0], Some(30_000));
        assert_eq!(retry_after("soon"), None);
    }
}
