//! A page of the documents as what it prints: its fenced blocks, each with its language, its place and its text, unchanged.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    bed::tools::room,
    failure::{Failure, Outcome},
};

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Its path in the repository.
    pub name: String,
    /// Its fenced blocks, in their order.
    pub blocks: Vec<Block>,
}

/// One fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What the fence says: `terraform`, `hcl`, `shell`, `console`, …; empty where it says nothing.
    pub language: String,
    /// The heading that it stands below.
    pub heading: String,
    /// The line of its fence.
    pub line: usize,
    /// The comment before it, which says what a guide's story makes of it.
    pub mark: Option<String>,
    /// What it prints, unchanged.
    pub text: String,
}

impl Page {
    /// The page at a path of the repository.
    ///
    /// # Errors
    /// There is none.
    pub fn read(name: &str) -> Outcome<Page> {
        let text = fs::read_to_string(repository().join(name))
            .map_err(|error| Failure::from(error).during(name))?;
        Ok(Page {
            name: name.to_owned(),
            blocks: blocks(&text),
        })
    }

    /// The README, the pages of the provider and the READMEs of the examples, by path; templates are printed in the pages.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn all() -> Outcome<Vec<Page>> {
        let mut names = vec!["README.md".to_owned()];
        for folder in ["docs", "examples"] {
            collect(Path::new(folder), &mut names)?;
        }
        names.retain(|name| {
            !name.starts_with("docs/templates/") && !name.starts_with("docs/decisions/")
        });
        names.sort();
        names.iter().map(|name| Page::read(name)).collect()
    }

    /// The first block of a language below a heading.
    ///
    /// # Errors
    /// There is none.
    pub fn block(&self, heading: &str, language: &str) -> Outcome<&Block> {
        self.blocks_below(heading, language)
            .into_iter()
            .next()
            .ok_or_else(|| {
                Failure::new(format!(
                    "{} has no `{language}` below `{heading}`",
                    self.name
                ))
            })
    }

    /// The blocks of a language below a heading.
    #[must_use]
    pub fn blocks_below(&self, heading: &str, language: &str) -> Vec<&Block> {
        let all = self.blocks.iter();
        all.filter(|block| block.heading == heading && block.language == language)
            .collect()
    }

    /// Where a block stands, for a message.
    #[must_use]
    pub fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.name, block.line)
    }
}

fn repository() -> PathBuf {
    room().join("..")
}

/// The Markdown files below a folder of the repository.
fn collect(folder: &Path, names: &mut Vec<String>) -> Outcome {
    for entry in fs::read_dir(repository().join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(&path, names)?;
        } else if path.extension().is_some_and(|ending| ending == "md") {
            names.push(path.display().to_string());
        }
    }
    Ok(())
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let (mut heading, mut mark) = (String::new(), None);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```");
            found.push(Block {
                language: language.to_owned(),
                heading: heading.clone(),
                line: number + 1,
                mark: mark.take(),
                text: block.map(|line| format!("{line}\n")).collect(),
            });
        } else if line.starts_with('#') {
            line.trim_start_matches('#').trim().clone_into(&mut heading);
        } else if let Some(comment) = line.strip_prefix("<!-- ") {
            mark = comment.strip_suffix(" -->").map(str::to_owned);
        } else if !line.is_empty() {
            mark = None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_as_they_are_printed() {
        let text = "# Title\n\n```hcl\na = 1 # one\n\n  b = 2\n```\n\n## Do it\n\n<!-- file main.tf -->\n```terraform\n# not a heading\n```\n\n\
            <!-- a word -->\nWords.\n\n```\n```\n";
        let block = |language: &str, heading: &str, line, mark: Option<&str>, text: &str| Block {
            language: language.to_owned(),
            heading: heading.to_owned(),
            line,
            mark: mark.map(str::to_owned),
            text: text.to_owned(),
        };
        assert_eq!(
            blocks(text),
            [
                block("hcl", "Title", 3, None, "a = 1 # one\n\n  b = 2\n"),
                block(
                    "terraform",
                    "Do it",
                    12,
                    Some("file main.tf"),
                    "# not a heading\n"
                ),
                block("", "Do it", 19, None, ""),
            ]
        );
    }

    #[test]
    fn every_page_is_read_and_no_fence_hides_in_an_indented_line() {
        let pages = Page::all().unwrap();
        for name in [
            "README.md",
            "docs/index.md",
            "docs/resources/irsa_role.md",
            "docs/guides/getting-started.md",
        ] {
            assert!(pages.iter().any(|page| page.name == name), "{name}");
        }
        for page in pages {
            let text = fs::read_to_string(repository().join(&page.name)).unwrap();
            let hidden = text
                .lines()
                .find(|line| line.trim_start() != *line && line.trim_start().starts_with("```"));
            assert_eq!(hidden, None, "{}", page.name);
        }
    }
}
