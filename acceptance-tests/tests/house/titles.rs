//! Every title that a practitioner can read has its heading in the guide "Troubleshooting", and every heading there is a title.
//!
//! A title is a text whose words all begin with a capital letter (`aws-auth` is the name of an object), wherever it stands, and any text that is given for
//! a `summary` or a `title`: as an argument, by a `let`, by a function of that name or by a constant. Titles are written whole: one that is put together
//! from pieces could be found neither here nor by a reader.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    files::root,
    tokens::{tokens_and_texts, without_tests},
};

mod declared;

use declared::{Declared, NAMES_OF_TITLES, text, titles_given_by_name};

#[test]
fn every_title_has_a_heading_and_every_heading_is_a_title() {
    let found = Found::in_sources(&sources_of(&["provider", "plugin"]), &sources_of(&["cli"]));
    let guide = fs::read_to_string(root().join("docs/guides/troubleshooting.md")).unwrap();
    let headings = headings(&guide);
    assert!(found.titles.len() > 150, "{} titles", found.titles.len());
    assert_eq!(found.without_heading(&headings), Vec::<&str>::new());
    assert_eq!(found.without_title(&headings), Vec::<&str>::new());
    assert_eq!(twice(&headings), Vec::<&str>::new());
    assert_eq!(found.misshapen(), Vec::<&str>::new());
    assert_eq!(found.from_elsewhere, BTreeSet::new());
}

