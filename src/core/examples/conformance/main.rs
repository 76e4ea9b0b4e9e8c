//! Runs published case suites against the rules: `cargo run --release -p eksauth-core --example conformance -- PATH…`.
//!
//! A path is a suite file, a folder of such files, or a folder of aws-auth documents. Prints `suite: passed/total` for each and, for every
//! case that fails, its name with what was expected and what came out. Exit code 1 if any case fails, 2 if a path cannot be read.

use std::path::Path;
use std::process::ExitCode;

mod suites;

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        eprintln!("usage: conformance PATH…\n\nPATH is a suite file or a folder of suite files");
        return ExitCode::from(2);
    }
    let mut has_failed = false;
    for path in &paths {
        let suites = match suites::read(Path::new(path)) {
            Ok(suites) => suites,
            Err(reason) => {
                eprintln!("{reason}");
                return ExitCode::from(2);
            }
        };
        for suite in suites {
            print!("{suite}");
            has_failed |= suite.passed() < suite.cases.len();
        }
    }
    if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
