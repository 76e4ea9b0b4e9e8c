//! What StopProvider ends, for code below an operation that is not given its [`Context`](crate::Context): clients, above all.

use std::future::Future;

use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static OPERATION: CancellationToken;
}

/// Runs an operation that a token cancels.
pub async fn cancelled_by<F: Future>(cancel: CancellationToken, operation: F) -> F::Output {
    OPERATION.scope(cancel, operation).await
}

/// The token of the operation that runs in this task; outside of one, a token that nobody cancels. A task that is spawned needs
/// [`cancelled_by`] again.
pub fn current() -> CancellationToken {
    OPERATION.try_with(Clone::clone).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_token_is_that_of_the_operation_around() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        assert!(cancelled_by(cancel, async { current().is_cancelled() }).await);
        assert!(!current().is_cancelled());
    }
}
