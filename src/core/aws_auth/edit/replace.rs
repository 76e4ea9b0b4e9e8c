//! Changing an entry in its place: only the fields that differ in meaning, everything else stays as it is written.
//!
//! The field that counts is changed where it stands; one that a merge brought, or that is missing, is added behind the others and wins there.

use super::{
    list::List,
    style::{ListStyle, NEIGHBOURS, field_name, own_fields, quote_of},
    write::{block_field, block_fields, braced_field, flow_item, quote_for, text_of},
};
use crate::aws_auth::{
    Entry, Section,
    entry::same_set,
    read::{FieldName, Record},
};
use crate::principal::case_folding::equal_fold;
use crate::yaml::{Field, FlowParts, Key, Kind, Lines, Node, NodeId, Quote, Value, quoted};

/// An own field of an entry: which one it is, its key and its value.
struct OwnField {
    name: Option<FieldName>,
    key: NodeId,
    value: NodeId,
}

/// The change of one entry.
pub(super) struct Replacement<'l, 'd> {
    section: Section,
    pub(super) list: &'l List<'d>,
    index: usize,
    pub(super) entry: &'l Entry,
    pub(super) style: ListStyle,
    own: Vec<OwnField>,
    /// Nodes that stay and change their meaning.
    pub(super) touched: Vec<NodeId>,
}

impl<'l, 'd> Replacement<'l, 'd> {
    pub(super) fn new(
        section: Section,
        list: &'l List<'d>,
        index: usize,
        entry: &'l Entry,
    ) -> Replacement<'l, 'd> {
        let item = list.items.get(index).copied().unwrap_or(list.root);
        let own = own_fields(section, list.document, item).into_iter();
        let own = own
            .map(|(name, key, value)| OwnField { name, key, value })
            .collect();
        Replacement {
            section,
            list,
            index,
            entry,
            style: style_of(section, list, index),
            own,
            touched: vec![item],
        }
    }

    /// Puts the change into `lines`; returns the nodes that change their meaning.
    pub(super) fn apply(mut self, lines: &mut Lines) -> Vec<NodeId> {
        let Some(item) = self.list.items.get(self.index).copied() else {
            return self.touched;
        };
        let value = self.list.value(item);
        let Some(node) = self.list.document.node(item) else {
            return self.touched;
        };
        match (&value, node.kind) {
            (Value::Text(text), _) if text == self.entry.arn() => return Vec::new(),
            (Value::Text(_), Kind::Scalar(_)) => {
                let quote = quote_of(node).filter(|quote| *quote != Quote::Plain);
                let quote = quote.unwrap_or(self.style.account_quote);
                self.put(lines, node, &quoted(self.entry.arn(), quote, true));
            }
            (Value::Map(fields), Kind::Mapping { flow }) if !self.own.is_empty() => {
                self.change_fields(lines, node, flow, fields);
            }
            _ => self.rewrite(lines, node),
        }
        self.touched
    }

    /// Writes the whole entry anew: an alias, or a mapping without fields.
    fn rewrite(&self, lines: &mut Lines, node: &Node<'_>) {
        let in_flow = self.style.brackets.is_some() || self.style.entry.braces.is_some();
        let text = match self.entry {
            Entry::Account(_) => flow_item(self.entry, &self.style),
            _ if in_flow => flow_item(self.entry, &self.style),
            _ => block_fields(
                self.entry,
                &self.style.entry,
                node.start.column(),
                lines.line_break,
            ),
        };
        lines.replace(node.start.offset()..node.end(), text);
    }

