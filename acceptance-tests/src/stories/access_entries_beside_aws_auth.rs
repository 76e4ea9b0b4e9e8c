//! The guide "Access entries beside aws-auth: who wins": every row of its table is tried with the real API server, and so is what follows.

use std::{collections::BTreeMap, fs};

use super::{
    bed_access_entries::{eks, who},
    bed_modes::knows_modes_and_nodes,
    by_hand::ours,
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        cluster::{Cluster, WhoAmI, reviews::Attempt},
        tools::room,
    },
    failure::{Failure, Outcome, expect},
};

stories!("access_entries_beside_aws_auth":
    every_row_of_the_guide_is_what_the_api_server_says,
    what_follows_is_seen,
);

const TEAM: &str = "arn:aws:iam::111122223333:role/teams/team";

/// A mapping as the guide writes it: `dev` in `admins`.
#[derive(Debug)]
struct Mapping {
    username: String,
    groups: Vec<String>,
}

/// A row.
#[derive(Debug)]
struct Row {
    mode: Mode,
    aws_auth: Option<Mapping>,
    has_account: bool,
    entry: Option<Mapping>,
    policy: Option<String>,
    comes_as: Option<Mapping>,
    reads_pods: bool,
    deletes_nodes: bool,
}

fn rows() -> Outcome<Vec<Row>> {
    let path = room().join("../docs/guides/access-entries-beside-aws-auth.md");
    let page = fs::read_to_string(path)?;
    let lines = page
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 8);
    lines.map(row).collect()
}

fn row(line: &str) -> Outcome<Row> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [mode, aws_auth, entry, policy, comes_as, reads, deletes] = cells.as_slice() else {
        return Err(Failure::new(format!("the row `{line}` has other columns")));
    };
    let modes = [Mode::ConfigMap, Mode::ApiAndConfigMap, Mode::Api];
    let found = modes
        .into_iter()
        .find(|one| one.id() == mode.trim_matches('`'));
    Ok(Row {
        mode: found.ok_or_else(|| Failure::new(format!("{mode} is no mode")))?,
        aws_auth: mapping(aws_auth),
        has_account: *aws_auth == "its account",
        entry: mapping(entry),
        policy: mapping(policy).map(|policy| policy.username),
        comes_as: mapping(comes_as),
        reads_pods: *reads == "yes",
        deletes_nodes: *deletes == "yes",
    })
}

/// `None` for what names nobody in backticks.
fn mapping(cell: &str) -> Option<Mapping> {
    let mut names = cell.split('`').skip(1).step_by(2).map(str::to_owned);
    Some(Mapping {
        username: names.next()?,
        groups: names.collect(),
    })
}

fn every_row_of_the_guide_is_what_the_api_server_says(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let rows = rows()?;
    expect(rows.len() >= 14, format!("{} rows", rows.len()))?;
    for row in rows {
        cloud.reset()?;
        told(cloud, &row).map_err(|failure| failure.during(&format!("{row:?}")))?;
    }
    Ok(())
}

fn told(cloud: &Cloud, row: &Row) -> Outcome {
    let prod = bound(cloud)?;
    let role = cloud.role("/teams/", "team")?;
    cloud.set_mode(PROD, row.mode)?;
    put_aws_auth(&prod, row)?;
    if let Some(entry) = &row.entry {
        create(cloud, &role, entry)?;
    }
    if let Some(policy) = &row.policy {
        associate(cloud, &role, policy)?;
    }
    let session = cloud.session(&role, "eve")?;
    let expected = row.comes_as.as_ref().map(known);
    prod.wait_for_admission(&session, expected.as_ref())?;
    if expected.is_none() {
        return expect(
            !row.reads_pods && !row.deletes_nodes,
            "nobody may do nothing",
        );
    }
    for (verb, resource, is_had) in [
        ("list", "pods", row.reads_pods),
        ("delete", "nodes", row.deletes_nodes),
    ] {
        let attempt = Attempt {
            verb,
            resource,
            ..Attempt::default()
        };
        prod.wait_for_decision(&session, &attempt, is_had)?;
    }
    Ok(())
}

