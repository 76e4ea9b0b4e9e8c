//! Text tables: columns under headings, each as wide as its widest cell.

/// Rows under their headings, each column as wide as its widest cell. Empty for no rows.
pub fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]], indent: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(headings.get(column).map(|heading| heading.chars().count()))
            .max()
            .unwrap_or_default()
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
    let mut text = line(&headings.map(str::to_owned));
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

/// Rows without headings, each column as wide as its widest cell.
pub fn aligned<const N: usize>(rows: &[[String; N]], indent: &str) -> String {
    let text = columns([""; N], rows, indent);
    // The line of empty headings.
    text.split_once('\n')
        .map(|(_, body)| body.to_owned())
        .unwrap_or_default()
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
}
