//! Scalars in single and double quotes.

use std::borrow::Cow;

use super::{
    Mark, SyntaxError,
    scanner::Scanner,
    text::Fold,
    token::{ScalarStyle, Token, TokenKind},
};

impl<'t> Scanner<'t> {
    /// A scalar in quotes; the cursor is at the opening one.
    pub(super) fn scan_quoted(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.cursor.mark();
        let quote = self.cursor.peek();
        self.cursor.skip();
        let value = match self.scan_quoted_line(quote) {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(self.scan_quoted_text(start, quote)?),
        };
        let style = if quote == b'\'' {
            ScalarStyle::SingleQuoted
        } else {
            ScalarStyle::DoubleQuoted
        };
        Ok(Token {
            kind: TokenKind::Scalar { value, style },
            start,
            end: self.cursor.offset(),
        })
    }

    /// The common case: ASCII on one line without escapes.
    fn scan_quoted_line(&mut self, quote: u8) -> Option<&'t str> {
        let rest = self.cursor.rest();
        let length = rest
            .iter()
            .position(|byte| *byte == quote || !matches!(byte, b' '..=b'[' | b']'..=b'~'))?;
        let doubled = quote == b'\'' && rest.get(length + 1) == Some(&b'\'');
        if rest.get(length) != Some(&quote) || doubled {
            return None;
        }
        let from = self.cursor.offset();
        self.cursor.advance(length + 1, 0);
        Some(self.cursor.slice(from, from + length))
    }

    fn scan_quoted_text(&mut self, start: Mark, quote: u8) -> Result<String, SyntaxError> {
        let mut value = String::new();
        loop {
            if self.cursor.is_document_indicator() {
                return Err(SyntaxError::at(
                    start,
                    "a quoted text that goes on behind the end of the document",
                ));
            }
            if self.cursor.peek() == 0 {
                return Err(SyntaxError::at(start, "a quote that is never closed"));
            }
            let escaped_break = self.scan_quoted_word(start, quote, &mut value)?;
            if self.cursor.peek() == quote {
                self.cursor.skip();
                return Ok(value);
            }
            self.scan_quoted_space(escaped_break, &mut value)?;
        }
    }

    /// Up to white space or the closing quote; true if it ended at an escaped line break.
    fn scan_quoted_word(
        &mut self,
        start: Mark,
        quote: u8,
        value: &mut String,
    ) -> Result<bool, SyntaxError> {
        while !self.cursor.is_space_or_end(0) {
            let byte = self.cursor.peek();
            if byte == b'\'' && quote == b'\'' && self.cursor.at(1) == b'\'' {
                value.push('\'');
                self.cursor.advance(2, 0);
            } else if byte == quote {
                return Ok(false);
            } else if byte == b'\\' && quote == b'"' {
                if self.cursor.is_break(1) {
                    self.cursor.skip();
                    self.cursor.skip_break();
                    return Ok(true);
                }
                value.push(self.scan_escape(start)?);
            } else {
                let from = self.cursor.offset();
                self.cursor.skip();
                value.push_str(self.cursor.slice(from, self.cursor.offset()));
            }
        }
        Ok(false)
    }

    /// Blanks stay unless a line break is among them; behind an escaped one all further line breaks stay.
    fn scan_quoted_space(
        &mut self,
        after_escaped_break: bool,
        value: &mut String,
    ) -> Result<(), SyntaxError> {
        let from = self.cursor.offset();
        let fold = Fold::skip(&mut self.cursor, |_| Ok(()))?;
        match fold {
            Some(fold) if after_escaped_break => fold.write_all(value),
            Some(fold) => fold.write(value),
            None if after_escaped_break => {}
            None => value.push_str(self.cursor.slice(from, self.cursor.offset())),
        }
        Ok(())
    }

    fn scan_escape(&mut self, start: Mark) -> Result<char, SyntaxError> {
        let digits = match self.cursor.at(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            byte => {
                let value = simple_escape(byte)
                    .ok_or_else(|| self.error("an escape that YAML does not know"))?;
                self.cursor.advance(2, 0);
                return Ok(value);
            }
        };
        self.cursor.advance(2, 0);
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = char::from(self.cursor.peek()).to_digit(16);
            let digit = digit.ok_or_else(|| {
                SyntaxError::at(start, "an escape with too few hexadecimal digits")
            })?;
            code = code.wrapping_mul(16).wrapping_add(digit);
            self.cursor.skip();
        }
        char::from_u32(code)
            .ok_or_else(|| SyntaxError::at(start, "an escape that is no Unicode character"))
    }
}

fn simple_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
