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

stories!("proves_itself":
    an_entry_that_hides_the_access_entry_is_taken_back,
    ones_own_entry_is_put_back_where_the_access_entry_does_not_count,
    what_others_write_in_between_stays,
    an_access_entry_that_takes_its_time_is_waited_for,
    a_way_back_that_is_closed_is_told_with_the_copy_and_the_ways_in,
    ctrl_c_while_it_is_refused_puts_it_back_at_once,
    after_kill_9_the_next_run_says_what_stands,
    after_kill_9_whoever_is_still_in_is_told_too,
    who_means_it_is_not_asked,
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

fn after_kill_9_the_next_run_says_what_stands(cloud: &Cloud) -> Outcome {
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
    running.kill()?;
    let copies = prod.copies()?;
    let copy = copies
        .first()
        .ok_or_else(|| Failure::new("there is no copy"))?;
    let name = text(copy, "metadata.name")?;
    prod.wait_for_admission(&ci, None)?;
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace.run(&plan)?.refused_with(&[
        "could not see whether you keep your access",
        &name,
        "terraform-provider-eksauth restore",
    ])?;
    let restore = ["restore", &name, "--cluster", PROD, "--yes"];
    ours(cloud, cloud.creator(), &restore, "")?.expect(0, "put back")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_admission(&ci, Some(&masters()))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace
        .run(&plan)?
        .succeeded()?
        .says(&["An Earlier Write Was Not Confirmed", "No changes"])?;
    workspace.expect_empty_plan()
}

fn after_kill_9_whoever_is_still_in_is_told_too(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "ci")?;
    let Believed {
        prod, workspace, ..
    } = in_state(cloud, prod, &role)?;
    give_access_entry(cloud, &role)?;
    workspace.configure("")?;
    let running = workspace.start(&APPLY)?;
    wait_for(&prod, "mapRoles", "role/ci", false)?;
    running.kill()?;
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace.run(&plan)?.succeeded()?.says(&[
        "An Earlier Write Was Not Confirmed",
        "You are still admitted",
        "aws-auth-recovery-",
    ])?;
    let again = workspace.run(&plan)?.succeeded()?;
    expect(
        !again.output.contains("Not Confirmed"),
        "it is said a second time",
    )?;
    workspace.expect_empty_plan()
}

fn who_means_it_is_not_asked(cloud: &Cloud) -> Outcome {
    for more in [
        "",
        "  lockout_guard = \"off\"\n",
        "  confirm_access = false\n",
    ] {
        cloud.reset()?;
        let Believed {
            prod,
            mut workspace,
            ci,
            ..
        } = believed(cloud)?;
        if more.is_empty() {
            let acknowledged = format!("prod:lockout.running-identity:{}", role_arn("ci"));
            workspace.set("EKSAUTH_LOCKOUT_ACK", &acknowledged);
        }
        workspace.file("main.tf", &provider_block(more))?;
        workspace.apply()?.says(&["1 destroyed"])?;
        let roles = prod.aws_auth_key("mapRoles")?;
        expect(!roles.contains("role/ci"), roles)?;
        prod.wait_for_admission(&ci, None)?;
    }
    Ok(())
}

/// The names of the API server's own objects, and who may ask about oneself.
const BASIC_USER: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:basic-user";

fn an_api_server_without_such_questions_leaves_it_to_the_rules(cloud: &Cloud) -> Outcome {
    // One that is older than Kubernetes 1.28.
    let Believed { workspace, .. } = believed(cloud)?;
    cloud.reach_through_faults(PROD)?;
    cloud.emulator().fault(json!({
        "action": "POST selfsubjectreviews", "kind": "error", "status": 404, "code": "NotFound", "times": 100,
        "message": "the server could not find the requested resource",
    }))?;
    workspace.configure("")?;
    workspace.apply()?.says(&[
        "Access Not Confirmed",
        "does not know SelfSubjectReview",
        "1 destroyed",
    ])?;

    // A hardened one.
    cloud.reset()?;
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/", "ci")?;
    let (_, binding) = prod.ask("GET", BASIC_USER, None)?;
    prod.ask("DELETE", BASIC_USER, None)?;
    let told = hardened(cloud, prod, &role);
    let prod = cloud.cluster(PROD)?;
    let (collection, _) = BASIC_USER.rsplit_once('/').unwrap_or_default();
    let metadata = json!({"name": "system:basic-user"});
    let again = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": binding.get("roleRef"), "subjects": binding.get("subjects"),
    });
    prod.ensure(collection, &again)?;
    told
}

