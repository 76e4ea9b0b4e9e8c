//! Changing the groups of an entry in their place: groups come and go one by one.

use std::ops::Range;

use super::{
    replace::{Replacement, colon_end},
    style::{GroupsStyle, column_of, flow_gaps, quote_of},
    write::bracketed,
};
use crate::yaml::{FlowParts, Gaps, Kind, Lines, Node, NodeId, Quote, Value, quoted};

impl Replacement<'_, '_> {
    /// Makes the groups the wanted ones: what stays keeps its place, comments and quotes.
    pub(super) fn set_groups(
        &mut self,
        lines: &mut Lines,
        in_flow: bool,
        (key, value): (NodeId, NodeId),
        decoded: &Value<'_>,
    ) {
        let document = self.list.document;
        let (Some(key), Some(node)) = (document.node(key), document.node(value)) else {
            return;
        };
        self.touched.push(value);
        let wanted = self.entry.groups();
        let items: &[(NodeId, Value<'_>)] = match (decoded, node.kind) {
            (Value::List(items), Kind::Sequence { .. }) => items,
            _ => &[],
        };
        let is_wanted = |value: &Value<'_>| matches!(value, Value::Text(text) if wanted.iter().any(|group| group == text));
        let removed: Vec<bool> = items.iter().map(|(_, value)| !is_wanted(value)).collect();
        let is_kept = |group: &String| {
            items
                .iter()
                .any(|(_, value)| matches!(value, Value::Text(text) if text == group))
        };
        let mut added: Vec<&String> = Vec::new();
        for group in wanted.iter().filter(|group| !is_kept(group)) {
            if !added.contains(&group) {
                added.push(group);
            }
        }
        let last_quote = items
            .last()
            .and_then(|(item, _)| quote_of(document.node(*item)?));
        let quote = last_quote.unwrap_or(self.style.entry.group_quote);
        match node.kind {
            Kind::Sequence { flow: false } => {
                self.set_group_lines(lines, (key, node), items, (&removed, &added), quote)
            }
            Kind::Sequence { flow: true } => {
                let nodes = items.iter().filter_map(|(item, _)| document.node(*item));
                let parts: Vec<_> = nodes.map(|node| node.start.offset()..node.end()).collect();
                let places: Vec<_> = parts.iter().map(|part| (part.start, part.end)).collect();
                let gaps = flow_gaps(document.text, (node.content(), node.end()), &places);
                let added: Vec<String> = added
                    .into_iter()
                    .map(|group| quoted(group, quote, true))
                    .collect();
                FlowParts {
                    open: node.content(),
                    parts,
                }
                .edit(lines, &removed, &added, &gaps);
            }
            _ => {
                let gaps = match (&self.style.entry.groups, in_flow) {
                    (GroupsStyle::Flow(gaps), true) => gaps.clone(),
                    _ => Gaps::default(),
                };
                let text = bracketed(wanted, self.style.entry.group_quote, &gaps);
                self.put_value(lines, key, node, &text);
            }
        }
    }

    fn set_group_lines(
        &self,
        lines: &mut Lines,
        (key, list): (&Node<'_>, &Node<'_>),
        items: &[(NodeId, Value<'_>)],
        (removed, added): (&[bool], &[&String]),
        quote: Quote,
    ) {
        let nodes: Vec<&Node<'_>> = items
            .iter()
            .filter_map(|(item, _)| self.list.document.node(*item))
            .collect();
        for (node, _) in nodes.iter().zip(removed).filter(|(_, removed)| **removed) {
            let start = lines.line_start(node.dash().unwrap_or(node.start.offset()));
            lines.remove(start..lines.line_end(node.end()));
        }
        if added.is_empty() && removed.iter().all(|removed| *removed) {
            match properties_of(lines, list) {
                Some(range) => lines.replace(range, "[]"),
                None => lines.insert(colon_end(lines, key), " []"),
            }
            return;
        }
        let Some(last) = nodes.last() else { return };
        let dash = last.dash().unwrap_or(last.start.offset());
        let indent = " ".repeat(column_of(lines.text(), dash));
        let gap = lines.slice(dash + 1..last.start.offset()).to_owned();
        let gap = if !gap.is_empty() && gap.bytes().all(|byte| byte == b' ') {
            gap
        } else {
            " ".to_owned()
        };
        let line = |group: &&String| {
            format!(
                "{indent}-{gap}{}{}",
                quoted(group, quote, false),
                lines.line_break
            )
        };
        let text: String = added.iter().map(line).collect();
        lines.insert(lines.line_end(last.end()), text);
    }
}

/// The anchor and the tag in front of a list, without the comment behind them.
fn properties_of(lines: &Lines, list: &Node<'_>) -> Option<Range<usize>> {
    let text = lines.slice(list.start.offset()..list.content());
    let line = text.lines().next()?;
    let end = line.find(" #").unwrap_or(line.len());
    let length = line.get(..end)?.trim_end().len();
    (length > 0).then(|| list.start.offset()..list.start.offset() + length)
}
