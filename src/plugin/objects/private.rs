//! Private facts as bytes: a JSON object, or nothing where there are none.

use crate::resource::Private;

/// Bytes that are not ours are no reason to fail: the facts are only ever a hint.
pub(crate) fn private_from_bytes(bytes: &[u8]) -> Private {
    if bytes.is_empty() {
        return Private::default();
    }
    match serde_json::from_slice(bytes) {
        Ok(entries) => Private { entries },
        Err(error) => {
            tracing::warn!("private data is ignored: {error}");
            Private::default()
        }
    }
}

pub(crate) fn private_to_bytes(private: &Private) -> Vec<u8> {
    if private.entries.is_empty() {
        return Vec::new();
    }
    serde_json::to_vec(&private.entries).unwrap_or_else(|error| {
        tracing::error!("private data is lost: {error}");
        Vec::new()
    })
}
