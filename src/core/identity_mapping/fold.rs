//! Comparison without case as Go's `strings.EqualFold` does it: by Unicode simple folding, one code point against one.

/// True if two texts are equal but for case; U+212A equals `k` and U+017F equals `s`.
pub fn equal_fold(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(fold).eq(right.chars().map(fold))
}

/// One spelling for all texts that [`equal_fold`] takes as equal, for look-ups.
pub fn fold_key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(fold).collect()
}

/// The representative of a code point's fold orbit; code points whose case mapping is longer than one stay themselves.
fn fold(character: char) -> char {
    lower(upper(character))
}

fn upper(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn lower(character: char) -> char {
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::{equal_fold, fold_key};

    #[test]
    fn kelvin_sign_and_long_s_equal_their_ascii_letters() {
        assert!(equal_fold("role/\u{212a}8\u{17f}", "role/k8s"));
        assert_eq!(fold_key("ROLE/\u{212a}8\u{17f}"), fold_key("role/k8s"));
        assert!(equal_fold("ROLE/ADMIN", "role/admin"));
        assert!(!equal_fold("role/admin", "role/admins"));
        assert!(!equal_fold("role/stra\u{df}e", "role/strasse"));
    }
}
