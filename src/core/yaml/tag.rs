//! Anchors, aliases, tags and directives.
//!
//! Tags matter for scalars only: `!!str yes` is text, `!!int x` empties the section.

use super::{
    Mark, SyntaxError,
    scanner::Scanner,
    token::{Token, TokenKind},
};

impl<'t> Scanner<'t> {
    /// `&name` or `*name`; names are ASCII letters, digits, `_` and `-`.
    pub(super) fn scan_anchor(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.cursor.mark();
        let is_alias = self.cursor.peek() == b'*';
        self.cursor.skip();
        let name = self.scan_word();
        let follows = matches!(
            self.cursor.peek(),
            b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
        );
        if name.is_empty() || !(follows || self.cursor.is_space_or_end(0)) {
            return Err(self.error(if is_alias {
                "`*` begins an alias, and this is no name of one; the value needs quotes"
            } else {
                "`&` begins an anchor, and this is no name for one; the value needs quotes"
            }));
        }
        let kind = if is_alias {
            TokenKind::Alias(name)
        } else {
            TokenKind::Anchor(name)
        };
        Ok(Token {
            kind,
            start,
            end: self.cursor.offset(),
        })
    }

    /// `!`, `!name`, `!!name`, `!handle!name` or `!<uri>`.
    pub(super) fn scan_tag(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.cursor.mark();
        let (handle, suffix) = if self.cursor.at(1) == b'<' {
            self.cursor.advance(2, 0);
            let suffix = self.scan_tag_uri("", start)?;
            if self.cursor.peek() != b'>' {
                return Err(self.error("a tag without its closing `>`"));
            }
            self.cursor.skip();
            ("", suffix)
        } else {
            let head = self.scan_tag_handle();
            if head.len() > 1 && head.ends_with('!') {
                (head, self.scan_tag_uri("", start)?)
            } else {
                let suffix = self.scan_tag_uri(head, start)?;
                if suffix.is_empty() {
                    ("", "!".to_owned())
                } else {
                    ("!", suffix)
                }
            }
        };
        if !self.cursor.is_space_or_end(0) {
            return Err(self.error("a tag with something right behind it"));
        }
        Ok(Token {
            kind: TokenKind::Tag { handle, suffix },
            start,
            end: self.cursor.offset(),
        })
    }

    /// `!`, letters, and `!` again where it follows; the cursor is at the first.
    fn scan_tag_handle(&mut self) -> &'t str {
        let from = self.cursor.offset();
        self.cursor.skip();
        self.scan_word();
        if self.cursor.peek() == b'!' {
            self.cursor.skip();
        }
        self.cursor.slice(from, self.cursor.offset())
    }

    /// The rest of a tag; `head` is what was read already, its `!` included.
    fn scan_tag_uri(&mut self, head: &str, start: Mark) -> Result<String, SyntaxError> {
        let mut uri: Vec<u8> = head.bytes().skip(1).collect();
        let mut found = !head.is_empty();
        loop {
            match self.cursor.peek() {
                b'%' => uri.extend(self.scan_tag_escape(start)?),
                byte if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.cursor.skip();
                }
                _ => break,
            }
            found = true;
        }
        if !found {
            return Err(SyntaxError::at(start, "a tag without a name"));
        }
        String::from_utf8(uri).map_err(|_| SyntaxError::at(start, "a tag that is no UTF-8"))
    }

    /// `%` and two hexadecimal digits, as many as one character takes.
    fn scan_tag_escape(&mut self, start: Mark) -> Result<Vec<u8>, SyntaxError> {
        let mut octets = Vec::new();
        let mut wanted = 1;
        while octets.len() < wanted {
            let digit = |byte: u8| {
                char::from(byte)
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            };
            let (Some(high), Some(low), b'%') = (
                digit(self.cursor.at(1)),
                digit(self.cursor.at(2)),
                self.cursor.peek(),
            ) else {
                return Err(SyntaxError::at(start, "a tag with a broken `%` escape"));
            };
            let octet = high << 4 | low;
            wanted = match (octets.is_empty(), octet) {
                (true, 0..0x80) => 1,
                (true, 0xc0..0xe0) => 2,
                (true, 0xe0..0xf0) => 3,
                (true, 0xf0..0xf8) => 4,
                (false, 0x80..0xc0) => wanted,
                _ => return Err(SyntaxError::at(start, "a tag that is no UTF-8")),
            };
            octets.push(octet);
            self.cursor.advance(3, 0);
        }
        Ok(octets)
    }

    /// `%YAML 1.1` or `%TAG handle prefix`; others are errors for the server.
    pub(super) fn scan_directive(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.cursor.mark();
        self.cursor.skip();
        let name = self.scan_word();
        if name.is_empty() || !self.cursor.is_space_or_end(0) {
            return Err(
                self.error("`%` at the start of a line begins a directive, and this is none")
            );
        }
        let kind = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => {
                return Err(SyntaxError::at(
                    start,
                    "a directive that is neither %YAML nor %TAG",
                ));
            }
        };
        let end = self.cursor.offset();
        self.cursor.skip_while(|byte| matches!(byte, b' ' | b'\t'));
        if self.cursor.peek() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.error("text behind a directive"));
        }
        self.cursor.skip_break();
        Ok(Token { kind, start, end })
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind<'t>, SyntaxError> {
        self.cursor.skip_while(|byte| matches!(byte, b' ' | b'\t'));
        let major = self.scan_version_number(start)?;
        if self.cursor.peek() != b'.' {
            return Err(SyntaxError::at(
                start,
                "a %YAML directive without a version",
            ));
        }
        self.cursor.skip();
        Ok(TokenKind::VersionDirective {
            major,
            minor: self.scan_version_number(start)?,
        })
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u8, SyntaxError> {
        let from = self.cursor.offset();
        self.cursor.skip_while(|byte| byte.is_ascii_digit());
        let digits = self.cursor.slice(from, self.cursor.offset());
        match digits.len() {
            1 | 2 => digits
                .parse()
                .map_err(|_| SyntaxError::at(start, "a %YAML directive without a version")),
            _ => Err(SyntaxError::at(
                start,
                "a %YAML directive without a version",
            )),
        }
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind<'t>, SyntaxError> {
        let broken = || SyntaxError::at(start, "a %TAG directive needs a handle and a prefix");
        self.cursor.skip_while(|byte| matches!(byte, b' ' | b'\t'));
        if self.cursor.peek() != b'!' {
            return Err(broken());
        }
        let handle = self.scan_tag_handle();
        if !self.cursor.is_blank(0) || (handle != "!" && !handle.ends_with('!')) {
            return Err(broken());
        }
        self.cursor.skip_while(|byte| matches!(byte, b' ' | b'\t'));
        let prefix = self.scan_tag_uri("", start)?;
        if !self.cursor.is_space_or_end(0) {
            return Err(broken());
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }

    fn scan_word(&mut self) -> &'t str {
        let from = self.cursor.offset();
        self.cursor.skip_while(is_word);
        self.cursor.slice(from, self.cursor.offset())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
