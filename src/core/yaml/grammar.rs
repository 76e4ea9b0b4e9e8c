//! Tokens to nodes: the productions of YAML 1.1, as far as the first document goes. Lists and mappings stand in `collections`.
//!
//! Only the first document is parsed, so what is wrong behind it does no harm. Oddities of the server's parser are kept and marked.

use std::{borrow::Cow, collections::HashMap};

use super::{
    Document, Kind, Mark, Node, NodeId, ScalarStyle, SyntaxError,
    cursor::short,
    scanner::{MAX_DEPTH, Scanner},
    token::{Token, TokenKind},
    tree::NodeProperties,
};

/// Parses the first document of a text.
pub(in super::super) fn parse(text: &str) -> Result<Document<'_>, SyntaxError> {
    if u32::try_from(text.len()).is_err() {
        return Err(SyntaxError::at(Mark::default(), "a text of 4 GiB or more"));
    }
    let mut parser = Parser {
        scanner: Scanner::new(text),
        document: Document::new(text),
        anchors: HashMap::new(),
        tag_handles: Vec::new(),
        last_end: 0,
        last_start: Mark::default(),
        depth: 0,
    };
    parser.parse_document(text)?;
    refuse_control_characters(text, parser.scanner.cursor.offset())?;
    Ok(parser.document)
}

/// The size of the pieces in which the server's parser takes up the text.
const PIECE: usize = 512;

/// Control characters are errors, but only in pieces of the text that the parser has taken up when the document ends.
fn refuse_control_characters(text: &str, reached: usize) -> Result<(), SyntaxError> {
    let is_suspect =
        |byte: &u8| matches!(byte, 0..=8 | 0xb | 0xc | 0xe..=0x1f | 0x7f | 0xc2 | 0xef);
    let mut from = 0;
    while let Some(found) = text
        .as_bytes()
        .get(from..)
        .and_then(|rest| rest.iter().position(is_suspect))
    {
        let at = from + found;
        let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        let allowed = !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}');
        if !allowed && character != '\u{85}' {
            if at / PIECE * PIECE > reached + 4 {
                return Ok(());
            }
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count();
            let column = before.chars().rev().take_while(|c| *c != '\n').count();
            let what = format!("the control character U+{:04X}", u32::from(character));
            return Err(SyntaxError { what, line, column });
        }
        from = at + character.len_utf8();
    }
    Ok(())
}

pub(super) struct Parser<'t> {
    pub(super) scanner: Scanner<'t>,
    pub(super) document: Document<'t>,
    anchors: HashMap<&'t str, NodeId>,
    tag_handles: Vec<(&'t str, String)>,
    /// The end of the last token that is text.
    last_end: usize,
    /// And where it begins.
    last_start: Mark,
    depth: usize,
}

/// The anchor and tag in front of a node.
#[derive(Default)]
struct Properties<'t> {
    start: Option<Mark>,
    anchor: Option<&'t str>,
    tag: Option<String>,
}

impl<'t> Parser<'t> {
    fn parse_document(&mut self, text: &'t str) -> Result<(), SyntaxError> {
        self.parse_directives()?;
        let token = self.scanner.peek()?;
        let start = token.start;
        let explicit = matches!(token.kind, TokenKind::DocumentStart);
        if matches!(token.kind, TokenKind::StreamEnd) {
            self.document.end = start;
            return Ok(());
        }
        if explicit {
            self.take()?;
            self.document.explicit_start = Some(self.last_end);
        }
        let is_empty = explicit
            && matches!(
                self.scanner.peek()?.kind,
                TokenKind::VersionDirective { .. }
                    | TokenKind::TagDirective { .. }
                    | TokenKind::DocumentStart
                    | TokenKind::DocumentEnd
                    | TokenKind::StreamEnd
            );
        self.document.root = match is_empty {
            true => None,
            false => Some(self.parse_node(true, false)?),
        };
        let token = self.scanner.peek()?;
        self.document.end = token.start;
        let (kind, end) = (token.kind.clone(), token.end);
        self.document.has_rest = !matches!(
            kind,
            TokenKind::StreamEnd | TokenKind::DocumentEnd | TokenKind::DocumentStart
        );
        self.document.ignored = match kind {
            TokenKind::StreamEnd => None,
            TokenKind::DocumentEnd => text_behind_end(text, end),
            _ => Some(self.document.end),
        };
        Ok(())
    }

