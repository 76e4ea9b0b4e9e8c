//! Step 8: from aws-auth to access entries, and back as long as nothing was taken out of aws-auth.

use std::process::Command;

use super::{Stage, aws_auth, role};
use crate::{
    bed::{
        cloud::{ACCOUNT, PROD, REGION, access::Mode},
        cluster::{WhoAmI, reviews::Attempt},
        provider_under_test::built_provider,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

const HCL: [&str; 7] = [
    "migrate",
    "access-entries",
    "hcl",
    "--cluster",
    PROD,
    "--accept=masters",
    "--accept=impersonation",
];

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "From aws-auth to access entries",
        "Each entry of aws-auth becomes an access entry with the path of its role, or says why not. The mode is raised first, and aws-auth\n\
         stays as it is: whoever has an access entry comes by that.",
    );
    for name in ["nodes", "fargate", "break-glass"] {
        stage.cloud.role("/", name)?;
    }
    stage.cloud.user(ACCOUNT, "/people/", "alice")?;
    stage.cloud.user(ACCOUNT, "/", "bob")?;
    let workspace = Workspace::with_init(stage.cloud)?;
    super::copy(&workspace, "main.tf")?;
    workspace.file("access-entries.tf", &printed(stage)?)?;
    workspace.init()?;
    stage.command("terraform apply");
    workspace
        .apply()?
        .says(&["7 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    stage.show_result("the mode and 6 access entries, the plan after it is empty");
    let eve = stage.cloud.assume(&role("admins"), "eve")?;
    let mut admin = WhoAmI {
        username: "admin".into(),
        groups: vec![],
    };
    stage.prod.wait_for_whoami(&eve, Some(&admin))?;
    let everything = Attempt {
        verb: "*",
        group: "*",
        resource: "*",
        ..Attempt::default()
    };
    stage.prod.wait_for_decision(&eve, &everything, true)?;
    stage.show_result(
        "role/admins → admin, and may do everything: by AmazonEKSClusterAdminPolicy in place of system:masters",
    );
    stage.command("terraform destroy");
    workspace.destroy()?;
    admin.groups.push("system:masters".into());
    stage.prod.wait_for_whoami(&eve, Some(&admin))?;
    stage.show_result(
        "without the access entries aws-auth counts again: role/admins → admin [system:masters]",
    );
    put_mode_back(stage)
}

/// EKS lowers no mode. The emulator does, so that a cloud that is kept has the cluster of step 1, which "Getting started" begins with.
fn put_mode_back(stage: &mut Stage<'_>) -> Outcome {
    stage.cloud.set_mode(PROD, Mode::ConfigMap)?;
    expect(
        stage.found == aws_auth(&stage.prod)?,
        "aws-auth is not what it was in the beginning",
    )?;
    stage.command("terraform-provider-eksauth whoami --cluster prod");
    let output = ours(stage)?.args(["whoami", "--cluster", PROD]).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    expect(
        output.status.success(),
        format!("it ended with {}: {told}", output.status),
    )?;
    expect_parts(
        &told,
        &[
            "system:masters",
            "no entry of aws-auth gives that",
            "created the cluster",
        ],
    )?;
    stage.show_result(
        "the emulator puts the mode back, which EKS never does: the creator of the cluster is in by no entry, as in the beginning",
    );
    Ok(())
}

/// The binary as whoever created the cluster.
fn ours(stage: &Stage<'_>) -> Outcome<Command> {
    let mut command = stage.cloud.plain(&built_provider()?);
    command
        .envs(stage.cloud.creator().environment())
        .env("AWS_ENDPOINT_URL", stage.cloud.emulator().url())
        .env("AWS_REGION", REGION);
    Ok(command)
}

/// The configuration; exit code 1 because the account cannot move.
fn printed(stage: &mut Stage<'_>) -> Outcome<String> {
    let mut command = ours(stage)?;
    command.args(HCL);
    stage.command(&format!(
        "terraform-provider-eksauth {} > access-entries.tf",
        HCL.join(" ")
    ));
    let output = command.output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    expect(
        output.status.code() == Some(1) && told.contains("444455556666"),
        format!("it ended with {}: {told}", output.status),
    )?;
    stage.show_result(
        "6 of 7 entries move; account 444455556666 stays: an access entry is for one principal",
    );
    String::from_utf8(output.stdout).map_err(|error| Failure::new(error.to_string()))
}
