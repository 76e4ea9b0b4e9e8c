//! What one Terraform command costs: time, processor time, the plugin's memory, and calls counted at the bed.
//!
//! Processor time and memory are read from `/proc`, so elsewhere than on Linux they are missing.

use std::{
    collections::BTreeMap,
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    bed::{
        audit::Audit,
        cloud::Cloud,
        workspace::{Run, Workspace},
    },
    failure::Outcome,
};

/// Clock ticks of `/proc/…/stat` in a second; Linux tells programs 100 whatever its own clock is.
const TICKS: f64 = 100.0;

/// The cost of one command.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// Processor time of Terraform and its plugins.
    pub cpu: Duration,
    /// The largest memory of a plugin process, in bytes.
    pub memory: u64,
    /// Calls of AWS.
    pub aws_calls: usize,
    /// Requests to the API server.
    pub kubernetes_calls: usize,
}

/// Runs Terraform and measures it; it has to end with one of `codes`.
///
/// # Errors
/// It ended otherwise, or the bed does not answer.
pub fn run(
    cloud: &Cloud,
    workspace: &Workspace<'_>,
    audit: &mut Audit,
    arguments: &[&str],
    codes: &[i32],
) -> Outcome<Cost> {
    cloud.emulator().control("reset-log", &json!({}))?;
    audit.reset()?;
    let (before, began) = (children_ticks(), Instant::now());
    let ended = AtomicBool::new(false);
    let (run, memory) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&ended));
        let run = workspace.run(arguments);
        ended.store(true, Ordering::Relaxed);
        (run, watcher.join().unwrap_or_default())
    });
    let wall = began.elapsed();
    let run: Run = run?;
    let run = if run.code.is_some_and(|code| codes.contains(&code)) {
        run
    } else {
        run.succeeded()?
    };
    drop(run);
    Ok(Cost {
        wall,
        cpu: Duration::from_secs_f64((children_ticks() - before) / TICKS),
        memory,
        aws_calls: cloud.emulator().asked()?.len(),
        kubernetes_calls: audit.requests()?.len(),
    })
}

/// The middle one of several costs, by wall time.
#[must_use]
pub fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.wall);
    costs.get(costs.len() / 2).cloned().unwrap_or_default()
}

/// The largest peak of any provider process until `ended`.
fn watch(ended: &AtomicBool) -> u64 {
    let mut peaks: BTreeMap<u32, u64> = BTreeMap::new();
    while !ended.load(Ordering::Relaxed) {
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok())
            else {
                continue;
            };
            if let Some(peak) = provider_peak(id) {
                peaks.insert(id, peak);
            }
        }
        thread::sleep(Duration::from_millis(3));
    }
    peaks.into_values().max().unwrap_or_default()
}

/// The peak memory of process `id`, if it is a provider of the Terraform that we started.
fn provider_peak(id: u32) -> Option<u64> {
    // The kernel keeps 15 characters of a program's name.
    if !field(id, "Name:")?.starts_with("terraform-provi") {
        return None;
    }
    let terraform = field(id, "PPid:")?.parse().ok()?;
    if field(terraform, "PPid:")? != std::process::id().to_string() {
        return None;
    }
    let kilobytes: u64 = field(id, "VmHWM:")?.split(' ').next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// A field of `/proc/<id>/status`.
fn field(id: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let found = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(found.trim().to_owned())
}

/// Processor time of all children that have ended, in ticks.
fn children_ticks() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name
        .split_whitespace()
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    fields.get(13).copied().unwrap_or_default() + fields.get(14).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_run() {
        let cost = |millis| Cost {
            wall: Duration::from_millis(millis),
            ..Cost::default()
        };
        assert_eq!(
            median(vec![cost(30), cost(10), cost(20)]).wall,
            Duration::from_millis(20)
        );
    }
}
