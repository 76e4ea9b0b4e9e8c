//! Judging and mapping alone, in one thread: STS's answer is given at once, and no byte goes over a wire.
//!
//! Ours is `src/core/examples/reviews.rs`; the other one is `tools/authenticator`, which calls aws-iam-authenticator's own verifier and
//! looks a role up as its mappers do. Both take the same tokens, answers and entries. Processor time is that of the whole program, its
//! garbage collection included, less that of a run that judges nothing.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use acceptance_tests::{
    bed::{
        cloud::Cloud,
        command::succeeded,
        tools::{cache, room},
    },
    failure::{Outcome, expect_same},
    measure::{children_cpu, time},
    progress::step,
};

use super::{
    fixture,
    table::{Table, number, times},
};

/// Tokens that ours judges in one run, and the other one.
const OURS: u32 = 1_000_000;
const OTHER: u32 = 100_000;
const RUNS: usize = 3;

pub fn measure(cloud: &Cloud) -> Outcome {
    let ours = step("building our rules as a program", build_ours)?;
    let other = step(
        "building aws-iam-authenticator's rules as a program",
        build_other,
    )?;
    let folder = cloud.folder().join("judging");
    std::fs::create_dir_all(&folder)?;
    fixture::write(&folder)?;
    let ours = step("measuring: our judge", || {
        time_per_token(&ours, &folder, OURS)
    })?;
    let other = step("measuring: aws-iam-authenticator's judge", || {
        time_per_token(&other, &folder, OTHER)
    })?;
    let mut table = Table::beside("aws-iam-authenticator");
    let rate = |each: Duration| 1.0 / each.as_secs_f64().max(1e-9);
    table.row(
        "tokens judged and mapped, per second and core",
        number(rate(ours)),
        number(rate(other)),
        times(rate(ours), rate(other)),
        "10×",
    );
    table.row(
        "processor time each",
        time_of(ours),
        time_of(other),
        String::new(),
        "",
    );
    table.print(
        "Judging and mapping in one thread, 1,000 entries, STS's answer given (processor time):",
    );
    Ok(())
}

fn time_of(each: Duration) -> String {
    if each < Duration::from_micros(100) {
        format!("{:.2} µs", each.as_secs_f64() * 1e6)
    } else {
        time(each)
    }
}

/// Processor time a token, the least of some runs: others on this machine only ever add to it.
fn time_per_token(program: &Path, folder: &Path, count: u32) -> Outcome<Duration> {
    let mut least = Duration::MAX;
    for _ in 0..RUNS {
        let idle = cost(program, folder, 0)?;
        least = least.min(cost(program, folder, count)?.saturating_sub(idle));
    }
    Ok(least / count)
}

fn cost(program: &Path, folder: &Path, count: u32) -> Outcome<Duration> {
    let before = children_cpu();
    let output = succeeded(Command::new(program).arg(folder).arg(count.to_string()))?;
    let mapped = String::from_utf8_lossy(&output.stdout);
    expect_same(
        "the number of tokens mapped",
        &count.to_string(),
        mapped.trim(),
    )?;
    Ok(children_cpu().saturating_sub(before))
}

fn build_ours() -> Outcome<PathBuf> {
    example("reviews")
}

/// Builds an example of `core` for release and tells where it is.
pub fn example(name: &str) -> Outcome<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    succeeded(Command::new(cargo).args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "eksauth-core",
        "--example",
        name,
    ]))?;
    let own = std::env::current_exe()?;
    let release = own.ancestors().nth(2).unwrap_or(Path::new("."));
    Ok(release.join("examples").join(name))
}

/// Its checksum is not in Go's public database, so the database is not asked for it.
fn build_other() -> Outcome<PathBuf> {
    let program = cache()?.join("aws-iam-authenticator-reviews");
    succeeded(
        Command::new("go")
            .current_dir(room().join("tools/authenticator"))
            .env("CGO_ENABLED", "0")
            .env("GONOSUMDB", "sigs.k8s.io/aws-iam-authenticator")
            .args(["build", "-trimpath", "-ldflags", "-s -w", "-o"])
            .arg(&program)
            .arg("."),
    )?;
    Ok(program)
}
