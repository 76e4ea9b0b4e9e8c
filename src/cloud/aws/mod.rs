//! AWS: settings to clients, and the adapters of IAM, EKS and STS.

pub(crate) mod assume_role;
pub(crate) mod call;
pub(crate) mod config;
pub(crate) mod credentials;
pub(crate) mod eks;
pub(crate) mod http_client;
pub(crate) mod iam;
pub(crate) mod proxy;
pub(crate) mod retries;
pub(crate) mod shared_files;
pub(crate) mod sts;
pub(crate) mod sts_client;
pub(crate) mod user_agent;
