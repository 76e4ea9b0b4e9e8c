//! Runs that are killed in the middle of a write.

use super::*;

pub(super) fn after_kill_9_the_next_run_says_what_stands(cloud: &Cloud) -> Outcome {
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

pub(super) fn after_kill_9_whoever_is_still_in_is_told_too(cloud: &Cloud) -> Outcome {
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
