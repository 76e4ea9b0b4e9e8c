//! Comparison without case as Go's `strings.EqualFold` does it: by Unicode simple folding, one code point against one.
//!
//! It is how the authenticator compares an entry's ARN with the caller's, and how it finds the fields of an entry, so it is the one rule for all that
//! asks whether two entries, ARNs or fields are the same. Names that AWS keeps in ASCII (actions, header names, condition keys, roles of IAM) are
//! compared by ASCII alone where they are not part of an entry.

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

/// A text in lower case as Go's `strings.ToLower` has it: one code point for one, without regard to what stands beside it.
pub fn to_lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars()
        .map(|character| match character {
            // Go drops the dot, where the full mapping keeps it as a second code point.
            '\u{130}' => 'i',
            other => lower(other),
        })
        .collect()
}

/// The representative of a code point's fold orbit; code points whose case mapping is longer than one stay themselves.
fn fold(character: char) -> char {
    match character {
        // Its capital is `I`, but simple folding keeps the dotless letter apart.
        '\u{131}' => character,
        other => lower(upper(other)),
    }
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
    use super::{equal_fold, fold_key, to_lower};

    #[test]
    fn kelvin_sign_and_long_s_equal_their_ascii_letters() {
        assert!(equal_fold("role/\u{212a}8\u{17f}", "role/k8s"));
        assert_eq!(fold_key("ROLE/\u{212a}8\u{17f}"), fold_key("role/k8s"));
        assert!(equal_fold("ROLE/ADMIN", "role/admin"));
        assert!(!equal_fold("role/admin", "role/admins"));
        assert!(!equal_fold("role/stra\u{df}e", "role/strasse"));
    }

    #[test]
    fn the_turkish_letters_fold_with_nothing_and_lower_case_is_one_code_point_for_one() {
        assert!(!equal_fold("role/adm\u{131}n", "role/admin"));
        assert!(!equal_fold("role/ADM\u{130}N", "role/admin"));
        assert_eq!(to_lower("ADM\u{130}N"), "admin");
        assert_eq!(to_lower("\u{39f}\u{3a3}"), "\u{3bf}\u{3c3}");
        assert_eq!(to_lower("\u{212a}8S"), "k8s");
        assert_eq!(to_lower("\u{1e9e}"), "\u{df}");
    }
}
