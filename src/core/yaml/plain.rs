//! Documents without anything that ties their parts together or makes decoding fail, which nearly all are.
//!
//! In such a document an item decodes on its own, so an edit needs to decode and read again only what it touches.

use super::{Document, Kind, NodeId, Resolved, resolve};

/// True for a document without anchors, aliases, tags and merge keys, whose field names are texts and whose numbers are finite.
pub(in super::super) fn is_plain(document: &Document<'_>) -> bool {
    document.all().all(|(id, node)| match node.kind {
        _ if node.has_properties() => false,
        Kind::Alias(_) => false,
        Kind::Scalar(_) => !node.implicit || !is_infinite(&node.value),
        Kind::Sequence { .. } => true,
        Kind::Mapping { .. } => document
            .pairs(id)
            .all(|(key, _)| is_plain_key(document, key)),
    })
}

fn is_infinite(text: &str) -> bool {
    // Every notation of one has a point in its first two characters.
    let may_be = text.bytes().take(2).any(|byte| byte == b'.');
    may_be && matches!(resolve(None, text), Ok(Resolved::Float(float)) if !float.is_finite())
}

fn is_plain_key(document: &Document<'_>, key: NodeId) -> bool {
    document.node(key).is_some_and(|node| {
        let is_text = || node.value != "<<" && resolve(None, &node.value) == Ok(Resolved::Text);
        matches!(node.kind, Kind::Scalar(_)) && (!node.implicit || is_text())
    })
}
