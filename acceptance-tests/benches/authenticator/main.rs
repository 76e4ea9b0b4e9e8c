//! `cargo bench -p acceptance-tests --bench authenticator`: our authenticator and aws-iam-authenticator side by side in the same run.
//!
//! Both servers watch the same aws-auth of 1,000 entries and ask the same stub of STS through the same proxy, each on one and the same core
//! while the clients have the other. Arguments choose parts: `judging`, `serving`, `tokens`, `guard`; without any, these four are measured.
//! `memory` (a million reviews) and `crowd` (10,000 connections) take minutes and are measured only when they are named.

mod cores;
mod crowd;
mod fixture;
mod guard;
mod judging;
mod load;
mod memory;
mod serving;
mod stub_sts;
mod table;
mod tokens;

use std::process::ExitCode;

use acceptance_tests::{
    bed::{
        cloud::Cloud,
        provider_under_test::{Build, build_provider},
        tools::Tools,
    },
    failure::{Failure, Outcome},
    progress::step,
};

/// A part of the measurement by its name.
type Part = (&'static str, fn(&Cloud) -> Outcome);

const PARTS: [Part; 6] = [
    ("judging", judging::measure),
    ("serving", serving::measure),
    ("tokens", tokens::measure),
    ("guard", guard::measure),
    ("memory", memory::measure),
    ("crowd", crowd::measure),
];

/// Those that are measured when none is named.
const USUAL: usize = 4;

fn main() -> ExitCode {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    match measure(&named) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("the measurement stopped: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn measure(named: &[String]) -> Outcome {
    if let Some(unknown) = named
        .iter()
        .find(|name| PARTS.iter().all(|(part, _)| part != name))
    {
        let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        return Err(Failure::new(format!(
            "there is no part `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    let is_chosen = |(place, name): (usize, &str)| match named {
        [] => place < USUAL,
        some => some.iter().any(|one| one == name),
    };
    let tools = Tools::find(|| build_provider(Build::Release))?;
    let cloud = step("starting the local cloud", || Cloud::start(tools))?;
    for (place, (name, part)) in PARTS.iter().enumerate() {
        if is_chosen((place, name)) {
            part(&cloud)?;
        }
    }
    Ok(())
}
