//! Many who write one aws-auth at the same time, and those who are killed while they do.

use std::{
    fs,
    io::Write,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        tools::room,
        workspace::{Running, Workspace},
    },
    failure::{Failure, Outcome, expect, expect_same},
};

stories!("writers":
    twenty_writers_of_three_kinds_lose_nothing,
    a_killed_apply_is_finished_by_the_next_one,
    a_plugin_that_outlives_terraform_and_the_next_apply_meet,
    the_field_manager_is_ours_and_nothing_is_applied_on_the_server_side,
);

const THEIRS: &str = "\
# nodes, do not touch
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups:
  - system:bootstrappers
  - system:nodes
- rolearn: arn:aws:iam::111122223333:role/break-glass
  username: break-glass
  groups:
  - system:masters
";
const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

/// Terraform processes, and the entries of each.
const PROCESSES: usize = 7;
const ENTRIES: usize = 48;
/// People with an editor, tools that rewrite the document, and the edits of each.
const EDITORS: (usize, usize) = (7, 48);
const REWRITERS: (usize, usize) = (6, 56);

fn entries(name: &str, count: usize) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"many\" {{\n  count    = {count}\n  \
         rolearn  = \"arn:aws:iam::{ACCOUNT}:role/{name}-${{count.index}}\"\n  username = \"{name}\"\n  groups   = [\"teams\"]\n}}\n"
    )
}

/// Fails unless each entry of `entries(name, count)` is there once.
fn expect_once(document: &str, name: &str, count: usize) -> Outcome {
    for index in 0..count {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}-{index}");
        let is_of_it = |line: &&str| line.trim_end_matches(['"', '\'']).ends_with(&arn);
        let times = document.lines().filter(is_of_it).count();
        expect(times == 1, format!("{arn} is there {times} times"))?;
    }
    Ok(())
}

fn twenty_writers_of_three_kinds_lose_nothing(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    audit.reset()?;
    let mut workspaces = Vec::new();
    for number in 0..PROCESSES {
        let mut workspace = Workspace::new(cloud)?;
        workspace.configure(&entries(&format!("team-{number}"), ENTRIES))?;
        workspace.set("TF_LOG_PROVIDER", "INFO");
        workspace.set("TF_LOG_PATH", "terraform.log");
        workspaces.push(workspace);
    }
    let others = foreign_writers(cloud, &prod)?;
    let running: Vec<Running> = workspaces
        .iter()
        .map(|workspace| workspace.start(&APPLY))
        .collect::<Outcome<_>>()?;
    for one in running {
        one.wait()?
            .succeeded()?
            .says(&[&format!("{ENTRIES} added, 0 changed, 0 destroyed")])?;
    }
    let report = report(others)?;
    let document = prod.aws_auth_key("mapRoles")?;
    for number in 0..PROCESSES {
        expect_once(&document, &format!("team-{number}"), ENTRIES)?;
    }
    expect_nothing_lost(&report, &document)?;
    expect_every_write_counted(&report, &audit.requests()?)?;
    expect_attempts_logged(&workspaces)?;
    let plans: Vec<Running> = workspaces
        .iter()
        .map(|workspace| {
            workspace.start(&["plan", "-no-color", "-input=false", "-detailed-exitcode"])
        })
        .collect::<Outcome<_>>()?;
    for plan in plans {
        let plan = plan.wait()?;
        expect(
            plan.code == Some(0),
            format!("a plan is not empty:\n{}", plan.output),
        )?;
    }
    Ok(())
}

/// Starts those who write without Terraform.
fn foreign_writers(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Child> {
    let file = |name: &str| cloud.folder().join(name);
    let plan = json!({
        "endpoint": prod.endpoint(), "authority": file("ca.crt"),
        "certificate": file("administrator.crt"), "key": file("administrator.key"),
        "writers": {"editor": EDITORS.0, "rewriter": REWRITERS.0},
        "edits": {"editor": EDITORS.1, "rewriter": REWRITERS.1},
        "pause": 0.4, "seed": 1,
    });
    let mut child = cloud
        .plain(&cloud.tools().python)
        .arg(room().join("writers/foreign_writers.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(plan.to_string().as_bytes())?;
    }
    Ok(child)
}

/// What they have done.
fn report(child: Child) -> Outcome<Value> {
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).map_err(|error| Failure::from(error).during(&errors))
}

fn number(report: &Value, pointer: &str) -> usize {
    let number = report.pointer(pointer).and_then(Value::as_u64);
    number
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or_default()
}

fn expect_nothing_lost(report: &Value, document: &str) -> Outcome {
    expect(
        report.get("failures") == Some(&json!([])),
        format!("a foreign writer failed: {report}"),
    )?;
    let done = (
        number(report, "/editor/done"),
        number(report, "/rewriter/done"),
    );
    let ordered = (EDITORS.0 * EDITORS.1, REWRITERS.0 * REWRITERS.1);
    expect(done == ordered, format!("{done:?} edits of {ordered:?}"))?;
    expect(
        PROCESSES * ENTRIES + done.0 + done.1 >= 1000,
        "fewer than 1,000 edits",
    )?;
    expect(
        number(report, "/editor/lost") == 0 && number(report, "/rewriter/lost") == 0,
        format!("an edit of others was lost: {report}"),
    )?;
    for (arn, username) in report
        .get("last")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let username = username.as_str().unwrap_or_default();
        expect(
            document.contains(&format!("rolearn: {arn}\n"))
                && document.contains(&format!("username: {username}\n")),
            format!("the last edit of {arn}, `{username}`, is not there:\n{document}"),
        )?;
    }
    Ok(())
}