    fn change_fields(
        &mut self,
        lines: &mut Lines,
        node: &Node<'_>,
        flow: bool,
        fields: &[Field<'_>],
    ) {
        let record = Record::from_fields(self.section, fields);
        let differing = [
            (FieldName::Arn, !equal_fold(&record.arn, self.entry.arn())),
            (
                FieldName::Username,
                record.username != self.entry.username(),
            ),
            (
                FieldName::Groups,
                !same_set(&record.groups, self.entry.groups()),
            ),
        ];
        let mut missing = Vec::new();
        for (name, _) in differing.into_iter().filter(|(_, differs)| *differs) {
            match self.counting_field(fields, name) {
                Some((key, value, decoded)) if name == FieldName::Groups => {
                    self.set_groups(lines, flow, (key, value), decoded);
                }
                Some((key, value, _)) => {
                    let quote = quote_for(name, &self.style.entry);
                    self.set_text(
                        lines,
                        flow,
                        (key, value),
                        (text_of(self.entry, name), quote),
                    );
                }
                None => missing.push(name),
            }
        }
        let drop_sso = record.sso.is_some();
        if !drop_sso && missing.is_empty() {
            return;
        }
        match flow {
            true => self.change_braced_fields(lines, node, drop_sso, &missing),
            false => self.change_lines(lines, drop_sso, &missing),
        }
    }

    /// The own field that the server takes for `name`; none where a merge brings it or nothing does.
    fn counting_field<'f>(
        &self,
        fields: &'f [Field<'_>],
        name: FieldName,
    ) -> Option<(NodeId, NodeId, &'f Value<'f>)> {
        let mut named: Vec<&Field<'_>> = fields
            .iter()
            .filter(|field| field_name(self.section, &field.key) == Some(name))
            .collect();
        named.sort_by_key(|field| match &field.key {
            Key::Text(key) => key.as_ref(),
            Key::Other => "",
        });
        let winner = named.last()?;
        let own = self.own.iter().find(|own| own.key == winner.key_node)?;
        Some((own.key, own.value, &winner.value))
    }

    fn set_text(
        &mut self,
        lines: &mut Lines,
        flow: bool,
        (key, value): (NodeId, NodeId),
        (text, usual): (&str, Quote),
    ) {
        let document = self.list.document;
        let (Some(key), Some(node)) = (document.node(key), document.node(value)) else {
            return;
        };
        self.touched.push(value);
        let quote = match node.kind {
            Kind::Scalar(_) if !node.is_absent() => quote_of(node).unwrap_or(usual),
            _ => usual,
        };
        self.put_value(lines, key, node, &quoted(text, quote, flow));
    }

    /// Fields of a mapping in braces: `sso` goes, missing ones come.
    fn change_braced_fields(
        &self,
        lines: &mut Lines,
        node: &Node<'_>,
        drop_sso: bool,
        missing: &[FieldName],
    ) {
        let document = self.list.document;
        let parts = self.own.iter().filter_map(|own| {
            Some(document.node(own.key)?.start.offset()..document.node(own.value)?.end())
        });
        let parts: Vec<_> = parts.collect();
        let removed: Vec<bool> = self
            .own
            .iter()
            .map(|own| drop_sso && own.name == Some(FieldName::Sso))
            .collect();
        let gaps = self.style.entry.braces.clone().unwrap_or_default();
        let field = |name: &FieldName| braced_field(self.entry, *name, &self.style.entry, &gaps);
        let added: Vec<String> = missing.iter().map(field).collect();
        let has_braces = lines.slice(node.content()..node.content() + 1) == "{";
        // A single pair among the items of a list may have no braces.
        if !has_braces {
            lines.insert(node.start.offset(), "{");
        }
        FlowParts {
            open: node.content(),
            parts,
        }
        .edit(lines, &removed, &added, &gaps);
        if !has_braces {
            lines.insert(node.end(), "}");
        }
    }

    /// Fields of a mapping with a line each: `sso` goes, missing ones come.
    fn change_lines(&self, lines: &mut Lines, drop_sso: bool, missing: &[FieldName]) {
        let document = self.list.document;
        let places: Vec<(&OwnField, &Node<'_>, &Node<'_>)> = self
            .own
            .iter()
            .filter_map(|own| Some((own, document.node(own.key)?, document.node(own.value)?)))
            .collect();
        let (Some((_, first, _)), Some((_, last_key, last))) = (places.first(), places.last())
        else {
            return;
        };
        let column = first.start.column();
        let indent = " ".repeat(column);
        let end = lines.line_end(last.end().max(last_key.end()));
        let fields = missing.iter().map(|name| {
            block_field(
                self.entry,
                *name,
                &self.style.entry,
                column,
                lines.line_break,
            )
        });
        let fields: Vec<String> = fields.collect();
        let mut at_head = Vec::new();
        for (at, (own, key, value)) in places.iter().enumerate() {
            if !(drop_sso && own.name == Some(FieldName::Sso)) {
                continue;
            }
            match places.get(at + 1) {
                Some((_, next, _)) if at == 0 => {
                    lines.remove(key.start.offset()..next.start.offset())
                }
                None if at == 0 => at_head.push(key.start.offset()..value.end()),
                _ => {
                    lines.remove(lines.line_start(key.start.offset())..lines.line_end(value.end()))
                }
            }
        }
        match at_head.pop() {
            // The only field goes, so the new ones take its place behind the dash.
            Some(range) => {
                let ends_line = lines.slice(range.clone()).ends_with('\n');
                let line_break = if ends_line { lines.line_break } else { "" };
                let text = fields.join(&format!("{}{indent}", lines.line_break));
                lines.replace(range, format!("{text}{line_break}"));
            }
            None => {
                let text: String = fields
                    .iter()
                    .map(|field| format!("{indent}{field}{}", lines.line_break))
                    .collect();
                lines.insert(end, text);
            }
        }
    }

    /// Puts a value in the place of another of the same key.
    pub(super) fn put_value(&self, lines: &mut Lines, key: &Node<'_>, node: &Node<'_>, text: &str) {
        match node.kind {
            Kind::Scalar(_) if node.is_absent() => {
                lines.insert(
                    node.end(),
                    format!("{}{text}", value_mark(lines, key, node)),
                );
            }
            Kind::Sequence { flow: false } | Kind::Mapping { flow: false } => {
                lines.replace(colon_end(lines, key)..node.end(), format!(" {text}"));
            }
            _ => self.put(lines, node, text),
        }
    }

    /// Puts a value in the place of a scalar, an alias or a bracketed value; an anchor stays, and so does the tag `!!str`.
    fn put(&self, lines: &mut Lines, node: &Node<'_>, text: &str) {
        if node.is_absent() {
            lines.insert(node.end(), format!(" {text}"));
            return;
        }
        let is_text_tag = node.tag().is_none_or(|tag| tag == "tag:yaml.org,2002:str");
        let is_scalar = matches!(node.kind, Kind::Scalar(_));
        let start = if is_scalar && is_text_tag && !text.starts_with('[') {
            node.content()
        } else {
            node.start.offset()
        };
        let ends_line = lines.slice(start..node.end()).ends_with('\n');
        let line_break = if ends_line { lines.line_break } else { "" };
        lines.replace(start..node.end(), format!("{text}{line_break}"));
    }
}

