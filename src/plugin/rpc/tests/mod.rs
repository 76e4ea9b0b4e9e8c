//! The service as a client sees it: over gRPC in one process, and replayed from what the real Terraform asked.

mod identity;
mod operations;
mod recorded;
mod recording;
mod unwritable;
