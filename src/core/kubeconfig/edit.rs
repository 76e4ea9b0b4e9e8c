//! Bytes that come into a kubeconfig: entries behind the last one of their list, in the way that the list is written.

use std::collections::HashSet;

use super::error::KubeconfigError;
use super::item::{Indent, Item, Member};
use super::merge::Section;
use super::read::{CURRENT_CONTEXT, Kubeconfig, Place};
use crate::yaml::{FlowParts, Gaps, Kind, Lines, Node, NodeId, Quote, ScalarStyle, quoted};

/// The changes of one text.
pub(super) struct Editor<'k, 'd> {
    kubeconfig: &'k Kubeconfig<'d>,
    lines: Lines,
    /// Members that the document's mapping has not.
    missing: Vec<Member>,
}

impl<'k, 'd> Editor<'k, 'd> {
    pub(super) fn new(kubeconfig: &'k Kubeconfig<'d>, text: &str) -> Self {
        Self {
            kubeconfig,
            lines: Lines::new(text),
            missing: Vec::new(),
        }
    }

    /// Adds an entry behind the last one.
    pub(super) fn add_entry(
        &mut self,
        section: Section,
        entry: &Item,
    ) -> Result<(), KubeconfigError> {
        let Some(place) = self.kubeconfig.member(section.key())? else {
            self.missing.push(Member {
                key: section.key().to_owned(),
                value: Item::List(vec![entry.clone()]),
            });
            return Ok(());
        };
        let node = self.kubeconfig.node(place.value)?;
        if let Kind::Alias(_) = node.kind {
            let what = format!(
                "`{}` is an alias of a list in another place, which would change with it",
                section.key()
            );
            let line = self.kubeconfig.line(place.value);
            return Err(KubeconfigError::Form { line, what });
        }
        self.refuse_shared(&HashSet::from([place.value]))?;
        let items: Vec<NodeId> = self.kubeconfig.document.children(place.value).collect();
        match (node.kind, items.is_empty()) {
            (Kind::Sequence { flow: false }, _) => self.add_lines(&items, entry),
            (Kind::Sequence { flow: true }, false) => self.add_among_brackets(node, &items, entry),
            _ => self.fill(place, entry),
        }
    }

    /// Puts an entry in the place of another one.
    pub(super) fn overwrite_entry(
        &mut self,
        section: Section,
        old: NodeId,
        entry: &Item,
    ) -> Result<(), KubeconfigError> {
        let mut inside = HashSet::new();
        self.gather(old, &mut inside);
        self.refuse_shared(&inside)?;
        let node = self.kubeconfig.node(old)?;
        let start = match node.kind {
            Kind::Alias(_) => node.start.offset(),
            _ => node.content(),
        };
        let in_brackets = self.is_among_brackets(section)?;
        let line_break = self.lines.line_break;
        let text = match (in_brackets, node.kind) {
            (false, Kind::Mapping { flow: false } | Kind::Alias(_)) => {
                let column = start - self.lines.line_start(start);
                let mut text = entry
                    .lines()
                    .join(&format!("{line_break}{}", " ".repeat(column)));
                if self.lines.slice(start..node.end()).ends_with('\n') {
                    text.push_str(line_break);
                }
                text
            }
            _ => {
                let has_lines = self.lines.slice(start..node.end()).contains('\n');
                let indent = has_lines.then(|| self.indent_of(node));
                entry.json(indent, line_break)
            }
        };
        self.lines.replace(start..node.end(), text);
        Ok(())
    }

    /// Makes a context the current one.
    pub(super) fn set_current_context(&mut self, name: &str) -> Result<(), KubeconfigError> {
        let Some(place) = self.kubeconfig.member(CURRENT_CONTEXT)? else {
            self.missing.push(Member {
                key: CURRENT_CONTEXT.to_owned(),
                value: Item::text(name),
            });
            return Ok(());
        };
        self.refuse_shared(&HashSet::from([place.value]))?;
        let in_flow = self.root_is_flow();
        let node = self.kubeconfig.node(place.value)?;
        let quote = match (in_flow, node.kind) {
            (true, _) => Quote::Double,
            (false, Kind::Scalar(style)) => Quote::from_style(style),
            (false, _) => Quote::Plain,
        };
        let text = quoted(name, quote, in_flow);
        if node.is_absent() {
            let at = self.colon_end(place)?;
            self.lines.insert(at, format!(" {text}"));
            return Ok(());
        }
        let start = match node.kind {
            Kind::Alias(_) => node.start.offset(),
            _ => node.content(),
        };
        let ends_line = self.lines.slice(start..node.end()).ends_with('\n');
        let line_break = if ends_line { self.lines.line_break } else { "" };
        self.lines
            .replace(start..node.end(), format!("{text}{line_break}"));
        Ok(())
    }

