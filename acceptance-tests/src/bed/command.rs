//! Commands that run to their end.

use std::process::{Command, Output};

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
