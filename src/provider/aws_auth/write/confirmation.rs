//! The place where a write proves itself: whoever acts still gets in after it, or it is undone. Whoever makes the
//! [`Writers`](super::writers::Writers) brings along how that is asked.

use async_trait::async_trait;
use tf_provider::{Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::guard::Proposal;
use super::undo::UndoOutcome;
use crate::aws_auth::recovery::KeptCopy;
use crate::ports::KubeApi;

/// Confirms after writes that whoever acts on a cluster still has its access.
#[async_trait]
pub trait AccessConfirmation: Send + Sync {
    /// What watches a write; `None` where it cannot touch what whoever acts stands on, or where its loss would be meant. Asks the API server nothing.
    async fn prepare(&self, proposal: Proposal<'_>) -> Option<Box<dyn AccessWatch>>;

    /// What a run before this one left that ended in the middle of a write, once aws-auth was read: told once.
    async fn unfinished(&self) -> Option<Diagnostic>;
}

/// Watches one write.
#[async_trait]
pub trait AccessWatch: Send + Sync {
    /// Right before the write: what whoever acts can do now. The connection it is asked on is the way back. `copy` is the copy of the document before.
    async fn begin(&mut self, copy: Option<&KeptCopy>);

    /// After the write: asks until the answer counts. Ends early when the operation is cancelled.
    async fn observe(&mut self, cancel: &CancellationToken) -> Observation;

    /// The write was certainly not made.
    async fn abandon(&mut self);

    /// The connection that was admitted last: on it the write is undone.
    fn way_back(&self) -> Option<&dyn KubeApi>;

    /// What is told after the write was undone, or could not be.
    async fn conclude(&mut self, undone: UndoneWrite<'_>) -> Diagnostic;
}

/// What was seen after a write.
#[derive(Debug)]
pub enum Observation {
    /// The write stays; with what should be said.
    Stands(Diagnostics),
    /// Whoever acts lost what it had, and nobody meant it.
    Lost,
}

/// How the undoing of a write ended.
#[derive(Clone, Copy, Debug)]
pub struct UndoneWrite<'a> {
    /// What became of the document.
    pub outcome: &'a UndoOutcome,
    /// The copy of the document before the write.
    pub copy: Option<&'a KeptCopy>,
}
