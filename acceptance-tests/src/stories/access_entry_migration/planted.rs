//! An access entry that gives less than aws-auth did, because somebody forgot its policy.

use super::super::bed_modes::knows_modes_and_nodes;
use super::world::{By, World};
use crate::{
    bed::{cloud::Cloud, workspace::Workspace},
    failure::{Failure, Outcome, expect, expect_same},
};

pub(super) fn an_entry_planted_without_its_policy_stops_the_removal_and_is_named(
    cloud: &Cloud,
) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let world = World::new(cloud)?;
    let before = world.prod.aws_auth_key("mapRoles")?;
    let workspace = Workspace::new(cloud)?;
    world.write_example(&workspace)?;
    let path = workspace.path().join("access-entries.tf");
    let whole = std::fs::read_to_string(&path)?;
    workspace.file("access-entries.tf", &without_policies(&whole)?)?;
    workspace.file("terraform.tfvars", "remove_from_aws_auth = true\n")?;
    // In one apply with the mode and the entries, and in each one after it.
    for _ in 0..2 {
        workspace.try_apply()?.refused_with(&[
            "mapRoles[0]",
            "role/admins",
            "(rights)",
            "system:masters",
        ])?;
        expect_same("mapRoles", &before, &world.prod.aws_auth_key("mapRoles")?)?;
    }
    // A difference that was not accepted stops it too.
    workspace.file("access-entries.tf", &whole.replace("\"masters\", ", ""))?;
    workspace
        .try_apply()?
        .refused_with(&["mapRoles[0]", "(masters)"])?;
    workspace.file("access-entries.tf", &whole)?;
    workspace.apply()?;
    world.everybody_comes(By::AccessEntries)?;
    let roles = world.prod.aws_auth_key("mapRoles")?;
    expect(!roles.contains("role/admins"), &roles)?;
    workspace.expect_empty_plan()
}

/// The file without the one block of policies.
fn without_policies(whole: &str) -> Outcome<String> {
    let none = || Failure::new(format!("no policies in {whole}"));
    let (before, rest) = whole.split_once("  policies = [\n").ok_or_else(none)?;
    let (_, after) = rest.split_once("\n  ]\n").ok_or_else(none)?;
    Ok(format!("{before}{after}"))
}
