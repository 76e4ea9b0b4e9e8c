//! A Rust text as tokens, without comments, with or without texts, and without what is compiled for tests only.

use std::collections::BTreeSet;

/// What an item with a name begins with.
pub const ITEMS: [&str; 8] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "const",
    "static",
    "type",
    "macro_rules",
];

/// The tokens without items that are compiled for tests only; `tests` takes the modules among them.
pub fn without_tests(tokens: &[String], tests: &mut BTreeSet<String>) -> Vec<String> {
    let (mut kept, mut place) = (Vec::new(), 0);
    while place < tokens.len() {
        let end = attribute_end(tokens, place);
        if end == place {
            kept.push(tokens[place].clone());
            place += 1;
        } else if is_for_tests(&tokens[place..end]) {
            place = item_end(tokens, end, tests);
        } else {
            place = end;
        }
    }
    kept
}

/// Where the attribute that begins at `place` ends; `place` itself where none begins.
fn attribute_end(tokens: &[String], place: usize) -> usize {
    let is = |at: usize, what: &str| tokens.get(at).is_some_and(|token| token == what);
    if is(place, "#") && is(place + 1, "[") {
        group_end(tokens, place + 1)
    } else {
        place
    }
}

fn is_for_tests(attribute: &[String]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token == word);
    has("cfg") && has("test") && !has("not")
}

/// Where the item behind an attribute ends: at its `;`, behind its braces, or for a field at its comma.
fn item_end(tokens: &[String], mut place: usize, tests: &mut BTreeSet<String>) -> usize {
    while attribute_end(tokens, place) > place {
        place = attribute_end(tokens, place);
    }
    let mut is_item = false;
    while let Some(token) = tokens.get(place) {
        match token.as_str() {
            "mod" => tests.extend(tokens.get(place + 1).cloned()),
            "use" => {
                let end = tokens[place..].iter().position(|token| token == ";");
                return end.map_or(tokens.len(), |end| place + end + 1);
            }
            ";" => return place + 1,
            "," if !is_item => return place + 1,
            "}" => return place,
            "{" => return group_end(tokens, place),
            "(" | "[" => {
                place = group_end(tokens, place);
                continue;
            }
            _ => {}
        }
        is_item |= token == "impl" || token == "let" || ITEMS.contains(&token.as_str());
        place += 1;
    }
    place
}

/// The place behind the bracket that closes the one at `place`.
fn group_end(tokens: &[String], place: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(place) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Whether a token is a word.
pub fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::` and single marks; comments, texts and characters are left out.
pub fn tokens(text: &str) -> Vec<String> {
    split(text, |_| false)
}

/// The same with texts, each a token with its quotes.
pub fn tokens_and_texts(text: &str) -> Vec<String> {
    split(text, |skipped| {
        skipped.starts_with('"') || skipped.starts_with("r\"") || skipped.starts_with("r#")
    })
}

fn split(text: &str, is_kept: fn(&str) -> bool) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if let Some(length) = skipped(rest) {
            if is_kept(&rest[..length]) {
                found.push(rest[..length].to_owned());
            }
            length
        } else {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let length = match word.unwrap_or(rest.len()) {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                length => length,
            };
            found.push(rest[..length].to_owned());
            length
        };
        rest = &rest[length..];
    }
    found
}

/// The length of the comment, text, character or lifetime that `text` begins with.
fn skipped(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |end| end + 2));
    }
    let raw = text.trim_start_matches('b').strip_prefix('r');
    if let Some(raw) = raw
        && raw.trim_start_matches('#').starts_with('"')
    {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let begin = text.len() - raw.len() + hashes + 1;
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(
            text[begin..]
                .find(&close)
                .map_or(text.len(), |end| begin + end + close.len()),
        );
    }
    if text.starts_with('"') {
        return Some(closed(text, '"'));
    }
    let after = text.strip_prefix('\'')?;
    let second = after.chars().nth(1);
    if after.starts_with('\\') || second == Some('\'') {
        return Some(closed(text, '\''));
    }
    Some(1)
}

/// The length of what begins and ends with `mark`, where a backslash takes the next character with it.
fn closed(text: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == mark => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
