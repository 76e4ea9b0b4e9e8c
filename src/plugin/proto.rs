//! The generated protocol types. They stay in this crate.
//!
//! Not all of them are used: the protocol is here whole, and each RPC has a message that only names its request and response.

#![allow(
    dead_code,
    missing_docs,
    unused_qualifications,
    clippy::doc_markdown,
    clippy::large_enum_variant,
    clippy::pedantic
)]

pub(crate) mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

pub(crate) mod plugin {
    tonic::include_proto!("plugin");
}

pub(crate) mod health {
    tonic::include_proto!("grpc.health.v1");
}
