//! Plain scalars and block scalars.

use std::borrow::Cow;

use super::{
    SyntaxError,
    cursor::Cursor,
    scanner::Scanner,
    token::{ScalarStyle, Token, TokenKind},
};

/// The line breaks and blanks between two words of a scalar that goes over several lines.
#[derive(Default)]
pub(super) struct Fold {
    first: &'static str,
    more: String,
}

impl Fold {
    /// White space from the cursor on; returns the fold if a line break was among it.
    pub(super) fn skip(
        cursor: &mut Cursor<'_>,
        mut judge_blank: impl FnMut(&Cursor<'_>) -> Result<(), SyntaxError>,
    ) -> Result<Option<Fold>, SyntaxError> {
        let mut fold: Option<Fold> = None;
        loop {
            if cursor.is_blank(0) {
                if fold.is_some() {
                    judge_blank(cursor)?;
                }
                cursor.skip();
            } else if cursor.is_break(0) {
                let value = cursor.skip_break();
                match &mut fold {
                    None => {
                        fold = Some(Fold {
                            first: value,
                            more: String::new(),
                        })
                    }
                    Some(fold) => fold.more.push_str(value),
                }
            } else {
                return Ok(fold);
            }
        }
    }

    /// What the fold counts as: one line break is a space, further ones stay.
    pub(super) fn write(&self, value: &mut String) {
        match (self.first, self.more.is_empty()) {
            ("\n", true) => value.push(' '),
            ("\n", false) => value.push_str(&self.more),
            _ => self.write_all(value),
        }
    }

    /// Every line break as it is.
    pub(super) fn write_all(&self, value: &mut String) {
        value.push_str(self.first);
        value.push_str(&self.more);
    }
}

/// The bytes that may end a word of a plain scalar.
static STOPS: [bool; 256] = stops(b" \t\r\n:\0");
static STOPS_IN_FLOW: [bool; 256] = stops(b" \t\r\n:\0,?[]{}");

const fn stops(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut at = 0;
        // A constant function can use neither iterators nor `get`.
        #[expect(clippy::indexing_slicing, reason = "the loops keep within bounds")]
        while at < bytes.len() {
            if byte >= 0x80 || bytes[at] as usize == byte {
                table[byte] = true;
            }
            at += 1;
        }
        byte += 1;
    }
    table
}

