//! From aws-auth to access entries with the real programs: what the table says of each principal is what the API server says of it, before, with the access
//! entries, and when aws-auth no longer has what moved.

use serde_json::Value;

use super::{
    bed_access_entries::{eks, who},
    bed_modes::{knows_modes_and_nodes, raise},
    by_hand::ours,
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        cluster::{Cluster, WhoAmI, reviews::Attempt},
        identity::Identity,
        json::text,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("access_entry_migration":
    nine_kinds_of_entries_move_and_each_principal_keeps_what_the_table_says,
);

const ACCEPT: [&str; 6] = [
    "--accept",
    "masters",
    "--accept",
    "impersonation",
    "--accept",
    "user-name",
];

/// A principal of the story, and as whom the API server knows it.
struct Person {
    session: Identity,
    before: WhoAmI,
    with_entries: WhoAmI,
}

fn item(arn: &str, username: &str, groups: &[&str]) -> String {
    let list: Vec<String> = groups.iter().map(|group| format!("'{group}'")).collect();
    format!(
        "- rolearn: {arn}\n  username: '{username}'\n  groups: [{}]\n",
        list.join(", ")
    )
}

fn pathless(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn migrate(cloud: &Cloud, arguments: &[&str]) -> Outcome<super::by_hand::CommandOutput> {
    let all = [
        &["migrate", "access-entries"],
        arguments,
        &["--cluster", PROD],
    ]
    .concat();
    ours(cloud, cloud.creator(), &all, "")
}

/// The entries of `plan -o json` by ARN, with their state.
fn states(plan: &str) -> Outcome<Vec<(String, String)>> {
    let plan: Value = serde_json::from_str(plan)?;
    let entries = plan.get("entries").and_then(Value::as_array).cloned();
    entries
        .unwrap_or_default()
        .iter()
        .map(|entry| Ok((text(entry, "arn")?, text(entry, "state")?)))
        .collect()
}

fn everybody_is(prod: &Cluster<'_>, people: &[Person], with_entries: bool) -> Outcome {
    for person in people {
        let expected = match with_entries {
            true => &person.with_entries,
            false => &person.before,
        };
        prod.wait_for_admission(&person.session, Some(expected))?;
    }
    Ok(())
}

/// Whoever moves, and as whom they come.
fn people(cloud: &Cloud) -> Outcome<Vec<Person>> {
    let admins = cloud.role("/teams/", "admins")?;
    let devs = cloud.role("/teams/dev/", "devs")?;
    let renamed = cloud.role("/", "renamed")?;
    let set = "AWSReservedSSO_Viewer_0123456789abcdef";
    let set = cloud.role("/aws-reserved/sso.amazonaws.com/eu-central-1/", set)?;
    let same = |session: Identity, known: WhoAmI| Person {
        session,
        with_entries: known.clone(),
        before: known,
    };
    Ok(vec![
        Person {
            session: cloud.session(&admins, "ada")?,
            before: who("admin", &["system:masters", "audit"]),
            with_entries: who("admin", &["audit"]),
        },
        same(cloud.session(&devs, "eve")?, who("dev:eve", &["devs"])),
        Person {
            session: cloud.session(&renamed, "bob")?,
            before: who("system:ops", &["ops"]),
            with_entries: who(
                &format!("arn:aws:sts::{ACCOUNT}:assumed-role/renamed/bob"),
                &["ops"],
            ),
        },
        same(cloud.session(&set, "zoe")?, who("sso:zoe", &["viewers"])),
        same(
            cloud.user(ACCOUNT, "/people/", "carl")?,
            who("carl", &["devs"]),
        ),
    ])
}

fn nine_kinds_of_entries_move_and_each_principal_keeps_what_the_table_says(
    cloud: &Cloud,
) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let prod = cloud.cluster(PROD)?;
    let people = people(cloud)?;
    let nodes = cloud.role("/", "nodes")?;
    let group = ["create-nodegroup", "--nodegroup-name", "blue"];
    let made = ["--node-role", &nodes, "--subnets", "subnet-1"];
    eks(cloud, &[group.as_slice(), &made].concat())?;
    let own_nodes = cloud.role("/self-managed/", "own-nodes")?;
    let basic = cloud.role("/", "basic")?;
    let node = "system:node:{{EC2PrivateDNSName}}";
    let node_groups = ["system:bootstrappers", "system:nodes"];
    let roles = [
        item(&pathless("admins"), "admin", &["system:masters", "audit"]),
        item(&pathless("devs"), "overwritten", &["nobody"]),
        item(&pathless("devs"), "dev:{{SessionName}}", &["devs"]),
        item(&pathless("renamed"), "system:ops", &["ops"]),
        item(
            &pathless("AWSReservedSSO_Viewer_0123456789abcdef"),
            "sso:{{SessionName}}",
            &["viewers"],
        ),
        item(&nodes, node, &node_groups),
        item(&pathless("own-nodes"), node, &node_groups),
        item(&basic, "basic", &["system:basic-user"]),
        item(&pathless("gone"), "gone", &["devs"]),
    ];
    let stays = item(&basic, "basic", &["system:basic-user"]);
    let user = format!("arn:aws:iam::{ACCOUNT}:user/people/carl");
    prod.put_aws_auth(
        &[
            ("mapRoles", roles.concat()),
            (
                "mapUsers",
                format!("- userarn: {user}\n  username: carl\n  groups: [devs]\n"),
            ),
            ("mapAccounts", "- '444455556666'\n".to_owned()),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into(),
    )?;
    everybody_is(&prod, &people, false)?;

    the_table_tells_each_entry(cloud, &own_nodes)?;
    let report = migrate(cloud, &["report"])?;
    report.expect(0, "Do not raise the mode to API while 2 entries stay")?;
    let refused = migrate(cloud, &["hcl"])?;
    refused.expect(1, "\"devs\"")?;
    expect(
        !refused.out.contains("\"eksauth_access_entry\" \"admins\""),
        &refused.out,
    )?;

    raise(cloud, Mode::ApiAndConfigMap)?;
    everybody_is(&prod, &people, false)?;
    let printed = migrate(cloud, &[&["hcl"], ACCEPT.as_slice()].concat())?;
    printed.expect(1, "resource \"eksauth_access_entry\" \"own-nodes\"")?;
    expect_parts(&printed.errors, &["system:basic-user", "444455556666"])?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&printed.out)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    everybody_is(&prod, &people, true)?;
    they_may_what_they_might(&prod, &people)?;
    let machine = cloud.node(&own_nodes)?;
    let name = format!("system:node:{}", machine.private_dns_name);
    prod.wait_for_admission(&machine.identity, Some(&who(&name, &["system:nodes"])))?;

    // What moved goes from aws-auth, and nobody notices.
    prod.put_aws_auth(
        &[
            ("mapRoles", stays),
            ("mapAccounts", "- '444455556666'\n".to_owned()),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into(),
    )?;
    everybody_is(&prod, &people, true)?;
    let rest = states(&migrate(cloud, &["plan", "-o", "json"])?.out)?;
    let left: Vec<&str> = rest.iter().map(|(_, state)| state.as_str()).collect();
    expect(left == ["stays", "stays"], format!("{rest:?}"))?;
    workspace.destroy().map(drop)
}

fn the_table_tells_each_entry(cloud: &Cloud, own_nodes: &str) -> Outcome {
    let plan = migrate(cloud, &["plan", "-o", "json"])?;
    plan.expect(1, own_nodes)?;
    let states = states(&plan.out)?;
    let told: Vec<&str> = states.iter().map(|(_, state)| state.as_str()).collect();
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
    expect(told == expected, format!("{states:?}"))?;
    let table = migrate(cloud, &["plan"])?;
    table.expect(1, "To accept (masters)")?;
    expect_parts(&table.out, &["The same as before.", "superseded", "gone"])
}

/// The administrator by its policy what it was by its group; whoever had nothing still has nothing.
fn they_may_what_they_might(prod: &Cluster<'_>, people: &[Person]) -> Outcome {
    let all = Attempt {
        verb: "delete",
        resource: "nodes",
        ..Attempt::default()
    };
    for (place, person) in people.iter().enumerate() {
        prod.wait_for_decision(&person.session, &all, place == 0)?;
    }
    Ok(())
}
