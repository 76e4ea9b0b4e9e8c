//! How the neighbours are written: block or flow, indentation, quotes, order of fields, gaps.
//!
//! A new entry is written like the last one of its section; an empty section takes after the other sections of the same ConfigMap, and a document
//! without any entry gets what eksctl and the user guide write.

use super::list::List;
use crate::aws_auth::{Section, read::FieldName};
use crate::yaml::{Document, Gaps, Key, Kind, Node, NodeId, Quote};

/// How an entry is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntryStyle {
    /// Braces and what stands between their parts; none for a field a line.
    pub(super) braces: Option<Gaps>,
    pub(super) key_quote: Quote,
    /// The fields in their order; missing ones follow in the usual order.
    pub(super) order: Vec<FieldName>,
    pub(super) arn_quote: Quote,
    pub(super) username_quote: Quote,
    pub(super) group_quote: Quote,
    pub(super) groups: GroupsStyle,
}

/// How a list of groups is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupsStyle {
    /// A line each.
    Block {
        /// Columns between the field's name and the dash.
        offset: usize,
        /// Between the dash and the group.
        gap: String,
    },
    /// In brackets.
    Flow(Gaps),
}

/// How a whole section is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListStyle {
    /// Brackets around the section; none for a dash a line.
    pub(super) brackets: Option<Gaps>,
    /// Columns before the dash.
    pub(super) indent: usize,
    /// Between the dash and the entry.
    pub(super) gap: String,
    pub(super) entry: EntryStyle,
    pub(super) account_quote: Quote,
}

impl Default for EntryStyle {
    fn default() -> EntryStyle {
        EntryStyle {
            braces: None,
            key_quote: Quote::Plain,
            order: Vec::new(),
            arn_quote: Quote::Plain,
            username_quote: Quote::Plain,
            group_quote: Quote::Plain,
            groups: GroupsStyle::Block {
                offset: 0,
                gap: " ".into(),
            },
        }
    }
}

impl Default for ListStyle {
    fn default() -> ListStyle {
        ListStyle {
            brackets: None,
            indent: 0,
            gap: " ".into(),
            entry: EntryStyle::default(),
            account_quote: Quote::Double,
        }
    }
}

impl ListStyle {
    /// A section in brackets without a neighbour: JSON.
    pub(super) fn json() -> ListStyle {
        let entry = EntryStyle {
            braces: Some(Gaps::default()),
            key_quote: Quote::Double,
            order: Vec::new(),
            arn_quote: Quote::Double,
            username_quote: Quote::Double,
            group_quote: Quote::Double,
            groups: GroupsStyle::Flow(Gaps::default()),
        };
        ListStyle {
            brackets: Some(Gaps::default()),
            entry,
            ..ListStyle::default()
        }
    }

    /// The style of a section with entries.
    pub(super) fn from_list(section: Section, list: &List<'_>) -> ListStyle {
        let document = list.document;
        let is_flow = matches!(
            document.node(list.root).map(|node| node.kind),
            Some(Kind::Sequence { flow: true })
        );
        let mut style = if is_flow {
            ListStyle::json()
        } else {
            ListStyle::default()
        };
        let nodes: Vec<&Node<'_>> = list
            .items
            .iter()
            .filter_map(|item| document.node(*item))
            .collect();
        if is_flow {
            let bracket = document
                .node(list.root)
                .map(Node::content)
                .unwrap_or_default();
            let end = document.node(list.root).map(Node::end).unwrap_or_default();
            let places: Vec<_> = nodes
                .iter()
                .map(|node| (node.start.offset(), node.end()))
                .collect();
            style.brackets = Some(flow_gaps(document.text, (bracket, end), &places));
        }
        if let Some(node) = nodes.last() {
            if let Some(dash) = node.dash() {
                style.indent = column_of(document.text, dash);
                let gap = document
                    .text
                    .get(dash + 1..node.start.offset())
                    .unwrap_or_default();
                style.gap = if !gap.is_empty() && gap.bytes().all(|b| b == b' ') {
                    gap.into()
                } else {
                    " ".into()
                };
            }
            let mut quotes = nodes.iter().rev().filter_map(|node| quote_of(node));
            style.account_quote = quotes
                .find(|quote| *quote != Quote::Plain)
                .unwrap_or(Quote::Double);
        }
        style.entry.adopt(section, list);
        style
    }
}

