//! The outside in memory, for unit tests of this room: every port, what was asked of it, and faults on demand.

mod access_entries;
mod access_review;
mod authentication_mode;
mod calls;
mod clock;
mod cloud;
mod eks;
mod files;
mod fresh_connection;
mod iam;
pub mod kubernetes;
mod rbac;
mod rbac_listing;
mod rbac_objects;
mod service_account;
mod sts;
mod workload;

pub use access_review::FakeReviews;
pub use calls::refusal;
pub use clock::FakeClock;
pub use cloud::{ACCOUNT, FakeCloud, REGION, context_of_unknown_block};
pub use eks::{FakeEks, active_cluster, creating_cluster};
pub use files::FakeFiles;
pub use fresh_connection::{FakeAnswer, FakeConnections};
pub use iam::{FakeIam, FakeRole};
pub use kubernetes::FakeKube;
pub use rbac::FakeRbac;
pub use sts::{FakeSts, FakeTokenSts};
