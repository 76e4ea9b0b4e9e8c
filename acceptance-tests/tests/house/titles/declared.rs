//! Who takes a title, and what is given for one: by argument, by name, by constant.

use std::collections::{BTreeMap, BTreeSet};

/// What parameters, variables and functions are called that give a title.
pub const NAMES_OF_TITLES: [&str; 2] = ["summary", "title"];

/// What is read of all sources before their titles.
#[derive(Default)]
pub struct Declared {
    /// Functions that take a title, by name.
    takers: BTreeMap<String, BTreeSet<Taker>>,
    /// Constants that are texts.
    pub constants: BTreeMap<String, String>,
}

/// Which argument of a function is a title.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Taker {
    position: usize,
    /// Functions of one name are told apart by the number of their arguments.
    count: usize,
}

impl Declared {
    /// Reads one source.
    pub fn read(&mut self, tokens: &[String]) {
        let at = |place: usize| tokens.get(place).map_or("", String::as_str);
        for place in 0..tokens.len() {
            if at(place) == "const" && at(place + 2) == ":" {
                let end = end_of_statement(tokens, place);
                if let [.., "=", value] = strings(&tokens[place..end]).as_slice()
                    && let Some(text) = text(value)
                {
                    self.constants.insert(at(place + 1).to_owned(), text);
                }
            }
            if at(place) == "fn" {
                let parameters = parameters(tokens, place);
                let of_title = parameters
                    .iter()
                    .enumerate()
                    .filter(|(_, name)| NAMES_OF_TITLES.contains(name) && at(place + 1) != "new");
                for (position, _) in of_title {
                    let taker = self.takers.entry(at(place + 1).to_owned()).or_default();
                    taker.insert(Taker {
                        position,
                        count: parameters.len(),
                    });
                }
            }
        }
    }

    /// What a call at `place` gives for a title.
    pub fn titles_of_call<'t>(&self, tokens: &'t [String], place: usize) -> Vec<&'t [String]> {
        let at = |place: usize| tokens.get(place).map_or("", String::as_str);
        let before = |by: usize| place.checked_sub(by).map_or("", at);
        if at(place + 1) != "(" || before(1) == "fn" {
            return Vec::new();
        }
        let arguments = arguments(tokens, place + 2);
        if at(place) == "new" {
            // `Invalid::new` is the one of all `new` that takes a title.
            let is_refusal = before(1) == "::" && before(2) == "Invalid";
            return arguments
                .into_iter()
                .filter(|_| is_refusal)
                .take(1)
                .collect();
        }
        let positions = self.takers.get(at(place)).into_iter().flatten();
        let given = positions
            .filter(|taker| taker.count == arguments.len())
            .filter_map(|taker| arguments.get(taker.position).copied());
        // A function of the same name with other arguments takes none.
        let makes_a_message = matches!(before(1), "::" if before(2) == "Diagnostic")
            || matches!(at(place), "error_at" | "warning_at");
        given
            .filter(|given| makes_a_message || text(&given.concat()).is_some())
            .collect()
    }
}

/// The texts of a `let` or of a function that is called as titles are.
pub fn titles_given_by_name(tokens: &[String], place: usize) -> Vec<String> {
    let at = |place: usize| tokens.get(place).map_or("", String::as_str);
    if !NAMES_OF_TITLES.contains(&at(place + 1)) {
        return Vec::new();
    }
    let end = match at(place) {
        "let" => end_of_statement(tokens, place),
        "fn" => end_of_body(tokens, place),
        _ => return Vec::new(),
    };
    let texts = tokens[place..end].iter().filter_map(|token| text(token));
    texts.filter(|text| has_letters_of_its_own(text)).collect()
}

/// The names of a function's parameters, without `self`.
fn parameters(tokens: &[String], place: usize) -> Vec<&str> {
    let open = tokens[place..].iter().position(|token| token == "(");
    let (mut names, mut depth, mut angles) = (Vec::new(), 0_usize, 0_usize);
    let Some(open) = open.map(|open| place + open) else {
        return names;
    };
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "<" => angles += 1,
            ">" if tokens[at - 1] != "-" => angles = angles.saturating_sub(1),
            ":" if depth == 1 && angles == 0 => names.push(tokens[at - 1].as_str()),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| *name != "self");
    names
}

/// The arguments of a call, the first of which begins at `place`.
fn arguments(tokens: &[String], place: usize) -> Vec<&[String]> {
    let (mut found, mut begin, mut depth) = (Vec::new(), place, 0_usize);
    for (at, token) in tokens.iter().enumerate().skip(place) {
        match token.as_str() {
            "," if depth == 0 => {
                found.push(&tokens[begin..at]);
                begin = at + 1;
            }
            ")" | "]" | "}" if depth == 0 => {
                // Behind the last comma there is none.
                found.extend((begin < at).then(|| &tokens[begin..at]));
                return found;
            }
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    found
}

/// The place of the `;` that ends what begins at `place`.
fn end_of_statement(tokens: &[String], place: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(place) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => return at,
            _ => {}
        }
    }
    tokens.len()
}

/// The place behind the braces of the function that begins at `place`.
fn end_of_body(tokens: &[String], place: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(place) {
        match token.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

fn strings(tokens: &[String]) -> Vec<&str> {
    tokens.iter().map(String::as_str).collect()
}

/// What a token says that is a text.
pub fn text(token: &str) -> Option<String> {
    let quoted = token.trim_start_matches('r').trim_matches('#');
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    // A text that goes on in the next line does so behind its indent.
    let lines = inner.split("\\\n").enumerate();
    let joined = lines.map(|(number, line)| match number {
        0 => line,
        _ => line.trim_start(),
    });
    Some(joined.collect())
}

/// Whether there is more in a text than what is filled in.
fn has_letters_of_its_own(text: &str) -> bool {
    let mut depth = 0_usize;
    text.chars().any(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && letter.is_alphabetic()
    })
}
