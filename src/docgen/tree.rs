//! The pages in `docs/`: written, or compared.
//!
//! Folders of generated pages belong to this program as a whole: a page of an object that is gone is removed, and is a difference for a check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::DocgenError;
use crate::examples::read_if_there;

/// Folders below `docs/` in which every page is generated.
const FOLDERS: [&str; 4] = [
    "data-sources",
    "ephemeral-resources",
    "functions",
    "resources",
];

/// Pages by their path below `docs/`, `resources/irsa_role.md`.
pub(crate) type Pages = BTreeMap<String, String>;

/// How a page in the tree differs from what it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    /// It is not there.
    Missing(String),
    /// Its text is another; the line (from 1) where they part.
    Changed(String, usize),
    /// Nothing generates it any more.
    Stale(String),
}

/// Compares the tree with the pages.
///
/// # Errors
/// A page or folder cannot be read.
pub(crate) fn differences(docs: &Path, pages: &Pages) -> Result<Vec<Difference>, DocgenError> {
    let mut found = Vec::new();
    for (name, wanted) in pages {
        match read_if_there(&docs.join(name))? {
            None => found.push(Difference::Missing(name.clone())),
            Some(text) if text != *wanted => {
                found.push(Difference::Changed(
                    name.clone(),
                    first_other_line(&text, wanted),
                ));
            }
            Some(_) => {}
        }
    }
    for name in generated_pages(docs)? {
        if !pages.contains_key(&name) {
            found.push(Difference::Stale(name));
        }
    }
    Ok(found)
}

/// Makes the tree equal to the pages; what was already equal is not touched.
///
/// # Errors
/// A page cannot be read, written or removed.
pub(crate) fn write(docs: &Path, pages: &Pages) -> Result<Vec<Difference>, DocgenError> {
    let found = differences(docs, pages)?;
    for difference in &found {
        match difference {
            Difference::Missing(name) | Difference::Changed(name, _) => {
                let text = pages.get(name).map(String::as_str).unwrap_or_default();
                write_page(&docs.join(name), text)?;
            }
            Difference::Stale(name) => {
                let path = docs.join(name);
                fs::remove_file(&path).map_err(|source| DocgenError::Write { path, source })?;
            }
        }
    }
    Ok(found)
}

fn write_page(path: &Path, text: &str) -> Result<(), DocgenError> {
    let failed = |source| DocgenError::Write {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// What stands in the folders of generated pages, below `docs` or below another folder of the same shape.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn generated_pages(docs: &Path) -> Result<BTreeSet<String>, DocgenError> {
    let mut names = BTreeSet::new();
    for folder in FOLDERS {
        for path in files_of(&docs.join(folder))? {
            if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
                names.insert(format!("{folder}/{name}"));
            }
        }
    }
    Ok(names)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, DocgenError> {
    let failed = |source| DocgenError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

fn first_other_line(left: &str, right: &str) -> usize {
    let same = left
        .lines()
        .zip(right.lines())
        .take_while(|(left, right)| left == right)
        .count();
    same + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        Pages::from([
            ("index.md".to_owned(), "# eksauth\n\nall of it\n".to_owned()),
            (
                "resources/irsa_role.md".to_owned(),
                "# a role\n\nof pods\n".to_owned(),
            ),
        ])
    }

    fn written() -> tempfile::TempDir {
        let docs = tempfile::tempdir().unwrap();
        write(docs.path(), &pages()).unwrap();
        docs
    }

    #[test]
    fn what_was_written_does_not_differ() {
        let docs = written();
        assert_eq!(differences(docs.path(), &pages()).unwrap(), []);
    }

    #[test]
    fn a_changed_page_differs_from_the_line_that_was_changed() {
        let docs = written();
        fs::write(
            docs.path().join("resources/irsa_role.md"),
            "# a role\n\nof people\n",
        )
        .unwrap();
        assert_eq!(
            differences(docs.path(), &pages()).unwrap(),
            [Difference::Changed("resources/irsa_role.md".to_owned(), 3)]
        );
    }

    #[test]
    fn a_missing_final_newline_is_a_difference() {
        let docs = written();
        fs::write(docs.path().join("index.md"), "# eksauth\n\nall of it").unwrap();
        assert_eq!(
            differences(docs.path(), &pages()).unwrap(),
            [Difference::Changed("index.md".to_owned(), 4)]
        );
    }

    #[test]
    fn a_missing_page_differs() {
        let docs = written();
        fs::remove_file(docs.path().join("index.md")).unwrap();
        assert_eq!(
            differences(docs.path(), &pages()).unwrap(),
            [Difference::Missing("index.md".to_owned())]
        );
    }

    #[test]
    fn the_page_of_an_object_that_is_gone_differs_and_is_removed() {
        let docs = written();
        let stale = docs.path().join("resources/old.md");
        fs::write(&stale, "# old\n").unwrap();
        let expected = [Difference::Stale("resources/old.md".to_owned())];
        assert_eq!(differences(docs.path(), &pages()).unwrap(), expected);
        assert_eq!(write(docs.path(), &pages()).unwrap(), expected);
        assert!(!stale.exists());
    }

    #[test]
    fn pages_written_by_hand_are_left_alone() {
        let docs = written();
        let guide = docs.path().join("guides/move.md");
        write_page(&guide, "# Move\n").unwrap();
        assert_eq!(write(docs.path(), &pages()).unwrap(), []);
        assert!(guide.exists());
    }
}
