//! The guard through everything Terraform does with a set of entries: renamed keys, replacements, targets, aliases, saved plans, teardown.

use serde_json::json;

use super::{
    lockout::{NODES, administered, pipeline},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::{Cluster, WhoAmI},
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("lockout_changes":
    a_renamed_key_is_never_refused_and_written_once_at_most,
    a_replacement_of_an_entry_writes_nothing,
    a_target_is_judged_by_what_it_does_alone,
    two_aliases_write_beside_each_other,
    who_plans_need_not_be_who_applies,
    everything_is_destroyed_by_who_says_so,
    a_cluster_that_goes_takes_its_entries_with_it,
    an_interrupted_swap_of_admins_converges,
    an_admin_that_dies_in_the_same_moment_stops_the_removal,
);

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// An entry with the power of an admin.
fn admin(name: &str) -> String {
    entry(name, name, "system:masters", "")
}

fn entry(label: &str, role: &str, group: &str, more: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"{label}\" {{\n{more}  rolearn  = \"{}\"\n  username = \"admin\"\n  groups   = [\"{group}\"]\n}}\n",
        role_arn(role)
    )
}

/// The entry of `admins` under a key of `for_each`.
fn keyed(key: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"people\" {{\n  for_each = {{ {key} = \"admins\" }}\n  \
         rolearn  = \"arn:aws:iam::{ACCOUNT}:role/${{each.value}}\"\n  username = \"admin\"\n  groups   = [\"system:masters\"]\n}}\n"
    )
}

fn masters() -> WhoAmI {
    WhoAmI {
        username: "admin".into(),
        groups: vec!["system:masters".into()],
    }
}

fn map_of(prod: &Cluster<'_>) -> Outcome<String> {
    prod.aws_auth_key("mapRoles")
}

const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

fn a_renamed_key_is_never_refused_and_written_once_at_most(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    workspace.configure(&keyed("one"))?;
    workspace.apply()?;
    let before = map_of(&prod)?;
    for key in ["two", "three", "four"] {
        let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
        workspace.configure(&keyed(key))?;
        workspace
            .apply()?
            .says(&["1 added, 0 changed, 1 destroyed"])?;
        let writes = audit
            .requests()?
            .iter()
            .filter(|request| request.verb == "patch")
            .count();
        expect(writes <= 1, format!("{writes} writes for one renamed key"))?;
        expect_same("mapRoles", &before, &map_of(&prod)?)?;
    }
    prod.wait_for_whoami(&eve, Some(&masters()))?;
    workspace.expect_empty_plan()
}

fn a_replacement_of_an_entry_writes_nothing(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    workspace.configure(&format!(
        "{}{}",
        admin("admins"),
        entry("viewers", "viewers", "viewers", "")
    ))?;
    workspace.apply()?;
    let before = map_of(&prod)?;
    let replace = |address: &str| {
        workspace.run(&[
            "apply",
            "-no-color",
            "-input=false",
            "-auto-approve",
            address,
        ])
    };
    replace("-replace=eksauth_aws_auth_role.viewers")?
        .succeeded()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    expect_same("mapRoles", &before, &map_of(&prod)?)?;
    workspace.expect_empty_plan()?;
    replace("-replace=eksauth_aws_auth_role.admins")?
        .succeeded()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    expect_same("mapRoles", &before, &map_of(&prod)?)?;
    workspace.expect_empty_plan()
}

fn a_target_is_judged_by_what_it_does_alone(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&pipeline(cloud, &prod)?);
    cloud.role("/", "successors")?;
    workspace.configure(&admin("admins"))?;
    workspace.apply()?;
    let before = map_of(&prod)?;
    workspace.configure(&admin("successors"))?;
    let targeted = [APPLY.as_slice(), &["-target=eksauth_aws_auth_role.admins"]].concat();
    workspace
        .run(&targeted)?
        .refused_with(&["lockout.last-admin", "role/admins"])?;
    expect_same("mapRoles", &before, &map_of(&prod)?)?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 1 destroyed"])?;
    let after = map_of(&prod)?;
    expect(
        after.contains("role/successors") && !after.contains("role/admins"),
        after.clone(),
    )?;
    workspace.expect_empty_plan()
}

fn two_aliases_write_beside_each_other(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let before = map_of(&prod)?;
    let mut workspace = Workspace::new(cloud)?;
    let alias = |name: &str| {
        format!(
            "provider \"eksauth\" {{\n  alias        = \"{name}\"\n  region       = \"eu-central-1\"\n  cluster_name = \"prod\"\n}}\n\n\
             resource \"eksauth_aws_auth_role\" \"{name}\" {{\n  provider = eksauth.{name}\n  count    = 8\n  \
             rolearn  = \"arn:aws:iam::{ACCOUNT}:role/{name}-${{count.index}}\"\n  username = \"{name}\"\n  groups   = [\"viewers\"]\n}}\n\n"
        )
    };
    workspace.configure(&format!("{}{}", alias("left"), alias("right")))?;
    workspace.apply()?.says(&["16 added"])?;
    let written = map_of(&prod)?;
    for name in ["left", "right"] {
        for index in 0..8 {
            let arn = role_arn(&format!("{name}-{index}\n"));
            expect(
                written.matches(&arn).count() == 1,
                format!("{arn} is not there once:\n{written}"),
            )?;
        }
    }
    workspace.expect_empty_plan()?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", "");
    workspace.destroy()?;
    expect_same("mapRoles", &before, &map_of(&prod)?)
}

