//! The provider block: whose credentials, which account, which region, and what is said when they are wrong.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD},
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect, expect_same},
};

stories!("provider_block":
    who_am_i,
    the_wrong_account_is_an_error_and_the_state_stays,
    the_wrong_region_is_an_error_and_the_state_stays,
    accounts_that_are_not_allowed_are_refused,
    no_credentials_and_wrong_ones_are_told_apart,
    an_endpoint_that_does_not_answer_is_told,
    a_role_is_assumed,
    an_unknown_cluster_is_a_warning_at_plan_with_the_nearest_name,
    unknown_settings_delay_and_never_fall_back,
    a_person_who_runs_the_binary_gets_help,
    no_secret_shows_in_the_log,
);

const ENTRY: &str = "resource \"eksauth_aws_auth_role\" \"platform\" {\n  rolearn  = \"arn:aws:iam::111122223333:role/platform\"\n  \
    username = \"platform\"\n  groups   = [\"viewers\"]\n}\n";
const OIDC: &str = "resource \"eksauth_oidc_provider\" \"this\" {}\n";

fn who_am_i(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure("data \"eksauth_caller_identity\" \"this\" {}\n\noutput \"arn\" {\n  value = data.eksauth_caller_identity.this.arn\n}\n")?;
    workspace
        .apply()?
        .says(&[&format!("arn = \"{}\"", cloud.creator().arn)])
}

/// The state as text, to see that it stays.
fn state(workspace: &Workspace<'_>) -> Outcome<String> {
    Ok(std::fs::read_to_string(
        workspace.path().join("terraform.tfstate"),
    )?)
}

fn the_wrong_account_is_an_error_and_the_state_stays(cloud: &Cloud) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&format!("{OIDC}{ENTRY}"))?;
    workspace.apply()?;
    let before = state(&workspace)?;
    workspace.act_as(&cloud.user(OTHER_ACCOUNT, "/", "stranger")?);
    workspace.plan()?.refused_with(&[ACCOUNT, OTHER_ACCOUNT])?;
    workspace
        .run(&["destroy", "-no-color", "-auto-approve"])?
        .refused_with(&[ACCOUNT, OTHER_ACCOUNT])?;
    expect_same("state", &before, &state(&workspace)?)?;
    workspace.act_as(cloud.creator());
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn the_wrong_region_is_an_error_and_the_state_stays(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&format!("{OIDC}{ENTRY}"))?;
    workspace.apply()?;
    let before = state(&workspace)?;
    let elsewhere = format!(
        "{}{OIDC}{ENTRY}",
        provider_block("").replace("eu-central-1", "eu-west-1")
    );
    workspace.file("main.tf", &elsewhere)?;
    workspace
        .plan()?
        .refused_with(&["eu-central-1", "eu-west-1"])?;
    expect_same("state", &before, &state(&workspace)?)?;
    workspace.configure(&format!("{OIDC}{ENTRY}"))?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn accounts_that_are_not_allowed_are_refused(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    for line in [
        format!("  allowed_account_ids = [\"{OTHER_ACCOUNT}\"]\n"),
        format!("  forbidden_account_ids = [\"{ACCOUNT}\"]\n"),
    ] {
        workspace.file("main.tf", &format!("{}{OIDC}", provider_block(&line)))?;
        workspace
            .plan()?
            .refused_with(&[ACCOUNT])
            .map_err(|failure| failure.during(&line))?;
    }
    Ok(())
}

fn no_credentials_and_wrong_ones_are_told_apart(cloud: &Cloud) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(OIDC)?;
    workspace.set("AWS_SECRET_ACCESS_KEY", "wrong");
    workspace.plan()?.refused_with(&[
        "The request signature we calculated does not match",
        "eks:DescribeCluster",
    ])?;
    workspace.set("AWS_ACCESS_KEY_ID", "");
    workspace.set("AWS_SECRET_ACCESS_KEY", "");
    workspace.plan()?.refused_with(&["credentials"])
}

fn an_endpoint_that_does_not_answer_is_told(cloud: &Cloud) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(OIDC)?;
    workspace.set("AWS_ENDPOINT_URL_EKS", "http://127.0.0.1:9");
    workspace.set("AWS_MAX_ATTEMPTS", "2");
    workspace.plan()?.refused_with(&["127.0.0.1:9"])
}

fn a_role_is_assumed(cloud: &Cloud) -> Outcome {
    let arn = cloud.role("/ci/", "deployer")?;
    let workspace = Workspace::new(cloud)?;
    let assume = format!(
        "  assume_role {{\n    role_arn     = \"{arn}\"\n    session_name = \"story\"\n  }}\n"
    );
    let text = format!(
        "{}data \"eksauth_caller_identity\" \"this\" {{}}\n\noutput \"arn\" {{\n  value = data.eksauth_caller_identity.this.arn\n}}\n",
        provider_block(&assume)
    );
    workspace.file("main.tf", &text)?;
    workspace.apply()?.says(&[&format!(
        "arn = \"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/story\""
    )])
}

fn an_unknown_cluster_is_a_warning_at_plan_with_the_nearest_name(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&ENTRY.replace("  rolearn", "  cluster_name = \"prdo\"\n  rolearn"))?;
    let plan = workspace.plan()?;
    expect(
        plan.code == Some(2),
        format!(
            "an unknown cluster is no error at plan:\n{}{}",
            plan.output, plan.errors
        ),
    )?;
    plan.says(&[
        "Warning",
        "`prdo`",
        ACCOUNT,
        "eu-central-1",
        &format!("`{PROD}`"),
    ])
}

fn unknown_settings_delay_and_never_fall_back(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let unknown = "resource \"terraform_data\" \"name\" {\n  input = \"prod\"\n}\n";
    let block = provider_block("").replace("\"prod\"", "terraform_data.name.output");
    workspace.file("main.tf", &format!("{block}{unknown}{OIDC}{ENTRY}"))?;
    workspace
        .plan()?
        .says(&["3 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?.says(&["3 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_person_who_runs_the_binary_gets_help(cloud: &Cloud) -> Outcome {
    let output = cloud
        .plain(&crate::bed::provider_under_test::built_provider()?)
        .output()?;
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    expect(
        printed.contains("terraform-provider-eksauth"),
        format!("it says:\n{printed}"),
    )
}

fn no_secret_shows_in_the_log(cloud: &Cloud) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&format!("{OIDC}{ENTRY}"))?;
    workspace.set("TF_LOG", "TRACE");
    cloud.emulator().fault(json!({"action": "GetOpenIDConnectProvider", "kind": "error", "status": 403, "code": "AccessDenied",
        "message": "no", "skip": 1}))?;
    let run = workspace.try_apply()?;
    let text = format!("{}{}", run.output, run.errors);
    for (name, value) in cloud.creator().environment() {
        if name != "AWS_ACCESS_KEY_ID" {
            expect(!text.contains(&value), format!("the log shows {name}"))?;
        }
    }
    expect(!text.contains("k8s-aws-v1."), "the log shows a token")?;
    expect(
        !text.contains("X-Amz-Signature="),
        "the log shows a presigned URL",
    )
}
