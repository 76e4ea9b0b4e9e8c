//! `cargo bench -p acceptance-tests --bench scale`: a thousand entries from a thousand resources, and a fleet of thirty clusters.
//!
//! Calls are counted at the bed and have limits, which fail the run; times depend on the machine and are shown beside a loop of single edits as
//! eksctl makes them, on the same API server.

use std::{
    io::Write,
    process::{ExitCode, Stdio},
    time::{Duration, Instant},
};

use acceptance_tests::{
    bed::{
        audit::{Audit, Request},
        cloud::{Cloud, PROD},
        provider_under_test::{Build, build_provider},
        tools::{Tools, room},
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect},
    measure::{Cost, mebibytes, run, time},
    progress::step,
};
use serde_json::json;

const ENTRIES: &str = "resource \"eksauth_aws_auth_role\" \"many\" {\n  count    = 1000\n  \
    rolearn  = \"arn:aws:iam::111122223333:role/bench-${count.index}\"\n  username = \"bench-${count.index}\"\n  groups   = [\"viewers\"]\n}\n";
/// Somebody keeps the cluster whatever the thousand do.
const THEIRS: &str = "- rolearn: arn:aws:iam::111122223333:role/break-glass\n  username: break-glass\n  groups:\n  - system:masters\n";
const CLUSTERS: usize = 30;
const PLAN: &[&str] = &["plan", "-no-color", "-input=false"];

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("the measurement stopped: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// One line of the table.
struct Row {
    what: String,
    cost: Cost,
    reads: usize,
    writes: usize,
}

fn measure() -> Outcome {
    let tools = Tools::find(|| build_provider(Build::Release))?;
    let cloud = step("starting the local cloud", || Cloud::start(tools))?;
    let mut bench = Bench {
        audit: cloud.with_control_plane(PROD, |plane| plane.audit())?,
        cloud: &cloud,
        rows: Vec::new(),
        excesses: Vec::new(),
    };
    bench.thousand(10, 110)?;
    bench.thousand(100, 15)?;
    bench.fleet()?;
    let single = step("a thousand single edits, one after another", || {
        single_edits(&cloud)
    })?;
    print_table(&bench.rows);
    println!(
        "\n1,000 single edits as eksctl makes them, one after another, on the same API server: {}",
        time(single)
    );
    expect(bench.excesses.is_empty(), bench.excesses.join("\n"))
}

struct Bench<'a> {
    cloud: &'a Cloud,
    audit: Audit,
    rows: Vec<Row>,
    /// What was more than its limit.
    excesses: Vec<String>,
}

impl Bench<'_> {
    fn measured(
        &mut self,
        what: &str,
        workspace: &Workspace<'_>,
        arguments: &[&str],
    ) -> Outcome<(usize, usize)> {
        let cost = step(&format!("measuring: {what}"), || {
            run(self.cloud, workspace, &mut self.audit, arguments, &[0])
        })?;
        let requests = self.audit.requests()?;
        let count = |is: fn(&Request) -> bool| {
            requests
                .iter()
                .filter(|request| request.name == "aws-auth" && request.status < 300 && is(request))
                .count()
        };
        let reads = count(|request| request.verb == "get");
        let writes = count(|request| request.verb != "get");
        eprintln!(
            "    {reads} reads, {writes} writes, {} calls of AWS",
            cost.aws_calls
        );
        self.rows.push(Row {
            what: what.to_owned(),
            cost,
            reads,
            writes,
        });
        Ok((reads, writes))
    }

    fn limit(&mut self, is_kept: bool, excess: String) {
        if !is_kept {
            self.excesses.push(excess);
        }
    }

    /// Creates, refreshes and destroys a thousand entries.
    fn thousand(&mut self, parallelism: usize, most_writes: usize) -> Outcome {
        let prod = self.cloud.cluster(PROD)?;
        prod.put_aws_auth_key("mapRoles", THEIRS)?;
        let workspace = Workspace::with_init(self.cloud)?;
        workspace.configure(ENTRIES)?;
        workspace.init()?;
        let parallel = format!("-parallelism={parallelism}");
        let changing = |command| {
            [
                command,
                "-no-color",
                "-input=false",
                "-auto-approve",
                &parallel,
            ]
        };
        let (_, writes) = self.measured(
            &format!("create 1,000 entries, {parallel}"),
            &workspace,
            &changing("apply"),
        )?;
        self.limit(
            writes <= most_writes,
            format!("{writes} writes for 1,000 entries, and not {most_writes} at most"),
        );
        let (reads, writes) = self.measured("refresh 1,000 entries", &workspace, PLAN)?;
        self.limit(
            (reads, writes) == (1, 0),
            format!("a refresh of 1,000 entries reads {reads} times and writes {writes} times"),
        );
        let (_, writes) = self.measured(
            &format!("destroy 1,000 entries, {parallel}"),
            &workspace,
            &changing("destroy"),
        )?;
        self.limit(
            writes <= most_writes,
            format!("{writes} writes to remove 1,000 entries, and not {most_writes} at most"),
        );
        expect(
            prod.aws_auth_key("mapRoles")? == THEIRS,
            "the entries of others are not what they were",
        )
    }

    /// Five entries in each of thirty clusters. One API server stands for all of them: to the provider they are thirty.
    fn fleet(&mut self) -> Outcome {
        let prod = self.cloud.cluster(PROD)?;
        prod.put_aws_auth_key("mapRoles", THEIRS)?;
        for number in 0..CLUSTERS {
            let name = format!("fleet-{number}");
            self.cloud.set_cluster(&name, &json!({}))?;
            self.cloud.reach_at(&name, prod.endpoint(), "ca")?;
        }
        let workspace = Workspace::with_init(self.cloud)?;
        workspace.file("main.tf", &fleet_text(self.cloud))?;
        workspace.init()?;
        let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
        self.measured("create 150 entries in 30 clusters", &workspace, &apply)?;
        let (reads, writes) =
            self.measured("refresh 150 entries in 30 clusters", &workspace, PLAN)?;
        self.limit(
            (reads, writes) == (CLUSTERS, 0),
            format!(
                "a refresh of {CLUSTERS} clusters reads {reads} times and writes {writes} times"
            ),
        );
        let memory = self.rows.last().map_or(0, |row| row.cost.memory);
        self.limit(
            memory <= 60 * 1024 * 1024,
            format!("the plugin takes {} for 30 clusters", mebibytes(memory)),
        );
        workspace.destroy().map(|_| ())
    }
}

