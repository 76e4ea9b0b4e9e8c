//! The whole way in one apply, which is killed again and again: before and after each write, until nothing is left to do.

use serde_json::json;

use super::super::bed_modes::knows_modes_and_nodes;
use super::world::{By, World};
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        workspace::Workspace,
    },
    failure::{Outcome, expect},
};

const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

/// A write at which an apply is killed: it comes to EKS or to the cluster a moment after whoever made it is gone.
struct Kill {
    action: &'static str,
    containing: &'static str,
}

const KILLS: [Kill; 5] = [
    Kill {
        action: "UpdateClusterConfig",
        containing: "",
    },
    Kill {
        action: "CreateAccessEntry",
        containing: "admins",
    },
    Kill {
        action: "AssociateAccessPolicy",
        containing: "ClusterAdmin",
    },
    Kill {
        action: "PATCH aws-auth",
        containing: "",
    },
    Kill {
        action: "UpdateClusterConfig",
        containing: "",
    },
];

pub(super) fn a_migration_that_is_killed_between_any_two_steps_converges(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    cloud.reach_through_faults(PROD)?;
    let mut world = World::new(cloud)?;
    let workspace = Workspace::new(cloud)?;
    world.write_example(&workspace)?;
    workspace.file("terraform.tfvars", "remove_from_aws_auth = true\n")?;
    let [first @ .., last] = &KILLS;
    for kill in first {
        killed(&world, &workspace, kill)
            .map_err(|failure| failure.during(&format!("{} {}", kill.action, kill.containing)))?;
    }
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    world.everybody_comes(By::AccessEntries)?;
    let roles = world.prod.aws_auth_key("mapRoles")?;
    expect(
        !roles.contains("role/admins") && roles.contains("role/basic"),
        &roles,
    )?;
    // And the last step, once what stays is given up.
    let given_up = "remove_from_aws_auth = true\ngiven_up = [\"arn:aws:iam::111122223333:role/basic\", \"444455556666\"]\n";
    workspace.file("terraform.tfvars", given_up)?;
    workspace.apply()?;
    world
        .people
        .retain(|person| person.before.username != "basic");
    workspace.file(
        "terraform.tfvars",
        &format!("{given_up}only_access_entries = true\n"),
    )?;
    kill(&world, &workspace, last)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    world.everybody_comes(By::AccessEntries)
}

fn killed(world: &World<'_>, workspace: &Workspace<'_>, at: &Kill) -> Outcome {
    kill(world, workspace, at)?;
    world.nobody_is_out()
}

fn kill(world: &World<'_>, workspace: &Workspace<'_>, at: &Kill) -> Outcome {
    let emulator = world.cloud.emulator();
    emulator.fault(json!({"action": at.action, "kind": "hold", "containing": at.containing}))?;
    let running = workspace.start(&APPLY)?;
    emulator.wait_for_held(at.action)?;
    running.kill()?;
    world.nobody_is_out()?;
    emulator.release()
}

/// EKS gives an entry and its policy by two calls. Between them an administrator's own entry hides what aws-auth gave, and its calls of EKS still count.
pub(super) fn whoever_is_killed_before_its_own_policy_gets_it_by_a_target(
    cloud: &Cloud,
) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let world = World::new(cloud)?;
    let [ada, ..] = world.people.as_slice() else {
        return Ok(());
    };
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&ada.session);
    world.write_example(&workspace)?;
    kill(
        &world,
        &workspace,
        &Kill {
            action: "CreateAccessEntry",
            containing: "admins",
        },
    )?;
    world
        .prod
        .wait_for_admission(&ada.session, Some(&ada.with_entry))?;
    workspace.try_apply()?.refused_with(&["aws-auth"])?;
    let target = [APPLY.as_slice(), &["-target=eksauth_access_entry.admins"]].concat();
    workspace.run(&target)?.succeeded()?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    world.everybody_comes(By::AccessEntries)
}
