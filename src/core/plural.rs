//! Counts with their nouns.

/// `1 role`, `2 roles`: a count with its noun, which takes an `s`.
pub fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(0, "role"), "0 roles");
        assert_eq!(counted(1, "role"), "1 role");
        assert_eq!(counted(12, "account"), "12 accounts");
    }
}