/// Clusters that take the administrator's certificate, because the bed's API server knows tokens of one cluster only.
fn fleet_text(cloud: &Cloud) -> String {
    let file = |name: &str| cloud.folder().join(name).display().to_string();
    format!(
        "terraform {{\n  required_providers {{\n    eksauth = {{ source = \"eksauth/eksauth\" }}\n  }}\n}}\n\n\
         locals {{\n  clusters = toset([for number in range({CLUSTERS}) : \"fleet-${{number}}\"])\n}}\n\n\
         provider \"eksauth\" {{\n  region = \"eu-central-1\"\n  clusters = {{ for name in local.clusters : name => {{\n    \
         client_certificate = file(\"{}\")\n    client_key = file(\"{}\")\n  }} }}\n}}\n\n\
         resource \"eksauth_aws_auth_role\" \"fleet\" {{\n  for_each = {{ for pair in setproduct(local.clusters, range(5)) : \
         \"${{pair[0]}}-${{pair[1]}}\" => pair[0] }}\n  cluster_name = each.value\n  \
         rolearn = \"arn:aws:iam::111122223333:role/${{each.key}}\"\n  username = each.key\n}}\n",
        file("administrator.crt"),
        file("administrator.key"),
    )
}

/// One tool that changes the document a thousand times, each time with the whole of it read and written.
fn single_edits(cloud: &Cloud) -> Outcome<Duration> {
    let prod = cloud.cluster(PROD)?;
    let entries: String = (0..1000)
        .map(|number| {
            format!(
                "- groups:\n  - viewers\n  rolearn: arn:aws:iam::111122223333:role/bench-{number}\n  username: bench-{number}\n"
            )
        })
        .collect();
    prod.put_aws_auth_key("mapRoles", &format!("{THEIRS}{entries}"))?;
    let file = |name: &str| cloud.folder().join(name);
    let plan = json!({
        "endpoint": prod.endpoint(), "authority": file("ca.crt"),
        "certificate": file("administrator.crt"), "key": file("administrator.key"),
        "writers": {"editor": 0, "rewriter": 1}, "edits": {"editor": 0, "rewriter": 1000},
        "pause": 0, "seed": 1,
    });
    let began = Instant::now();
    let mut child = cloud
        .plain(&cloud.tools().python)
        .arg(room().join("writers/foreign_writers.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(plan.to_string().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    if told.pointer("/rewriter/done") == Some(&json!(1000)) {
        Ok(began.elapsed())
    } else {
        Err(Failure::new(format!("not a thousand edits: {told}")))
    }
}

fn print_table(rows: &[Row]) {
    println!(
        "\n| | wall | CPU | of it the plugins | plugin memory | connections | AWS calls | GET aws-auth | writes |\n|---|---|---|---|---|---|---|---|---|"
    );
    for Row {
        what,
        cost,
        reads,
        writes,
    } in rows
    {
        println!(
            "| {what} | {} | {} | {} | {} | {} | {} | {reads} | {writes} |",
            time(cost.wall),
            time(cost.cpu),
            time(cost.plugin_cpu),
            mebibytes(cost.memory),
            cost.connections,
            cost.aws_calls,
        );
    }
}
