//! Step 6: destroy takes away what was made, and aws-auth is what it was in the beginning.

use super::{Stage, aws_auth};
use crate::failure::{Outcome, expect};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "terraform destroy",
        "What Terraform made goes, and nothing else: aws-auth itself stays, with everybody else's entries.",
    );
    stage.command("terraform destroy");
    stage.workspace.destroy()?.says(&["destroyed"])?;
    let after = aws_auth(&stage.prod)?;
    let (added, removed) = stage.show_difference(&stage.found, &after);
    expect(
        added + removed == 0,
        "aws-auth is not what it was before the first apply",
    )?;
    stage.show_result("aws-auth has the bytes it had in step 1");
    let roles = stage.cloud.aws_as(
        stage.cloud.creator(),
        &["iam", "list-roles", "--query", "Roles[].RoleName"],
    )?;
    let providers = stage.cloud.aws_as(
        stage.cloud.creator(),
        &["iam", "list-open-id-connect-providers"],
    )?;
    expect(
        !roles.to_string().contains("\"reader\""),
        format!("the IRSA role is still there: {roles}"),
    )?;
    expect(
        !providers.to_string().contains("oidc-provider"),
        format!("the OIDC provider is still there: {providers}"),
    )?;
    stage.show_result("the IRSA role and the OIDC provider are gone");
    Ok(())
}