/// Whoever may not ask about itself and is no `system:masters`, which no rule stops.
fn hardened(cloud: &Cloud, prod: Cluster<'_>, role: &str) -> Outcome {
    pipeline_rights(&prod)?;
    let entry = |groups: &str| {
        format!(
            "resource \"eksauth_aws_auth_role\" \"ci\" {{\n  rolearn  = \"{role}\"\n  username = \"ci\"\n  groups   = [{groups}]\n}}\n"
        )
    };
    prod.put_aws_auth_key(
        "mapRoles",
        &format!("- rolearn: {role}\n  username: ci\n  groups: [pipelines]\n"),
    )?;
    let ci = cloud.session(role, "run-42")?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&ci);
    workspace.configure(&entry("\"pipelines\""))?;
    workspace.apply()?;
    workspace.configure(&entry("\"pipelines\", \"viewers\""))?;
    workspace
        .apply()?
        .says(&["Access Not Confirmed", "`system:basic-user`"])?;
    workspace.expect_empty_plan()
}

fn what_cannot_touch_us_costs_no_call(cloud: &Cloud) -> Outcome {
    let Believed {
        workspace, before, ..
    } = believed(cloud)?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    audit.reset()?;
    let other = format!(
        "resource \"eksauth_aws_auth_role\" \"dev\" {{\n  rolearn  = \"{}\"\n  username = \"dev\"\n  groups   = [\"dev\"]\n}}\n",
        role_arn("dev")
    );
    workspace.configure(&format!("{}{other}", own("\"system:masters\"")))?;
    workspace.apply()?.says(&["1 added"])?;
    let reviews = reviews(&audit)?;
    expect(reviews == 0, format!("{reviews} reviews for an addition"))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.apply()?.says(&["1 destroyed"])?;
    let prod = cloud.cluster(PROD)?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    workspace.expect_empty_plan()
}

/// The whole log of a write that is undone, and of one that stands.
fn no_token_is_told(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        mut workspace,
        ..
    } = believed(cloud)?;
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", &log.to_string_lossy());
    workspace.configure("")?;
    let run = workspace.try_apply()?;
    run.refused_with(&[UNDONE])?;
    workspace.configure(&own("\"system:masters\", \"auditors\""))?;
    workspace.apply()?;
    let told = format!("{}{}{}", fs::read_to_string(&log)?, run.output, run.errors);
    expect(
        told.contains("confirmed: whoever acts keeps its access"),
        "what was confirmed is not in the log",
    )?;
    for secret in ["k8s-aws-v1.", "X-Amz-Signature"] {
        expect(!told.contains(secret), format!("`{secret}` is told"))?;
    }
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["auditors"])
}

/// How often somebody asked about itself.
fn reviews(audit: &crate::bed::audit::Audit) -> Outcome<usize> {
    let asked = audit.requests()?;
    let of_self = ["selfsubjectreviews", "selfsubjectaccessreviews"];
    Ok(asked
        .iter()
        .filter(|one| of_self.contains(&one.resource.as_str()))
        .count())
}

/// What one apply asks and takes.
struct Cost {
    reviews: usize,
    took: Duration,
}

fn cost(cloud: &Cloud, workspace: &Workspace<'_>, configuration: &str) -> Outcome<Cost> {
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    audit.reset()?;
    workspace.file("main.tf", configuration)?;
    let began = Instant::now();
    workspace.apply()?;
    Ok(Cost {
        took: began.elapsed(),
        reviews: reviews(&audit)?,
    })
}

/// An apply with the confirmation and the same one without.
fn few_calls_and_little_time(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "ci")?;
    let Believed { workspace, .. } = in_state(cloud, prod, &role)?;
    let with = |more: &str, groups: &str| format!("{}{}", provider_block(more), own(groups));
    let off = "  confirm_access = false\n";
    let (one, two) = ("\"system:masters\"", "\"system:masters\", \"auditors\"");
    let plain = cost(cloud, &workspace, &with(off, two))?;
    let shown = cost(cloud, &workspace, &with("", one))?;
    // The access entry counts, so the removal shows nowhere and the answer must settle.
    give_access_entry(cloud, &role)?;
    let settled = cost(cloud, &workspace, &provider_block(""))?;
    let told = |name: &str, cost: &Cost| {
        let millis = cost.took.saturating_sub(plain.took).as_millis();
        format!(
            "{name}: {} questions where {} are asked without, and {millis} ms more",
            cost.reviews, plain.reviews
        )
    };
    let told = format!(
        "{}; {}",
        told("a change that shows", &shown),
        told("one that settles", &settled)
    );
    let few = |cost: &Cost| cost.reviews.saturating_sub(plain.reviews) <= 8;
    let is_cheap = few(&shown) && few(&settled);
    let is_quick = settled.took < plain.took + Duration::from_secs(5);
    eprintln!("    {told}");
    expect(is_cheap && is_quick, told)?;
    let nothing: Option<Value> = workspace.state("eksauth_aws_auth_role.ci")?;
    expect(nothing.is_none(), "the entry is still in the state")?;
    workspace.expect_empty_plan()
}
