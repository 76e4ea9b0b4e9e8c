//! The place where a whole batch is judged against the document just read, before a byte is written.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tf_provider::Diagnostics;

/// A write that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// `data` as it was just read; empty where there is no ConfigMap.
    pub before: &'a BTreeMap<String, String>,
    /// `data` as it would be.
    pub after: &'a BTreeMap<String, String>,
    /// Who asked for it, as messages name them.
    pub resources: &'a [String],
}

/// Judges writes of aws-auth.
#[async_trait]
pub trait Guard: Send + Sync {
    /// Lets the write pass, with what should be said about it.
    ///
    /// # Errors
    /// Why it must not be made; nothing is written then, and every resource of the batch shows it.
    async fn judge(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics>;
}
