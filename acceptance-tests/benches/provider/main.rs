//! `cargo bench -p acceptance-tests --bench provider`: this provider and hashicorp/aws side by side in the same run.
//!
//! Arguments choose parts: `costs` (validate, plan and refresh), `throttled` (what a throttled call adds), `objects` (a thousand service accounts and a
//! thousand group bindings), `legacy` (the roles of kube2iam of 10,000 pods), `entries` (300 access entries made and refreshed, and a guard among 3,000),
//! `migration` (the way of a thousand entries of aws-auth to access entries). Without any, all are measured.

mod access_entries;
mod cluster_objects;
mod costs;
mod entry_migration;
mod legacy_scan;
mod throttled;

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
    ("costs", costs::measure),
    ("throttled", throttled::measure),
    ("objects", cluster_objects::measure),
    ("legacy", legacy_scan::measure),
    ("entries", access_entries::measure),
    ("migration", entry_migration::measure),
];

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
    let tools = Tools::find(|| build_provider(Build::Release))?;
    let cloud = step("starting the local cloud", || Cloud::start(tools))?;
    for (name, part) in PARTS {
        if named.is_empty() || named.iter().any(|one| one == name) {
            part(&cloud)?;
        }
    }
    Ok(())
}
