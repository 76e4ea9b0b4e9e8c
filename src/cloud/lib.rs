//! The only room that talks to AWS and Kubernetes. It implements the provider's ports, turns every failure into an `ApiError`
//! with its whole chain of causes and no secrets, and decides nothing.

mod aws;
mod clock;
mod error;
mod factory;
mod files;
mod kubernetes;
#[cfg(test)]
mod loopback;
mod retry;
#[cfg(test)]
mod test_clock;

pub use aws::sts_client::{StsClient, StsClientSettings};
pub use clock::SystemClock;
pub use factory::Factory;
pub use kubernetes::watch::{ConfigMapState, ConfigMapWatch};
