//! A token judged in a configuration: whose it is, what the cluster makes of it, and what is wrong with one that is refused.

use std::fs;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        tools::room,
        workspace::Workspace,
    },
    failure::{Outcome, expect},
};

stories!("token_verification":
    a_token_of_the_same_run_is_accepted_and_told,
    a_bad_token_is_an_answer_and_fails_only_a_condition,
    the_example_stops_whom_the_cluster_does_not_take,
);

/// The caller's own token and its verification, with what has to hold.
fn of_the_caller(condition: &str) -> String {
    format!(
        "ephemeral \"eksauth_cluster_auth\" \"this\" {{}}\n\n{}",
        verified("ephemeral.eksauth_cluster_auth.this.token", condition)
    )
}

fn verified(token: &str, condition: &str) -> String {
    format!(
        "ephemeral \"eksauth_token_verification\" \"this\" {{\n  token = {token}\n\n  lifecycle {{\n    postcondition {{\n      \
         condition     = {condition}\n      error_message = \"The token was not judged as expected.\"\n    }}\n  }}\n}}\n"
    )
}

/// Plans, saves and applies; no file and no word of it has a token.
fn told_without_token(workspace: &Workspace<'_>) -> Outcome {
    let planned = workspace
        .run(&["plan", "-no-color", "-out=saved.tfplan"])?
        .succeeded()?;
    let applied = workspace
        .run(&["apply", "-no-color", "saved.tfplan"])?
        .succeeded()?;
    let shown = workspace.run(&["show", "-json", "saved.tfplan"])?;
    for run in [planned, applied, shown] {
        let all = format!("{}{}", run.output, run.errors);
        expect(
            !all.contains("k8s-aws-v1.") && !all.contains("X-Amz-Signature"),
            format!("a token shows in:\n{all}"),
        )?;
    }
    Ok(())
}

fn a_token_of_the_same_run_is_accepted_and_told(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let arn = cloud.role("/", "admins")?;
    prod.put_aws_auth_key(
        "mapRoles",
        &format!(
            "- rolearn: {arn}\n  username: admin:{{{{SessionName}}}}\n  groups: [system:masters]\n"
        ),
    )?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&cloud.assume(&arn, "eve@example.com")?);
    let condition = format!(
        "self.verdict == \"accepted\" && self.reason == null && self.username == \"admin:eve-example.com\" && \
         join(\",\", self.groups) == \"system:masters\" && self.canonical_arn == \"{arn}\" && self.account == \"{ACCOUNT}\" && \
         self.session_name == \"eve@example.com\" && self.rule == \"aws-auth mapRoles[0], line 1\" && \
         timecmp(self.expiration, timestamp()) > 0"
    );
    workspace.configure(&of_the_caller(&condition))?;
    told_without_token(&workspace)?;
    // The token is good, and the entry is gone: STS vouches for the caller, and the cluster admits nobody. Who asks is the creator, because
    // without access there is no reading what decides.
    prod.put_aws_auth_key("mapRoles", "[]")?;
    workspace.act_as(cloud.creator());
    let condition = format!(
        "self.verdict == \"refused\" && self.reason == \"mapping.not_mapped\" && self.reason_class == \"mapping\" && \
         startswith(self.arn, \"arn:aws:sts::{ACCOUNT}:assumed-role/admins/\") && self.canonical_arn == \"{arn}\" && self.username == null"
    );
    workspace.configure(&format!(
        "ephemeral \"eksauth_cluster_auth\" \"this\" {{\n  role_arn = \"{arn}\"\n}}\n\n{}",
        verified("ephemeral.eksauth_cluster_auth.this.token", &condition)
    ))?;
    told_without_token(&workspace)
}

fn a_bad_token_is_an_answer_and_fails_only_a_condition(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let elsewhere =
        "ephemeral \"eksauth_cluster_auth\" \"other\" {\n  cluster_name = \"staging\"\n}\n\n";
    let refused = "self.verdict == \"refused\" && self.reason == \"sts.status\" && self.reason_class == \"sts\" && self.username == null";
    let token = "ephemeral.eksauth_cluster_auth.other.token";
    workspace.configure(&format!("{elsewhere}{}", verified(token, refused)))?;
    told_without_token(&workspace)?;
    let form = "self.verdict == \"refused\" && self.reason == \"token.base64\" && self.arn == null";
    // Put together, because OpenTofu shows what the configuration itself spells out.
    let spelled = "join(\".\", [\"k8s-aws-v1\", \"=\"])";
    workspace.configure(&verified(spelled, form))?;
    told_without_token(&workspace)?;
    workspace.configure(&verified(
        "\"k8s-aws-v1.=\"",
        "self.verdict == \"accepted\"",
    ))?;
    workspace
        .plan()?
        .refused_with(&["Resource postcondition failed", "not judged as expected"])
}

fn the_example_stops_whom_the_cluster_does_not_take(cloud: &Cloud) -> Outcome {
    let example = room()
        .join("../examples/ephemeral-resources/eksauth_token_verification/ephemeral-resource.tf");
    let prod = cloud.cluster(PROD)?;
    let arn = cloud.role("/", "admins")?;
    prod.put_aws_auth_key(
        "mapRoles",
        &format!("- rolearn: {arn}\n  username: admin\n  groups: [system:masters]\n"),
    )?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&fs::read_to_string(example)?)?;
    // The creator's hidden access shows nowhere, so by what can be read the cluster does not take its token.
    workspace
        .plan()?
        .refused_with(&["The cluster does not take this token"])?;
    workspace.act_as(&cloud.assume(&arn, "eve")?);
    told_without_token(&workspace)
}
