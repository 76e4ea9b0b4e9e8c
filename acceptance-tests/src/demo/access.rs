//! Step 3: one apply makes the OIDC provider, the IRSA role and three entries of aws-auth.

use super::{Stage, aws_auth, copy};
use crate::failure::{Outcome, expect};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "terraform apply",
        "An OIDC provider from the cluster's name, an IRSA role for apps:reader, and entries for a role with a path, a user and an\n\
         account. Look at the diff: only lines were added, in the style of their neighbours.",
    );
    copy(&stage.workspace, "access.tf")?;
    let audit = stage
        .cloud
        .with_control_plane(crate::bed::cloud::PROD, |plane| plane.audit())?;
    stage.command("terraform apply");
    stage
        .workspace
        .apply()?
        .says(&["5 added, 0 changed, 0 destroyed"])?;
    let after = aws_auth(&stage.prod)?;
    let (added, removed) = stage.show_difference(&stage.found, &after);
    expect(removed == 0, "lines of aws-auth were removed")?;
    stage.show_result(&format!("5 added · aws-auth: +{added} lines, 0 changed"));
    let writes = audit
        .requests()?
        .into_iter()
        .filter(|request| request.verb == "patch" && request.name == "aws-auth")
        .count();
    stage.show_result(&format!(
        "the three entries were written together, in {writes} PATCH"
    ));
    Ok(())
}
