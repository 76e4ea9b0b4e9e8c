//! Who writes aws-auth: one writer per cluster and configuration.

/// The writers of one provider configuration.
#[derive(Default)]
pub struct Writers {}
