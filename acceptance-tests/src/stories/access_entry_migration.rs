//! From aws-auth to access entries with the real programs: the example and its guide, step by step, killed between its steps, and stopped where an access
//! entry gives less than aws-auth did.

mod guide;
mod killed;
mod planted;
mod world;

use serde_json::Value;

use self::{
    guide::the_guide_is_followed_and_each_principal_keeps_what_it_has,
    killed::{
        a_migration_that_is_killed_between_any_two_steps_converges,
        whoever_is_killed_before_its_own_policy_gets_it_by_a_target,
    },
    planted::an_entry_planted_without_its_policy_stops_the_removal_and_is_named,
    world::World,
};
use super::{
    bed_modes::knows_modes_and_nodes,
    by_hand::{CommandOutput, ours},
    story::stories,
};
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        json::text,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("access_entry_migration":
    the_guide_is_followed_and_each_principal_keeps_what_it_has,
    a_migration_that_is_killed_between_any_two_steps_converges,
    whoever_is_killed_before_its_own_policy_gets_it_by_a_target,
    an_entry_planted_without_its_policy_stops_the_removal_and_is_named,
    every_entry_is_told_with_what_becomes_of_it,
);

/// The file that the example takes from `hcl`.
const HCL: [&str; 9] = [
    "hcl",
    "--after",
    "eksauth_authentication_mode.this",
    "--accept",
    "masters",
    "--accept",
    "impersonation",
    "--accept",
    "user-name",
];

fn migrate(cloud: &Cloud, arguments: &[&str]) -> Outcome<CommandOutput> {
    let all = [
        &["migrate", "access-entries"],
        arguments,
        &["--cluster", PROD],
    ]
    .concat();
    ours(cloud, cloud.creator(), &all, "")
}

/// The states of `plan -o json`, in the order of aws-auth.
fn states(plan: &str) -> Outcome<Vec<String>> {
    let plan: Value = serde_json::from_str(plan)?;
    let entries = plan.get("entries").and_then(Value::as_array).cloned();
    let entries = entries.unwrap_or_default();
    entries.iter().map(|entry| text(entry, "state")).collect()
}

fn every_entry_is_told_with_what_becomes_of_it(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let world = World::new(cloud)?;
    let plan = migrate(cloud, &["plan", "-o", "json"])?;
    plan.expect(1, &world.own_nodes)?;
    let told = states(&plan.out)?;
    let expected = [
        "new",
        "nothing",
        "new",
        "new",
        "new",
        "made_by_eks",
        "new",
        "stays",
        "nothing",
        "new",
        "stays",
    ];
    expect(told == expected, format!("{told:?}"))?;
    let table = migrate(cloud, &["plan"])?;
    table.expect(1, "To accept (masters)")?;
    expect_parts(&table.out, &["The same as before.", "superseded", "gone"])?;
    let report = migrate(cloud, &["report"])?;
    report.expect(0, "Do not raise the mode to API while 2 entries stay")?;
    // Nothing is printed that was not accepted.
    let refused = migrate(cloud, &["hcl"])?;
    refused.expect(1, "\"devs\"")?;
    expect(
        !refused.out.contains("\"eksauth_access_entry\" \"admins\""),
        &refused.out,
    )?;
    expect_parts(
        &refused.errors,
        &["system:basic-user", "444455556666", "(masters)"],
    )
}
