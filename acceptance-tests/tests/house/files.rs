//! The files of the repository: every one is read by a target, and every path that a document names is there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::rooms::House;

#[test]
fn every_rust_file_is_reached_from_a_target() {
    let house = House::read();
    let reached: BTreeSet<PathBuf> = house
        .targets
        .iter()
        .flat_map(|target| modules_from(target))
        .collect();
    for folder in ["src", "acceptance-tests"] {
        for file in rust_files(&root().join(folder)) {
            assert!(
                reached.contains(&file),
                "no `mod` leads to {}",
                file.display()
            );
        }
    }
}

#[test]
fn a_file_that_no_mod_names_is_not_reached() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let library = write("lib.rs", "mod noun;\n// mod lost;\n");
    let noun = write("noun.rs", "pub(crate) mod part;\n");
    let part = write("noun/part.rs", "");
    write("lost.rs", "");
    assert_eq!(
        modules_from(&library),
        BTreeSet::from([library, noun, part])
    );
}

#[test]
fn every_path_in_a_document_exists() {
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "DEVIATIONS.md",
        "acceptance-tests/README.md",
    ] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        assert!(!named_paths(&text).is_empty(), "{page} names no path");
    }
    let folders = ["docs", "examples", "acceptance-tests"].map(|folder| root().join(folder));
    let pages = ["README.md", "CONTRIBUTING.md", "DEVIATIONS.md"].map(|page| root().join(page));
    let below = folders
        .iter()
        .flat_map(|folder| files_with_ending(folder, "md"));
    for file in below.chain(pages) {
        // A template becomes a page one folder further up, and its links are the page's.
        let place = file.strip_prefix(root().join("docs/templates"));
        let page = place.map_or_else(|_| file.clone(), |place| root().join("docs").join(place));
        let text = fs::read_to_string(&file).unwrap();
        let missing: Vec<String> = named_paths(&text)
            .into_iter()
            .filter(|path| {
                !root().join(path).exists() && !page.parent().unwrap().join(path).exists()
            })
            .collect();
        assert_eq!(missing, Vec::<String>::new(), "in {}", file.display());
    }
}

#[test]
fn paths_are_found_in_links_and_in_code() {
    let text = "see [here](docs/a.md#b), [there](https://x.y/docs/z), `src/core/arn.rs`, `src/<noun>.rs` and `cargo demo`";
    assert_eq!(
        named_paths(text),
        BTreeSet::from(["docs/a.md".to_owned(), "src/core/arn.rs".to_owned()])
    );
}

/// The files that a target's `mod` lines lead to, itself included.
pub fn modules_from(target: &Path) -> BTreeSet<PathBuf> {
    let (mut reached, mut next) = (
        BTreeSet::new(),
        vec![(target.to_owned(), target.parent().unwrap().to_owned())],
    );
    while let Some((file, folder)) = next.pop() {
        let source = fs::read_to_string(&file).unwrap();
        reached.insert(file);
        for name in source.lines().filter_map(declared_module) {
            let flat = folder.join(format!("{name}.rs"));
            let nested = folder.join(&name).join("mod.rs");
            let file = if flat.exists() { flat } else { nested };
            if file.exists() {
                next.push((file, folder.join(&name)));
            }
        }
    }
    reached
}

fn declared_module(line: &str) -> Option<String> {
    let line = line.trim().strip_suffix(';')?;
    let (before, name) = line.rsplit_once(' ')?;
    let declares = before == "mod" || (before.starts_with("pub") && before.ends_with(" mod"));
    declares.then(|| name.to_owned())
}

/// The repository's paths that a page names in links and in code.
fn named_paths(page: &str) -> BTreeSet<String> {
    let rooms = [
        "src/",
        "docs/",
        "examples/",
        "acceptance-tests/",
        "proto/",
        ".ci/",
        ".cargo/",
    ];
    let links = page
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|link| !link.contains(':'));
    let code = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| rooms.iter().any(|room| code.starts_with(room)));
    let pattern = |path: &&str| path.contains(['<', '*', '…', '{', ' ', '\n']);
    links
        .chain(code)
        .filter(|path| !path.is_empty() && !pattern(path))
        .map(str::to_owned)
        .collect()
}

/// The Rust files of a folder and of those in it.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files_with_ending(folder, "rs")
}

fn files_with_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_with_ending(&path, ending));
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            files.push(path);
        }
    }
    files
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}
