//! Step 6: the second plan is empty; an entry edited by hand is that drift and nothing more.

use super::{Stage, aws_auth};
use crate::failure::{Outcome, expect, expect_same};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "The second plan, and drift",
        "The plan right after apply has nothing to do. Then somebody edits an entry by hand.",
    );
    stage.command("terraform plan");
    stage.workspace.expect_empty_plan()?;
    stage.show_result("the second plan is empty");
    let applied = aws_auth(&stage.prod)?;
    stage.command(
        "kubectl edit configmap aws-auth -n kube-system      (platform-admins → system:masters)",
    );
    stage.prod.edit_aws_auth("mapRoles", |text| {
        text.replace("platform-admins", "system:masters")
    })?;
    stage.command("terraform plan");
    let plan = stage.workspace.plan()?;
    expect(
        plan.code == Some(2),
        format!(
            "the plan does not see the drift:\n{}{}",
            plan.output, plan.errors
        ),
    )?;
    plan.says(&[
        "eksauth_aws_auth_role.platform will be updated in-place",
        "0 to add, 1 to change, 0 to destroy",
    ])?;
    for line in plan
        .output
        .lines()
        .filter(|line| line.trim_start().starts_with(['~', '+', '-']))
    {
        println!("       {}", stage.paint.dim(line));
    }
    stage.show_result("the hand edit shows as exactly that change");
    stage.command("terraform apply");
    stage.workspace.apply()?;
    for (key, text) in aws_auth(&stage.prod)? {
        expect_same(&key, applied.get(&key).map_or("", String::as_str), &text)?;
    }
    stage.show_result("apply mends it: aws-auth is byte for byte what the first apply wrote");
    Ok(())
}
