//! An anchor that another part of the document uses is left alone.

use std::ops::Range;

use super::error::EditError;
use crate::aws_auth::Section;
use crate::yaml::{Document, Kind, Node, NodeId};

/// Refuses an edit that removes, or changes the meaning of, an anchored node an alias elsewhere stands for. `touched` are the nodes that stay and
/// change.
pub(super) fn check<'a>(
    section: Section,
    document: &Document<'_>,
    removed: impl Iterator<Item = &'a Range<usize>>,
    touched: &[NodeId],
) -> Result<(), EditError> {
    let aliases: Vec<(&Node<'_>, NodeId)> = document
        .all()
        .filter_map(|(_, node)| match node.kind {
            Kind::Alias(target) => Some((node, target)),
            _ => None,
        })
        .collect();
    if aliases.is_empty() {
        return Ok(());
    }
    let removed: Vec<&Range<usize>> = removed.collect();
    let goes = |node: &Node<'_>| {
        removed
            .iter()
            .any(|range| range.contains(&node.start.offset()))
    };
    for (alias, target) in aliases.iter().filter(|(alias, _)| !goes(alias)) {
        let Some(node) = document.node(*target) else {
            continue;
        };
        if goes(node) || touched.contains(target) {
            return Err(EditError::SharedAnchor {
                section,
                anchor: alias.value.to_string(),
                line: node.start.line() + 1,
                column: node.start.column() + 1,
                used_in_line: alias.start.line() + 1,
            });
        }
    }
    Ok(())
}
