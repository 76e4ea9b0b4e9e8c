//! Lines of a text and the bytes that change.
//!
//! A text without a final line break is worked on as if it had one, and loses it again at the end, so that whole lines come and go anywhere.

use std::ops::Range;

/// One replacement; an empty range is an insertion, an empty text a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Splice {
    pub(in super::super) range: Range<usize>,
    pub(in super::super) text: String,
}

/// The text of a section with a line break at its end, and the replacements gathered for it.
pub(in super::super) struct Lines {
    text: String,
    /// The line break was added.
    is_padded: bool,
    /// What ends a line here.
    pub(in super::super) line_break: &'static str,
    splices: Vec<Splice>,
}

impl Lines {
    pub(in super::super) fn new(text: &str) -> Lines {
        let line_break = match text.find('\n') {
            Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
            _ => "\n",
        };
        let is_padded = !text.is_empty() && !ends_with_break(text);
        let text = if is_padded {
            format!("{text}{line_break}")
        } else {
            text.to_owned()
        };
        Lines {
            text,
            is_padded,
            line_break,
            splices: Vec::new(),
        }
    }

    pub(in super::super) fn text(&self) -> &str {
        &self.text
    }

    /// True when the last line has no line break of its own.
    pub(in super::super) fn is_padded(&self) -> bool {
        self.is_padded
    }

    /// The end of the text as it was given.
    pub(in super::super) fn given_end(&self) -> usize {
        if self.is_padded {
            self.text.len() - self.line_break.len()
        } else {
            self.text.len()
        }
    }

    /// The text between two offsets.
    pub(in super::super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    pub(in super::super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.splices.push(Splice {
            range,
            text: text.into(),
        });
    }

    pub(in super::super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub(in super::super) fn remove(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    /// From the first to the last byte that changes; empty without a change.
    pub(in super::super) fn changed(&self) -> Range<usize> {
        let start = self.splices.iter().map(|splice| splice.range.start).min();
        let end = self.splices.iter().map(|splice| splice.range.end).max();
        start.unwrap_or_default()..end.unwrap_or_default()
    }

    /// The ranges that go.
    pub(in super::super) fn removed(&self) -> impl Iterator<Item = &Range<usize>> {
        self.splices
            .iter()
            .map(|splice| &splice.range)
            .filter(|range| !range.is_empty())
    }

    /// The start of the line that holds `offset`; a byte order mark belongs to no line.
    pub(in super::super) fn line_start(&self, offset: usize) -> usize {
        let before = self.slice(0..offset);
        let start = before
            .rfind(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
            .map_or(0, |at| {
                at + before
                    .get(at..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8)
            });
        if start == 0 && self.text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            start
        }
    }

    /// The start of the line, if only blanks stand between it and `offset`.
    pub(in super::super) fn indent_start(&self, offset: usize) -> Option<usize> {
        let before = self.slice(0..offset);
        let start = before.trim_end_matches([' ', '\t']).len();
        (start == 0 || ends_with_break(self.slice(0..start))).then_some(start)
    }

    /// The end of the line that goes on at `offset`, its comment and line break included. A block of text ends behind its line break already.
    pub(in super::super) fn line_end(&self, offset: usize) -> usize {
        if offset > 0 && ends_with_break(self.slice(0..offset)) {
            return offset;
        }
        let at = self.skip_comment(self.skip_blanks(offset));
        at + break_width(self.slice(at..self.text.len()))
    }

    pub(in super::super) fn skip_blanks(&self, offset: usize) -> usize {
        let rest = self.text.as_bytes().get(offset..).unwrap_or_default();
        offset
            + rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count()
    }

    /// The end of the comment that begins at `offset`, before its line break.
    pub(in super::super) fn skip_comment(&self, offset: usize) -> usize {
        let rest = self.slice(offset..self.text.len());
        if !rest.starts_with('#') {
            return offset;
        }
        offset
            + rest
                .find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
                .unwrap_or(rest.len())
    }

    /// The start of the first line from `line_start` on that holds more than blanks.
    pub(in super::super) fn skip_empty_lines(&self, line_start: usize) -> usize {
        let mut start = line_start;
        loop {
            let end = self.skip_blanks(start);
            let width = break_width(self.slice(end..self.text.len()));
            if width == 0 {
                return start;
            }
            start = end + width;
        }
    }

    /// True at a line break or at the end.
    pub(in super::super) fn is_line_end(&self, offset: usize) -> bool {
        let rest = self.slice(offset..self.text.len());
        rest.is_empty() || break_width(rest) > 0
    }

    /// The edited text; with `keep_break` a line break that was added stays.
    pub(in super::super) fn apply(&self, keep_break: bool) -> String {
        let mut splices: Vec<&Splice> = self.splices.iter().collect();
        splices.sort_by_key(|splice| splice.range.start);
        let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
        let mut result = String::with_capacity(self.text.len() + added);
        let mut done = 0;
        for splice in splices {
            result.push_str(self.slice(done..splice.range.start.max(done)));
            result.push_str(&splice.text);
            done = done.max(splice.range.end);
        }
        result.push_str(self.slice(done..self.text.len()));
        if self.is_padded && !keep_break && result.ends_with(self.line_break) {
            result.truncate(result.len() - self.line_break.len());
        }
        result
    }
}

/// How wide the line break at the start of a text is, 0 without one.
fn break_width(text: &str) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    match text.chars().next() {
        Some(c @ ('\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')) => c.len_utf8(),
        _ => 0,
    }
}

fn ends_with_break(text: &str) -> bool {
    text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}
