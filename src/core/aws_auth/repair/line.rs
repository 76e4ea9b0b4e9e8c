//! One line of a section as people write it: indent, dashes, a field's name, a value, a comment.

/// The fields of entries, which a rule may know by name.
pub(super) const FIELDS: [&str; 4] = ["rolearn", "userarn", "username", "groups"];

/// A line taken apart. Offsets are bytes of the line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// The whole line without its end.
    pub(super) text: &'t str,
    /// Where the indent ends.
    pub(super) indent: usize,
    /// Where the dashes and the space behind them end.
    pub(super) content: usize,
    /// Where the value begins: behind `field: `, or at the content.
    pub(super) value: usize,
}

/// A line without `\n` or `\r\n`.
pub(super) fn without_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// A line of a text, from 1, without its end.
pub(super) fn nth(text: &str, number: usize) -> &str {
    let line = text.split_inclusive('\n').nth(number.saturating_sub(1));
    without_end(line.unwrap_or_default())
}

/// White space that people take for an indent.
pub(super) fn is_indent(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}')
}

impl<'t> Line<'t> {
    pub(super) fn parse(line: &'t str) -> Self {
        let text = without_end(line);
        let indent = text.len() - text.trim_start_matches(is_indent).len();
        let mut content = indent;
        loop {
            let rest = text.get(content..).unwrap_or_default();
            let Some(behind) = rest.strip_prefix('-') else {
                break;
            };
            let spaces = behind.len() - behind.trim_start_matches(' ').len();
            if spaces == 0 {
                break;
            }
            content += 1 + spaces;
        }
        let rest = text.get(content..).unwrap_or_default();
        let value = rest.find(": ").filter(|colon| {
            let name = rest.get(..*colon).unwrap_or_default();
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        });
        let value = value.map_or(content, |colon| {
            let behind = rest.get(colon + 1..).unwrap_or_default();
            content + colon + 1 + (behind.len() - behind.trim_start_matches(' ').len())
        });
        Self {
            text,
            indent,
            content,
            value,
        }
    }

    /// True for a line that holds nothing or a comment only.
    pub(super) fn is_empty(&self) -> bool {
        let rest = self.text.get(self.indent..).unwrap_or_default().trim();
        rest.is_empty() || rest.starts_with('#')
    }

    /// The indent in characters.
    pub(super) fn column(&self) -> usize {
        let indent = self.text.get(..self.indent).unwrap_or_default();
        indent.chars().count()
    }

    /// The column behind the dashes, in characters.
    pub(super) fn content_column(&self) -> usize {
        self.column() + (self.content - self.indent)
    }

    /// True for an indent that is not of spaces alone.
    pub(super) fn has_odd_indent(&self) -> bool {
        let indent = self.text.get(..self.indent).unwrap_or_default();
        indent.contains(['\t', '\u{a0}'])
    }

    /// True where the line begins with a dash.
    pub(super) fn has_dash(&self) -> bool {
        self.content > self.indent
    }

    /// What stands behind indent and dashes.
    pub(super) fn content_text(&self) -> &'t str {
        self.text.get(self.content..).unwrap_or_default()
    }

    /// The value without white space and comment behind it, and the rest of the line.
    pub(super) fn plain_value(&self) -> (&'t str, &'t str) {
        let value = self.text.get(self.value..).unwrap_or_default();
        let end = value.find(" #").unwrap_or(value.len());
        let end = value.get(..end).unwrap_or_default().trim_end().len();
        value.split_at_checked(end).unwrap_or((value, ""))
    }

    /// The line with another indent.
    pub(super) fn indented(&self, column: usize) -> String {
        let rest = self.text.get(self.indent..).unwrap_or_default();
        format!("{}{rest}", " ".repeat(column))
    }

    /// The line with another value.
    pub(super) fn with_value(&self, value: &str, rest: &str) -> String {
        let before = self.text.get(..self.value).unwrap_or_default();
        format!("{before}{value}{rest}")
    }

    /// The line with other text behind its dashes.
    pub(super) fn with_content(&self, content: &str) -> String {
        let before = self.text.get(..self.content).unwrap_or_default();
        format!("{before}{content}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let line = Line::parse("  - username: {{SessionName}}  # who\r\n");
        assert_eq!((line.indent, line.content, line.value), (2, 4, 14));
        assert_eq!(line.plain_value(), ("{{SessionName}}", "  # who"));
        assert_eq!(line.content_column(), 4);
        let item = Line::parse("\t- system:masters");
        assert!(item.has_odd_indent() && item.has_dash());
        assert_eq!(item.plain_value(), ("system:masters", ""));
        assert!(Line::parse("   # a comment\n").is_empty());
    }
}
