//! Every title that a practitioner can read has its heading in the guide "Troubleshooting", and every heading there is a title.
//!
//! A title is a text whose words all begin with a capital letter (`aws-auth` is the name of an object), and whatever text a call that makes a message
//! has in the place of its title. Titles are written whole: one that is put together from pieces could be found neither here nor by a reader.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    files::root,
    tokens::{tokens_and_texts, without_tests},
};

/// Calls whose title comes first.
const TITLE_FIRST: [&str; 6] = ["error", "warning", "failed", "failure", "explain", "new"];
/// Calls whose title comes behind the attribute it is about.
const TITLE_SECOND: [&str; 2] = ["error_at", "warning_at"];
/// What stands in the place of a title and is no text. What each of them gives is written somewhere in the shape of a title, and found by that.
const GIVEN_ELSEWHERE: [&str; 13] = [
    "CANNOT_TELL",
    "REMOVAL_IN_DOUBT",
    "TWO_RESOURCES",
    "diagnostics :: CANNOT_TELL",
    "format ! ( \"{}: {}\" , title ( finding . id ) , finding . arn )",
    "invalid . summary",
    "invalid . summary . clone ( )",
    "remark . summary",
    "self . title ( false )",
    "self . title ( true )",
    "summary",
    "title",
    // The guard's own `warning`, which makes its title from its findings.
    "findings",
];

#[test]
fn every_title_has_a_heading_and_every_heading_is_a_title() {
    let mut found = Found::default();
    for room in ["provider", "plugin"] {
        for file in compiled_files(&root().join("src").join(room).join("lib.rs")) {
            // What tests of providers are written with shows nothing to practitioners.
            if !file.starts_with(root().join("src/plugin/testing")) {
                found.read(&fs::read_to_string(&file).unwrap());
            }
        }
    }
    let guide = fs::read_to_string(root().join("docs/guides/troubleshooting.md")).unwrap();
    let headings = headings(&guide);
    assert!(found.titles.len() > 150, "{} titles", found.titles.len());
    assert_eq!(found.without_heading(&headings), Vec::<&str>::new());
    assert_eq!(found.without_title(&headings), Vec::<&str>::new());
    assert_eq!(twice(&headings), Vec::<&str>::new());
    assert_eq!(found.misshapen(), Vec::<&str>::new());
    assert_eq!(found.not_written_out(), Vec::<&str>::new());
}

#[test]
fn titles_are_found_where_they_stand_and_by_their_shape() {
    let mut found = Found::default();
    found.read(
        r#"
        const IN_DOUBT: &str = "In Doubt";
        // "Not This"
        fn say(cx: &Context) -> Diagnostic {
            cx.warning("Cancelled", "Nothing Of It");
            diagnostics.error_at(path.clone(), "missing a capital", format!("No {name}."));
            let title = match count { 1 => "One Entry Stays", _ => format!("{count} Entries Stay") };
            Diagnostic::error(title, "the text");
            Diagnostic::error(other(kind), "IAM did not answer");
            tracing::warn!("Not Seen By Anybody");
        }
        #[cfg(test)]
        mod tests { const OTHER: &str = "Of A Test"; }
        "#,
    );
    let titles: Vec<&str> = found.titles.iter().map(String::as_str).collect();
    assert_eq!(
        titles,
        [
            "Cancelled",
            "In Doubt",
            "Not Seen By Anybody",
            "Nothing Of It",
            "One Entry Stays",
            "missing a capital",
            "{count} Entries Stay"
        ]
    );
    assert_eq!(found.misshapen(), ["missing a capital"]);
    assert_eq!(found.not_written_out(), ["other ( kind )"]);
    let headings = headings(
        "## A\n### Cancelled\n### 3 Entries Stay\n### Gone\n### `kubectl`\n### Cancelled\n",
    );
    assert_eq!(
        headings,
        ["Cancelled", "3 Entries Stay", "Gone", "Cancelled"]
    );
    assert!(
        !found
            .without_heading(&headings)
            .contains(&"{count} Entries Stay")
    );
    assert!(found.without_heading(&headings).contains(&"In Doubt"));
    assert_eq!(found.without_title(&headings), ["Gone"]);
    assert_eq!(twice(&headings), ["Cancelled"]);
}

/// What the sources say.
#[derive(Default)]
struct Found {
    titles: BTreeSet<String>,
    /// What stands in the place of a title and is no text.
    others: BTreeSet<String>,
}

impl Found {
    fn read(&mut self, source: &str) {
        let tokens = without_tests(&tokens_and_texts(source), &mut BTreeSet::new());
        let texts = tokens.iter().filter_map(|token| text(token));
        self.titles
            .extend(texts.filter(|text| has_words_of_a_title(text)));
        for place in 1..tokens.len() {
            let Some(arguments) = arguments_of_a_message(&tokens, place) else {
                continue;
            };
            match text(&arguments.join(" ")) {
                Some(title) if title.is_empty() => {}
                Some(title) => {
                    self.titles.insert(title);
                }
                None => {
                    self.others.insert(arguments.join(" "));
                }
            }
        }
    }

