//! Commands that run to their end, and where `PATH` has their programs.

use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
};

use crate::failure::{Failure, Outcome};

/// Runs a command and returns its output.
///
/// # Errors
/// It cannot be run, or fails, with what it said.
pub fn succeeded(command: &mut Command) -> Outcome<Output> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!(
        "{} ended with {}: {}",
        command.get_program().display(),
        output.status,
        said.trim()
    )))
}

/// The program of this name on `PATH`.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
