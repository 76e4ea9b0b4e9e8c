//! The part `entries`: 300 access entries with 600 associated policies made and refreshed, beside hashicorp/aws on the same bed, and what the lock-out guard
//! asks in a cluster of 3,000 entries where one principal is concerned.
//!
//! Calls have limits, which fail the run; times depend on the machine.

use std::collections::BTreeMap;

use acceptance_tests::{
    bed::{
        audit::Audit,
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        plugin_mirror,
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect},
    measure::{Cost, mebibytes, run, time},
    progress::step,
};
use serde_json::{Value, json};

use crate::costs::PEER;

const ENTRIES: usize = 300;
/// Nearly as many as EKS allows: the creator has one, and so have nodes.
const CROWD: usize = 2_990;
/// One describe and one list of policies for each entry, and the cluster.
const MOST_REFRESH_CALLS: usize = 2 * ENTRIES + 10;
const MOST_GUARD_CALLS: usize = 10;
const OURS: &str = "resource \"eksauth_access_entry\" \"many\" {\n  count             = 300\n  \
    principal_arn     = \"arn:aws:iam::111122223333:role/bench-${count.index}\"\n  kubernetes_groups = [\"viewers\"]\n\n  policies = [\n    \
    { policy_arn = \"AmazonEKSViewPolicy\", access_scope = { type = \"cluster\" } },\n    \
    { policy_arn = \"AmazonEKSEditPolicy\", access_scope = { type = \"namespace\", namespaces = [\"apps\"] } },\n  ]\n}\n";
const THEIRS: &str = "resource \"aws_eks_access_entry\" \"many\" {\n  count             = 300\n  cluster_name      = \"prod\"\n  \
    principal_arn     = \"arn:aws:iam::111122223333:role/bench-${count.index}\"\n  kubernetes_groups = [\"viewers\"]\n}\n\n\
    resource \"aws_eks_access_policy_association\" \"view\" {\n  count         = 300\n  cluster_name  = \"prod\"\n  \
    principal_arn = aws_eks_access_entry.many[count.index].principal_arn\n  \
    policy_arn    = \"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy\"\n\n  access_scope {\n    type = \"cluster\"\n  }\n}\n\n\
    resource \"aws_eks_access_policy_association\" \"edit\" {\n  count         = 300\n  cluster_name  = \"prod\"\n  \
    principal_arn = aws_eks_access_entry.many[count.index].principal_arn\n  \
    policy_arn    = \"arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy\"\n\n  \
    access_scope {\n    type       = \"namespace\"\n    namespaces = [\"apps\"]\n  }\n}\n";
const CONCERNED: &str = "resource \"eksauth_access_entry\" \"one\" {\n  principal_arn = \"arn:aws:iam::111122223333:role/bench-0\"\n\n  policies = [\n    \
    { policy_arn = \"AmazonEKSClusterAdminPolicy\", access_scope = { type = \"cluster\" } },\n  ]\n}\n";
const PLAN_UNGUARDED: &str = "plan a loss among 3,000 entries without the guard";
const PLAN_GUARDED: &str = "plan it with the guard";
const REFRESH: &[&str] = &["plan", "-no-color", "-input=false"];
const APPLY: &[&str] = &[
    "apply",
    "-no-color",
    "-input=false",
    "-auto-approve",
    "-parallelism=20",
];
const DESTROY: &[&str] = &[
    "destroy",
    "-no-color",
    "-input=false",
    "-auto-approve",
    "-parallelism=20",
];

/// One line of the table.
struct Row {
    what: &'static str,
    ours: Cost,
    peer: Option<Cost>,
}

/// Measures everything and prints the table.
pub fn measure(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    for number in 0..ENTRIES {
        cloud.role("/", &format!("bench-{number}"))?;
    }
    let mut bench = Bench {
        audit: cloud.with_control_plane(PROD, |plane| plane.audit())?,
        cloud,
    };
    let ours = bench.life("ours", OURS, true)?;
    let peer = match plugin_mirror::find() {
        Ok(_) => Some(bench.life("hashicorp/aws", &format!("{PEER}{THEIRS}"), false)?),
        Err(lacking) => {
            eprintln!("  hashicorp/aws is left out: {lacking}");
            None
        }
    };
    let of_peer = |pick: fn(&Life) -> &Cost| peer.as_ref().map(|life| pick(life).clone());
    let mut rows = vec![
        Row {
            what: "make 300 access entries, 600 policies",
            peer: of_peer(|life| &life.made),
            ours: ours.made,
        },
        Row {
            what: "refresh them",
            peer: of_peer(|life| &life.refreshed),
            ours: ours.refreshed.clone(),
        },
    ];
    rows.extend(bench.crowd()?);
    print_table(&rows);
    let within = |calls: usize, most: usize, what: &str| {
        let text = format!("{what} takes {calls} AWS calls, and not {most} at most");
        expect(calls <= most, text)
    };
    within(
        ours.refreshed.aws_calls,
        MOST_REFRESH_CALLS,
        "the refresh of 300 entries",
    )?;
    let calls = |what: &str| {
        let row = rows.iter().find(|row| row.what == what);
        row.map_or(0, |row| row.ours.aws_calls)
    };
    let of_guard = calls(PLAN_GUARDED).saturating_sub(calls(PLAN_UNGUARDED));
    within(of_guard, MOST_GUARD_CALLS, "the guard among 3,000 entries")
}