    fn parse_directives(&mut self) -> Result<(), SyntaxError> {
        let (mut version_seen, mut any) = (false, false);
        loop {
            let token = self.scanner.peek()?;
            let mark = token.start;
            match &token.kind {
                TokenKind::VersionDirective { .. } if version_seen => {
                    return Err(SyntaxError::at(mark, "a second %YAML directive"));
                }
                TokenKind::VersionDirective { major: 1, minor: 1 } => version_seen = true,
                TokenKind::VersionDirective { .. } => {
                    return Err(SyntaxError::at(
                        mark,
                        "a %YAML directive for another version than 1.1",
                    ));
                }
                TokenKind::TagDirective { handle, prefix } => {
                    if self.tag_handles.iter().any(|(known, _)| known == handle) {
                        return Err(SyntaxError::at(
                            mark,
                            "a second %TAG directive for the same handle",
                        ));
                    }
                    self.tag_handles.push((*handle, prefix.clone()));
                }
                TokenKind::DocumentStart => break,
                _ if any => {
                    return Err(SyntaxError::at(mark, "a directive without `---` behind it"));
                }
                _ => break,
            }
            any = true;
            self.take()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tag_handles.iter().any(|(known, _)| *known == handle) {
                self.tag_handles.push((handle, prefix.to_owned()));
            }
        }
        Ok(())
    }

    /// One node. `block`: block collections may begin here; `indentless`: a list may begin without being deeper than its key.
    pub(super) fn parse_node(
        &mut self,
        block: bool,
        indentless: bool,
    ) -> Result<NodeId, SyntaxError> {
        self.depth += 1;
        let node = self.parse_any_node(block, indentless);
        self.depth -= 1;
        node
    }

    fn parse_any_node(&mut self, block: bool, indentless: bool) -> Result<NodeId, SyntaxError> {
        if self.depth > MAX_DEPTH {
            let mark = self.scanner.peek()?.start;
            return Err(SyntaxError::at(
                mark,
                "lists and mappings nested too deeply",
            ));
        }
        if let TokenKind::Alias(_) = self.scanner.peek()?.kind {
            return self.parse_alias();
        }
        let properties = self.parse_properties()?;
        let token = self.scanner.peek()?;
        let content = token.start;
        let start = properties.start.unwrap_or(content);
        match &token.kind {
            TokenKind::BlockEntry if indentless => {
                let id = self.open(Kind::Sequence { flow: false }, start, content, properties);
                self.parse_indentless_items(id)
            }
            TokenKind::Scalar { .. } => self.parse_scalar(start, content, properties),
            TokenKind::FlowSequenceStart => {
                let id = self.open(Kind::Sequence { flow: true }, start, content, properties);
                self.parse_flow_items(id)
            }
            TokenKind::FlowMappingStart => {
                let id = self.open(Kind::Mapping { flow: true }, start, content, properties);
                self.parse_flow_pairs(id)
            }
            TokenKind::BlockSequenceStart if block => {
                let id = self.open(Kind::Sequence { flow: false }, start, content, properties);
                self.parse_block_items(id)
            }
            TokenKind::BlockMappingStart if block => {
                let id = self.open(Kind::Mapping { flow: false }, start, content, properties);
                self.parse_block_pairs(id)
            }
            _ if properties.start.is_some() => {
                let implicit = properties.tag.is_none();
                let end = self.last_end;
                let id = self.open(Kind::Scalar(ScalarStyle::Plain), start, content, properties);
                self.document.change(id, |node| {
                    (node.implicit, node.end) = (implicit, short(end))
                });
                Ok(id)
            }
            _ => Err(SyntaxError::at(
                content,
                "a value is missing here, or stands where none can",
            )),
        }
    }