    fn without_heading(&self, headings: &[&str]) -> Vec<&str> {
        let titles = self.titles.iter().map(String::as_str);
        titles
            .filter(|title| !headings.iter().any(|heading| shows(title, heading)))
            .collect()
    }

    fn without_title<'h>(&self, headings: &[&'h str]) -> Vec<&'h str> {
        let is_title = |heading: &&str| self.titles.iter().any(|title| shows(title, heading));
        headings
            .iter()
            .copied()
            .filter(|heading| !is_title(heading))
            .collect()
    }

    /// Titles that are not written as titles are.
    fn misshapen(&self) -> Vec<&str> {
        let titles = self.titles.iter().map(String::as_str);
        titles
            .filter(|title| !title.split(' ').all(is_word_of_a_title))
            .collect()
    }

    /// Titles that stand somewhere where nobody said how they are found.
    fn not_written_out(&self) -> Vec<&str> {
        let others = self.others.iter().map(String::as_str);
        others
            .filter(|other| !GIVEN_ELSEWHERE.contains(other))
            .collect()
    }
}

/// What stands in the place of the title, if the call at `place` makes a message.
fn arguments_of_a_message(tokens: &[String], place: usize) -> Option<&[String]> {
    let at = |place: usize| tokens.get(place).map_or("", String::as_str);
    let (call, before) = (at(place), at(place - 1));
    if at(place + 1) != "(" || !matches!(before, "." | "::") {
        return None;
    }
    let is_of = |owner: &str| before == "::" && place >= 2 && at(place - 2) == owner;
    let is_message = match call {
        "new" => is_of("Invalid"),
        "error" | "warning" => before == "." || is_of("Diagnostic"),
        "failed" | "failure" => is_of("api_failure"),
        _ => before == ".",
    };
    let arguments = arguments(tokens, place + 2);
    if is_message && TITLE_FIRST.contains(&call) {
        return arguments.first().copied();
    }
    if TITLE_SECOND.contains(&call) {
        return arguments.get(1).copied();
    }
    None
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
                found.push(&tokens[begin..at]);
                return found;
            }
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    found
}

/// What a token says that is a text.
fn text(token: &str) -> Option<String> {
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

/// Whether a text has two words or more, as titles have, and a word of its own among them.
fn has_words_of_a_title(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let has_capital = |word: &&str| word.starts_with(|first: char| first.is_ascii_uppercase());
    words.len() > 1
        && words.iter().copied().all(is_word_of_a_title)
        && words.iter().any(has_capital)
}

fn is_word_of_a_title(word: &str) -> bool {
    let is_inner = |letter: char| letter.is_ascii_alphanumeric() || "-'".contains(letter);
    word == "aws-auth"
        || (word.starts_with('{') && word.ends_with('}'))
        || (word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(is_inner))
}

/// Whether a heading is the title, with anything in the place of what is filled in.
fn shows(title: &str, heading: &str) -> bool {
    let (mut parts, mut rest) = (Vec::new(), title);
    while let Some((before, behind)) = rest.split_once('{') {
        parts.push(before);
        rest = behind.split_once('}').map_or("", |(_, behind)| behind);
    }
    if parts.is_empty() {
        return title == heading;
    }
    let first = parts.first().copied().unwrap_or_default();
    heading.len() > first.len() + rest.len()
        && heading.starts_with(first)
        && heading.ends_with(rest)
}

/// The headings that are titles: those that show what another program prints are written as code.
fn headings(guide: &str) -> Vec<&str> {
    let headings = guide.lines().filter_map(|line| line.strip_prefix("### "));
    headings
        .filter(|heading| !heading.starts_with('`'))
        .collect()
}

fn twice<'h>(headings: &[&'h str]) -> Vec<&'h str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for heading in headings {
        *counts.entry(heading).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(heading, _)| heading)
        .collect()
}

/// The files that are compiled without tests, from a crate's root file.
fn compiled_files(library: &Path) -> BTreeSet<PathBuf> {
    let (mut reached, mut next) = (
        BTreeSet::new(),
        vec![(library.to_owned(), library.parent().unwrap().to_owned())],
    );
    while let Some((file, folder)) = next.pop() {
        let source = fs::read_to_string(&file).unwrap();
        let tokens = without_tests(&tokens_and_texts(&source), &mut BTreeSet::new());
        reached.insert(file);
        for window in tokens
            .windows(3)
            .filter(|window| window[0] == "mod" && window[2] == ";")
        {
            let name = &window[1];
            let (flat, nested) = (
                folder.join(format!("{name}.rs")),
                folder.join(name).join("mod.rs"),
            );
            let file = if flat.exists() { flat } else { nested };
            if file.exists() {
                next.push((file, folder.join(name)));
            }
        }
    }
    reached
}
