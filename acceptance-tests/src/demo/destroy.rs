//! Step 7: destroy takes away what was made, and aws-auth is what it was in the beginning.

use serde_json::json;

use super::{Stage, aws_auth};
use crate::failure::{Outcome, expect};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "terraform destroy",
        "What Terraform made goes, and nothing else: aws-auth itself stays, with everybody else's entries.",
    );
    stage.command("terraform destroy");
    stage.workspace.destroy()?.says(&["destroyed"])?;
    // Step 5 made it by hand, and the guide "Give your developers access" makes it on a cloud that is kept.
    stage.cloud.delete_role("developers")?;
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
        !["\"reader\"", "\"uploader\""]
            .iter()
            .any(|name| roles.to_string().contains(name)),
        format!("an IRSA role is still there: {roles}"),
    )?;
    expect(
        !providers.to_string().contains("oidc-provider"),
        format!("the OIDC provider is still there: {providers}"),
    )?;
    stage.show_result("the IRSA roles and the OIDC provider are gone");
    in_the_cluster(stage)
}

fn in_the_cluster(stage: &mut Stage<'_>) -> Outcome {
    let account = stage.prod.service_account("apps", "uploader")?;
    expect(
        account.is_none(),
        format!("the service account is still there: {account:?}"),
    )?;
    for kind in ["roles", "rolebindings"] {
        let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/apps/{kind}");
        let (_, list) = stage.prod.ask("GET", &path, None)?;
        expect(
            list.pointer("/items") == Some(&json!([])),
            format!("{kind} are still there: {list}"),
        )?;
    }
    stage.show_result("the service account, the group's role and its binding are gone");
    Ok(())
}