    /// The edited text.
    pub(super) fn finish(mut self) -> String {
        let missing = std::mem::take(&mut self.missing);
        if let (Some(root), false) = (self.kubeconfig.root, missing.is_empty()) {
            match self.root_is_flow() {
                true => self.add_braced_members(root, &missing),
                false => self.add_members(root, &missing),
            }
        }
        self.lines.apply(false)
    }

    /// Entries with a dash each.
    fn add_lines(&mut self, items: &[NodeId], entry: &Item) -> Result<(), KubeconfigError> {
        let Some(last) = items.last() else {
            return Ok(());
        };
        let node = self.kubeconfig.node(*last)?;
        let dash = node.dash().unwrap_or(node.start.offset());
        let start = self.lines.line_start(dash);
        let text = self.indented(&entry.lines_as_item(), dash - start);
        // A block of text at the very end has no line break that counts; one behind it would.
        let at = match self.ends_in_open_text(*last) {
            true => start,
            false => self.lines.line_end(node.end()),
        };
        self.lines.insert(at, text);
        Ok(())
    }

    /// Entries in brackets.
    fn add_among_brackets(
        &mut self,
        list: &Node<'_>,
        items: &[NodeId],
        entry: &Item,
    ) -> Result<(), KubeconfigError> {
        let mut parts = Vec::new();
        for item in items {
            let node = self.kubeconfig.node(*item)?;
            parts.push(node.start.offset()..node.end());
        }
        let Some(first) = items.first() else {
            return Ok(());
        };
        let first = self.kubeconfig.node(*first)?;
        let before = self.lines.slice(list.content()..first.start.offset());
        let line_break = self.lines.line_break;
        let (indent, comma) = match before.contains('\n') {
            true => {
                let columns = " ".repeat(first.start.column());
                (
                    Some(self.indent_of(first)),
                    format!(",{line_break}{columns}"),
                )
            }
            false => (None, ", ".to_owned()),
        };
        let text = entry.json(indent, line_break);
        let gaps = Gaps {
            comma,
            ..Gaps::default()
        };
        let open = list.content();
        FlowParts { open, parts }.edit(&mut self.lines, &[], &[text], &gaps);
        Ok(())
    }

    /// The first entry of a list that is empty, null or absent.
    fn fill(&mut self, place: Place, entry: &Item) -> Result<(), KubeconfigError> {
        let node = self.kubeconfig.node(place.value)?;
        let key = self.kubeconfig.node(place.key)?;
        let line_break = self.lines.line_break;
        let list = Item::List(vec![entry.clone()]);
        let inner = self.lines.slice(node.content()..node.end());
        if self.root_is_flow() || inner.contains('#') {
            let is_list = matches!(node.kind, Kind::Sequence { .. });
            let indent = self.root_has_lines().then(|| Indent {
                columns: key.start.column(),
                step: step(key.start.column()),
            });
            if is_list && inner.contains('#') {
                let text = entry.json(None, line_break);
                self.lines.insert(node.content() + 1, text);
            } else if node.is_absent() {
                let what = format!("`{}` has no value among braces", key.value);
                let line = self.kubeconfig.line(place.key);
                return Err(KubeconfigError::Form { line, what });
            } else {
                let range = node.content()..node.end();
                self.lines.replace(range, list.json(indent, line_break));
            }
            return Ok(());
        }
        let (start, end) = match node.is_absent() {
            true => {
                let at = self.colon_end(place)?;
                (at, at)
            }
            // An anchor or a tag stays.
            false if node.content() > node.start.offset() => (node.content(), node.end()),
            false => (self.colon_end(place)?, node.end()),
        };
        self.lines.remove(start..end);
        let text = self.indented(&list.lines(), key.start.column());
        let at = self.lines.line_end(end);
        self.lines.insert(at, text);
        Ok(())
    }

    fn add_members(&mut self, root: NodeId, missing: &[Member]) {
        let document = self.kubeconfig.document;
        let Some(first) = document
            .children(root)
            .next()
            .and_then(|id| document.node(id))
        else {
            return;
        };
        let Some((key, value)) = document.pairs(root).last() else {
            return;
        };
        let end = [key, value]
            .iter()
            .filter_map(|id| document.node(*id))
            .map(Node::end)
            .max();
        let start = self.lines.line_start(first.start.offset());
        // A key that is written with a question mark stands behind it.
        let column = document.node(root).map_or(0, |node| {
            node.content() - self.lines.line_start(node.content())
        });
        let at = match (self.ends_in_open_text(value), end) {
            (false, Some(end)) => self.lines.line_end(end),
            _ => start,
        };
        let members = missing.iter().map(|member| {
            let one = Item::Map(vec![member.clone()]);
            self.indented(&one.lines(), column)
        });
        let text: String = members.collect();
        self.lines.insert(at, text);
    }