impl<'t> Scanner<'t> {
    /// A scalar without quotes: to the end of the line, to a colon or a comment behind white space, and on deeper lines.
    pub(super) fn scan_plain(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.cursor.mark();
        let indent = self.indent.map_or(0, |indent| indent + 1);
        let mut folded: Option<String> = None;
        let (mut line_start, mut end) = (start.offset(), start.offset());
        let mut pending: Option<Fold> = None;
        loop {
            if self.cursor.is_document_indicator() || self.cursor.peek() == b'#' {
                break;
            }
            let word = self.cursor.offset();
            self.skip_plain_word();
            if self.cursor.offset() > word {
                if let Some(fold) = pending.take() {
                    let value = folded.get_or_insert_default();
                    value.push_str(self.cursor.slice(line_start, end));
                    fold.write(value);
                    line_start = word;
                }
                end = self.cursor.offset();
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            pending = Fold::skip(&mut self.cursor, |cursor| match cursor.peek() {
                b'\t' if cursor.column() < indent => Err(SyntaxError::at(
                    cursor.mark(),
                    "a tab where only spaces may indent",
                )),
                _ => Ok(()),
            })?;
            if self.flow_level == 0 && self.cursor.column() < indent {
                break;
            }
        }
        if pending.is_some() {
            self.simple_key_allowed = true;
        }
        let last = self.cursor.slice(line_start, end);
        let value = match folded {
            None => Cow::Borrowed(last),
            Some(value) => Cow::Owned(value + last),
        };
        Ok(Token {
            kind: TokenKind::Scalar {
                value,
                style: ScalarStyle::Plain,
            },
            start,
            end,
        })
    }

    #[inline]
    fn skip_plain_word(&mut self) {
        let in_flow = self.flow_level > 0;
        let stops = if in_flow { &STOPS_IN_FLOW } else { &STOPS };
        loop {
            self.cursor
                .skip_while(|byte| !stops.get(usize::from(byte)).copied().unwrap_or(true));
            match self.cursor.peek() {
                0 | b' ' | b'\t' | b'\r' | b'\n' => return,
                b':' if self.cursor.is_space_or_end(1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if in_flow => return,
                0x80.. if self.cursor.is_break(0) => return,
                _ => self.cursor.skip(),
            }
        }
    }

    /// A scalar behind `|` or `>`.
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Token<'t>, SyntaxError> {
        let start = self.cursor.mark();
        self.cursor.skip();
        let (keep, increment) = self.scan_block_header()?;
        let base = self.indent.unwrap_or(0);
        let mut indent = increment.map(|increment| base + increment);
        let mut end = self.cursor.offset();
        let mut breaks = String::new();
        self.scan_block_breaks(&mut indent, &mut breaks, &mut end)?;
        let column = indent.unwrap_or(0);
        let mut value = String::new();
        let (mut leading_break, mut was_blank) = ("", false);
        while self.cursor.column() == column && self.cursor.peek() != 0 {
            let is_blank = self.cursor.is_blank(0);
            if !literal && !was_blank && !is_blank && leading_break == "\n" {
                if breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(leading_break);
            }
            value.push_str(&breaks);
            breaks.clear();
            was_blank = is_blank;
            let from = self.cursor.offset();
            self.cursor.skip_to_break();
            value.push_str(self.cursor.slice(from, self.cursor.offset()));
            leading_break = self.cursor.skip_break();
            self.scan_block_breaks(&mut indent, &mut breaks, &mut end)?;
        }
        if keep != Some(false) {
            value.push_str(leading_break);
        }
        if keep == Some(true) {
            value.push_str(&breaks);
        }
        let style = if literal {
            ScalarStyle::Literal
        } else {
            ScalarStyle::Folded
        };
        Ok(Token {
            kind: TokenKind::Scalar {
                value: Cow::Owned(value),
                style,
            },
            start,
            end,
        })
    }

    /// The rest of the line of `|` or `>`: chomping (`+` keeps all line breaks, `-` drops them) and indentation, in either order.
    fn scan_block_header(&mut self) -> Result<(Option<bool>, Option<usize>), SyntaxError> {
        let (mut keep, mut increment) = (None, None);
        for _ in 0..2 {
            match self.cursor.peek() {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment.is_none() => {
                    return Err(self.error("an indentation of 0 for a block of text"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(usize::from(digit - b'0'))
                }
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_while(|byte| matches!(byte, b' ' | b'\t'));
        if self.cursor.peek() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.error("text behind the mark of a block of text"));
        }
        self.cursor.skip_break();
        Ok((keep, increment))
    }

    /// Empty lines and indentation; the first line of text sets the indentation where none is given.
    fn scan_block_breaks(
        &mut self,
        indent: &mut Option<usize>,
        breaks: &mut String,
        end: &mut usize,
    ) -> Result<(), SyntaxError> {
        *end = self.cursor.offset();
        let mut deepest = 0;
        loop {
            while self.cursor.peek() == b' '
                && indent.is_none_or(|indent| self.cursor.column() < indent)
            {
                self.cursor.skip();
            }
            deepest = deepest.max(self.cursor.column());
            if self.cursor.peek() == b'\t'
                && indent.is_none_or(|indent| self.cursor.column() < indent)
            {
                return Err(self.error("a tab where only spaces may indent"));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            breaks.push_str(self.cursor.skip_break());
            *end = self.cursor.offset();
        }
        if indent.is_none() {
            let least = self.indent.map_or(0, |indent| indent + 1);
            *indent = Some(deepest.max(least).max(1));
        }
        Ok(())
    }
}
