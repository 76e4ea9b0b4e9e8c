//! Which name was probably meant: by the letters to insert, drop and change (Levenshtein).

/// The name with the fewest letters to change, unless more than half of them would have to.
pub fn nearest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a str> {
    names
        .iter()
        .map(|name| (strsim::levenshtein(wanted, name), name))
        .filter(|(distance, _)| *distance <= wanted.chars().count().div_ceil(2))
        .min()
        .map(|(_, name)| name.as_str())
}

/// The letters to change between two names, case apart.
pub fn distance_ignoring_case(one: &str, other: &str) -> usize {
    strsim::levenshtein(&one.to_lowercase(), &other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_with_the_fewest_changed_letters() {
        let names = ["staging", "prod-eu", "pord"].map(String::from);
        assert_eq!(nearest("prod", &names), Some("pord"));
        assert_eq!(nearest("prod-us", &names), Some("prod-eu"));
        assert_eq!(nearest("x", &names), None);
    }

    #[test]
    fn the_distance_counts_inserted_dropped_and_changed_letters_case_apart() {
        let distances = [
            ("", "abc"),
            ("kitten", "sitting"),
            ("prod", "PROD"),
            ("prod", "prd"),
        ]
        .map(|(one, other)| distance_ignoring_case(one, other));
        assert_eq!(distances, [3, 3, 0, 1]);
    }
}
