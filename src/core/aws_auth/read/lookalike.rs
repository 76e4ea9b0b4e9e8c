//! Keys that a reader of the document takes for a field the server knows, and the server does not.
//!
//! The server compares names by simple case folding, so only the Kelvin sign and the long s stand for ASCII letters; letters of other scripts, full
//! width and invisible characters make another name, which is ignored without a word.

/// Characters without any width.
const INVISIBLE: [char; 9] = [
    '\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}',
    '\u{180e}',
];

/// True for a key that is not ASCII and reads as `name`, which is: some of its letters are of another script, as wide as an ideograph, or invisible.
pub(super) fn looks_like(key: &str, name: &str) -> bool {
    if key.is_ascii() {
        return false;
    }
    let shown: String = key
        .chars()
        .filter(|letter| !INVISIBLE.contains(letter))
        .map(narrow)
        .collect();
    let letters: Vec<char> = shown.trim().chars().collect();
    let pairs = || letters.iter().copied().zip(name.chars());
    let is_same = |(shown, wanted): &(char, char)| shown.eq_ignore_ascii_case(wanted);
    // A word of another language has none of the letters.
    letters.len() == name.len()
        && pairs().all(|pair| is_same(&pair) || !pair.0.is_ascii())
        && 2 * pairs().filter(is_same).count() >= name.len()
}

/// The ASCII character of a full-width one.
fn narrow(letter: char) -> char {
    let offset = u32::from('\u{ff01}') - u32::from('!');
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - offset).unwrap_or(letter),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn letters_of_another_script_full_width_and_invisible_ones_look_like_ascii() {
        for key in [
            "r\u{43e}learn",
            "rolearn\u{200b}",
            "\u{feff}rolearn",
            "\u{a0}rolearn",
            "RoleAr\u{578}",
            "r\u{3bf}le\u{430}rn",
            "\u{ff52}\u{ff4f}\u{ff4c}\u{ff45}\u{ff41}\u{ff52}\u{ff4e}",
        ] {
            assert!(looks_like(key, "rolearn"), "{key:?}");
        }
        for key in [
            "rolearn",
            "ROLEARN",
            "r\u{43e}lear",
            "\u{440}\u{43e}\u{43b}\u{44c}abc",
            "note\u{e9}",
        ] {
            assert!(!looks_like(key, "rolearn"), "{key:?}");
        }
    }
}
