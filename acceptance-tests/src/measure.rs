//! What a command or a server costs: time, processor time and memory; of Terraform also the plugin's memory and calls counted at the bed.
//!
//! Processor time and memory are read from `/proc`, so elsewhere than on Linux they are missing.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    bed::{
        audit::Audit,
        cloud::Cloud,
        process::{field, processes},
        workspace::{Run, Workspace},
    },
    failure::{Failure, Outcome},
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
    let (before, began) = (children_cpu(), Instant::now());
    let ended = AtomicBool::new(false);
    let (run, plugins) = thread::scope(|scope| {
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
        cpu: children_cpu().saturating_sub(before),
        plugin_cpu: plugins.iter().map(|plugin| plugin.usage.cpu).sum(),
        memory: of_largest(&plugins, |plugin| plugin.usage.peak),
        connections: of_largest(&plugins, |plugin| plugin.connections),
        aws_calls: cloud.emulator().asked()?.len(),
        kubernetes_calls: audit.requests()?.len(),
    })
}

/// Runs a program alone and measures it; what it prints is read by nobody.
///
/// # Errors
/// It cannot be run, or fails, with what it said.
pub fn run_alone(command: &mut Command) -> Outcome<Cost> {
    let (before, began) = (children_cpu(), Instant::now());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut memory = 0;
    let status = loop {
        memory = memory.max(usage(child.id()).peak);
        match child.try_wait()? {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(3)),
        }
    };
    let wall = began.elapsed();
    let mut said = String::new();
    if let Some(mut errors) = child.stderr.take() {
        errors.read_to_string(&mut said)?;
    }
    if !status.success() {
        let program = command.get_program().display();
        return Err(Failure::new(format!(
            "{program} ended with {status}: {said}"
        )));
    }
    Ok(Cost {
        wall,
        cpu: children_cpu().saturating_sub(before),
        memory,
        ..Cost::default()
    })
}

/// The middle one of several costs, by wall time.
#[must_use]
pub fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.wall);
    costs.get(costs.len() / 2).cloned().unwrap_or_default()
}

/// One plugin process, as it was seen last.
#[derive(Clone, Copy)]
struct Plugin {
    usage: Usage,
    connections: usize,
}

fn of_largest<T: Ord + Default>(plugins: &[Plugin], what: impl Fn(&Plugin) -> T) -> T {
    plugins.iter().map(what).max().unwrap_or_default()
}

/// Every provider process that ran until `ended`.
fn watch(ended: &AtomicBool) -> Vec<Plugin> {
    let mut plugins: BTreeMap<u32, Plugin> = BTreeMap::new();
    while !ended.load(Ordering::Relaxed) {
        for id in processes().filter(|id| is_provider(*id)) {
            let (usage, connections) = (usage(id), sockets(id));
            // A process that has just ended has no memory any more; what it had was seen before.
            if usage.peak > 0 {
                let plugin = plugins.entry(id).or_insert(Plugin { usage, connections });
                plugin.usage = usage;
                plugin.connections = plugin.connections.max(connections);
            }
        }
        thread::sleep(Duration::from_millis(3));
    }
    plugins.into_values().collect()
}

/// Whether process `id` is a provider of the Terraform that we started.
fn is_provider(id: u32) -> bool {
    // The kernel keeps 15 characters of a program's name.
    let is_named = field(id, "Name:").is_some_and(|name| name.starts_with("terraform-provi"));
    let parent = |id| field(id, "PPid:")?.parse::<u32>().ok();
    is_named && parent(id).and_then(parent) == Some(std::process::id())
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

/// Processor time of all children that have ended.
#[must_use]
pub fn children_cpu() -> Duration {
    ticks("self", 13)
}

/// What a running process has used until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time.
    pub cpu: Duration,
    /// Memory now, in bytes.
    pub memory: u64,
    /// The most memory it ever had, in bytes.
    pub peak: u64,
}

/// What process `id` has used until now; nothing if there is none.
#[must_use]
pub fn usage(id: u32) -> Usage {
    let bytes = |name| {
        let kilobytes =
            field(id, name).and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    };
    Usage {
        cpu: ticks(&id.to_string(), 11),
        memory: bytes("VmRSS:"),
        peak: bytes("VmHWM:"),
    }
}

/// Two fields of `/proc/<process>/stat` added up: time in the program and time in the kernel. The first field after the name is 0.
fn ticks(process: &str, first: usize) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name
        .split_whitespace()
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    let both = fields.get(first..first + 2).unwrap_or_default();
    Duration::from_secs_f64(both.iter().sum::<f64>() / TICKS)
}

/// A time for a table.
#[must_use]
pub fn time(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 1.0 {
        format!("{:.0} µs", millis * 1000.0)
    } else if millis < 10.0 {
        format!("{millis:.1} ms")
    } else if millis < 1000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.2} s", millis / 1000.0)
    }
}

/// A size for a table.
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

    #[test]
    fn a_process_is_seen_to_have_memory_and_one_that_is_none_has_nothing() {
        let own = usage(std::process::id());
        if cfg!(target_os = "linux") {
            assert!(own.memory > 0 && own.peak >= own.memory, "{own:?}");
        }
        assert_eq!(usage(0), Usage::default());
    }

    #[test]
    fn a_time_is_told_with_as_many_digits_as_it_is_worth() {
        let micros = [250, 3_400, 34_000, 3_400_000];
        assert_eq!(
            micros.map(|micros| time(Duration::from_micros(micros))),
            ["250 µs", "3.4 ms", "34 ms", "3.40 s"]
        );
    }
}
