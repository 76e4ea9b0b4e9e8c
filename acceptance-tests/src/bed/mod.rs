//! The bed: real Terraform, kubectl, kube-apiserver and authenticator; AWS is an emulator.
//!
//! Every server listens on 127.0.0.1 on a free port and is ended by its id when the bed goes.

pub mod audit;
pub mod authenticator;
pub mod cloud;
pub mod cluster;
pub mod emulator;
mod etcd;
mod http;
pub mod identity;
mod kube_apiserver;
pub mod kubernetes;
pub mod process;
pub mod secrets;
pub mod terraform;
pub mod tools;
pub mod webhook;
pub mod workspace;