    fn add_braced_members(&mut self, root: NodeId, missing: &[Member]) {
        let document = self.kubeconfig.document;
        let Some(node) = document.node(root) else {
            return;
        };
        let range = |(key, value): (NodeId, NodeId)| {
            let (key, value) = (document.node(key)?, document.node(value)?);
            Some(key.start.offset()..value.end().max(key.end()))
        };
        let parts: Vec<_> = document.pairs(root).filter_map(range).collect();
        let first = document
            .children(root)
            .next()
            .and_then(|id| document.node(id));
        let line_break = self.lines.line_break;
        let (indent, comma) = match first.filter(|_| self.root_has_lines()) {
            Some(first) => {
                let columns = first.start.column();
                let step = step(columns);
                let gap = format!(",{line_break}{}", " ".repeat(columns));
                (Some(Indent { columns, step }), gap)
            }
            None => (None, ", ".to_owned()),
        };
        let text = |member: &Member| {
            let key = quoted(&member.key, Quote::Double, true);
            format!("{key}: {}", member.value.json(indent, line_break))
        };
        let added: Vec<String> = missing.iter().map(text).collect();
        let gaps = Gaps {
            comma,
            ..Gaps::default()
        };
        let open = node.content();
        FlowParts { open, parts }.edit(&mut self.lines, &[], &added, &gaps);
    }

    /// Lines at a column, each ended.
    fn indented(&self, lines: &[String], column: usize) -> String {
        let indent = " ".repeat(column);
        let line_break = self.lines.line_break;
        let lines = lines.iter();
        lines
            .map(|line| format!("{indent}{line}{line_break}"))
            .collect()
    }

    /// How JSON stands that begins where a part does.
    fn indent_of(&self, part: &Node<'_>) -> Indent {
        let start = self.lines.line_start(part.start.offset());
        let columns = self.lines.skip_blanks(start) - start;
        let root = self.kubeconfig.root.and_then(|root| {
            let document = self.kubeconfig.document;
            document.node(document.children(root).next()?)
        });
        let step = step(root.map_or(0, |key| key.start.column()));
        Indent { columns, step }
    }

    fn root_is_flow(&self) -> bool {
        let root = self
            .kubeconfig
            .root
            .and_then(|root| self.kubeconfig.document.node(root));
        root.is_some_and(|root| matches!(root.kind, Kind::Mapping { flow: true }))
    }

    /// Whether the first key of the document's mapping begins a line.
    fn root_has_lines(&self) -> bool {
        let document = self.kubeconfig.document;
        let first = self
            .kubeconfig
            .root
            .and_then(|root| document.children(root).next());
        let first = first.and_then(|first| document.node(first));
        first.is_some_and(|first| {
            let is_later = first.start.line() > 0;
            is_later && self.lines.indent_start(first.start.offset()).is_some()
        })
    }

    fn is_among_brackets(&self, section: Section) -> Result<bool, KubeconfigError> {
        let Some(place) = self.kubeconfig.member(section.key())? else {
            return Ok(false);
        };
        let list = self.kubeconfig.document.resolve(place.value);
        Ok(list.is_some_and(|(_, list)| matches!(list.kind, Kind::Sequence { flow: true })))
    }

    /// The byte behind the colon of a key.
    fn colon_end(&self, place: Place) -> Result<usize, KubeconfigError> {
        let key = self.kubeconfig.node(place.key)?;
        let rest = self.lines.slice(key.end()..self.lines.text().len());
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        match rest.get(blanks..).is_some_and(|rest| rest.starts_with(':')) {
            true => Ok(key.end() + blanks + 1),
            false => {
                let what = format!("`{}` is written with its value on another line", key.value);
                let line = self.kubeconfig.line(place.key);
                Err(KubeconfigError::Form { line, what })
            }
        }
    }

    /// True where a node ends with a block of text that the end of the file ends.
    fn ends_in_open_text(&self, id: NodeId) -> bool {
        let leaf = self.kubeconfig.document.last_leaf(id);
        self.lines.is_padded()
            && leaf.is_some_and(|leaf| {
                let style = leaf.kind;
                let is_text = matches!(
                    style,
                    Kind::Scalar(ScalarStyle::Literal | ScalarStyle::Folded)
                );
                is_text && leaf.end() >= self.lines.given_end()
            })
    }

    fn gather(&self, id: NodeId, gathered: &mut HashSet<NodeId>) {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            gathered.insert(id);
            open.extend(self.kubeconfig.document.children(id));
        }
    }

    /// Nodes that change must not be what an alias elsewhere stands for.
    fn refuse_shared(&self, changed: &HashSet<NodeId>) -> Result<(), KubeconfigError> {
        let shared = self.kubeconfig.document.all().find_map(|(id, node)| {
            let Kind::Alias(target) = node.kind else {
                return None;
            };
            (changed.contains(&target) && !changed.contains(&id)).then_some(target)
        });
        match shared {
            Some(target) => Err(KubeconfigError::Shared {
                line: self.kubeconfig.line(target),
            }),
            None => Ok(()),
        }
    }
}

/// By how much each level of JSON stands further in, from where its first key does.
fn step(first_key: usize) -> usize {
    match first_key {
        0 => 2,
        columns => columns.min(8),
    }
}