#[test]
fn titles_are_found_where_they_stand_and_by_their_shape() {
    let found = Found::in_sources(&[
        r#"
        impl Diagnostic { fn error(summary: impl Into<String>, detail: &str) {} }
        impl Diagnostics { fn warning(&mut self, summary: &str, detail: &str) {} fn error_at(&mut self, path: Path<A, B>, summary: &str, detail: &str) {} }
        fn refused<'a>(kind: Kind, title: &'a str) -> Diagnostic { Diagnostic::error(title, "the text") }
        fn of_another_name() { refused("of another function"); }
        "#
        .to_owned(),
        r#"
        const IN_DOUBT: &str = "In Doubt";
        const ALONE: &str = "Alone";
        // "Not This"
        fn say(cx: &Context) -> Diagnostic {
            cx.warning("Cancelled", "Nothing Of It");
            diagnostics.error_at(path.clone(), "missing a capital", format!("No {name}."));
            let title = match count { 1 => "One Entry Stays", _ => format!("{count} Entries Stay") };
            let summary = format!("{}: {arn}", title(kind));
            Diagnostic::error(title, "the text");
            Diagnostic::error(other(kind), "IAM did not answer");
            Diagnostic::error(ALONE, "the text");
            Diagnostic::error(super::NOWHERE, "the text");
            refused(Kind::Role, "given on");
        }
        fn title(kind: Kind) -> &'static str { match kind { Kind::Role => "Deprecated" } }
        #[cfg(test)]
        mod tests { const OTHER: &str = "Of A Test"; }
        "#
        .to_owned(),
    ], &[r#"fn summary() { "another kind"; unauthorized.refused(kind, "Of The Command Line") }"#.to_owned()]);
    let titles: Vec<&str> = found.titles.iter().map(String::as_str).collect();
    assert_eq!(
        titles,
        [
            "Alone",
            "Cancelled",
            "Deprecated",
            "In Doubt",
            "Nothing Of It",
            "Of The Command Line",
            "One Entry Stays",
            "given on",
            "missing a capital",
            "{count} Entries Stay"
        ]
    );
    assert_eq!(found.misshapen(), ["given on", "missing a capital"]);
    let elsewhere: Vec<&str> = found.from_elsewhere.iter().map(String::as_str).collect();
    assert_eq!(elsewhere, ["other ( kind )", "super :: NOWHERE"]);
}

#[test]
fn a_title_without_a_heading_and_a_heading_without_a_title_are_found() {
    let found = Found::in_sources(
        &[r#"const A: &str = "In Doubt"; const B: &str = "{count} Entries Stay";"#.to_owned()],
        &[],
    );
    let headings = headings("## A\n### 3 Entries Stay\n### Gone\n### `kubectl`\n### Gone\n");
    assert_eq!(headings, ["3 Entries Stay", "Gone", "Gone"]);
    assert_eq!(found.without_heading(&headings), ["In Doubt"]);
    assert_eq!(found.without_title(&headings), ["Gone", "Gone"]);
    assert_eq!(twice(&headings), ["Gone"]);
}

#[test]
fn every_message_of_the_command_line_in_a_heading_is_one() {
    let guide = fs::read_to_string(root().join("docs/guides/troubleshooting.md")).unwrap();
    let texts = texts_of(&sources_of(&["cli", "provider", "core"]));
    assert_eq!(messages_of_nobody(&guide, &texts), Vec::<&str>::new());
    let guide = "### `kubectl`\n### `error: no file … here`\n### `error: no file … there`\n";
    let texts = texts_of(&[r#"fn f() { format!("no file `{name}` here"); }"#.to_owned()]);
    assert_eq!(
        messages_of_nobody(guide, &texts),
        ["error: no file … there"]
    );
}

/// The headings that show a message of the command line which no text of the sources makes.
fn messages_of_nobody<'g>(guide: &'g str, texts: &[String]) -> Vec<&'g str> {
    let headings = guide.lines().filter_map(|line| line.strip_prefix("### `"));
    let shown = headings.filter_map(|heading| heading.strip_suffix('`'));
    let is_there = |part: &str| texts.iter().any(|text| text.contains(part.trim()));
    shown
        .filter(|message| {
            let text = message.strip_prefix("error: ");
            let text = text.or_else(|| message.strip_prefix("warning: "));
            text.is_some_and(|text| !text.split('…').all(is_there))
        })
        .collect()
}

fn texts_of(sources: &[String]) -> Vec<String> {
    let tokens = sources.iter().flat_map(|source| tokens_and_texts(source));
    tokens.filter_map(|token| text(&token)).collect()
}

/// What the sources say.
#[derive(Default)]
struct Found {
    titles: BTreeSet<String>,
    /// What stands in the place of a title, and nothing here says what it is.
    from_elsewhere: BTreeSet<String>,
}

impl Found {
    /// `makers` is where messages are made; `callers` shows what is made there, and has summaries of another kind.
    fn in_sources(makers: &[String], callers: &[String]) -> Self {
        let read = |source: &String| without_tests(&tokens_and_texts(source), &mut BTreeSet::new());
        let makers: Vec<Vec<String>> = makers.iter().map(read).collect();
        let callers: Vec<Vec<String>> = callers.iter().map(read).collect();
        let mut declared = Declared::default();
        makers.iter().for_each(|tokens| declared.read(tokens));
        let mut found = Self::default();
        for tokens in &makers {
            let places = 0..tokens.len();
            let by_name = places.flat_map(|place| titles_given_by_name(tokens, place));
            found.titles.extend(by_name);
        }
        for tokens in makers.iter().chain(&callers) {
            found.read(tokens, &declared);
        }
        found
    }

    fn read(&mut self, tokens: &[String], declared: &Declared) {
        let texts = tokens.iter().filter_map(|token| text(token));
        self.titles
            .extend(texts.filter(|text| has_words_of_a_title(text)));
        let places = 0..tokens.len();
        for argument in places.flat_map(|place| declared.titles_of_call(tokens, place)) {
            let is_named = |name: &String| NAMES_OF_TITLES.contains(&name.as_str());
            let last = argument.last();
            let constant = last.and_then(|last| declared.constants.get(last));
            match (text(&argument.concat()), constant) {
                (Some(title), _) if title.is_empty() => {}
                (Some(title), _) => self.titles.extend([title]),
                (None, Some(title)) => self.titles.extend([title.clone()]),
                (None, None) if argument.iter().any(is_named) => {}
                (None, None) => self.from_elsewhere.extend([argument.join(" ")]),
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
        let headings = headings.iter().copied();
        headings.filter(|heading| !is_title(heading)).collect()
    }

    /// Titles that are not written as titles are.
    fn misshapen(&self) -> Vec<&str> {
        let titles = self.titles.iter().map(String::as_str);
        titles
            .filter(|title| !title.split(' ').all(is_word_of_a_title))
            .collect()
    }
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

/// The texts of the files of rooms.
fn sources_of(rooms: &[&str]) -> Vec<String> {
    let files = rooms
        .iter()
        .flat_map(|room| compiled_files(&root().join("src").join(room).join("lib.rs")));
    // What tests of providers are written with shows nothing to practitioners.
    let files = files.filter(|file| !file.starts_with(root().join("src/plugin/testing")));
    files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
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
