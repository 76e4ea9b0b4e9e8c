//! The Terraform plugin protocol 6.11 for providers written in Rust.
