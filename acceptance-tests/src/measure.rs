//! What one Terraform command costs: time, processor time, the plugin's memory, and calls counted at the bed.
//!
//! Processor time and memory are read from `/proc`, so elsewhere than on Linux they are missing.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    bed::{
        audit::Audit,
        cloud::Cloud,
        terraform::PROVIDER,
        workspace::{Run, Workspace},
    },
    failure::{Failure, Outcome},
    progress::step,
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
    /// Of it what the plugins took, as far as it was seen: the last look at each process.
    pub plugin_cpu: Duration,
    /// The largest memory of a plugin process, in bytes.
    pub memory: u64,
    /// The most connections that a plugin process had at the same time, those to Terraform among them.
    pub connections: usize,
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
    let (run, seen) = thread::scope(|scope| {
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
        plugin_cpu: Duration::from_secs_f64(
            seen.iter().map(|plugin| plugin.ticks).sum::<f64>() / TICKS,
        ),
        memory: seen
            .iter()
            .map(|plugin| plugin.memory)
            .max()
            .unwrap_or_default(),
        connections: seen
            .iter()
            .map(|plugin| plugin.connections)
            .max()
            .unwrap_or_default(),
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

/// One plugin process, as it was seen last.
#[derive(Clone, Copy, Default)]
struct Plugin {
    ticks: f64,
    memory: u64,
    connections: usize,
}

/// Every provider process that ran until `ended`.
fn watch(ended: &AtomicBool) -> Vec<Plugin> {
    let mut plugins: BTreeMap<u32, Plugin> = BTreeMap::new();
    while !ended.load(Ordering::Relaxed) {
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok())
            else {
                continue;
            };
            if let Some(memory) = provider_peak(id) {
                let plugin = plugins.entry(id).or_default();
                plugin.memory = memory;
                plugin.ticks = plugin.ticks.max(own_ticks(id));
                plugin.connections = plugin.connections.max(sockets(id));
            }
        }
        thread::sleep(Duration::from_millis(3));
    }
    plugins.into_values().collect()
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

/// Processor time of a process itself, in ticks.
fn own_ticks(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields = stat_fields(&stat);
    fields.get(11).copied().unwrap_or_default() + fields.get(12).copied().unwrap_or_default()
}

/// How many sockets a process has open.
fn sockets(id: u32) -> usize {
    let files = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten();
    files
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
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
    let fields = stat_fields(&stat);
    fields.get(13).copied().unwrap_or_default() + fields.get(14).copied().unwrap_or_default()
}

/// The fields of `/proc/<id>/stat` behind the program's name.
fn stat_fields(stat: &str) -> Vec<f64> {
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name
        .split_whitespace()
        .map(|field| field.parse().unwrap_or_default())
        .collect()
}

/// Builds the provider as it is released, unless a built one is named.
///
/// # Errors
/// What cargo says.
pub fn build_release() -> Outcome {
    if std::env::var_os(PROVIDER).is_some() {
        return Ok(());
    }
    step("building the provider for release", || {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let built = Command::new(cargo)
            .args([
                "build",
                "--release",
                "--quiet",
                "-p",
                "terraform-provider-eksauth",
            ])
            .status()?;
        if built.success() {
            Ok(())
        } else {
            Err(Failure::new("cargo build --release failed"))
        }
    })
}

/// A time as tables show it.
#[must_use]
pub fn time(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 1000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.2} s", millis / 1000.0)
    }
}

/// A size as tables show it.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a size in the table has one decimal"
)]
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
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
