//! The same binary in a person's hands: one command a question, exit codes that scripts can use.
//!
//! Nothing here decides anything: rules come from `eksauth-core`, what is read of AWS and clusters from `eksauth-provider`'s own ways.

mod access_explanation;
mod add;
mod aws_profile;
mod can_i;
pub mod check_plan;
mod check_web_identity;
pub mod command;
pub mod core_dump;
mod difference;
mod entry_arguments;
mod failure;
mod init;
mod input;
mod kubeconfig;
mod lint;
mod migrate;
mod outcome;
pub mod output;
#[cfg(test)]
mod printed_commands;
#[cfg(test)]
mod refusing_cloud;
mod remove;
mod restore;
mod server;
mod session;
mod sts;
#[cfg(test)]
mod stub_sts;
mod token;
mod verify;
mod whoami;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use command::{Arguments, Check, Command};
use failure::Failure;
use outcome::{Outcome, Verdict};

/// Runs one command: arguments with the program's name first, text on standard output, reasons on standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(token::respelt(arguments)) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let mut runtime = match arguments.command {
        Command::Server(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure::new(format!("the runtime cannot start: {error}"))),
    };
    match runtime.block_on(answer(&arguments.command)) {
        Ok(outcome) => print(&outcome),
        Err(failure) => fail(&failure),
    }
}

async fn answer(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Token(arguments) => {
            let exec_info = std::env::var("KUBERNETES_EXEC_INFO").ok();
            let (text, warning) = token::run(arguments, exec_info.as_deref()).await?;
            Ok(Outcome {
                text: text + "\n",
                warning,
                verdict: Verdict::Yes,
            })
        }
        Command::Whoami(arguments) => whoami::run(arguments).await,
        Command::Explain(arguments) => whoami::explain(arguments).await,
        Command::CanI(arguments) => can_i::run(arguments).await,
        Command::Lint(arguments) => lint::run(arguments).await,
        Command::CheckPlan(arguments) => check_plan::run::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Server(arguments) => server::run(arguments).await,
        Command::Init(arguments) => init::run(arguments),
        Command::Add(arguments) => add::run(&arguments.what).await,
        Command::Remove(arguments) => remove::run(&arguments.what).await,
        Command::Restore(arguments) => restore::run(arguments).await,
        Command::Check(arguments) => match &arguments.what {
            Check::WebIdentity(arguments) => check_web_identity::run(arguments).await,
        },
        Command::Kubeconfig(arguments) => kubeconfig::run(arguments).await,
        Command::AwsProfile(arguments) => aws_profile::run(arguments),
        Command::Migrate(arguments) => migrate::run(arguments).await,
        Command::Completion(arguments) => {
            let mut script = Vec::new();
            clap_complete::generate(
                arguments.shell,
                &mut Arguments::command(),
                "terraform-provider-eksauth",
                &mut script,
            );
            Ok(Outcome::new(String::from_utf8_lossy(&script), Verdict::Yes))
        }
    }
}

/// Help and version are answers; anything else is a command line that is not understood.
fn usage(error: &clap::Error) -> ExitCode {
    let is_answer = !error.use_stderr();
    if error.print().is_err() || !is_answer {
        return Verdict::Undetermined.into();
    }
    Verdict::Yes.into()
}

fn print(outcome: &Outcome) -> ExitCode {
    if let Some(warning) = &outcome.warning {
        say(&format!("warning: {warning}"));
    }
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(outcome.text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => outcome.verdict.into(),
        // A reader that has seen enough closes the pipe; the verdict stands.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => outcome.verdict.into(),
        Err(error) => fail(&Failure::new(format!(
            "the answer cannot be written: {error}"
        ))),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    say(&format!("error: {failure}"));
    Verdict::Undetermined.into()
}

fn say(line: &str) {
    // Standard error may be closed; there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
