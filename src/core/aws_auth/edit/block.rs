//! A section with a dash for each entry: entries come and go as whole lines.

use super::list::List;
use crate::yaml::{Document, Kind, Lines, Node, NodeId, ScalarStyle};

/// Removes the entries marked in `removed` and adds `added` (whole lines) behind the last one. Returns before which item they were put.
pub(super) fn edit(
    lines: &mut Lines,
    list: &List<'_>,
    removed: &[bool],
    added: &[String],
) -> usize {
    let nodes: Vec<&Node<'_>> = list
        .items
        .iter()
        .filter_map(|item| list.document.node(*item))
        .collect();
    let mut survivor: Option<NodeId> = None;
    for ((node, item), removed) in nodes.iter().zip(&list.items).zip(removed) {
        if !removed {
            survivor = Some(*item);
            continue;
        }
        let mut end = lines.line_end(node.end());
        if survivor.is_some_and(|survivor| keeps_line_breaks(list.document, survivor)) {
            // The block of text before it would take the empty lines in.
            end = lines.skip_empty_lines(end);
        }
        lines.remove(lines.line_start(start_of(node))..end);
    }
    let (Some(last), Some(first)) = (nodes.last(), nodes.first()) else {
        return 0;
    };
    let last_goes = removed.last().copied().unwrap_or(false);
    if added.is_empty() {
        if removed.iter().all(|removed| *removed) && !may_be_empty(lines, list) {
            let at = lines.line_start(start_of(first));
            lines.insert(at, format!("[]{}", lines.line_break));
        }
        return nodes.len();
    }
    // A block of text at the very end has no line break that counts; one behind it would.
    let (before, at) = if ends_in_open_block(lines, list) && !last_goes {
        (nodes.len() - 1, lines.line_start(start_of(last)))
    } else {
        (nodes.len(), lines.line_end(last.end()))
    };
    lines.insert(at, added.concat());
    before
}

/// True where the text reads as an empty section without any item. An anchor or a tag alone would be a value of its own, and before a mark of the
/// document's end or of the next document there must be something.
fn may_be_empty(lines: &Lines, list: &List<'_>) -> bool {
    let document = list.document;
    let root = document.node(list.root);
    let has_properties = root.is_some_and(|root| root.anchor().is_some() || root.tag().is_some());
    let is_whole_text = document.end.offset() >= lines.given_end();
    !has_properties && (is_whole_text || document.explicit_start.is_some())
}

fn start_of(node: &Node<'_>) -> usize {
    node.dash().unwrap_or(node.start.offset())
}

/// True where an item ends with a block of text that keeps its line breaks (`|+`, `>+`).
fn keeps_line_breaks(document: &Document<'_>, item: NodeId) -> bool {
    let Some(leaf) = document
        .last_leaf(item)
        .filter(|leaf| is_block_of_text(leaf))
    else {
        return false;
    };
    let header = document
        .text
        .get(leaf.content()..)
        .and_then(|text| text.lines().next());
    header.is_some_and(|header| header.contains('+'))
}

fn is_block_of_text(node: &Node<'_>) -> bool {
    matches!(
        node.kind,
        Kind::Scalar(ScalarStyle::Literal | ScalarStyle::Folded)
    )
}

fn ends_in_open_block(lines: &Lines, list: &List<'_>) -> bool {
    let leaf = list
        .items
        .last()
        .and_then(|item| list.document.last_leaf(*item));
    lines.is_padded()
        && leaf.is_some_and(|leaf| leaf.end() == lines.given_end() && is_block_of_text(leaf))
}
