//! One number for all texts of a ConfigMap, or for one text.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Hexadecimal SHA-256 over every key and text with their lengths, keys in order: equal for equal data and for nothing else.
pub(crate) fn digest(data: &BTreeMap<String, String>) -> String {
    digest_of(data.iter().flat_map(|(key, text)| [key.as_str(), text]))
}

/// The same over texts in their order.
pub(crate) fn digest_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_string());
        digest.update(":");
        digest.update(part);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
