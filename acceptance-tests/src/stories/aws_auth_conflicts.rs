//! Writes of aws-auth when someone else writes too, when answers are lost, when Ctrl-C comes, and when the API server refuses.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("aws_auth_conflicts":
    a_write_of_someone_else_in_between_is_kept,
    a_lost_answer_is_read_back,
    a_server_fault_of_a_read_is_waited_out,
    a_server_fault_of_a_write_is_read_back,
    an_entry_edited_between_plan_and_apply_is_left_alone,
    an_apply_that_is_interrupted_converges,
    whom_the_cluster_does_not_know_is_told_so,
    a_certificate_of_another_authority_is_refused,
    an_api_server_that_does_not_answer_is_told,
);

const THEIRS: &str = "# nodes\n- rolearn: arn:aws:iam::111122223333:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:nodes]\n";
const ADDRESS: &str = "eksauth_aws_auth_role.platform";

fn entry() -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"platform\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/platform\"\n  \
         username = \"platform\"\n  groups   = [\"viewers\"]\n}}\n"
    )
}

fn a_write_of_someone_else_in_between_is_kept(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "hold"}))?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    cloud.emulator().wait_for_held("PATCH aws-auth")?;
    let more = "- rolearn: arn:aws:iam::111122223333:role/meanwhile\n  username: meanwhile\n";
    prod.edit_aws_auth("mapRoles", |text| format!("{text}{more}"))?;
    cloud.emulator().release()?;
    running.wait()?.succeeded()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect_parts(&written, &["# nodes", "role/meanwhile", "role/platform"])?;
    let conflicts = cloud
        .emulator()
        .asked()?
        .into_iter()
        .filter(|line| line.status == Some(409))
        .count();
    expect(conflicts == 1, format!("{conflicts} conflicts"))?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same(
        "mapRoles",
        &format!("{THEIRS}{more}"),
        &prod.aws_auth_key("mapRoles")?,
    )
}

fn a_lost_answer_is_read_back(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "lost"}))?;
    workspace.apply()?.says(&["1 added"])?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.matches("role/platform").count() == 1,
        format!("the entry is not there once:\n{written}"),
    )?;
    workspace.expect_empty_plan()?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "lost"}))?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn a_server_fault_of_a_read_is_waited_out(cloud: &Cloud) -> Outcome {
    survives(cloud, "GET aws-auth", 503)
}

fn a_server_fault_of_a_write_is_read_back(cloud: &Cloud) -> Outcome {
    survives(cloud, "PATCH aws-auth", 500)
}

/// Fails unless an apply gets over one server fault.
fn survives(cloud: &Cloud, action: &str, status: u16) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    cloud
        .emulator()
        .fault(json!({"action": action, "kind": "error", "status": status,
        "code": "InternalError", "message": "etcd leader changed"}))?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn an_entry_edited_between_plan_and_apply_is_left_alone(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    workspace.apply()?;
    workspace.configure(&entry().replace("viewers", "editors"))?;
    workspace
        .run(&["plan", "-no-color", "-input=false", "-out=saved.tfplan"])?
        .succeeded()?;
    prod.edit_aws_auth("mapRoles", |text| text.replace("viewers", "auditors"))?;
    let run = workspace.run(&["apply", "-no-color", "-input=false", "saved.tfplan"])?;
    run.refused_with(&["Entry Changed Meanwhile", "auditors", "editors"])?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["auditors"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn an_apply_that_is_interrupted_converges(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "hold"}))?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    cloud.emulator().wait_for_held("PATCH aws-auth")?;
    running.interrupt()?;
    cloud.emulator().release()?;
    running.wait()?.says(&["Interrupt received"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.matches("role/platform").count() == 1,
        format!("the entry is not there once:\n{written}"),
    )?;
    expect(
        workspace.state(ADDRESS)?.is_some(),
        "the entry is not in the state",
    )?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn whom_the_cluster_does_not_know_is_told_so(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.role("/pipelines/", "ci")?;
    let session = cloud.assume(
        &format!("arn:aws:iam::{ACCOUNT}:role/pipelines/ci"),
        "run-42",
    )?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&session);
    workspace.configure(&entry())?;
    let run = workspace.try_apply()?;
    run.refused_with(&["401", &format!("arn:aws:iam::{ACCOUNT}:role/ci"), PROD])?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)?;
    prod.edit_aws_auth("mapRoles", |text| {
        format!(
            "{text}- rolearn: arn:aws:iam::{ACCOUNT}:role/ci\n  username: ci\n  groups: [nobody]\n"
        )
    })?;
    prod.wait_for_whoami(
        &session,
        Some(&crate::bed::cluster::WhoAmI {
            username: "ci".into(),
            groups: vec!["nobody".into()],
        }),
    )?;
    workspace.try_apply()?.refused_with(&["403", "aws-auth"])
}

fn a_certificate_of_another_authority_is_refused(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.reach_at(PROD, prod.endpoint(), "another_ca")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    workspace
        .try_apply()?
        .refused_with(&[PROD, "certificate"])?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn an_api_server_that_does_not_answer_is_told(cloud: &Cloud) -> Outcome {
    cloud.reach_at(PROD, "https://127.0.0.1:9", "ca")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry())?;
    workspace.try_apply()?.refused_with(&[PROD, "127.0.0.1:9"])
}
