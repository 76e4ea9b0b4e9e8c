//! Step 2: Terraform takes the map over, by import block and by command, and changes not one byte.

use super::{Stage, copy};
use crate::{
    bed::workspace::Workspace,
    failure::{Failure, Outcome, expect},
};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "terraform init and import",
        "A provider block with a region and a cluster name, nothing else: no kubernetes provider, no exec plugin, no kubeconfig.\n\
         The map is imported twice: with an import block and generated configuration, and with `terraform import`.",
    );
    let before = stage.prod.aws_auth_object()?;
    stage.command("terraform init");
    stage.workspace.init()?;
    copy(&stage.workspace, "import.tf")?;
    stage.command("terraform plan -generate-config-out=aws_auth.tf");
    let generated = "-generate-config-out=aws_auth.tf";
    stage
        .workspace
        .run(&["plan", "-no-color", "-input=false", generated])?
        .succeeded()?
        .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])?;
    stage.command("terraform apply");
    stage
        .workspace
        .apply()?
        .says(&["1 imported, 0 added, 0 changed, 0 destroyed"])?;
    stage.workspace.expect_empty_plan()?;
    stage.show_result("import block with generated configuration: the plan after it is empty");
    stage.command("terraform import eksauth_aws_auth.this prod        (in a second folder, same configuration)");
    let second = Workspace::with_init(stage.cloud)?;
    copy(&second, "main.tf")?;
    second.file(
        "aws_auth.tf",
        &std::fs::read_to_string(stage.workspace.path().join("aws_auth.tf"))?,
    )?;
    second.init()?;
    second
        .import("eksauth_aws_auth.this", "prod")?
        .succeeded()?;
    second.expect_empty_plan()?;
    stage.show_result("terraform import: the plan after it is empty too");
    let after = stage
        .prod
        .aws_auth_object()?
        .ok_or_else(|| Failure::new("aws-auth is gone"))?;
    expect(
        before.as_ref() == Some(&after),
        "the import changed aws-auth",
    )?;
    stage.show_result("0 bytes of the ConfigMap were written: its resourceVersion is the old one");
    Ok(())
}
