//! The provider under test: the one that is named, or the one that cargo builds.

use std::{fs, path::PathBuf, process::Command};

use super::command::succeeded;
use crate::{
    failure::{Failure, Outcome},
    progress::step,
};

/// Names a built provider to test instead of the one that cargo builds.
pub const PROVIDER: &str = "EKSAUTH_TEST_PROVIDER";

const BINARY: &str = "terraform-provider-eksauth";

/// The provider's binary: the one that is named, else the one beside the running program.
///
/// # Errors
/// It was not built.
pub fn built_provider() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os(PROVIDER).map(PathBuf::from) {
        return Ok(fs::canonicalize(named)?);
    }
    let own = std::env::current_exe()?;
    let above = own.ancestors().skip(1).map(|folder| folder.join(BINARY));
    above
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::new(format!(
                "there is no {BINARY} beside {}; run cargo build first",
                own.display()
            ))
        })
}

/// How the provider is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// By itself: the quickest where nothing was built before.
    Alone,
    /// By itself, with the program that makes changes with its writer.
    WithWriter,
    /// With everything else of the workspace: shares every dependency with `cargo test --workspace`, whose features differ from a build alone.
    Workspace,
    /// As it is released.
    Release,
}

/// Builds the provider with cargo, unless a built one is named.
///
/// # Errors
/// What cargo says.
pub fn build_provider(build: Build) -> Outcome {
    if std::env::var_os(PROVIDER).is_some() {
        return Ok(());
    }
    let what = match build {
        Build::Release => "building the provider for release",
        Build::Alone | Build::WithWriter | Build::Workspace => "building the provider",
    };
    step(what, || {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let mut command = Command::new(cargo);
        match build {
            Build::Alone => command.args(["build", "--quiet", "-p", BINARY]),
            Build::WithWriter => {
                command.args(["build", "--quiet", "-p", BINARY, "--bins", "--examples"])
            }
            Build::Release => command.args(["build", "--quiet", "--release", "-p", BINARY]),
            Build::Workspace => command.args(["build", "--quiet", "--workspace", "--all-targets"]),
        };
        succeeded(&mut command).map(|_| ())
    })
}
