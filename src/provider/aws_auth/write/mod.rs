//! A change of aws-auth on its way into the cluster. A role's ARN comes from `resources/aws_auth_role.rs`; its
//! canonical form is made in `resources/aws_auth_entry/plan.rs`, and the request in `resources/aws_auth_entry/lifecycle.rs`. From there on, read the
//! files in this order, the last of which is in another room:
//!
//! 1. `request`: what one resource wants ([`ChangeRequest`](request::ChangeRequest)).
//! 2. `writer`: what resources hold; `writer.change(request)` waits for the answer. (`change_error`: why it was not made; `writers`: one per cluster; `document_cache`: what was read;
//!    `writable_cluster`: the writer of an object's cluster, at each step of the object's life.)
//! 3. `queue`: gathers what arrives within a moment, and holds back the caller's own entry. (`last_write`: for whom to wait; `caller_entry`;
//!    `standing`: what needs no write and waits for nobody; `in_doubt`: removals of what somebody else may hold; `handed_on`: the own entry where
//!    everything goes.)
//! 4. `batch`: all of them on one document: who is refused, and what the text becomes. (`let_go`: what comes back as it was; `pending`: a request that waits, and how those of one write
//!    stand to each other; `judge`: one request; `claims`: two that want the same; `section_replacement`: whole texts; `document_write`: the result.)
//! 5. `attempt`: GET, the guard's judgement, a copy for recovery, PATCH, with retries. (`guard`, `explainer`: who judges, and who explains refusals;
//!    `confirm`: what the server stored, compared with what was wanted; `confirmation`, `confirmed_write`: whether whoever acts still gets in; `undo`.)
//! 6. `src/cloud/kubernetes/config_map.rs`: the requests themselves.
//!
//! A plan goes the same way without a write: `preview` asks the guard, `dry_run` the API server. `by_hand` does for the command line what plan and
//! apply do for a resource.

mod attempt;
mod batch;
pub(crate) mod by_hand;
mod caller_entry;
pub(crate) mod change_error;
mod claims;
mod confirm;
pub(crate) mod confirmation;
mod confirmed_write;
pub(crate) mod diagnostics;
mod document_cache;
mod document_write;
mod dry_run;
pub(crate) mod explainer;
pub(crate) mod guard;
mod handed_on;
mod in_doubt;
mod judge;
mod last_write;
mod let_go;
mod pending;
pub(crate) mod preview;
mod queue;
pub(crate) mod request;
pub(crate) mod section_replacement;
mod standing;
pub(crate) mod undo;
pub(crate) mod writable_cluster;
pub(crate) mod writer;
pub(crate) mod writers;
