//! `kubeconfig`: one cluster's context in a kubeconfig, with a command that makes tokens.
//!
//! API actions: eks:DescribeCluster, and eks:ListClusters for the nearest name where there is no such cluster.

mod file;
mod selection;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use eksauth_core::kubeconfig::{
    Connection, CurrentContext, KubeconfigError, Merge, Merged, Program, Section, masked, merge,
};
use eksauth_provider::clusters::ConnectionRequest;
use eksauth_provider::data_sources::kubeconfig::PROGRAM;
use tf_provider::Diagnostics;

use crate::command::{ExecName, KubeconfigArguments};
use crate::failure::Failure;
use crate::outcome::{NOT_WRITTEN, Outcome, Verdict, warnings};
use crate::{difference, session};
use file::KubeconfigFile;
use selection::{Environment, Selection};

/// Writes the context, or shows what would be written.
///
/// # Errors
/// No credentials, no such cluster, or a file that cannot be read, understood or written.
pub async fn run(arguments: &KubeconfigArguments) -> Result<Outcome, Failure> {
    let program = program(arguments)?;
    let aws = session::beside_cluster(&arguments.aws, Some(&arguments.cluster));
    let client = session::connect(&aws, None).await?;
    let cluster = session::cluster(&client, &arguments.cluster).await?;
    let request = ConnectionRequest {
        context: arguments.alias.clone(),
        user: arguments.user_alias.clone(),
        program,
        role_arn: arguments.role_arn.clone(),
        profile: arguments.aws.profile.clone(),
    };
    let connection = cluster.connection(request).map_err(Diagnostics::from)?;
    put(arguments, &connection, &Environment::of_process())
}

fn put(
    arguments: &KubeconfigArguments,
    connection: &Connection,
    environment: &Environment,
) -> Result<Outcome, Failure> {
    let selection = Selection::choose(
        arguments.kubeconfig.as_deref(),
        environment,
        &connection.context,
    )?;
    let file = KubeconfigFile::read(&selection.path)?;
    let before = file.text();
    let how = Merge {
        overwrite: arguments.overwrite,
        current_context: match arguments.set_current {
            true => CurrentContext::Set,
            false => CurrentContext::IfNone,
        },
    };
    let merged = match merge(before, connection, how) {
        Ok(merged) => merged,
        Err(KubeconfigError::Conflict(conflicts)) => {
            let error = KubeconfigError::Conflict(conflicts);
            let name = file.name();
            let text = format!(
                "refused: in `{name}` {error}; nothing was written. Give --overwrite, or other names (--alias, --user-alias)\n"
            );
            return Ok(Outcome::new(text, Verdict::No));
        }
        Err(error) => {
            let name = file.name();
            return Err(Failure::new(format!("`{name}` is left as it is: {error}")));
        }
    };
    let mut told = selection.warnings(connection, &merged);
    told.extend(file.warnings());
    let text = match (merged.text == before, arguments.dry_run) {
        (true, _) => format!("{} has it already; nothing was written\n", file.name()),
        (false, true) => shown(&file.name(), before, &merged)? + NOT_WRITTEN,
        (false, false) => {
            file.write(&merged.text)?;
            done(&selection.path, connection, &merged)
        }
    };
    Ok(Outcome {
        text,
        warning: warnings(told),
        verdict: Verdict::Yes,
    })
}

/// What would change, with everything masked that may be secret.
fn shown(name: &str, before: &str, merged: &Merged) -> Result<String, Failure> {
    let unreadable = |error: KubeconfigError| Failure::new(format!("`{name}`: {error}"));
    let before = masked(before).map_err(unreadable)?;
    let after = masked(&merged.text).map_err(unreadable)?;
    Ok(difference::lines(name, &before, &after))
}

fn done(path: &Path, connection: &Connection, merged: &Merged) -> String {
    let list = |sections: &[Section]| {
        let words = sections.iter().map(|section| section.entry_in_words());
        words.collect::<Vec<_>>().join(", ")
    };
    let path = path.display();
    let mut text = String::new();
    if !merged.added.is_empty() {
        text.push_str(&format!("added to {path}: {}\n", list(&merged.added)));
    }
    if !merged.overwritten.is_empty() {
        let overwritten = list(&merged.overwritten);
        text.push_str(&format!("overwritten in {path}: {overwritten}\n"));
    }
    let name = &connection.context;
    match &merged.current_context {
        Some(current) if current == name => {
            text.push_str(&format!("the current context is `{name}`\n"));
        }
        current => {
            let current = current.as_deref().unwrap_or_default();
            text.push_str(&format!(
                "the current context is still `{current}`; use `kubectl --context {}`, or run with --set-current\n",
                shell_word(name)
            ));
        }
    }
    text
}

/// A word as a shell takes it for itself.
fn shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@+=,%".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// The program that kubectl is to run.
fn program(arguments: &KubeconfigArguments) -> Result<Program, Failure> {
    match (arguments.exec, &arguments.command) {
        (ExecName::Aws, None) => Ok(Program::Aws),
        (ExecName::Aws, Some(_)) => Err(Failure::new(
            "--command is the path of this binary, and with --exec aws another program makes the tokens",
        )),
        (ExecName::Token, Some(command)) => Ok(Program::Token {
            command: command.clone(),
        }),
        (ExecName::Token, None) => {
            let own = std::env::current_exe().map_err(|error| {
                Failure::new(format!(
                    "the path of this binary is not known ({error}); give --command"
                ))
            })?;
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
            Ok(Program::Token {
                command: command_of(&own, &folders)?,
            })
        }
    }
}

/// The name where the shell finds this very binary by it, else the whole path.
fn command_of(own: &Path, folders: &[PathBuf]) -> Result<String, Failure> {
    let found = folders
        .iter()
        .map(|folder| folder.join(PROGRAM))
        .find(|path| path.is_file());
    let canonical = |path: &Path| std::fs::canonicalize(path).ok();
    if let Some(found) = found
        && canonical(&found).is_some_and(|found| Some(found) == canonical(own))
    {
        return Ok(PROGRAM.to_owned());
    }
    let path = own.to_str().map(str::to_owned);
    path.ok_or_else(|| {
        Failure::new("the path of this binary is not UTF-8, and a kubeconfig is; give --command")
    })
}
