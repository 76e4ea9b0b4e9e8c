//! What a Rust file names of its own crate: its `use` lines and the paths in its code, without comments, texts and tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::tokens::{ITEMS, is_word, tokens, without_tests};

/// A path from the root of a crate: `["aws_auth", "write"]` is `crate::aws_auth::write`.
pub type Path = Vec<String>;

/// One file's names.
#[derive(Debug, Default)]
pub struct Names {
    /// What its code and its `use` lines name.
    pub paths: BTreeSet<Path>,
    /// What its `use` lines bring in, by the name they give it.
    pub imported: BTreeMap<String, Path>,
    /// What it only passes on: paths to modules below it in a `pub use`, whose names it does not use itself.
    pub passed_on: BTreeSet<Path>,
    /// Modules whose every name a `use` line brings in.
    pub globs: BTreeSet<Path>,
    /// Names of the items that it defines.
    pub defined: BTreeSet<String>,
    /// Modules that it declares for tests only.
    pub tests: BTreeSet<String>,
}

/// Reads the text of the file of `module`.
pub fn names(module: &[String], text: &str) -> Names {
    let mut names = Names::default();
    let tokens = without_tests(&tokens(text), &mut names.tests);
    let children: BTreeSet<String> = after(&tokens, "mod").collect();
    for item in ITEMS {
        names.defined.extend(after(&tokens, item));
    }
    let mut reader = Reader {
        tokens: &tokens,
        children,
        names,
        module: module.to_vec(),
        open: Vec::new(),
        is_public: false,
    };
    reader.read();
    reader.names
}

/// The words that follow `keyword`; `macro_rules! name` has a mark between.
fn after<'t>(tokens: &'t [String], keyword: &'t str) -> impl Iterator<Item = String> + 't {
    tokens.windows(3).filter_map(move |window| {
        let name = if window[1] == "!" {
            &window[2]
        } else {
            &window[1]
        };
        (window[0] == keyword && is_word(name)).then(|| name.clone())
    })
}

struct Reader<'t> {
    tokens: &'t [String],
    children: BTreeSet<String>,
    names: Names,
    /// The module that is being read: the file's, or one within it.
    module: Path,
    /// For each open brace whether a module within the file began with it.
    open: Vec<bool>,
    /// Whether the `use` line that is being read is a `pub use`.
    is_public: bool,
}