/// What the audit log counts is what the writers say they wrote; and they did meet.
fn expect_every_write_counted(report: &Value, requests: &[crate::bed::audit::Request]) -> Outcome {
    let count = |agent: Option<&str>, status: u64| {
        let is_theirs = |request: &&crate::bed::audit::Request| match agent {
            Some(agent) => request.user_agent == agent,
            None => !["editor", "rewriter"].contains(&request.user_agent.as_str()),
        };
        requests
            .iter()
            .filter(|request| request.name == "aws-auth" && request.status == status)
            .filter(|request| ["patch", "update", "create"].contains(&request.verb.as_str()))
            .filter(is_theirs)
            .count()
    };
    for kind in ["editor", "rewriter"] {
        let counted = (count(Some(kind), 200), count(Some(kind), 409));
        let reported = (
            number(report, &format!("/{kind}/done")),
            number(report, &format!("/{kind}/conflicts")),
        );
        expect(
            counted == reported,
            format!("{kind}: the audit log counts {counted:?}, they say {reported:?}"),
        )?;
    }
    let (ours, conflicts) = (count(None, 200), count(None, 409));
    println!(
        "  ours: {ours} writes of {} entries, {conflicts} conflicts; others: {} writes, {} conflicts",
        PROCESSES * ENTRIES,
        number(report, "/editor/done") + number(report, "/rewriter/done"),
        number(report, "/editor/conflicts") + number(report, "/rewriter/conflicts"),
    );
    expect(
        (1..=PROCESSES * ENTRIES).contains(&ours) && conflicts > 0,
        format!("{ours} writes and {conflicts} conflicts of ours: they did not meet"),
    )
}

/// Terraform may drop the last lines of a plugin's log, so one process that tells its attempts is enough.
fn expect_attempts_logged(workspaces: &[Workspace<'_>]) -> Outcome {
    let is_told = workspaces.iter().any(|workspace| {
        let log = fs::read_to_string(workspace.path().join("terraform.log")).unwrap_or_default();
        log.lines()
            .any(|line| line.contains("judging again") && line.contains("attempt="))
    });
    expect(is_told, "no log tells the attempt after a conflict")
}

/// A workspace whose apply of 30 entries is held at its third write.
fn held_in_the_middle(cloud: &Cloud) -> Outcome<(Workspace<'_>, Running)> {
    cloud.cluster(PROD)?.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entries("team", 30))?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "hold", "skip": 2}))?;
    let running = workspace.start(&[&APPLY[..], &["-parallelism=5"]].concat())?;
    cloud.emulator().wait_for_held("PATCH aws-auth")?;
    Ok((workspace, running))
}

fn converges(cloud: &Cloud, workspace: &Workspace<'_>) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    workspace.apply()?;
    expect_once(&prod.aws_auth_key("mapRoles")?, "team", 30)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?.says(&["30 destroyed"])?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn a_killed_apply_is_finished_by_the_next_one(cloud: &Cloud) -> Outcome {
    let (workspace, running) = held_in_the_middle(cloud)?;
    running.kill()?;
    cloud.emulator().release()?;
    let written = cloud.cluster(PROD)?.aws_auth_key("mapRoles")?;
    expect(
        written.contains("role/team-") && written.matches("role/team-").count() < 30,
        format!("it was not killed in the middle:\n{written}"),
    )?;
    converges(cloud, &workspace)
}

fn a_plugin_that_outlives_terraform_and_the_next_apply_meet(cloud: &Cloud) -> Outcome {
    let (workspace, running) = held_in_the_middle(cloud)?;
    running.kill_terraform_alone()?;
    cloud.emulator().release()?;
    converges(cloud, &workspace)
}

fn the_field_manager_is_ours_and_nothing_is_applied_on_the_server_side(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entries("team", 1))?;
    workspace.apply()?;
    let object = prod
        .aws_auth_object()?
        .ok_or_else(|| Failure::new("there is no aws-auth"))?;
    let managers = object
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array);
    let ours: Vec<&Value> = managers
        .into_iter()
        .flatten()
        .filter(|one| one.get("manager") == Some(&json!("terraform-provider-eksauth")))
        .collect();
    let [ours] = ours.as_slice() else {
        return Err(Failure::new(format!(
            "not one entry of ours in {managers:?}"
        )));
    };
    expect(
        ours.get("operation") == Some(&json!("Update"))
            && ours.pointer("/fieldsV1") == Some(&json!({"f:data": {"f:mapRoles": {}}})),
        format!("another field manager: {ours}"),
    )?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}
