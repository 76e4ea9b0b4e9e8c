//! A change of aws-auth on its way into the cluster. Read the files in this order:
//!
//! 1. `request`: what one resource wants ([`ChangeRequest`](request::ChangeRequest)).
//! 2. `writer`: what resources hold; `writer.change(request)` waits for the answer. `writers` has one per cluster, `document_cache` what was read,
//!    `writable_cluster` finds the cluster of an object at each step of its life.
//! 3. `queue`: gathers what arrives within a moment (`last_write` says for whom to wait) and holds back the caller's own entry (`caller_entry`).
//! 4. `pending`: a request that waits for its answer, and how those of one write stand to each other.
//! 5. `batch`: all of them on one document: who is refused (`judge`: one request; `claims`: two that want the same),
//!    what the text becomes (`section_replacement`: whole texts first), which `document_write` it takes.
//! 6. `attempt`: GET, judgement of the guard (`guard`; refusals of the API server are explained by `explainer`), copy for recovery, PATCH, with retries; `confirm` compares
//!    what the server stored with what was wanted.
//!
//! A plan goes the same way without a write: `preview` asks the guard, `dry_run` the API server.

mod attempt;
mod batch;
mod caller_entry;
mod claims;
mod confirm;
pub(crate) mod diagnostics;
mod document_cache;
mod document_write;
mod dry_run;
pub(crate) mod explainer;
pub(crate) mod guard;
mod judge;
mod last_write;
mod pending;
pub(crate) mod preview;
mod queue;
pub(crate) mod request;
pub(crate) mod section_replacement;
pub(crate) mod writable_cluster;
pub(crate) mod writer;
pub(crate) mod writers;
