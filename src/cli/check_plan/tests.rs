//! Plans as Terraform prints them, against a cluster in files: what is said and with which exit code.

use std::path::{Path, PathBuf};

use clap::Parser;

use eksauth_provider::config::Acknowledgements;

use super::run::check as check_meant;
use crate::command::{Arguments, CheckPlanArguments, Command};
use crate::outcome::{Outcome, Verdict};

mod adopted;
mod clusters;
mod entries;
mod entry_policies;
mod files;
mod fixture;
mod kubernetes;
mod not_yet_known;
mod plans;
mod sentences;
mod settings;

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";
const PLATFORM_ADMIN: &str = "arn:aws:iam::111122223333:role/platform-admin";

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/check_plan")
        .join(name)
}

/// The arguments, or why they are refused, which ends a command with 2.
fn arguments(words: &[&str]) -> Result<CheckPlanArguments, String> {
    let program = ["terraform-provider-eksauth", "check-plan"];
    let parsed = Arguments::try_parse_from(program.iter().chain(words));
    match parsed.map_err(|error| error.to_string())?.command {
        Command::CheckPlan(arguments) => Ok(arguments),
        other => panic!("{other:?}"),
    }
}

/// Judges files of the testdata; without `--cluster` it is `prod`.
fn check(plan: &str, aws_auth: &str, more: &[&str]) -> Outcome {
    let (plan, aws_auth) = (testdata(plan), testdata(aws_auth));
    let mut words = vec![
        plan.to_str().unwrap(),
        "--aws-auth",
        aws_auth.to_str().unwrap(),
    ];
    if !more.contains(&"--cluster") {
        words.extend(["--cluster", "prod"]);
    }
    words.extend(more);
    judge(&words).unwrap()
}

fn judge(words: &[&str]) -> Result<Outcome, String> {
    judge_meant(words, "")
}

/// The same with words of `EKSAUTH_LOCKOUT_ACK`.
fn judge_meant(words: &[&str], meant: &str) -> Result<Outcome, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(check_meant(
            &arguments(words)?,
            Acknowledgements::parse(meant),
        ))
        .map_err(|failure| failure.to_string())
}

#[track_caller]
fn expect(outcome: &Outcome, verdict: Verdict, parts: &[&str]) {
    assert_eq!(outcome.verdict, verdict, "{}", outcome.text);
    for part in parts {
        assert!(
            outcome.text.contains(part),
            "{part} is missing in:\n{}",
            outcome.text
        );
    }
}