impl EntryStyle {
    /// Takes after the last entry, and where that one lacks a field, after the last one that has it.
    fn adopt(&mut self, section: Section, list: &List<'_>) {
        let (mut shape_known, mut groups_known) = (false, false);
        let (mut arn_known, mut username_known) = (false, false);
        for item in list.items.iter().rev().take(NEIGHBOURS) {
            let Some(node) = list.document.node(*item) else {
                continue;
            };
            let Kind::Mapping { flow } = node.kind else {
                continue;
            };
            let fields = own_fields(section, list.document, *item);
            if !shape_known {
                shape_known = true;
                self.adopt_shape(list.document, *item, flow, &fields);
            }
            for (name, key, value) in &fields {
                let quote = list.document.node(*value).and_then(quote_of);
                match name {
                    Some(FieldName::Arn) if !arn_known => {
                        (self.arn_quote, arn_known) = (quote.unwrap_or_default(), true)
                    }
                    Some(FieldName::Username) if !username_known => {
                        (self.username_quote, username_known) = (quote.unwrap_or_default(), true);
                    }
                    Some(FieldName::Groups) if !groups_known && flow == self.braces.is_some() => {
                        groups_known = self.adopt_groups(list.document, *key, *value);
                    }
                    _ => {}
                }
            }
        }
        if !groups_known && username_known {
            self.group_quote = self.username_quote;
        }
    }

    fn adopt_shape(
        &mut self,
        document: &Document<'_>,
        item: NodeId,
        flow: bool,
        fields: &[(Option<FieldName>, NodeId, NodeId)],
    ) {
        self.order = fields.iter().filter_map(|(name, ..)| *name).collect();
        let first_key = fields.first().and_then(|(_, key, _)| document.node(*key));
        self.key_quote = first_key.and_then(quote_of).unwrap_or_default();
        if !flow {
            self.braces = None;
            if matches!(self.groups, GroupsStyle::Flow(_)) {
                self.groups = EntryStyle::default().groups;
            }
            return;
        }
        let Some(node) = document.node(item) else {
            return;
        };
        let pairs: Vec<_> = fields
            .iter()
            .filter_map(|(_, key, value)| {
                Some((
                    document.node(*key)?.start.offset(),
                    document.node(*value)?.end(),
                ))
            })
            .collect();
        let mut gaps = flow_gaps(document.text, (node.content(), node.end()), &pairs);
        gaps.colon = fields
            .iter()
            .filter_map(|(_, key, value)| {
                let gap = document
                    .text
                    .get(document.node(*key)?.end()..document.node(*value)?.start.offset())?;
                (gap.trim_matches([' ', '\t']) == ":").then(|| gap.to_owned())
            })
            .next()
            .unwrap_or_else(|| ": ".into());
        if gaps.colon.ends_with(':') && self.key_quote == Quote::Plain {
            gaps.colon = ": ".into();
        }
        let comma = if gaps.comma == "," { "," } else { ", " };
        self.groups = GroupsStyle::Flow(Gaps {
            comma: comma.into(),
            ..Gaps::default()
        });
        self.braces = Some(gaps);
    }

