//! A place in the text that moves forward and knows its line and column.
//!
//! Columns and the index count characters, as the server's parser does, because its limits (indentation, 1,024 characters for a key) do. Beyond the
//! end every byte is zero.

/// A place in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Mark {
    offset: u32,
    line: u32,
    column: u32,
    index: u32,
}

impl Mark {
    /// The mark at a byte offset of a line (from 0), in its first column.
    pub(super) fn at_line(offset: usize, line: usize) -> Mark {
        Mark {
            offset: short(offset),
            line: short(line),
            column: 0,
            index: 0,
        }
    }

    /// The same line and column with another offset.
    pub(super) fn with_offset(self, offset: usize) -> Mark {
        Mark {
            offset: short(offset),
            ..self
        }
    }

    /// Byte offset.
    #[inline]
    pub(in super::super) fn offset(self) -> usize {
        self.offset as usize
    }

    /// Line from 0.
    #[inline]
    pub(in super::super) fn line(self) -> usize {
        self.line as usize
    }

    /// Column in characters from 0.
    #[inline]
    pub(in super::super) fn column(self) -> usize {
        self.column as usize
    }

    /// Characters before it.
    #[inline]
    pub(super) fn index(self) -> usize {
        self.index as usize
    }
}

/// Texts of 4 GiB are refused before anything is scanned, so this loses nothing.
#[inline]
pub(super) fn short(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// The moving place.
pub(super) struct Cursor<'t> {
    text: &'t str,
    bytes: &'t [u8],
    offset: usize,
    line: usize,
    /// Bytes so far that continue a character; offset less this is the index.
    continuations: usize,
    /// Index of the first character of the line.
    line_start: usize,
}

impl<'t> Cursor<'t> {
    /// At the beginning, behind a byte order mark.
    pub(super) fn new(text: &'t str) -> Cursor<'t> {
        let offset = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Cursor {
            text,
            bytes: text.as_bytes(),
            offset,
            line: 0,
            continuations: offset,
            line_start: 0,
        }
    }

    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    #[inline]
    pub(super) fn line(&self) -> usize {
        self.line
    }

    #[inline]
    pub(super) fn index(&self) -> usize {
        self.offset - self.continuations
    }

    #[inline]
    pub(super) fn column(&self) -> usize {
        self.index() - self.line_start
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            offset: short(self.offset),
            line: short(self.line),
            column: short(self.column()),
            index: short(self.index()),
        }
    }

    /// The text between two byte offsets.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The byte `ahead` of the cursor, zero beyond the end.
    #[inline]
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.offset + ahead).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.at(0)
    }

    /// Moves over one character.
    #[inline]
    pub(super) fn skip(&mut self) {
        let width = match self.peek() {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        self.offset += width;
        self.continuations += width - 1;
    }

    /// Moves over bytes of one-byte characters while `wanted` holds.
    #[inline]
    pub(super) fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        self.offset += rest
            .iter()
            .position(|byte| !wanted(*byte))
            .unwrap_or(rest.len());
    }

    /// Moves `bytes` ahead, of which `continuations` continue a character; no line break may lie between.
    #[inline]
    pub(super) fn advance(&mut self, bytes: usize, continuations: usize) {
        self.offset += bytes;
        self.continuations += continuations;
    }

    /// The bytes that lie ahead.
    #[inline]
    pub(super) fn rest(&self) -> &'t [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    /// True at a line break `ahead` of the cursor: CR, LF, NEL, LS or PS.
    #[inline]
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b'\r' | b'\n' => true,
            0xc2 => self.at(ahead + 1) == 0x85,
            0xe2 => self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    /// True at a space or a tab.
    #[inline]
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    /// True at the end of the text or at a line break.
    #[inline]
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.at(ahead) == 0 || self.is_break(ahead)
    }

    /// True at white space of any kind or at the end.
    #[inline]
    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Moves over a line break, CR LF as one, and returns what it counts as in a value: LS and PS stay themselves, all others are a line feed.
    pub(super) fn skip_break(&mut self) -> &'static str {
        let (width, continuations, value) = match (self.peek(), self.at(1), self.at(2)) {
            (b'\r', b'\n', _) => (2, 0, "\n"),
            (b'\r' | b'\n', ..) => (1, 0, "\n"),
            (0xc2, 0x85, _) => (2, 1, "\n"),
            (0xe2, 0x80, 0xa8) => (3, 2, "\u{2028}"),
            (0xe2, 0x80, 0xa9) => (3, 2, "\u{2029}"),
            _ => return "",
        };
        self.advance(width, continuations);
        self.line += 1;
        self.line_start = self.index();
        value
    }

    /// Moves to the end of the line.
    pub(super) fn skip_to_break(&mut self) {
        loop {
            self.skip_while(|byte| !matches!(byte, b'\r' | b'\n' | 0 | 0x80..));
            if self.is_break_or_end(0) {
                return;
            }
            self.skip();
        }
    }

    /// The end of the text counts as the start of a line.
    pub(super) fn end_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = self.index();
        }
    }

    /// True at `---` or `...` at the start of a line.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.column() == 0 && (self.is_indicator(b'-') || self.is_indicator(b'.'))
    }

    /// True at three of `byte`, then white space or the end.
    pub(super) fn is_indicator(&self, byte: u8) -> bool {
        self.peek() == byte && self.at(1) == byte && self.at(2) == byte && self.is_space_or_end(3)
    }
}