fn who_plans_need_not_be_who_applies(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    let block = |more: &str, entries: &str| format!("{}{entries}", provider_block(more));
    let applies = format!("  apply_principal_arns = [\"{}\"]\n", role_arn("admins"));
    let two = |group: &str| {
        format!(
            "{}{}",
            entry("admins", "admins", group, ""),
            admin("successors")
        )
    };
    workspace.file("main.tf", &block(&applies, &two("system:masters")))?;
    workspace.apply()?;
    let before = map_of(&prod)?;
    // The creator plans and would not lose a thing; the role that applies would.
    workspace.file("main.tf", &block(&applies, &two("viewers")))?;
    workspace.plan()?.refused_with(&[
        &format!("{} (applies this plan)", role_arn("admins")),
        "lockout.running-identity",
    ])?;
    expect_same("mapRoles", &before, &map_of(&prod)?)?;
    // What takes nothing away from it is planned by one and applied by the other.
    let more = format!(
        "{}{}",
        two("system:masters"),
        entry("viewers", "viewers", "viewers", "")
    );
    workspace.file("main.tf", &block(&applies, &more))?;
    workspace
        .run(&["plan", "-no-color", "-input=false", "-out=saved.tfplan"])?
        .succeeded()?;
    workspace.act_as(&eve);
    workspace
        .run(&["apply", "-no-color", "saved.tfplan"])?
        .succeeded()?
        .says(&["1 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()
}

fn everything_is_destroyed_by_who_says_so(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&pipeline(cloud, &prod)?);
    workspace.configure(&format!(
        "{}{}",
        admin("admins"),
        entry("viewers", "viewers", "viewers", "")
    ))?;
    workspace.apply()?;
    let destroy = ["destroy", "-no-color", "-input=false", "-auto-approve"];
    workspace
        .run(&destroy)?
        .refused_with(&["lockout.last-admin", "EKSAUTH_LOCKOUT_ACK=prod:"])?;
    expect_parts(&map_of(&prod)?, &["role/admins"])?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", "staging:destroy");
    workspace
        .run(&destroy)?
        .refused_with(&["lockout.last-admin"])?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", "prod:destroy");
    workspace.run(&destroy)?.succeeded()?;
    expect_same("mapRoles", NODES, &map_of(&prod)?)?;
    prod.wait_for_whoami(&eve, None)
}

fn a_cluster_that_goes_takes_its_entries_with_it(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    workspace.configure(&admin("admins"))?;
    workspace.apply()?;
    let before = map_of(&prod)?;
    cloud.set_cluster(PROD, &json!({"status": "DELETING"}))?;
    workspace.destroy()?;
    expect_same("mapRoles", &before, &map_of(&prod)?)
}

/// The one admin's entry goes and another's comes in its place.
fn swapped(workspace: &Workspace<'_>) -> Outcome {
    workspace.configure(&admin("admins"))?;
    workspace.apply()?;
    workspace.configure(&admin("successors"))
}

fn an_interrupted_swap_of_admins_converges(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    cloud.reach_through_faults(PROD)?;
    let workspace = Workspace::new(cloud)?;
    swapped(&workspace)?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "hold"}))?;
    let running = workspace.start(&APPLY)?;
    cloud.emulator().wait_for_held("PATCH aws-auth")?;
    running.interrupt()?;
    cloud.emulator().release()?;
    running.wait()?.says(&["Interrupt received"])?;
    let between = map_of(&prod)?;
    expect(
        between.contains("role/admins") || between.contains("role/successors"),
        format!("nobody is admin any more:\n{between}"),
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let after = map_of(&prod)?;
    expect(
        after.matches("role/successors").count() == 1 && !after.contains("role/admins"),
        after.clone(),
    )
}

fn an_admin_that_dies_in_the_same_moment_stops_the_removal(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    cloud.reach_through_faults(PROD)?;
    let spare = format!(
        "- rolearn: {}\n  username: spare\n  groups: [system:masters]\n",
        role_arn("spare")
    );
    cloud.role("/", "spare")?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&pipeline(cloud, &prod)?);
    workspace.configure(&admin("admins"))?;
    workspace.apply()?;
    prod.edit_aws_auth("mapRoles", |text| format!("{text}{spare}"))?;
    workspace.configure("")?;
    cloud
        .emulator()
        .fault(json!({"action": "PATCH aws-auth", "kind": "hold", "times": 1}))?;
    let running = workspace.start(&APPLY)?;
    cloud.emulator().wait_for_held("PATCH aws-auth")?;
    // Another admin would have been left; now someone else takes that one away.
    prod.edit_aws_auth("mapRoles", |text| text.replace(&spare, ""))?;
    cloud.emulator().release()?;
    running
        .wait()?
        .refused_with(&["lockout.last-admin", "role/admins"])?;
    expect_parts(&map_of(&prod)?, &["role/admins"])?;
    expect(
        !map_of(&prod)?.contains("role/spare"),
        "the removal of someone else was undone",
    )
}
