//! The lock-out guard in a plan with 1,000 entries: what it computes, alone, and what a plan costs with and without it.
//!
//! The difference of two plans is far less exact than the first number, because a plan takes seconds; it shows that nothing else is hidden.

use std::{process::Command, time::Duration};

use acceptance_tests::{
    bed::{
        cloud::{Cloud, PROD},
        command::succeeded,
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome},
    measure::{Cost, median, run, time},
    progress::step,
};

use super::{judging::example, table::Table};

const RUNS: usize = 5;
const PLAN: &[&str] = &["plan", "-no-color", "-input=false"];

pub fn measure(cloud: &Cloud) -> Outcome {
    let alone = alone()?;
    let mut table = Table::beside("without it");
    table.row(
        "one of 1,000 entries changes: what the guard computes",
        time(alone),
        "0".to_owned(),
        String::new(),
        "20 ms",
    );
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &configuration("error", "viewers", "viewers"))?;
    step("writing 1,000 entries", || {
        workspace
            .run(&[
                "apply",
                "-no-color",
                "-input=false",
                "-auto-approve",
                "-parallelism=250",
            ])?
            .succeeded()
    })?;
    for (what, one, rest) in [
        ("a plan in which nothing changes", "viewers", "viewers"),
        (
            "a plan in which one of 1,000 entries changes",
            "editors",
            "viewers",
        ),
        (
            "a plan in which all 1,000 entries change",
            "editors",
            "editors",
        ),
    ] {
        let with = step(what, || {
            plan(cloud, &workspace, &configuration("error", one, rest))
        })?;
        let without = plan(cloud, &workspace, &configuration("off", one, rest))?;
        let difference = with.cpu.as_secs_f64() - without.cpu.as_secs_f64();
        table.row(
            &format!("{what} (processor time)"),
            time(with.cpu),
            time(without.cpu),
            format!("{:+.0} ms", difference * 1000.0),
            "",
        );
    }
    workspace.destroy()?;
    table.print(&format!(
        "The lock-out guard and 1,000 entries (middle of {RUNS} plans; on a busy machine two plans differ by a few hundred ms anyway):"
    ));
    Ok(())
}

fn alone() -> Outcome<Duration> {
    let output = succeeded(Command::new(example("guard")?).arg("1000"))?;
    let millis: f64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|_| Failure::new("the guard's example tells no time"))?;
    Ok(Duration::from_secs_f64(millis / 1000.0))
}

fn plan(cloud: &Cloud, workspace: &Workspace<'_>, configuration: &str) -> Outcome<Cost> {
    workspace.file("main.tf", configuration)?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let mut costs = Vec::new();
    for _ in 0..RUNS {
        costs.push(run(cloud, workspace, &mut audit, PLAN, &[0])?);
    }
    Ok(median(costs))
}

/// A thousand entries of one group, the first of another.
fn configuration(guard: &str, first: &str, rest: &str) -> String {
    let block = provider_block(&format!("  lockout_guard = \"{guard}\"\n"));
    format!(
        "{block}resource \"eksauth_aws_auth_role\" \"many\" {{\n  count    = 1000\n  \
         rolearn  = \"arn:aws:iam::111122223333:role/bench-${{count.index}}\"\n  username = \"bench-${{count.index}}\"\n  \
         groups   = [count.index == 0 ? \"{first}\" : \"{rest}\"]\n}}\n"
    )
}