    fn parse_alias(&mut self) -> Result<NodeId, SyntaxError> {
        let token = self.take()?;
        let TokenKind::Alias(name) = token.kind else {
            return Err(SyntaxError::at(token.start, "an alias is missing here"));
        };
        let Some(target) = self.anchors.get(name).copied() else {
            return Err(SyntaxError::at(
                token.start,
                format!("the alias `*{name}` has no anchor before it"),
            ));
        };
        let mut node = Node::new(Kind::Alias(target), Cow::Borrowed(name), token.start);
        node.end = short(token.end);
        Ok(self.document.add(node))
    }

    fn parse_properties(&mut self) -> Result<Properties<'t>, SyntaxError> {
        let mut properties = Properties::default();
        loop {
            let mark = match &self.scanner.peek()?.kind {
                TokenKind::Anchor(_) if properties.anchor.is_none() => self.scanner.peek()?.start,
                TokenKind::Tag { .. } if properties.tag.is_none() => self.scanner.peek()?.start,
                _ => return Ok(properties),
            };
            properties.start.get_or_insert(mark);
            match self.take()?.kind {
                TokenKind::Anchor(name) => properties.anchor = Some(name),
                TokenKind::Tag { handle, suffix } => {
                    properties.tag = Some(if handle.is_empty() {
                        suffix
                    } else {
                        let known = self.tag_handles.iter().find(|(known, _)| *known == handle);
                        let prefix = known.map(|(_, prefix)| prefix.as_str());
                        let prefix = prefix.ok_or_else(|| {
                            SyntaxError::at(
                                mark,
                                format!("the tag handle `{handle}` is not declared"),
                            )
                        })?;
                        format!("{prefix}{suffix}")
                    });
                }
                _ => {}
            }
        }
    }

    fn parse_scalar(
        &mut self,
        start: Mark,
        content: Mark,
        properties: Properties<'t>,
    ) -> Result<NodeId, SyntaxError> {
        let token = self.take()?;
        let TokenKind::Scalar { value, style } = token.kind else {
            return Err(SyntaxError::at(token.start, "a scalar is missing here"));
        };
        let implicit = match properties.tag.as_deref() {
            None => style == ScalarStyle::Plain,
            Some(tag) => tag == "!",
        };
        let id = self.open(Kind::Scalar(style), start, content, properties);
        self.document.change(id, |node| {
            node.value = value;
            node.implicit = implicit;
            node.end = short(token.end);
        });
        Ok(id)
    }

    /// Takes a token and notes where its text ends.
    pub(super) fn take(&mut self) -> Result<Token<'t>, SyntaxError> {
        let token = self.scanner.next()?;
        if token.end > token.start.offset() {
            (self.last_start, self.last_end) = (token.start, token.end);
        }
        Ok(token)
    }

    fn open(
        &mut self,
        kind: Kind,
        start: Mark,
        content: Mark,
        properties: Properties<'t>,
    ) -> NodeId {
        let mut node = Node::new(kind, Cow::Borrowed(""), start);
        node.content = short(content.offset());
        if properties.start.is_some() {
            let Properties { anchor, tag, .. } = properties;
            node.properties = Some(Box::new(NodeProperties { anchor, tag }));
        }
        let anchor = node.anchor();
        let id = self.document.add(node);
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, id);
        }
        id
    }

    pub(super) fn close(&mut self, id: NodeId) -> NodeId {
        let end = self.last_end;
        self.document.change(id, |node| node.end = short(end));
        id
    }

    /// A value that is not there, placed behind the last text.
    pub(super) fn absent(&mut self) -> NodeId {
        let mark = self.last_start.with_offset(self.last_end);
        let mut node = Node::new(Kind::Scalar(ScalarStyle::Plain), Cow::Borrowed(""), mark);
        node.implicit = true;
        self.document.add(node)
    }
}

/// Where something other than comments, white space and further `...` follows.
fn text_behind_end(text: &str, end: usize) -> Option<Mark> {
    let mut line = text.get(..end)?.matches('\n').count();
    let mut offset = end;
    for piece in text.get(end..)?.split_inclusive('\n') {
        let trimmed = piece.trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') && trimmed != "..." {
            return Some(Mark::at_line(offset, line));
        }
        offset += piece.len();
        line += usize::from(piece.ends_with('\n'));
    }
    None
}
