//! What a practitioner is told when AWS or a cluster does not answer as hoped.

pub mod api_failure;
pub(crate) mod kept_state;
