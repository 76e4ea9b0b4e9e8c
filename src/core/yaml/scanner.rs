//! Text to tokens: indentation, simple keys and which character begins what.
//!
//! A mapping key shows only at its colon, so every token that may be a key is remembered, and the key token is put in front of it later. Scalars
//! stand in `text` and `quoted`, tags and directives in `tag`.

use std::collections::VecDeque;

use super::{
    Mark, SyntaxError,
    cursor::Cursor,
    token::{Token, TokenKind},
};

/// Nesting beyond this is refused, so that nothing here or above runs out of stack. The server allows 10,000 levels; entries need three.
pub(super) const MAX_DEPTH: usize = 200;

/// The farthest a key's colon may be from its start, in characters.
const MAX_KEY_LENGTH: usize = 1024;

/// A token that may turn out to be a mapping key; one for each flow level.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    /// False when the server's parser no longer waits for a colon before it hands out the token, though a colon would still find the key.
    awaited: bool,
    token_number: usize,
    mark: Mark,
}

/// The scanner.
pub(super) struct Scanner<'t> {
    pub(super) cursor: Cursor<'t>,
    pub(super) flow_level: usize,
    /// The column of the current block collection; none outside any.
    pub(super) indent: Option<usize>,
    pub(super) simple_key_allowed: bool,
    indents: Vec<Option<usize>>,
    simple_keys: Vec<SimpleKey>,
    queue: VecDeque<Token<'t>>,
    taken: usize,
    ended: bool,
    /// The first token of the queue is final.
    is_ready: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Scanner<'t> {
        Scanner {
            cursor: Cursor::new(text),
            flow_level: 0,
            indent: None,
            simple_key_allowed: true,
            indents: Vec::new(),
            simple_keys: vec![SimpleKey::default()],
            queue: VecDeque::with_capacity(16),
            taken: 0,
            ended: false,
            is_ready: false,
        }
    }

    /// The next token, which stays.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<&Token<'t>, SyntaxError> {
        if !self.is_ready {
            self.fill()?;
        }
        match self.queue.front() {
            Some(token) => Ok(token),
            None => Err(SyntaxError::at(Mark::default(), "the text ends too early")),
        }
    }

    /// The next token, taken.
    pub(super) fn next(&mut self) -> Result<Token<'t>, SyntaxError> {
        if !self.is_ready {
            self.fill()?;
        }
        self.is_ready = false;
        self.taken += 1;
        self.queue
            .pop_front()
            .ok_or_else(|| SyntaxError::at(Mark::default(), "the text ends too early"))
    }

    /// Scans until the first token of the queue cannot become a key any more.
    fn fill(&mut self) -> Result<(), SyntaxError> {
        while !self.ended && (self.queue.is_empty() || self.head_may_be_key()?) {
            self.fetch()?;
        }
        self.is_ready = true;
        Ok(())
    }

    fn head_may_be_key(&mut self) -> Result<bool, SyntaxError> {
        let taken = self.taken;
        let Some(key) = self
            .simple_keys
            .iter_mut()
            .find(|key| key.awaited && key.token_number == taken)
        else {
            return Ok(false);
        };
        still_valid(key, &self.cursor)
    }

    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_token();
        self.unroll_indent(Some(self.cursor.column()));
        let byte = self.cursor.peek();
        if byte == 0 {
            return self.fetch_end();
        }
        if self.cursor.column() == 0 {
            if byte == b'%' {
                self.leave_blocks()?;
                let token = self.scan_directive()?;
                self.queue.push_back(token);
                return Ok(());
            }
            if self.cursor.is_document_indicator() {
                let kind = if byte == b'-' {
                    TokenKind::DocumentStart
                } else {
                    TokenKind::DocumentEnd
                };
                self.leave_blocks()?;
                self.push_indicator(kind, 3);
                return Ok(());
            }
        }
        self.fetch_by_first_byte(byte)
    }

    fn fetch_by_first_byte(&mut self, byte: u8) -> Result<(), SyntaxError> {
        let in_flow = self.flow_level > 0;
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => {
                self.forget_key()?;
                self.simple_key_allowed = true;
                self.push_indicator(TokenKind::FlowEntry, 1);
                Ok(())
            }
            b'-' if self.cursor.is_space_or_end(1) => self.fetch_block_entry(),
            b'?' if in_flow || self.cursor.is_space_or_end(1) => self.fetch_key(),
            b':' if in_flow || self.cursor.is_space_or_end(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_keyable(Scanner::scan_anchor),
            b'!' => self.fetch_keyable(Scanner::scan_tag),
            b'|' | b'>' if !in_flow => {
                self.forget_key()?;
                self.simple_key_allowed = true;
                let token = self.scan_block_scalar(byte == b'|')?;
                self.queue.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => self.fetch_keyable(Scanner::scan_quoted),
            b' ' | b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => Err(self.error(match byte {
                b'\t' => "a tab where only spaces may indent",
                _ => "a character that can begin no value; the value needs quotes",
            })),
            _ => self.fetch_keyable(Scanner::scan_plain),
        }
    }

    /// White space, comments and line breaks. Tabs count only where no key can begin.
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            self.cursor
                .skip_while(|byte| byte == b' ' || (tabs && byte == b'\t'));
            if self.cursor.peek() == b'#' {
                self.cursor.skip_to_break();
            }
            if self.cursor.skip_break().is_empty() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_end(&mut self) -> Result<(), SyntaxError> {
        self.cursor.end_line();
        self.leave_blocks()?;
        self.push_indicator(TokenKind::StreamEnd, 0);
        self.ended = true;
        Ok(())
    }

    fn leave_blocks(&mut self) -> Result<(), SyntaxError> {
        self.unroll_indent(None);
        self.forget_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.remember_key()?;
        self.simple_keys.push(SimpleKey {
            token_number: self.taken + self.queue.len(),
            ..SimpleKey::default()
        });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return Err(self.error("brackets nested too deeply"));
        }
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.forget_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.simple_keys.pop().map(|key| key.token_number);
            // An oddity of the server's parser: brackets without a key inside are no longer awaited as one, so `[]a: b` ends behind `[]`.
            for key in self
                .simple_keys
                .iter_mut()
                .filter(|key| Some(key.token_number) == inner)
            {
                key.awaited = false;
            }
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), SyntaxError> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error("a list item cannot begin here"));
            }
            self.roll_indent(self.cursor.mark(), None, TokenKind::BlockSequenceStart)?;
        }
        self.forget_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), SyntaxError> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error("a key cannot begin here"));
            }
            self.roll_indent(self.cursor.mark(), None, TokenKind::BlockMappingStart)?;
        }
        self.forget_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), SyntaxError> {
        let is_simple = match self.simple_keys.last_mut() {
            Some(key) => still_valid(key, &self.cursor)?,
            None => false,
        };
        if is_simple {
            let key = self.simple_keys.last().copied().unwrap_or_default();
            let position = key
                .token_number
                .saturating_sub(self.taken)
                .min(self.queue.len());
            self.queue.insert(
                position,
                Token {
                    kind: TokenKind::Key,
                    start: key.mark,
                    end: key.mark.offset(),
                },
            );
            self.roll_indent(key.mark, Some(position), TokenKind::BlockMappingStart)?;
            if let Some(key) = self.simple_keys.last_mut() {
                (key.possible, key.awaited) = (false, false);
            }
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.error(
                        "a colon with a space behind it cannot stand here; the value needs quotes",
                    ));
                }
                self.roll_indent(self.cursor.mark(), None, TokenKind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    /// A token that may be a key.
    fn fetch_keyable(
        &mut self,
        scan: impl FnOnce(&mut Scanner<'t>) -> Result<Token<'t>, SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.remember_key()?;
        self.simple_key_allowed = false;
        let token = scan(self)?;
        self.queue.push_back(token);
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind<'t>, width: usize) {
        let start = self.cursor.mark();
        self.cursor.advance(width, 0);
        self.queue.push_back(Token {
            kind,
            start,
            end: self.cursor.offset(),
        });
    }

    fn remember_key(&mut self) -> Result<(), SyntaxError> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == Some(self.cursor.column());
        self.forget_key()?;
        let (token_number, mark) = (self.taken + self.queue.len(), self.cursor.mark());
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey {
                possible: true,
                required,
                awaited: true,
                token_number,
                mark,
            };
        }
        Ok(())
    }

    fn forget_key(&mut self) -> Result<(), SyntaxError> {
        let Some(key) = self.simple_keys.last_mut() else {
            return Ok(());
        };
        if key.possible && key.required {
            return Err(SyntaxError::at(key.mark, "a key without a colon"));
        }
        (key.possible, key.awaited) = (false, false);
        Ok(())
    }

    /// Begins a block collection where the column is deeper than the current one.
    fn roll_indent(
        &mut self,
        mark: Mark,
        position: Option<usize>,
        kind: TokenKind<'t>,
    ) -> Result<(), SyntaxError> {
        if self.flow_level > 0 || self.indent.is_some_and(|indent| indent >= mark.column()) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = Some(mark.column());
        if self.indents.len() > MAX_DEPTH {
            return Err(self.error("lists and mappings nested too deeply"));
        }
        let token = Token {
            kind,
            start: mark,
            end: mark.offset(),
        };
        match position {
            Some(position) => self.queue.insert(position, token),
            None => self.queue.push_back(token),
        }
        Ok(())
    }

    /// Ends the block collections that are deeper than `column`.
    fn unroll_indent(&mut self, column: Option<usize>) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            let start = self.cursor.mark();
            self.queue.push_back(Token {
                kind: TokenKind::BlockEnd,
                start,
                end: start.offset(),
            });
            self.indent = self.indents.pop().flatten();
        }
    }

    /// An error at the cursor.
    pub(super) fn error(&self, what: &'static str) -> SyntaxError {
        SyntaxError::at(self.cursor.mark(), what)
    }
}

/// A key must end on its line and within the limit; one that must be a key and cannot is an error.
fn still_valid(key: &mut SimpleKey, cursor: &Cursor<'_>) -> Result<bool, SyntaxError> {
    if key.possible
        && (key.mark.line() < cursor.line() || key.mark.index() + MAX_KEY_LENGTH < cursor.index())
    {
        if key.required {
            return Err(SyntaxError::at(key.mark, "a key without a colon"));
        }
        key.possible = false;
    }
    Ok(key.possible)
}
