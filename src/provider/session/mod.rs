//! Who this run is: the caller behind the provider block and its account. It knows no cluster.

mod account;
mod caller;
pub(crate) mod consistency;
pub(crate) mod recent;

pub(crate) use caller::Caller;
