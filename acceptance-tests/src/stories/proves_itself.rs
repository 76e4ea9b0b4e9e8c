//! A write that proves itself: what whoever runs apply loses by a write, and nobody meant, is put back within the moment.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    by_hand::ours,
    lockout::{NODES, pipeline_rights},
    story::stories,
};
use crate::{
    bed::{
        cloud::{
            ACCOUNT, Cloud, PROD,
            access::{AccessDelay, Mode},
        },
        cluster::{Cluster, WhoAmI},
        identity::Identity,
        json::text,
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome, expect, expect_parts, expect_same},
};

mod costs;
mod killed;
mod unasked;

use costs::{few_calls_and_little_time, no_token_is_told, what_cannot_touch_us_costs_no_call};
use killed::{
    after_kill_9_the_next_run_says_what_stands, after_kill_9_whoever_is_still_in_is_told_too,
};
use unasked::{
    a_token_of_the_practitioners_is_not_confirmed_and_that_is_logged,
    an_api_server_without_such_questions_leaves_it_to_the_rules, who_means_it_is_not_asked,
};

stories!("proves_itself":
    an_entry_that_hides_the_access_entry_is_taken_back,
    ones_own_entry_is_put_back_where_the_access_entry_does_not_count,
    what_others_write_in_between_stays,
    an_access_entry_that_takes_its_time_is_waited_for,
    a_way_back_that_is_closed_is_told_with_the_copy_and_the_ways_in,
    a_write_whose_answer_is_lost_is_put_back_too,
    ctrl_c_while_it_is_refused_puts_it_back_at_once,
    after_kill_9_the_next_run_says_what_stands,
    after_kill_9_whoever_is_still_in_is_told_too,
    who_means_it_is_not_asked,
    a_token_of_the_practitioners_is_not_confirmed_and_that_is_logged,
    an_api_server_without_such_questions_leaves_it_to_the_rules,
    what_cannot_touch_us_costs_no_call,
    no_token_is_told,
    few_calls_and_little_time,
);

const UNDONE: &str = "This Change Locked You Out And Was Undone";
const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// The entry of the role `ci`, which runs apply.
fn own(groups: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"ci\" {{\n  rolearn  = \"{}\"\n  username = \"ci\"\n  groups   = [{groups}]\n}}\n",
        role_arn("ci")
    )
}

fn masters() -> WhoAmI {
    WhoAmI {
        username: "ci".into(),
        groups: vec!["system:masters".into()],
    }
}

/// A cluster that lets the role `ci` in by aws-auth, and has an access entry for it that a practitioner believes in.
struct Believed<'c> {
    prod: Cluster<'c>,
    workspace: Workspace<'c>,
    ci: Identity,
    before: String,
}

/// The access entry is of the role as it was: it was made again since. Its entry of aws-auth is in Terraform's state.
fn believed(cloud: &Cloud) -> Outcome<Believed<'_>> {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "ci")?;
    give_access_entry(cloud, &role)?;
    cloud.make_principal_again(&role)?;
    in_state(cloud, prod, &role)
}

/// The role's entry of aws-auth, taken over by a workspace that acts as the role.
fn in_state<'c>(cloud: &'c Cloud, prod: Cluster<'c>, role: &str) -> Outcome<Believed<'c>> {
    let own_entry =
        format!("- rolearn: {role}\n  username: ci\n  groups: [system:masters] # ours\n");
    prod.put_aws_auth_key("mapRoles", &format!("{NODES}{own_entry}"))?;
    let ci = cloud.session(role, "run-42")?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&ci);
    workspace.configure(&own("\"system:masters\""))?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.apply()?;
    let before = prod.aws_auth_key("mapRoles")?;
    Ok(Believed {
        prod,
        workspace,
        ci,
        before,
    })
}

fn give_access_entry(cloud: &Cloud, role: &str) -> Outcome {
    let arn = json!({"principalArn": role});
    let path = format!("/clusters/{PROD}/access-entries");
    let (status, answer) = cloud.eks_as(cloud.creator(), "POST", &path, Some(&arn))?;
    expect(status == 200, format!("{status}: {answer}"))?;
    let policy = json!({
        "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        "accessScope": {"type": "cluster"},
    });
    let encoded = role.replace(':', "%3A").replace('/', "%2F");
    let path = format!("/clusters/{PROD}/access-entries/{encoded}/access-policies");
    let (status, answer) = cloud.eks_as(cloud.creator(), "POST", &path, Some(&policy))?;
    expect(status == 200, format!("{status}: {answer}"))
}

