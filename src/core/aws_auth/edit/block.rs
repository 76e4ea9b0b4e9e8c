//! A section with a dash for each entry: entries come and go as whole lines.

use super::{lines::Lines, list::List};
use crate::aws_auth::yaml::{Kind, Node, ScalarStyle};

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
    for (node, _) in nodes.iter().zip(removed).filter(|(_, removed)| **removed) {
        let range = lines.line_start(start_of(node))..lines.line_end(node.end());
        lines.remove(range);
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

fn ends_in_open_block(lines: &Lines, list: &List<'_>) -> bool {
    let is_block = |node: &Node<'_>| {
        matches!(
            node.kind,
            Kind::Scalar(ScalarStyle::Literal | ScalarStyle::Folded)
        )
    };
    lines.is_padded()
        && list
            .document
            .all()
            .any(|(_, node)| is_block(node) && node.end() == lines.given_end())
}
