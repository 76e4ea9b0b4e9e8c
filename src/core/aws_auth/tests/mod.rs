//! What the server reads and what an edit leaves alone, on documents from the wild and on generated ones.

mod edits;
mod empty_forms;
pub(in crate::aws_auth) mod properties;
mod read_rules;
mod repairs;
mod vectors;

use std::collections::BTreeMap;

use super::*;

/// A ConfigMap's `data` with one section.
fn data(section: Section, text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(section.key().to_owned(), text.to_owned())])
}
