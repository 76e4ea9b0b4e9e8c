//! Writes docs/ from the provider's schemas and `examples/`, or checks that it is up to date.
//!
//! The schemas are the only source of what pages say about attributes; `docs/templates` holds the words around them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use eksauth_provider::{EksAuth, Environment};

use crate::command_line::command_line_page;
use crate::error::DocgenError;
use crate::no_cloud::NoCloud;
use crate::tree::{Difference, Pages};

mod catalog;
#[allow(
    dead_code,
    unused_imports,
    reason = "only the definition of the command line is of interest here, never a parsed value"
)]
#[path = "../cli"]
mod cli {
    pub(crate) mod command;
}
mod command_line;
mod error;
mod examples;
mod field;
mod from_schema;
mod function_page;
#[cfg(test)]
mod garden;
mod no_cloud;
mod page;
mod permissions;
mod schema_section;
mod template;
mod tree;

/// Writes docs/ from the schemas. Exits 0; with `--check` 1 if a page differs; 2 if pages cannot be made.
#[derive(Parser)]
#[command(name = "docgen")]
struct Arguments {
    /// Write nothing: name the pages that differ and exit 1 if there are any.
    #[arg(long)]
    check: bool,
    /// The repository's root.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))]
    root: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = pages(&arguments.root)
        .and_then(|pages| run(&arguments, &arguments.root.join("docs"), &pages));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("docgen: {}", with_causes(&error));
            ExitCode::from(2)
        }
    }
}

/// Every page of this repository.
fn pages(root: &Path) -> Result<Pages, DocgenError> {
    let provider = EksAuth::new(Arc::new(NoCloud), Arc::new(NoCloud), Environment::default());
    let mut pages = catalog::pages(&provider, &EksAuth::permissions(), root)?;
    pages.extend([command_line_page()]);
    Ok(pages)
}

fn run(arguments: &Arguments, docs: &Path, pages: &Pages) -> Result<ExitCode, DocgenError> {
    if !arguments.check {
        for difference in tree::write(docs, pages)? {
            println!("{}", written(&difference));
        }
        println!("{} pages are up to date", pages.len());
        return Ok(ExitCode::SUCCESS);
    }
    let differences = tree::differences(docs, pages)?;
    if differences.is_empty() {
        println!("{} pages are up to date", pages.len());
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &differences {
        eprintln!("{}", found(difference));
    }
    eprintln!(
        "{} of docs/ differ from the schemas and examples; run `cargo docgen` and commit what it writes",
        count(differences.len())
    );
    Ok(ExitCode::FAILURE)
}

fn found(difference: &Difference) -> String {
    match difference {
        Difference::Missing(page) => format!("docs/{page}: missing"),
        Difference::Changed(page, line) => format!("docs/{page}:{line}: differs"),
        Difference::Stale(page) => format!("docs/{page}: nothing generates it any more"),
    }
}

fn written(difference: &Difference) -> String {
    match difference {
        Difference::Missing(page) => format!("docs/{page}: new"),
        Difference::Changed(page, _) => format!("docs/{page}: changed"),
        Difference::Stale(page) => format!("docs/{page}: removed"),
    }
}

fn count(pages: usize) -> String {
    match pages {
        1 => String::from("1 page"),
        many => format!("{many} pages"),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