impl Reader<'_> {
    fn at(&self, place: usize) -> &str {
        self.tokens.get(place).map_or("", String::as_str)
    }

    fn before(&self, place: usize) -> &str {
        place.checked_sub(1).map_or("", |before| self.at(before))
    }

    fn read(&mut self) {
        let mut place = 0;
        while place < self.tokens.len() {
            place = match self.at(place) {
                "use" => {
                    self.is_public = matches!(self.before(place), "pub" | ")");
                    self.tree(place + 1, &[])
                }
                "mod" if self.at(place + 2) == "{" => {
                    self.module.push(self.at(place + 1).to_owned());
                    self.open.push(true);
                    place + 3
                }
                "{" => {
                    self.open.push(false);
                    place + 1
                }
                "}" => {
                    if self.open.pop() == Some(true) {
                        self.module.pop();
                    }
                    place + 1
                }
                _ => self.inline(place),
            };
        }
    }

    /// A path in code, if one begins here; returns where to go on.
    fn inline(&mut self, place: usize) -> usize {
        let begins =
            |word: &str| matches!(word, "crate" | "super" | "self") || self.children.contains(word);
        let before = self.before(place);
        let visibility = before == "in" && place >= 2 && self.at(place - 2) == "(";
        if !begins(self.at(place)) || matches!(before, "::" | ".") || self.at(place + 1) != "::" {
            return place + 1;
        }
        let mut path = vec![self.at(place).to_owned()];
        let mut next = place + 1;
        while self.at(next) == "::" && is_word(self.at(next + 1)) {
            path.push(self.at(next + 1).to_owned());
            next += 2;
        }
        if let Some(path) = self.absolute(&path)
            && !visibility
        {
            self.names.paths.insert(path);
        }
        next
    }

    /// One tree of a `use` line below `prefix`; returns the place behind it.
    fn tree(&mut self, mut place: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        loop {
            match self.at(place) {
                "{" => {
                    place += 1;
                    while !matches!(self.at(place), "}" | "") {
                        place = self.tree(place, &path);
                        place += usize::from(self.at(place) == ",");
                    }
                    return place + 1;
                }
                "*" => {
                    if let Some(path) = self.absolute(&path) {
                        self.note(path.clone(), "*");
                        self.names.globs.insert(path);
                    }
                    return place + 1;
                }
                "::" => place += 1,
                "as" => {
                    self.import(&path, self.at(place + 1).to_owned());
                    return place + 2;
                }
                word if is_word(word) => {
                    if word != "self" || path.is_empty() {
                        path.push(word.to_owned());
                    }
                    place += 1;
                }
                _ => {
                    self.import(&path, path.last().cloned().unwrap_or_default());
                    return place;
                }
            }
        }
    }

    fn import(&mut self, path: &[String], name: String) {
        if let Some(path) = self.absolute(path) {
            self.note(path.clone(), &name);
            self.names.imported.insert(name, path);
        }
    }

    /// Notes what a `use` line brings in as `name`; a `pub use` of a child's name that does not occur elsewhere is no use.
    fn note(&mut self, path: Path, name: &str) {
        let is_below = path.len() > self.module.len() && path.starts_with(&self.module);
        let occurs = || self.tokens.iter().filter(|token| *token == name).count();
        if self.is_public && is_below && (name == "*" || occurs() == 1) {
            self.names.passed_on.insert(path);
        } else {
            self.names.paths.insert(path);
        }
    }

    /// The path from the crate's root; none for what is not of this crate.
    fn absolute(&self, path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let mut found = match first.as_str() {
            "crate" => Path::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            child if self.children.contains(child) => {
                [self.module.as_slice(), &[child.to_owned()]].concat()
            }
            _ => return None,
        };
        for part in rest {
            if part == "super" {
                found.pop();
            } else {
                found.push(part.clone());
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Names {
        names(&["a".to_owned(), "b".to_owned()], text)
    }

    fn paths(text: &str) -> Vec<String> {
        let found = read(text).paths.into_iter();
        found.map(|path| path.join("::")).collect()
    }

    #[test]
    fn use_lines_are_read_with_their_trees() {
        let text = "use std::fs;\nuse crate::{x::{self, Y}, z as other};\nuse super::{super::top, c::*};\npub(crate) use crate::d::E;\n";
        assert_eq!(paths(text), ["a::c", "d::E", "top", "x", "x::Y", "z"]);
        let names = read(text);
        let imported: Vec<&str> = names.imported.keys().map(String::as_str).collect();
        assert_eq!(imported, ["E", "Y", "other", "top", "x"]);
        assert_eq!(names.globs.len(), 1);
    }

    #[test]
    fn children_and_paths_in_code_are_read_too() {
        let text = "mod child;\nuse child::Thing;\nfn f() -> crate::x::Y { child::make(super::c::d()); let a = [crate::e::F; 2]; g.child }";
        assert_eq!(
            paths(text),
            [
                "a::b::child::Thing",
                "a::b::child::make",
                "a::c::d",
                "e::F",
                "x::Y"
            ]
        );
    }

    #[test]
    fn what_is_only_passed_on_is_no_use() {
        let text =
            "mod c; mod d; pub use c::{Given, Taken}; pub(crate) use d::*; fn f(taken: Taken) {}";
        assert_eq!(paths(text), ["a::b::c::Taken"]);
        assert_eq!(read(text).passed_on.len(), 2);
        assert_eq!(read(text).imported.len(), 2);
    }

    #[test]
    fn a_module_within_a_file_has_its_own_super() {
        assert_eq!(
            paths("mod inner { use super::X; fn f() {} } use super::Y;"),
            ["a::Y", "a::b::X"]
        );
    }

    #[test]
    fn comments_texts_and_visibility_name_nothing() {
        let text = "/// [`crate::x`]\n/* crate::y */ pub(in crate::z) fn f<'a>(c: char) { \"crate::t \\\" crate::u\"; r#\"crate::\"v\"#; c == '\"'; crate::w::g() }";
        assert_eq!(paths(text), ["w::g"]);
    }

    #[test]
    fn what_is_for_tests_only_names_nothing() {
        let text = "#[cfg(test)]\nuse crate::fakes::A;\n#[cfg(test)]\npub(crate) mod fakes;\nstruct S { #[cfg(test)] seen: crate::x::B, kept: crate::y::C }\n\
            #[cfg(test)]\n#[expect(clippy::unwrap_used)]\nmod tests { use super::*; fn f() { crate::z::D } }\n#[cfg(not(test))]\nuse crate::real::E;\n";
        assert_eq!(paths(text), ["real::E", "y::C"]);
        assert_eq!(
            read(text).tests,
            BTreeSet::from(["fakes".to_owned(), "tests".to_owned()])
        );
    }
}