/// Waits until aws-auth says something, or no longer.
fn wait_for(prod: &Cluster<'_>, key: &str, part: &str, is_there: bool) -> Outcome {
    let began = Instant::now();
    loop {
        let data = prod.aws_auth()?.unwrap_or_default();
        let says = data.get(key).is_some_and(|text| text.contains(part));
        if says == is_there {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(60) {
            return Err(Failure::new(format!("{key} has `{part}`: {says}")));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn an_entry_that_hides_the_access_entry_is_taken_back(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    // EKS asks access entries first. This cluster does not, as no list of rules could know.
    cloud.set_cluster(PROD, &json!({"aws_auth_first": true}))?;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["eks:DescribeCluster", "sts:*"], "Resource": "*"},
    ]});
    let user = cloud.limited_user("pipeline", &policy)?;
    pipeline_rights(&prod)?;
    prod.put_aws_auth_key("mapRoles", NODES)?;
    let entry = json!({"principalArn": user.arn, "kubernetesGroups": ["pipelines"]});
    let path = format!("/clusters/{PROD}/access-entries");
    let (status, answer) = cloud.eks_as(cloud.creator(), "POST", &path, Some(&entry))?;
    expect(status == 200, format!("{status}: {answer}"))?;
    let as_entry = WhoAmI {
        username: user.arn.clone(),
        groups: vec!["pipelines".into()],
    };
    prod.wait_for_admission(&user, Some(&as_entry))?;
    let before = prod.aws_auth()?;

    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    workspace.configure(&format!(
        "resource \"eksauth_aws_auth_user\" \"pipeline\" {{\n  userarn  = \"{}\"\n  username = \"pipeline\"\n  groups   = [\"viewers\"]\n}}\n",
        user.arn
    ))?;
    workspace.try_apply()?.refused_with(&[
        "This Change Took Your Right To Mend aws-auth And Was Undone",
        "could then not read aws-auth for",
        "a fresh token is admitted again",
        "Why the plan did not know:",
        "What to do:",
    ])?;
    let after = prod.aws_auth()?;
    expect(before == after, format!("{before:?}\n{after:?}"))?;
    prod.wait_for_admission(&user, Some(&as_entry))?;
    let state = workspace.state("eksauth_aws_auth_user.pipeline")?;
    expect(state.is_none(), format!("{state:?}"))
}

fn ones_own_entry_is_put_back_where_the_access_entry_does_not_count(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        workspace,
        ci,
        before,
    } = believed(cloud)?;
    workspace.configure("")?;
    workspace.try_apply()?.refused_with(&[
        UNDONE,
        &format!(
            "A fresh token of {} was then refused (401) for",
            role_arn("ci")
        ),
        "so the document was put back at",
        "and a fresh token is admitted again",
        "Nothing else was changed by others in between",
        "an access entry names this principal and did not let it in",
        "EKSAUTH_LOCKOUT_ACK=prod:lockout.running-identity:",
    ])?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    expect(prod.copies()?.is_empty(), "a copy tells of no step")?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.expect_empty_plan()
}

fn what_others_write_in_between_stays(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        workspace,
        ci,
        ..
    } = believed(cloud)?;
    workspace.configure("")?;
    let running = workspace.start(&APPLY)?;
    wait_for(&prod, "mapRoles", "role/ci", false)?;
    let theirs = "- rolearn: arn:aws:iam::111122223333:role/theirs\n  username: theirs\n";
    prod.edit_aws_auth("mapRoles", |text| format!("{text}{theirs}"))?;
    running.wait()?.refused_with(&[
        UNDONE,
        "Others had written in between; what they wrote stays",
    ])?;
    let roles = prod.aws_auth_key("mapRoles")?;
    expect_parts(&roles, &["role/nodes", "role/theirs", "role/ci"])?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.expect_empty_plan()
}

fn an_access_entry_that_takes_its_time_is_waited_for(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "ci")?;
    let Believed {
        prod,
        workspace,
        ci,
        ..
    } = in_state(cloud, prod, &role)?;
    cloud.delay_access(AccessDelay {
        in_force: Duration::from_secs(5),
        listed: Duration::ZERO,
    })?;
    give_access_entry(cloud, &role)?;
    workspace.configure("")?;
    workspace.apply()?.says(&["1 destroyed"])?;
    cloud.settle_access()?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/ci/run-42");
    let as_entry = WhoAmI {
        username: name,
        groups: Vec::new(),
    };
    prod.wait_for_admission(&ci, Some(&as_entry))?;
    workspace.expect_empty_plan()
}

fn a_way_back_that_is_closed_is_told_with_the_copy_and_the_ways_in(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        workspace,
        ci,
        before,
    } = believed(cloud)?;
    workspace.configure("")?;
    let running = workspace.start(&APPLY)?;
    wait_for(&prod, "mapRoles", "role/ci", false)?;
    // An API server that was started anew remembers nobody.
    cloud.restart_api_server(PROD, None)?;
    let run = running.wait()?;
    run.refused_with(&["This Change Locked You Out"])?;
    let copies = prod.copies()?;
    let copy = copies
        .first()
        .ok_or_else(|| Failure::new(format!("there is no copy: {}", run.errors)))?;
    let name = text(copy, "metadata.name")?;
    run.refused_with(&[
        "It could not be put back: the connection from before the write was refused too",
        &name,
        "terraform-provider-eksauth restore",
        "aws eks create-access-entry",
    ])?;
    let gone = prod.aws_auth_key("mapRoles")?;
    expect(!gone.contains("role/ci"), gone)?;
    // The way back that is printed, for somebody who is still in.
    let restore = ["restore", &name, "--cluster", PROD, "--yes"];
    ours(cloud, cloud.creator(), &restore, "")?.expect(0, "put back")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.expect_empty_plan()
}

fn a_write_whose_answer_is_lost_is_put_back_too(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        workspace,
        ci,
        before,
    } = believed(cloud)?;
    cloud.reach_through_faults(PROD)?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "lost"}))?;
    workspace.configure("")?;
    workspace.try_apply()?.refused_with(&[UNDONE])?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.expect_empty_plan()
}

fn ctrl_c_while_it_is_refused_puts_it_back_at_once(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        workspace,
        ci,
        before,
    } = believed(cloud)?;
    workspace.configure("")?;
    let running = workspace.start(&APPLY)?;
    wait_for(&prod, "mapRoles", "role/ci", false)?;
    thread::sleep(Duration::from_secs(1));
    let began = Instant::now();
    running.interrupt()?;
    running.wait()?.refused_with(&[UNDONE])?;
    let took = began.elapsed();
    expect(took < Duration::from_secs(6), format!("{took:?}"))?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.expect_empty_plan()
}