struct Bench<'a> {
    cloud: &'a Cloud,
    audit: Audit,
}

/// What a configuration costs while it is made and when it is refreshed.
struct Life {
    made: Cost,
    refreshed: Cost,
}

impl Bench<'_> {
    fn run(&mut self, workspace: &Workspace<'_>, arguments: &[&str]) -> Outcome<Cost> {
        let cost = run(self.cloud, workspace, &mut self.audit, arguments, &[0])?;
        let mut calls: BTreeMap<String, usize> = BTreeMap::new();
        for call in self.cloud.emulator().asked()? {
            *calls
                .entry(format!("{}:{}", call.service, call.action))
                .or_default() += 1;
        }
        for request in self.audit.requests()? {
            *calls
                .entry(format!("{} {}", request.verb, request.resource))
                .or_default() += 1;
        }
        eprintln!("    {calls:?}");
        Ok(cost)
    }

    fn life(&mut self, whose: &str, configuration: &str, is_ours: bool) -> Outcome<Life> {
        let workspace = Workspace::with_init(self.cloud)?;
        if is_ours {
            workspace.configure(configuration)?;
        } else {
            workspace.file("main.tf", configuration)?;
        }
        workspace.init()?;
        let made = step(&format!("making 300 entries: {whose}"), || {
            self.run(&workspace, APPLY)
        })?;
        let refreshed = step(&format!("measuring: refresh, {whose}"), || {
            self.run(&workspace, REFRESH)
        })?;
        step(&format!("taking them away: {whose}"), || {
            workspace.run(DESTROY)?.succeeded()
        })?;
        Ok(Life { made, refreshed })
    }

    /// One entry of an administrator among 3,000 loses its policy: the plan, and the apply.
    fn crowd(&mut self) -> Outcome<Vec<Row>> {
        let entries: Vec<Value> = (0..CROWD).map(of_the_crowd).collect();
        step("putting 3,000 access entries", || {
            self.cloud.put_access_entries(PROD, &entries)
        })?;
        let workspace = Workspace::with_init(self.cloud)?;
        let admin = format!("{}{CONCERNED}", provider_block(""));
        let loser = admin.replace("AmazonEKSClusterAdminPolicy", "AmazonEKSViewPolicy");
        let unguarded = provider_block("  lockout_guard = \"off\"\n");
        let unguarded = |text: &str| text.replace(&provider_block(""), &unguarded);
        workspace.file("main.tf", &admin)?;
        workspace.init()?;
        workspace.apply()?;
        let mut costs = Vec::new();
        for (what, text, arguments) in [
            (PLAN_UNGUARDED, unguarded(&loser), REFRESH),
            (PLAN_GUARDED, loser.clone(), REFRESH),
            ("apply it with the guard", loser.clone(), APPLY),
            ("give it back without the guard", unguarded(&admin), APPLY),
        ] {
            workspace.file("main.tf", &text)?;
            let ours = self.run(&workspace, arguments)?;
            costs.push(Row {
                what,
                ours,
                peer: None,
            });
        }
        Ok(costs)
    }
}

/// The first few administer the cluster.
fn of_the_crowd(number: usize) -> Value {
    let policy = if number < 5 {
        "AmazonEKSClusterAdminPolicy"
    } else {
        "AmazonEKSViewPolicy"
    };
    json!({
        "principalArn": format!("arn:aws:iam::{ACCOUNT}:role/crowd-{number}"),
        "policies": [{
            "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"),
            "accessScope": {"type": "cluster"},
        }],
    })
}

fn print_table(rows: &[Row]) {
    println!(
        "\n| | wall | CPU | plugin memory | AWS calls | Kubernetes calls | hashicorp/aws: wall | CPU | memory | calls | our share |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    );
    for Row { what, ours, peer } in rows {
        let (theirs, ratio) = match peer {
            None => ("– | – | – | –".to_owned(), "–".to_owned()),
            Some(peer) => (
                format!(
                    "{} | {} | {} | {}",
                    time(peer.wall),
                    time(peer.cpu),
                    mebibytes(peer.memory),
                    peer.aws_calls
                ),
                format!(
                    "1/{:.1}",
                    peer.wall.as_secs_f64() / ours.wall.as_secs_f64().max(0.001)
                ),
            ),
        };
        println!(
            "| {what} | {} | {} | {} | {} | {} | {theirs} | {ratio} |",
            time(ours.wall),
            time(ours.cpu),
            mebibytes(ours.memory),
            ours.aws_calls,
            ours.kubernetes_calls
        );
    }
}
