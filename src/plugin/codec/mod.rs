//! Values on the wire, driven by their type: MessagePack between Terraform and the provider, JSON in old states.
//!
//! Source: Terraform's object wire format.

pub(crate) mod json;
pub(crate) mod msgpack;
mod refinement;

#[cfg(test)]
mod tests;
