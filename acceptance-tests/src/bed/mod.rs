//! The bed: real Terraform, kubectl, kube-apiserver and authenticator; AWS is an emulator.
//!
//! Every server listens on 127.0.0.1 on a free port and is ended by its id when the bed goes; aws-iam-authenticator
//! alone opens one more port, `authenticator::HEALTH_PORT`, on every address.

//!
//! What a part may name stands in the table of arrows of `tests/house`: tools and processes at the bottom, then single
//! programs, the control plane of them, a cluster on it, the cloud, and Terraform in a working folder on top.

pub mod audit;
pub mod authenticator;
pub mod cloud;
pub mod cluster;
pub mod command;
pub mod emulator;
mod etcd;
mod go;
pub mod host;
mod http;
pub mod identity;
pub mod json;
mod kube_apiserver;
pub mod kubernetes;
pub mod permissions;
pub mod plugin_mirror;
pub mod process;
pub mod provider_under_test;
pub mod restricted;
pub mod secrets;
pub mod sockets;
pub mod stub_sts;
pub mod terraform;
pub mod terraform_cli;
pub mod tools;
pub mod webhook;
pub mod workspace;
