//! `cargo demo`: brings the cloud up, tells the story, and ends the cloud again.
//!
//! `--keep` leaves the cloud and prints how to use it; `--clean` ends a kept one.

use std::process::ExitCode;

use acceptance_tests::{
    bed::{
        cloud::Cloud,
        provider_under_test::{Build, build_provider},
        tools::Tools,
    },
    demo::{self, keep},
    failure::Outcome,
    progress::step,
};

const HELP: &str = "cargo demo [-- --keep | --clean]

  the whole job on a local cloud, with the real terraform and kubectl

  --keep    leave the cloud running and print what to export to use it by hand; where it runs already, print that again
  --clean   end the cloud that was kept";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = match arguments.as_slice() {
        [] => tell(),
        ["--keep"] => tell_and_keep(),
        ["--clean"] => keep::clean(),
        ["--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n  the demo stopped: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn tell() -> Outcome {
    let tools = Tools::find(|| build_provider(Build::Alone))?;
    let cloud = step("starting the local cloud", || Cloud::start(tools))?;
    demo::tell(&cloud)
}

fn tell_and_keep() -> Outcome {
    let _held = keep::hold()?;
    if keep::tell_again()? {
        return Ok(());
    }
    let tools = Tools::find(|| build_provider(Build::Alone))?;
    let cloud = step("starting the local cloud", || {
        Cloud::start_kept(tools, keep::folder()?)
    })?;
    demo::tell(&cloud)?;
    keep::tell_how_to_use(&cloud)
}
