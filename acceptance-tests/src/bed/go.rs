//! Programs that Go builds: from a tool module of this crate, or as they are published.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::failure::{Failure, Outcome};

/// Where the source of a program is.
pub enum Source {
    /// A module below `tools/` that requires it.
    ToolModule {
        /// The module's folder there.
        folder: &'static str,
        /// The package, as the module names it.
        package: &'static str,
        /// What the linker is told.
        link: String,
    },
    /// A published module that needs no `replace`.
    Published {
        /// The package.
        package: &'static str,
        /// Its version, without `v`.
        version: &'static str,
        /// The module's path, where Go's public database lacks its checksum.
        without_checksum: Option<&'static str>,
    },
}

impl Source {
    /// Builds it as `program`, under another name until it is whole.
    ///
    /// # Errors
    /// The last lines of what Go says.
    pub fn build(&self, program: &Path) -> Outcome {
        match self {
            Source::ToolModule {
                folder,
                package,
                link,
            } => build(&tool_module(folder), package, link, program),
            Source::Published {
                package,
                version,
                without_checksum,
            } => {
                let mut command = Command::new("go");
                if let Some(module) = without_checksum {
                    command.env("GONOSUMDB", module);
                }
                command
                    .args(["install", "-trimpath", "-ldflags", "-s -w"])
                    .arg(format!("{package}@v{version}"));
                install(command, program)
            }
        }
    }
}

/// The folder of a tool module.
#[must_use]
pub fn tool_module(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tools")
        .join(folder)
}

fn build(module: &Path, package: &str, link: &str, program: &Path) -> Outcome {
    let unfinished = unfinished(program)?;
    run(Command::new("go")
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        .args(["build", "-trimpath", "-ldflags", link, "-o"])
        .arg(&unfinished)
        .arg(package))?;
    Ok(fs::rename(unfinished, program)?)
}

fn install(mut command: Command, program: &Path) -> Outcome {
    let folder = unfinished(program)?;
    run(command.env("GOBIN", &folder))?;
    let name = program.file_name().unwrap_or_default();
    fs::rename(folder.join(name), program)?;
    Ok(fs::remove_dir(folder)?)
}

/// A name beside `program` for a build that two runs do not share.
fn unfinished(program: &Path) -> Outcome<PathBuf> {
    let folder = program.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    Ok(folder.join(format!("unfinished-{}", std::process::id())))
}

/// Runs a command to its end.
///
/// # Errors
/// The last lines of what it says.
pub fn run(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let end = lines
        .get(lines.len().saturating_sub(20)..)
        .unwrap_or_default()
        .join("\n");
    Err(Failure::new(format!(
        "{} ended with {}:\n{end}",
        command.get_program().display(),
        output.status
    )))
}
