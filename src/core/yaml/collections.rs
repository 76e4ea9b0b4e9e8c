//! Lists and mappings, with dashes and indentation or in brackets and braces.

use std::borrow::Cow;

use super::{Kind, Mark, Node, NodeId, SyntaxError, grammar::Parser, token::TokenKind};

impl Parser<'_> {
    pub(super) fn parse_block_items(&mut self, list: NodeId) -> Result<NodeId, SyntaxError> {
        self.take()?;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::BlockEntry => {
                    let dash = self.take()?.start;
                    let is_empty = matches!(
                        self.scanner.peek()?.kind,
                        TokenKind::BlockEntry | TokenKind::BlockEnd
                    );
                    let item = if is_empty {
                        self.absent()
                    } else {
                        self.parse_node(true, false)?
                    };
                    self.document
                        .change(item, |node| node.set_dash(dash.offset()));
                    self.document.append(list, item);
                }
                TokenKind::BlockEnd => {
                    self.take()?;
                    return Ok(self.close(list));
                }
                _ => {
                    return Err(SyntaxError::at(
                        token.start,
                        "this is indented like the list items but is none",
                    ));
                }
            }
        }
    }

    pub(super) fn parse_indentless_items(&mut self, list: NodeId) -> Result<NodeId, SyntaxError> {
        while matches!(self.scanner.peek()?.kind, TokenKind::BlockEntry) {
            let dash = self.take()?.start;
            let is_empty = matches!(
                self.scanner.peek()?.kind,
                TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd
            );
            let item = if is_empty {
                self.absent()
            } else {
                self.parse_node(true, false)?
            };
            self.document
                .change(item, |node| node.set_dash(dash.offset()));
            self.document.append(list, item);
        }
        Ok(self.close(list))
    }

    pub(super) fn parse_block_pairs(&mut self, mapping: NodeId) -> Result<NodeId, SyntaxError> {
        self.take()?;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::Key => {
                    self.take()?;
                    let key = self.parse_block_part()?;
                    self.document.append(mapping, key);
                    let value = match self.scanner.peek()?.kind {
                        TokenKind::Value => {
                            self.take()?;
                            self.parse_block_part()?
                        }
                        _ => self.absent(),
                    };
                    self.document.append(mapping, value);
                }
                TokenKind::BlockEnd => {
                    self.take()?;
                    return Ok(self.close(mapping));
                }
                _ => {
                    let what = "this is indented like the fields but is none";
                    return Err(SyntaxError::at(token.start, what));
                }
            }
        }
    }

    /// A key or a value of a block mapping, which may be left out.
    fn parse_block_part(&mut self) -> Result<NodeId, SyntaxError> {
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => Ok(self.absent()),
            _ => self.parse_node(true, true),
        }
    }

    pub(super) fn parse_flow_items(&mut self, list: NodeId) -> Result<NodeId, SyntaxError> {
        let open = self.take()?.start;
        let mut first = true;
        while !matches!(self.scanner.peek()?.kind, TokenKind::FlowSequenceEnd) {
            if !first {
                self.take_comma(
                    open,
                    "a list in brackets without a comma between its items or without its `]`",
                )?;
            }
            first = false;
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::FlowSequenceEnd => break,
                TokenKind::Key => {
                    let item = self.parse_single_pair()?;
                    self.document.append(list, item);
                }
                _ => {
                    let item = self.parse_node(false, false)?;
                    self.document.append(list, item);
                }
            }
        }
        self.take()?;
        Ok(self.close(list))
    }

    /// `key: value` as an item of a list in brackets.
    fn parse_single_pair(&mut self) -> Result<NodeId, SyntaxError> {
        let start = self.take()?.start;
        let mapping = self.document.add(Node::new(
            Kind::Mapping { flow: true },
            Cow::Borrowed(""),
            start,
        ));
        let is_absent = matches!(
            self.scanner.peek()?.kind,
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd
        );
        let key = if is_absent {
            // The server's parser drops this token, so `[? : b]` loses its colon.
            self.take()?;
            self.absent()
        } else {
            self.parse_node(false, false)?
        };
        self.document.append(mapping, key);
        let has_value = matches!(self.scanner.peek()?.kind, TokenKind::Value) && {
            self.take()?;
            !matches!(
                self.scanner.peek()?.kind,
                TokenKind::FlowEntry | TokenKind::FlowSequenceEnd
            )
        };
        let value = if has_value {
            self.parse_node(false, false)?
        } else {
            self.absent()
        };
        self.document.append(mapping, value);
        Ok(self.close(mapping))
    }

    pub(super) fn parse_flow_pairs(&mut self, mapping: NodeId) -> Result<NodeId, SyntaxError> {
        let open = self.take()?.start;
        let mut first = true;
        while !matches!(self.scanner.peek()?.kind, TokenKind::FlowMappingEnd) {
            if !first {
                self.take_comma(
                    open,
                    "a mapping in braces without a comma between its fields or without its `}`",
                )?;
            }
            first = false;
            match self.scanner.peek()?.kind {
                TokenKind::FlowMappingEnd => break,
                TokenKind::Key => {
                    self.take()?;
                    let key = self.parse_flow_part()?;
                    self.document.append(mapping, key);
                    let value = match self.scanner.peek()?.kind {
                        TokenKind::Value => {
                            self.take()?;
                            match self.scanner.peek()?.kind {
                                TokenKind::FlowEntry | TokenKind::FlowMappingEnd => self.absent(),
                                _ => self.parse_node(false, false)?,
                            }
                        }
                        _ => self.absent(),
                    };
                    self.document.append(mapping, value);
                }
                _ => {
                    let key = self.parse_node(false, false)?;
                    self.document.append(mapping, key);
                    let value = self.absent();
                    self.document.append(mapping, value);
                }
            }
        }
        self.take()?;
        Ok(self.close(mapping))
    }

    /// A key in braces, which may be left out.
    fn parse_flow_part(&mut self) -> Result<NodeId, SyntaxError> {
        match self.scanner.peek()?.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                Ok(self.absent())
            }
            _ => self.parse_node(false, false),
        }
    }

    fn take_comma(&mut self, open: Mark, what: &'static str) -> Result<(), SyntaxError> {
        let token = self.scanner.peek()?;
        if matches!(token.kind, TokenKind::FlowEntry) {
            return self.take().map(|_| ());
        }
        let mark = if matches!(token.kind, TokenKind::StreamEnd) {
            open
        } else {
            token.start
        };
        Err(SyntaxError::at(mark, what))
    }
}
