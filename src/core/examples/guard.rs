//! What the lock-out guard computes when one of many entries changes: `guard ENTRIES` prints the milliseconds of a run, the middle of 51.
//!
//! That is both documents read, and everybody compared. The requests that the guard makes are not in it.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{Circumstances, Nodes, Rbac, Unread, assess, may_take_away};
use eksauth_core::aws_auth::read;

const RUNS: usize = 51;

fn main() -> ExitCode {
    let entries = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let Some(entries) = entries else {
        eprintln!("usage: guard ENTRIES");
        return ExitCode::from(2);
    };
    let (before, after) = (document(entries, "viewers"), document(entries, "editors"));
    let mut runs: Vec<f64> = (0..RUNS)
        .filter_map(|_| {
            let begun = Instant::now();
            is_said(&before, &after).then(|| begun.elapsed().as_secs_f64() * 1000.0)
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    match runs.get(RUNS / 2) {
        Some(middle) => {
            println!("{middle:.3}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("the guard does not see the change");
            ExitCode::FAILURE
        }
    }
}

/// One admin and many viewers, the last of whom is in another group.
fn document(entries: usize, last: &str) -> BTreeMap<String, String> {
    let mut text = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups:\n    - system:masters\n".to_owned();
    for number in 1..entries {
        let group = if number + 1 == entries {
            last
        } else {
            "viewers"
        };
        text.push_str(&format!(
            "- rolearn: arn:aws:iam::111122223333:role/bench-{number}\n  username: bench-{number}\n  groups:\n    - {group}\n"
        ));
    }
    BTreeMap::from([("mapRoles".to_owned(), text)])
}

/// Whether the change is one that the guard has something to say of.
fn is_said(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> bool {
    let view = |data| ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(read(data)),
        access_entries: Knowledge::Known(Vec::new()),
    };
    let (before, after) = (view(before), view(after));
    let circumstances = Circumstances {
        cluster: "prod".to_owned(),
        running: vec![Principal::from_arn("arn:aws:iam::111122223333:role/admin")],
        protected: Vec::new(),
        rbac: Rbac {
            is_readable: true,
            ..Rbac::default()
        },
        nodes: Nodes::Some,
        unread: Unread::Open,
        ..Circumstances::default()
    };
    may_take_away(&before, &after) && assess(&before, &after, &circumstances).findings.len() == 1
}
