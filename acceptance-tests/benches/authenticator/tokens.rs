//! Making a token: the whole process, from its start to its end, as kubectl waits for it.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use acceptance_tests::{
    bed::{
        cloud::{Cloud, PROD, REGION},
        command::succeeded,
        provider_under_test::built_provider,
    },
    failure::{Outcome, expect},
    measure::{children_cpu, time},
    progress::step,
};

use super::table::{Table, times};

/// Runs of the quick ones, and of the slow one.
const RUNS: usize = 41;
const SLOW_RUNS: usize = 7;

/// Middle wall time and processor time.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

pub fn measure(cloud: &Cloud) -> Outcome {
    let ours = built_provider()?;
    let token = ["token", "-i", PROD];
    let get_token = ["eks", "get-token", "--cluster-name", PROD];
    let tools = cloud.tools();
    let ours = step("measuring: our token", || {
        cost_of_runs(cloud, &ours, &token, RUNS)
    })?;
    let other = step("measuring: aws-iam-authenticator token", || {
        cost_of_runs(cloud, &tools.authenticator, &token, RUNS)
    })?;
    let aws = step("measuring: aws eks get-token", || {
        cost_of_runs(cloud, &tools.aws, &get_token, SLOW_RUNS)
    })?;
    let ratio = |other: Duration, own: Duration| times(other.as_secs_f64(), own.as_secs_f64());
    let mut table = Table::beside("the other one");
    for (name, other, aim) in [
        ("aws-iam-authenticator token", other, "3×"),
        ("aws eks get-token", aws, "50×"),
    ] {
        let what = format!("`token` beside `{name}`, start to end");
        table.row(
            &what,
            time(ours.wall),
            time(other.wall),
            ratio(other.wall, ours.wall),
            aim,
        );
        table.row(
            "its processor time",
            time(ours.cpu),
            time(other.cpu),
            ratio(other.cpu, ours.cpu),
            "",
        );
    }
    table.print("Making a token with static keys, the whole process (middle of the runs):");
    Ok(())
}

fn cost_of_runs(cloud: &Cloud, program: &Path, arguments: &[&str], runs: usize) -> Outcome<Cost> {
    let mut walls = Vec::new();
    let before = children_cpu();
    for _ in 0..runs {
        let mut command: Command = cloud.plain(program);
        command
            .envs(cloud.creator().environment())
            .env("AWS_REGION", REGION)
            .env("AWS_STS_REGIONAL_ENDPOINTS", "regional")
            .args(arguments);
        let begun = Instant::now();
        let output = succeeded(&mut command)?;
        walls.push(begun.elapsed());
        let said = String::from_utf8_lossy(&output.stdout);
        expect(
            said.contains("k8s-aws-v1."),
            "there is no token in the output",
        )?;
    }
    let cpu = children_cpu().saturating_sub(before) / u32::try_from(runs).unwrap_or(1);
    walls.sort_unstable();
    let wall = walls.get(runs / 2).copied().unwrap_or_default();
    Ok(Cost { wall, cpu })
}
