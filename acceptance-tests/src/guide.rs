//! A guide of `docs/guides` as something that can be followed: its files written, its commands run, what they say compared.
//!
//! A comment before a fenced block says what becomes of it: `<!-- file NAME -->` writes it, `<!-- run -->` runs its lines that begin with `$ `
//! and looks for the others in what they said, `<!-- refused -->` does the same with commands that have to fail. Blocks of `text` are for
//! reading only.

use std::fs;

use crate::{
    bed::tools::room,
    failure::{Failure, Outcome},
};

/// A guide.
#[derive(Debug)]
pub struct Guide {
    /// Its sections, in their order.
    pub sections: Vec<Section>,
}

/// What stands below one heading of the second rank.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What is to be done, in order.
    pub steps: Vec<Step>,
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file to be written.
    File {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// Commands, one after the other.
    Run(Vec<Command>),
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The line for the shell.
    pub line: String,
    /// What it has to say.
    pub says: Vec<String>,
    /// Whether it has to fail.
    pub is_refused: bool,
}

impl Guide {
    /// The guide `docs/guides/<name>.md`.
    ///
    /// # Errors
    /// There is none, or a block of it says not what becomes of it.
    pub fn read(name: &str) -> Outcome<Guide> {
        let path = room().join(format!("../docs/guides/{name}.md"));
        let text = fs::read_to_string(&path)
            .map_err(|error| Failure::from(error).during(&path.display().to_string()))?;
        Guide::parse(&text).map_err(|failure| failure.during(name))
    }

    fn parse(text: &str) -> Outcome<Guide> {
        let mut sections: Vec<Section> = Vec::new();
        let mut mark: Option<&str> = None;
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if let Some(title) = line.strip_prefix("## ") {
                sections.push(Section {
                    title: title.to_owned(),
                    steps: Vec::new(),
                });
            } else if let Some(comment) = line
                .strip_prefix("<!-- ")
                .and_then(|rest| rest.strip_suffix(" -->"))
            {
                mark = Some(comment);
            } else if let Some(language) = line.strip_prefix("```") {
                let block: Vec<&str> = lines
                    .by_ref()
                    .map(|(_, line)| line)
                    .take_while(|line| *line != "```")
                    .collect();
                let step = step(language, mark.take(), &block)
                    .map_err(|failure| failure.during(&format!("line {}", number + 1)))?;
                if let (Some(step), Some(section)) = (step, sections.last_mut()) {
                    section.steps.push(step);
                }
            }
        }
        Ok(Guide { sections })
    }

    /// The files of the first section, which every other section begins with.
    #[must_use]
    pub fn common_files(&self) -> Vec<Step> {
        let first = self.sections.first().into_iter();
        first
            .flat_map(|section| section.steps.clone())
            .filter(|step| matches!(step, Step::File { .. }))
            .collect()
    }
}

fn step(language: &str, mark: Option<&str>, block: &[&str]) -> Outcome<Option<Step>> {
    let text = || block.iter().map(|line| format!("{line}\n")).collect();
    match mark {
        Some("run") => Ok(Some(Step::Run(commands(block, false)?))),
        Some("refused") => Ok(Some(Step::Run(commands(block, true)?))),
        Some(other) => match other.strip_prefix("file ") {
            Some(name) => Ok(Some(Step::File {
                name: name.to_owned(),
                text: text(),
            })),
            None => Err(Failure::new(format!("`{other}` is no mark"))),
        },
        None if language == "text" => Ok(None),
        None => Err(Failure::new(format!(
            "the block of `{language}` does not say what becomes of it"
        ))),
    }
}

fn commands(block: &[&str], is_refused: bool) -> Outcome<Vec<Command>> {
    let mut commands: Vec<Command> = Vec::new();
    for line in block {
        if let Some(line) = line.strip_prefix("$ ") {
            commands.push(Command {
                line: line.to_owned(),
                says: Vec::new(),
                is_refused,
            });
            continue;
        }
        let Some(command) = commands.last_mut() else {
            return Err(Failure::new(format!("`{line}` stands before any command")));
        };
        if command.says.is_empty() && command.line.ends_with('\\') {
            command.line = format!("{}\n{line}", command.line);
        } else if !line.trim().is_empty() && line.trim() != "…" {
            command.says.push(line.trim().to_owned());
        }
    }
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n\n## Before you begin\n\n<!-- file provider.tf -->\n```terraform\nprovider \"eksauth\" {}\n```\n\n## Do it\n\n\
        Words.\n\n<!-- run -->\n```console\n$ terraform plan \\\n    -out=plan\nNo changes.\n…\n$ true\n```\n\n```text\nfor reading\n```\n\n\
        <!-- refused -->\n```console\n$ false\n```\n";

    #[test]
    fn blocks_become_steps_below_their_headings() {
        let guide = Guide::parse(TEXT).unwrap();
        let command = |line: &str, says: &[&str], is_refused| Command {
            line: line.to_owned(),
            says: says.iter().map(|text| (*text).to_owned()).collect(),
            is_refused,
        };
        let file = Step::File {
            name: "provider.tf".to_owned(),
            text: "provider \"eksauth\" {}\n".to_owned(),
        };
        assert_eq!(guide.common_files(), std::slice::from_ref(&file));
        let run = Step::Run(vec![
            command("terraform plan \\\n    -out=plan", &["No changes."], false),
            command("true", &[], false),
        ]);
        let refused = Step::Run(vec![command("false", &[], true)]);
        let section = |title: &str, steps: Vec<Step>| Section {
            title: title.to_owned(),
            steps,
        };
        assert_eq!(
            guide.sections,
            [
                section("Before you begin", vec![file]),
                section("Do it", vec![run, refused]),
            ]
        );
    }

    #[test]
    fn a_block_that_does_not_say_what_becomes_of_it_is_refused() {
        let failure = Guide::parse("## Do it\n\n```console\n$ true\n```\n").unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("line 3: the block of `console` does not say what becomes of it")
        );
        assert!(Guide::parse("<!-- perhaps -->\n```console\n$ true\n```\n").is_err());
    }
}
