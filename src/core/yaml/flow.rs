//! Lists in brackets and mappings in braces: parts come and go with the comma and the white space that are theirs.
//!
//! Parts that stand on lines of their own go with these lines, and comments between parts stay.

use std::ops::Range;

use super::Lines;

/// The white space around the parts of a list in brackets or a mapping in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Gaps {
    pub(in super::super) open: String,
    /// Between a key and its value, the colon included.
    pub(in super::super) colon: String,
    /// Between two parts, the comma included.
    pub(in super::super) comma: String,
    pub(in super::super) close: String,
}

impl Default for Gaps {
    fn default() -> Gaps {
        Gaps {
            open: String::new(),
            colon: ": ".into(),
            comma: ", ".into(),
            close: String::new(),
        }
    }
}

/// The places of the bracket and of the parts; a pair of a mapping is one part.
pub(in super::super) struct FlowParts {
    /// The opening bracket.
    pub(in super::super) open: usize,
    pub(in super::super) parts: Vec<Range<usize>>,
}

impl FlowParts {
    /// Removes the parts marked in `removed` and adds `added` behind the last one.
    pub(in super::super) fn edit(
        &self,
        lines: &mut Lines,
        removed: &[bool],
        added: &[String],
        gaps: &Gaps,
    ) {
        let is_removed = |at: usize| removed.get(at).copied().unwrap_or(false);
        let last_goes = !self.parts.is_empty() && is_removed(self.parts.len() - 1);
        let mut at = 0;
        while at < self.parts.len() {
            let run_end = (at..self.parts.len())
                .find(|at| !is_removed(*at))
                .unwrap_or(self.parts.len());
            if run_end == at {
                at += 1;
                continue;
            }
            if run_end < self.parts.len() {
                self.remove_inner(lines, at..run_end);
            } else if added.is_empty() {
                self.remove_tail(lines, at..run_end);
            } else {
                self.replace_tail(lines, at..run_end, &added.join(&gaps.comma));
            }
            at = run_end;
        }
        if !added.is_empty() && !last_goes {
            self.add(lines, added, gaps);
        }
    }

    /// A run that parts follow.
    fn remove_inner(&self, lines: &mut Lines, run: Range<usize>) {
        if self.remove_whole_lines(lines, &run) {
            return;
        }
        let next = self.part(run.end).start;
        if run.clone().all(|at| self.has_clean_gap(lines, at)) {
            lines.remove(self.part(run.start).start..next);
            return;
        }
        for at in run {
            let part = self.part(at);
            let end = self
                .comma_after(lines, at)
                .map_or(part.end, |comma| comma + 1);
            let end = lines.skip_blanks(end);
            lines.remove(part.start..end);
        }
    }

    /// A run at the end, with nothing to take its place.
    fn remove_tail(&self, lines: &mut Lines, run: Range<usize>) {
        let last = run.end - 1;
        let trailing_comma = self.comma_after(lines, last);
        let comma_before = run
            .start
            .checked_sub(1)
            .and_then(|before| self.comma_after(lines, before));
        let drop_comma_before = |lines: &mut Lines| {
            if let (None, Some(comma)) = (trailing_comma, comma_before) {
                lines.remove(comma..comma + 1);
            }
        };
        if self.remove_whole_lines(lines, &run) {
            drop_comma_before(lines);
            return;
        }
        let first_gap = run.start.saturating_sub(1);
        let is_clean = (first_gap..last).all(|at| self.has_clean_gap(lines, at));
        match (is_clean, run.start) {
            (true, 0) => {
                let end = trailing_comma.map_or(self.part(last).end, |comma| comma + 1);
                lines.remove(self.part(0).start..end);
            }
            (true, start) => {
                let end = self.part(last).end;
                let is_apart = lines.slice(end..end + 1).starts_with(char::is_whitespace);
                let space = if is_apart {
                    ""
                } else {
                    self.space_behind(lines, start - 1)
                };
                lines.replace(self.part(start - 1).end..self.part(last).end, space);
            }
            (false, _) => {
                drop_comma_before(lines);
                for at in run {
                    let end = self
                        .comma_after(lines, at)
                        .map_or(self.part(at).end, |comma| comma + 1);
                    lines.remove(self.part(at).start..end);
                }
            }
        }
    }

