//! The test bed of real parts, the stories that run on it, and the demo.
//!
//! Nothing here links the provider: stories drive the built binary through the real Terraform.

pub mod bed;
pub mod demo;
pub mod failure;
pub mod guide;
pub mod measure;
pub mod page;
pub mod progress;
pub mod stories;
