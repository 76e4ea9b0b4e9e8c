//! `cargo bench -p eksauth-core --bench edit`: what one edit of an aws-auth of one mebibyte costs.
//!
//! Processor time of the quickest of many runs, as Linux counts it for a thread; elsewhere the time of the quickest run. More than the limit fails.

#![allow(clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eksauth_core::aws_auth::{Change, Entry, MAX_DATA_BYTES, Section, edit, read};

const LIMIT: Duration = Duration::from_millis(10);
const RUNS: usize = 50;

fn main() -> ExitCode {
    let (data, count) = document();
    let middle = count / 2;
    let section = Section::MapRoles;
    let changes = [
        ("add", Change::Add(entry("new"))),
        (
            "replace",
            Change::Replace {
                section,
                index: middle,
                entry: entry("other"),
            },
        ),
        (
            "remove",
            Change::Remove {
                section,
                index: middle,
                undo: None,
            },
        ),
    ];
    println!(
        "\n| one edit among {count} entries, {} bytes, quickest of {RUNS} | time |\n|---|---|",
        size(&data)
    );
    let mut is_kept = true;
    for (name, change) in changes {
        let took = quickest(|| edit(&data, std::slice::from_ref(&change)).is_ok());
        is_kept &= took.is_some_and(|took| took <= LIMIT);
        println!("| {name} | {} |", shown(took));
    }
    let took = quickest(|| read(&data).roles.len() == count);
    println!("| read, for comparison | {} |", shown(took));
    if is_kept {
        ExitCode::SUCCESS
    } else {
        eprintln!("an edit fails, or takes longer than {LIMIT:?}");
        ExitCode::FAILURE
    }
}

/// A document that is nearly as large as the API server takes, and the number of its entries.
fn document() -> (BTreeMap<String, String>, usize) {
    let mut text = String::from("# many\n");
    let mut count = 0;
    while text.len() < MAX_DATA_BYTES - 1024 {
        // Text in memory takes every write.
        _ = write!(
            text,
            "- rolearn: arn:aws:iam::111122223333:role/team-{count}\n  username: team-{count}:{{{{SessionName}}}}\n  groups:\n  - viewers\n  - team-{count}\n"
        );
        count += 1;
    }
    (BTreeMap::from([("mapRoles".to_owned(), text)]), count)
}

fn entry(name: &str) -> Entry {
    Entry::Role {
        rolearn: format!("arn:aws:iam::111122223333:role/{name}"),
        username: name.to_owned(),
        groups: vec!["viewers".to_owned()],
    }
}

fn size(data: &BTreeMap<String, String>) -> usize {
    data.values().map(String::len).sum()
}

/// The quickest run; `None` if one fails.
fn quickest(mut work: impl FnMut() -> bool) -> Option<Duration> {
    let mut best: Option<Duration> = None;
    for _ in 0..RUNS {
        let (began, used) = (Instant::now(), processor_time());
        if !work() {
            return None;
        }
        let took = match (used, processor_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => began.elapsed(),
        };
        best = Some(best.map_or(took, |best| best.min(took)));
    }
    best
}

/// What this thread has used of a processor.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}

fn shown(took: Option<Duration>) -> String {
    took.map_or_else(
        || "failed".to_owned(),
        |took| format!("{:.2} ms", took.as_secs_f64() * 1000.0),
    )
}
