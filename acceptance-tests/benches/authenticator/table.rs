//! The one look of the tables: ours, the other one, how they compare, and what was aimed at.

/// A table of results.
pub struct Table {
    other: &'static str,
    rows: Vec<[String; 5]>,
}

impl Table {
    /// An empty table that holds ours beside `other`.
    pub fn beside(other: &'static str) -> Table {
        Table {
            other,
            rows: Vec::new(),
        }
    }

    /// A line: what, ours, the other one, the comparison, the aim.
    pub fn row(&mut self, what: &str, ours: String, other: String, ratio: String, aim: &str) {
        self.rows
            .push([what.to_owned(), ours, other, ratio, aim.to_owned()]);
    }

    /// Prints it below what is compared.
    pub fn print(&self, what_is_compared: &str) {
        println!("\n{what_is_compared}\n");
        println!("| | ours | {} | | goal |", self.other);
        println!("|---|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// How many times more `one` is than `other`.
pub fn times(one: f64, other: f64) -> String {
    format!("{:.1}×", one / other.max(f64::EPSILON))
}

/// A number with its thousands apart.
pub fn number(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