/// The cluster with the guide's two groups in RBAC.
fn bound(cloud: &Cloud) -> Outcome<Cluster<'_>> {
    let prod = cloud.cluster(PROD)?;
    prod.bind_group("admins", "cluster-admin")?;
    prod.let_group_list_pods("viewers")?;
    Ok(prod)
}

fn put_aws_auth(prod: &Cluster<'_>, row: &Row) -> Outcome {
    let mut data = BTreeMap::new();
    if let Some(mapping) = &row.aws_auth {
        data.insert("mapRoles".to_owned(), in_aws_auth(mapping));
    }
    if row.has_account {
        data.insert("mapAccounts".to_owned(), format!("- '{ACCOUNT}'\n"));
    }
    prod.put_aws_auth(&data)
}

fn in_aws_auth(mapping: &Mapping) -> String {
    let groups = mapping.groups.iter().map(|group| format!("'{group}'"));
    let groups: Vec<String> = groups.collect();
    format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/team\n  username: {}\n  groups: [{}]\n",
        mapping.username,
        groups.join(", ")
    )
}

fn create(cloud: &Cloud, role: &str, entry: &Mapping) -> Outcome {
    let mut create = vec!["create-access-entry", "--principal-arn", role];
    create.extend(["--username", &entry.username]);
    if !entry.groups.is_empty() {
        create.push("--kubernetes-groups");
        create.extend(entry.groups.iter().map(String::as_str));
    }
    eks(cloud, &create).map(drop)
}

fn associate(cloud: &Cloud, role: &str, policy: &str) -> Outcome {
    let arn = format!("arn:aws:eks::aws:cluster-access-policy/{policy}");
    let associate = ["associate-access-policy", "--principal-arn", role];
    let scope = ["--policy-arn", &arn, "--access-scope", "type=cluster"];
    eks(cloud, &[associate.as_slice(), &scope].concat()).map(drop)
}

fn known(mapping: &Mapping) -> WhoAmI {
    let groups: Vec<&str> = mapping.groups.iter().map(String::as_str).collect();
    who(&mapping.username, &groups)
}

/// The lines below the table: out of aws-auth nothing changes, without the entry the line comes back, a role made again has aws-auth, and what says so.
fn what_follows_is_seen(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    let prod = bound(cloud)?;
    let role = cloud.role("/teams/", "team")?;
    expect(role == TEAM, &role)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let old = Mapping {
        username: "dev".to_owned(),
        groups: vec!["system:masters".to_owned()],
    };
    let entry = Mapping {
        username: "ops".to_owned(),
        groups: vec!["viewers".to_owned()],
    };
    let (by_aws_auth, by_entry) = (known(&old), known(&entry));
    prod.put_aws_auth_key("mapRoles", &in_aws_auth(&old))?;
    let session = cloud.session(&role, "eve")?;
    prod.wait_for_admission(&session, Some(&by_aws_auth))?;
    create(cloud, &role, &entry)?;
    prod.wait_for_admission(&session, Some(&by_entry))?;

    let explain = ["explain", TEAM, "--cluster", PROD];
    let told = ours(cloud, cloud.creator(), &explain, "")?;
    told.expect(0, "access entry")?;
    told.expect(0, "ops")?;
    let plan = ["migrate", "access-entries", "plan", "--cluster", PROD];
    // It gives less than the line in aws-auth did.
    let told = ours(cloud, cloud.creator(), &plan, "")?;
    told.expect(1, "The access entry hides this entry already")?;
    told.expect(1, "(rights)")?;

    // A mistake in its line, and its line gone.
    prod.put_aws_auth_key("mapRoles", "- rolearn: [\n")?;
    prod.wait_for_admission(&session, Some(&by_entry))?;
    prod.put_aws_auth_key("mapRoles", "")?;
    prod.wait_for_admission(&session, Some(&by_entry))?;
    // The line comes back with what it says.
    prod.put_aws_auth_key("mapRoles", &in_aws_auth(&old))?;
    eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
    prod.wait_for_admission(&session, Some(&by_aws_auth))?;
    // A role made again is not the entry's.
    create(cloud, &role, &entry)?;
    prod.wait_for_admission(&session, Some(&by_entry))?;
    cloud.make_principal_again(&role)?;
    let again = cloud.session(&role, "eve")?;
    prod.wait_for_admission(&again, Some(&by_aws_auth))
}
