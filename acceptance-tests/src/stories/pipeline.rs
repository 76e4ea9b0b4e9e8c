//! The recipe for a pipeline: its own script plans, judges the finished plan, and leaves what the next steps need.

use std::{fs, path::Path};

use super::{lockout::administered, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud},
        tools::room,
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("pipeline":
    the_recipe_stops_a_plan_that_locks_somebody_out,
);

fn entry(name: &str, group: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"{name}\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/{name}\"\n  \
         username = \"admin\"\n  groups   = [\"{group}\"]\n}}\n"
    )
}

/// Runs the recipe's script: its exit code, and the comment that it leaves.
fn checked(workspace: &Workspace<'_>) -> Outcome<(Option<i32>, String)> {
    let script = room().join("../examples/pipeline/plan-and-check.sh");
    let output = workspace
        .command(Path::new("/bin/sh"))
        .arg(script)
        .arg("prod")
        .output()?;
    let comment = fs::read_to_string(workspace.path().join("check-plan.md"))?;
    let printed = format!(
        "{comment}{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    expect(!printed.contains("k8s-aws-v1."), "a token shows")?;
    Ok((output.status.code(), comment))
}

fn the_recipe_stops_a_plan_that_locks_somebody_out(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::with_init(cloud)?;
    workspace.act_as(&eve);
    let write = |text: &str| workspace.file("main.tf", &format!("{}{text}", provider_block("")));
    write(&entry("admins", "system:masters"))?;
    workspace.init()?;
    workspace.apply()?;

    let both = format!(
        "{}{}",
        entry("admins", "system:masters"),
        entry("viewers", "viewers")
    );
    write(&both)?;
    let (code, comment) = checked(&workspace)?;
    expect(
        code == Some(0),
        format!("it ended with {code:?}:\n{comment}"),
    )?;
    expect_parts(&comment, &["role/viewers", "gains", "0 errors, 0 warnings"])?;
    workspace
        .run(&["apply", "-no-color", "-input=false", "tfplan"])?
        .succeeded()?
        .says(&["1 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;

    write(&entry("viewers", "viewers"))?;
    let (code, comment) = checked(&workspace)?;
    expect(
        code == Some(1),
        format!("it ended with {code:?}:\n{comment}"),
    )?;
    expect_parts(
        &comment,
        &[
            "role/admins (applies this plan)",
            "loses everything",
            "lockout.running-identity",
        ],
    )?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["role/admins"])?;

    // Somebody who may not read the cluster finds nothing out.
    workspace.act_as(&cloud.user(ACCOUNT, "/", "stranger")?);
    let offline = workspace
        .command(Path::new("/bin/sh"))
        .args(["-c", "binary=$(find -L .terraform/providers -name 'terraform-provider-eksauth_v*' | head -n 1); \
            terraform show -json tfplan | \"$binary\" check-plan - --cluster prod"])
        .output()?;
    expect(
        offline.status.code() == Some(2),
        format!(
            "it ended with {:?}:\n{}",
            offline.status.code(),
            String::from_utf8_lossy(&offline.stdout)
        ),
    )
}
