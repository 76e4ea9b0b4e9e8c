//! The example and the guide, as they are printed.

use super::super::{
    bed_access_entries::who,
    bed_modes::knows_modes_and_nodes,
    examples,
    guides::{ENTRIES, Reader},
};
use super::world::{By, World, item};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        json::text,
    },
    failure::{Outcome, expect, expect_same},
};

pub(super) fn the_guide_is_followed_and_each_principal_keeps_what_it_has(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let reader = Reader::new(cloud, ENTRIES)?;
    let mut world = World::with_admins(cloud, &format!("arn:aws:iam::{ACCOUNT}:role/admins"))?;
    let example = "from-aws-auth-to-access-entries";
    for title in ["1. Look", "2. Write the configuration"] {
        if title.starts_with('2') {
            let main = examples::text(&format!("{example}/main.tf"))?;
            reader.workspace.file("main.tf", &main)?;
        }
        reader.follow(title)?;
    }
    expect_same(
        "access-entries.tf",
        &examples::text(&format!("{example}/access-entries.tf"))?,
        &std::fs::read_to_string(reader.workspace.path().join("access-entries.tf"))?,
    )?;
    let found = world.prod.aws_auth_key("mapRoles")?;
    reader.follow("3. The mode and the access entries")?;
    // The configuration names each principal once, so what lets nobody in goes with the import.
    let superseded = item("devs", "overwritten", &["nobody"]);
    expect_same(
        "mapRoles",
        &found.replace(&superseded, ""),
        &world.prod.aws_auth_key("mapRoles")?,
    )?;
    world.everybody_comes(By::AccessEntries)?;
    reader.workspace.expect_empty_plan()?;
    reader.follow("4. See that each principal comes")?;

    reader.follow("5. Take what moved out of aws-auth")?;
    world.everybody_comes(By::AccessEntries)?;
    let roles = world.prod.aws_auth_key("mapRoles")?;
    for (name, stays) in [
        ("basic", true),
        ("/nodes", true),
        ("admins", false),
        ("devs", false),
        ("auditors", false),
        ("gone", false),
    ] {
        expect(roles.contains(name) == stays, format!("{name} in {roles}"))?;
    }
    expect_same("the mode", "API_AND_CONFIG_MAP", &mode(cloud)?)?;

    reader.follow("6. Only then, mode API")?;
    expect_same("the mode", "API", &mode(cloud)?)?;
    for person in &mut world.people {
        if person.with_entry.username == "basic" {
            person.with_entry = who("basic", &["basics"]);
        }
    }
    world.everybody_comes(By::AccessEntries)?;
    reader.workspace.expect_empty_plan()
}

fn mode(cloud: &Cloud) -> Outcome<String> {
    let asked = ["eks", "describe-cluster", "--name", PROD];
    let described = cloud.aws_as(cloud.creator(), &asked)?;
    text(&described, "cluster.accessConfig.authenticationMode")
}