    fn adopt_groups(&mut self, document: &Document<'_>, key: NodeId, value: NodeId) -> bool {
        let (Some(key), Some(node)) = (document.node(key), document.node(value)) else {
            return false;
        };
        let items: Vec<_> = document
            .children(value)
            .filter_map(|item| document.node(item))
            .collect();
        match node.kind {
            Kind::Sequence { flow: true } => {
                let places: Vec<_> = items
                    .iter()
                    .map(|item| (item.start.offset(), item.end()))
                    .collect();
                let mut gaps = flow_gaps(document.text, (node.content(), node.end()), &places);
                if let (GroupsStyle::Flow(usual), true) =
                    (&self.groups, items.len() < 2 && !gaps.open.contains('\n'))
                {
                    gaps.comma.clone_from(&usual.comma);
                }
                self.groups = GroupsStyle::Flow(gaps);
            }
            Kind::Sequence { flow: false } => {
                let Some(first) = items.first() else {
                    return false;
                };
                let Some(dash) = first.dash() else {
                    return false;
                };
                let offset = column_of(document.text, dash).saturating_sub(key.start.column());
                let gap = document
                    .text
                    .get(dash + 1..first.start.offset())
                    .unwrap_or_default();
                let gap = if !gap.is_empty() && gap.bytes().all(|b| b == b' ') {
                    gap
                } else {
                    " "
                };
                self.groups = GroupsStyle::Block {
                    offset,
                    gap: gap.into(),
                };
            }
            _ => return false,
        }
        if let Some(quote) = items.last().and_then(|item| quote_of(item)) {
            self.group_quote = quote;
        }
        true
    }
}

/// How many entries back a style is looked for.
pub(super) const NEIGHBOURS: usize = 20;

/// The fields of an entry itself, without what a merge brings: name, key and value.
pub(super) fn own_fields(
    section: Section,
    document: &Document<'_>,
    item: NodeId,
) -> Vec<(Option<FieldName>, NodeId, NodeId)> {
    let name = |key: NodeId| {
        document
            .resolve(key)
            .and_then(|(_, node)| FieldName::from_key(section, &node.value))
    };
    document
        .pairs(item)
        .map(|(key, value)| (name(key), key, value))
        .collect()
}

/// The name of a decoded field.
pub(super) fn field_name(section: Section, key: &Key<'_>) -> Option<FieldName> {
    match key {
        Key::Text(key) => FieldName::from_key(section, key),
        Key::Other => None,
    }
}

pub(super) fn quote_of(node: &Node<'_>) -> Option<Quote> {
    match node.kind {
        Kind::Scalar(style) => Some(Quote::from_style(style)),
        _ => None,
    }
}

/// The column of a byte that only spaces (or a byte order mark) stand before.
pub(super) fn column_of(text: &str, offset: usize) -> usize {
    text.get(..offset)
        .unwrap_or_default()
        .bytes()
        .rev()
        .take_while(|byte| *byte == b' ')
        .count()
}

/// The gaps of a bracketed list or a braced mapping. Where there is a comment in one, or nothing to learn from, the usual one.
pub(super) fn flow_gaps(
    text: &str,
    (open, end): (usize, usize),
    places: &[(usize, usize)],
) -> Gaps {
    let mut gaps = Gaps::default();
    let between = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let is_blank = |gap: &str| gap.chars().all(char::is_whitespace);
    let (Some((first, _)), Some((_, last))) = (places.first(), places.last()) else {
        return gaps;
    };
    if is_blank(between(open + 1, *first)) {
        gaps.open = between(open + 1, *first).to_owned();
    }
    let close = between(*last, end.saturating_sub(1)).replacen(',', "", 1);
    if is_blank(&close) {
        gaps.close = close;
    }
    let commas = places.windows(2).rev().filter_map(|pair| match pair {
        [(_, end), (start, _)] => Some(between(*end, *start)),
        _ => None,
    });
    let learnt = commas
        .into_iter()
        .find(|gap| gap.trim() == ",")
        .map(str::to_owned);
    gaps.comma = learnt.unwrap_or_else(|| {
        if gaps.open.contains('\n') {
            format!(",{}", gaps.open)
        } else {
            ", ".into()
        }
    });
    gaps
}
