//! What this room needs of the outside, in its own words. `eksauth-cloud` implements these traits, `fakes` does for unit tests.

pub mod access_review;
pub mod authentication_mode;
pub mod cancellation;
pub mod clock;
pub mod cloud;
pub mod eks;
pub mod error;
pub mod files;
pub mod fresh_connection;
pub mod iam;
pub mod kubernetes;
pub mod rbac;
pub mod rbac_listing;
pub mod rbac_objects;
pub mod secret;
pub mod service_account;
pub mod sts;
pub mod surface;
pub mod workload;

pub use access_review::AccessReviewApi;
pub use authentication_mode::AuthenticationModeApi;
pub use clock::Clock;
pub use cloud::{AwsSettings, Cloud, CloudFactory, ClusterAccess};
pub use eks::EksApi;
pub use error::{ApiError, ErrorKind, PROFILE_ARGUMENT, PROFILE_VARIABLE, RequestVerb, Service};
pub use files::FileStore;
pub use fresh_connection::FreshConnections;
pub use iam::IamApi;
pub use kubernetes::KubeApi;
pub use rbac::RbacApi;
pub use rbac_listing::RbacListingApi;
pub use rbac_objects::RbacObjectApi;
pub use service_account::ServiceAccountApi;
pub use sts::{StsApi, TokenSts};
pub use surface::Surface;
pub use workload::WorkloadApi;