    /// A run at the end whose place new parts take.
    fn replace_tail(&self, lines: &mut Lines, run: Range<usize>, text: &str) {
        let last = run.end - 1;
        for at in run.start..last {
            let comma = self
                .comma_after(lines, at)
                .map_or(self.part(at).end, |comma| comma + 1);
            let end = if self.has_clean_gap(lines, at) {
                self.part(at + 1).start
            } else {
                comma
            };
            lines.remove(self.part(at).start..end);
        }
        lines.replace(self.part(last), text);
    }

    fn add(&self, lines: &mut Lines, added: &[String], gaps: &Gaps) {
        let text = added.join(&gaps.comma);
        let Some(last) = self.parts.last() else {
            lines.insert(self.open + 1, text);
            return;
        };
        let trailing_comma = self.comma_after(lines, self.parts.len() - 1);
        let behind = lines.skip_blanks(trailing_comma.map_or(last.end, |comma| comma + 1));
        let comment_end = lines.skip_comment(behind);
        if comment_end == behind {
            let space = self.space_behind(lines, self.parts.len() - 1);
            lines.insert(last.end, format!("{space}{}{text}", gaps.comma));
            return;
        }
        // The comment belongs to the part before it.
        if trailing_comma.is_none() {
            lines.insert(
                last.end,
                format!("{},", self.space_behind(lines, self.parts.len() - 1)),
            );
        }
        let line_start = lines.line_start(last.start);
        let indent = " ".repeat(lines.skip_blanks(line_start) - line_start);
        let new_line = format!("{}{indent}", lines.line_break);
        let gap = gaps
            .comma
            .split_once(',')
            .map(|(_, gap)| gap)
            .filter(|gap| gap.contains('\n'));
        lines.insert(comment_end, format!("{}{text}", gap.unwrap_or(&new_line)));
    }

    /// The space that keeps a part from swallowing what follows: a tag, or a colon without a value, would take a comma or a bracket in.
    fn space_behind(&self, lines: &Lines, at: usize) -> &'static str {
        let part = self.part(at);
        let is_apart = lines
            .slice(part.end..part.end + 1)
            .starts_with(char::is_whitespace);
        let text = lines.slice(part);
        let last_word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
        if is_apart && (text.ends_with(':') || last_word.starts_with('!')) {
            " "
        } else {
            ""
        }
    }

    /// Removes the lines of a run if every part of it has its lines for itself.
    fn remove_whole_lines(&self, lines: &mut Lines, run: &Range<usize>) -> bool {
        let own: Option<Vec<Range<usize>>> =
            run.clone().map(|at| self.own_lines(lines, at)).collect();
        let Some(own) = own else { return false };
        own.into_iter().for_each(|range| lines.remove(range));
        true
    }

    fn own_lines(&self, lines: &Lines, at: usize) -> Option<Range<usize>> {
        let part = self.part(at);
        let start = lines.indent_start(part.start)?;
        let mut end = lines.skip_blanks(part.end);
        if lines.slice(end..end + 1) == "," {
            end = lines.skip_blanks(end + 1);
        }
        end = lines.skip_comment(end);
        let is_alone = lines.is_line_end(end) && end < lines.text().len();
        is_alone.then(|| start..lines.line_end(end))
    }

    /// True where only a comma and white space lie between a part and the next one.
    fn has_clean_gap(&self, lines: &Lines, at: usize) -> bool {
        lines
            .slice(self.part(at).end..self.part(at + 1).start)
            .trim()
            == ","
    }

    /// The comma behind a part, over white space and comments.
    fn comma_after(&self, lines: &Lines, at: usize) -> Option<usize> {
        let mut offset = self.part(at).end;
        loop {
            let rest = lines.slice(offset..lines.text().len());
            let next = rest.find(|c: char| !c.is_whitespace())?;
            offset += next;
            match rest.as_bytes().get(next)? {
                b'#' => offset = lines.skip_comment(offset),
                b',' => return Some(offset),
                _ => return None,
            }
        }
    }

    fn part(&self, at: usize) -> Range<usize> {
        self.parts.get(at).cloned().unwrap_or_default()
    }
}
