//! What ends a call's attempts. Calls take no token: clients ask for the one of the operation that they run in.

pub use tf_provider::cancellation::{cancelled_by, current};
pub use tokio_util::sync::CancellationToken;
