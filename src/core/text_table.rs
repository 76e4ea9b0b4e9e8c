//! Text tables for people: columns that are each as wide as their widest cell. What would be wider than a terminal is told line by line instead.

/// How wide a table may be. Terminals of 80 columns are rare, those of 200 too.
pub const WIDTH: usize = 100;

/// The shortest room for text behind a label.
const LEAST: usize = 40;

/// Rows under their headings. Where a line would be wider than [`WIDTH`], each row is its first cell with the others below it, each behind its
/// heading. Empty for no rows.
pub fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]], indent: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heading = headings.map(str::to_owned);
    let table = table(std::iter::once(&heading).chain(rows), indent);
    match is_narrow(&table) {
        true => table,
        false => rows
            .iter()
            .map(|row| stacked(&headings, row, indent))
            .collect(),
    }
}

/// Rows without headings: a label, a text, and what there is to remark. Where a line would be wider than [`WIDTH`], texts are folded, and remarks
/// stand below.
pub fn aligned<const N: usize>(rows: &[[String; N]], indent: &str) -> String {
    let table = table(rows.iter(), indent);
    if is_narrow(&table) {
        return table;
    }
    let labels = rows.iter().filter_map(|row| row.first());
    let width = labels.map(|label| length(label)).max().unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        let mut cells = row.iter();
        let mut label = cells.next().map_or("", String::as_str);
        for cell in cells.filter(|cell| !cell.is_empty()) {
            let first = format!("{indent}{label:<width$}  ");
            text.push_str(&folded(&first, cell));
            label = "";
        }
    }
    text
}

/// A text that is folded at blanks so that no line is wider than [`WIDTH`], as far as its words let it; the further lines begin below the first one's
/// text. Each line ends with a line break.
pub fn folded(first: &str, text: &str) -> String {
    let margin = " ".repeat(length(first));
    let room = WIDTH.saturating_sub(margin.len()).max(LEAST);
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut used = 0;
    for word in text.split(' ') {
        if used > 0 && used + 1 + length(word) > room {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line.clone_from(&margin);
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length(word);
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}

fn table<'a, const N: usize>(
    rows: impl Iterator<Item = &'a [String; N]> + Clone,
    indent: &str,
) -> String {
    let width = |column: usize| {
        let cells = rows.clone().filter_map(|row| row.get(column));
        cells.map(|cell| length(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: &[String; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        format!("{indent}{}", padded.join("  "))
            .trim_end()
            .to_owned()
            + "\n"
    };
    rows.clone().map(line).collect()
}

fn stacked<const N: usize>(headings: &[&str; N], row: &[String; N], indent: &str) -> String {
    let below = headings.iter().zip(row).skip(1);
    let labels = headings.iter().skip(1).map(|heading| length(heading));
    let width = labels.max().unwrap_or_default();
    let mut text = row.first().map_or(String::new(), |who| folded(indent, who));
    for (heading, cell) in below.filter(|(_, cell)| !cell.is_empty()) {
        let first = match heading.is_empty() {
            true => format!("{indent}  "),
            false => format!("{indent}  {heading:<width$}  "),
        };
        text.push_str(&folded(&first, cell));
    }
    text
}

fn is_narrow(table: &str) -> bool {
    table.lines().all(|line| length(line) <= WIDTH)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [[String; 2]; 2] {
        [["a", "longer"], ["wider", ""]].map(|row| row.map(str::to_owned))
    }

    #[test]
    fn a_column_is_as_wide_as_its_widest_cell_and_no_line_ends_in_blanks() {
        assert_eq!(
            columns(["who", "after"], &rows(), "  "),
            "  who    after\n  a      longer\n  wider\n"
        );
        assert_eq!(aligned(&rows(), ""), "a      longer\nwider\n");
    }

    #[test]
    fn no_rows_are_no_table() {
        assert_eq!(columns(["who"], &[], "  "), "");
        assert_eq!(aligned::<1>(&[], "  "), "");
    }

    #[test]
    fn a_table_that_no_terminal_shows_is_told_row_by_row() {
        let long = "word ".repeat(18).trim_end().to_owned();
        let row = ["role/admins".to_owned(), long.clone(), "gains".to_owned()];
        let text = columns(["who", "before", ""], &[row], "  ");
        assert_eq!(
            text,
            format!(
                "  role/admins\n    before  {}\n            word\n    gains\n",
                &long[..84]
            )
        );
        assert!(is_narrow(&text));
    }

    #[test]
    fn what_is_too_wide_is_folded_behind_its_label_with_the_remark_below() {
        let long = "word ".repeat(20).trim_end().to_owned();
        let rows = [
            ["username", long.as_str(), "from aws-auth"].map(str::to_owned),
            ["may", "do everything", ""].map(str::to_owned),
        ];
        assert_eq!(
            aligned(&rows, " "),
            format!(
                " username  {}\n           word word\n           from aws-auth\n may       do everything\n",
                &long[..89]
            )
        );
        let arn = "a".repeat(120);
        assert_eq!(folded("at ", &arn), format!("at {arn}\n"));
    }
}