/// What stands between a key without a value and the value it gets; behind `? key` that is a line of its own.
fn value_mark(lines: &Lines, key: &Node<'_>, absent: &Node<'_>) -> String {
    if lines.slice(key.end()..absent.end()).contains(':') {
        return " ".to_owned();
    }
    let before = lines
        .slice(0..key.start.offset())
        .trim_end_matches([' ', '\t']);
    match before.strip_suffix('?') {
        Some(before) => {
            let column = before.len() - lines.line_start(before.len());
            format!("{}{}: ", lines.line_break, " ".repeat(column))
        }
        None => ": ".to_owned(),
    }
}

/// The byte behind the colon of a key.
pub(super) fn colon_end(lines: &Lines, key: &Node<'_>) -> usize {
    let rest = lines.slice(key.end()..lines.text().len());
    key.end() + rest.find(':').map_or(0, |colon| colon + 1)
}

/// The style of the entry itself, with that of its neighbours for what it lacks.
fn style_of(section: Section, list: &List<'_>, index: usize) -> ListStyle {
    let others = (0..list.items.len())
        .rev()
        .filter(|at| *at != index)
        .take(NEIGHBOURS);
    let mut order: Vec<usize> = others.collect();
    order.reverse();
    order.push(index);
    let items = order
        .iter()
        .filter_map(|at| list.items.get(*at).copied())
        .collect();
    ListStyle::from_list(
        section,
        &List {
            items,
            ..list.clone()
        },
    )
}
