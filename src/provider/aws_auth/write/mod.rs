//! A change of aws-auth on its way into the cluster: request → queue → batch → attempt.

pub(crate) mod attempt;
pub(crate) mod batch;
pub(crate) mod caller_entry;
mod dry_run;
pub(crate) mod guard;
mod judge;
mod last_write;
mod pending;
pub(crate) mod preview;
pub(crate) mod queue;
pub(crate) mod request;
pub(crate) mod section_replacement;
pub(crate) mod writers;
