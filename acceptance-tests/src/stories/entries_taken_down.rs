//! A configuration with access entries, associations, entries of aws-auth and bindings is taken down by a role that only its own access entry lets in.

use serde_json::{Value, json};

use super::{bed_access_entries::eks, group_binding::names, lockout::NODES, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        cluster::Cluster,
        cluster::reviews::Attempt,
        identity::Identity,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_same},
};

stories!("entries_taken_down":
    everything_goes_and_its_own_entry_last,
    what_is_kept_keeps_its_own_entry_too,
    its_own_entry_stays_where_something_else_could_not_go,
);

const ADMIN: &str =
    "{ policy_arn = \"AmazonEKSClusterAdminPolicy\", access_scope = { type = \"cluster\" } }";

/// Whether the policy of the own entry is a resource of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    OfTheEntry,
    OfItsOwn,
}

fn own(policy: Policy) -> String {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deployer");
    match policy {
        Policy::OfTheEntry => format!(
            "resource \"eksauth_access_entry\" \"own\" {{\n  principal_arn = \"{role}\"\n  policies      = [{ADMIN}]\n}}\n"
        ),
        Policy::OfItsOwn => format!(
            "resource \"eksauth_access_entry\" \"own\" {{\n  principal_arn = \"{role}\"\n}}\n\
             resource \"eksauth_access_policy_association\" \"own\" {{\n  principal_arn = eksauth_access_entry.own.principal_arn\n  \
             policy_arn    = \"AmazonEKSClusterAdminPolicy\"\n  access_scope  = {{ type = \"cluster\" }}\n}}\n"
        ),
    }
}

/// Nothing refers to anything else, so Terraform removes all of it in no order.
fn others() -> String {
    format!(
        "resource \"eksauth_access_entry\" \"teams\" {{
  count         = 4
  principal_arn = \"arn:aws:iam::{ACCOUNT}:role/team-${{count.index}}\"
  policies      = [{{ policy_arn = \"AmazonEKSViewPolicy\", access_scope = {{ type = \"cluster\" }} }}]
}}

resource \"eksauth_access_policy_association\" \"teams\" {{
  count         = 4
  principal_arn = eksauth_access_entry.teams[count.index].principal_arn
  policy_arn    = \"AmazonEKSEditPolicy\"
  access_scope  = {{ type = \"namespace\", namespaces = [\"apps\"] }}
}}

resource \"eksauth_aws_auth_role\" \"old\" {{
  count    = 4
  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/old-${{count.index}}\"
  username = \"old-${{count.index}}\"
  groups   = [\"viewers\"]
}}

resource \"eksauth_group_binding\" \"viewers\" {{
  count        = 4
  name         = \"viewers-${{count.index}}\"
  cluster_role = \"view\"
  groups       = [\"viewers\"]
}}
"
    )
}

/// The configuration applied by somebody else, and then in the hands of the role that it lets in.
fn deployed(cloud: &Cloud, policy: Policy) -> Outcome<(Cluster<'_>, Identity, Workspace<'_>)> {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", NODES)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "deployer")?;
    for index in 0..4 {
        cloud.role("/", &format!("team-{index}"))?;
        cloud.role("/", &format!("old-{index}"))?;
    }
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&format!("{}{}", own(policy), others()))?;
    workspace.apply()?;
    let session = cloud.assume(&role, "eve")?;
    prod.wait_for_decision(&session, &secrets(), true)?;
    workspace.act_as(&session);
    Ok((prod, session, workspace))
}

fn secrets() -> Attempt<'static> {
    Attempt {
        verb: "delete",
        resource: "secrets",
        namespace: "apps",
        ..Attempt::default()
    }
}

/// Who has an access entry.
fn entries(cloud: &Cloud) -> Outcome<String> {
    let listed = eks(cloud, &["list-access-entries"])?;
    let all = listed.get("accessEntries").and_then(Value::as_array);
    let names = all.into_iter().flatten().filter_map(Value::as_str);
    let roles: Vec<&str> = names
        .filter_map(|arn| arn.split_once(":role/"))
        .map(|(_, role)| role)
        .filter(|role| *role == "deployer" || role.starts_with("team-"))
        .collect();
    Ok(roles.join(" "))
}

const DESTROY: [&str; 4] = ["destroy", "-no-color", "-input=false", "-auto-approve"];

fn everything_goes_and_its_own_entry_last(cloud: &Cloud) -> Outcome {
    for policy in [Policy::OfTheEntry, Policy::OfItsOwn] {
        cloud.reset()?;
        let (prod, session, mut workspace) = deployed(cloud, policy)?;
        workspace
            .run(&["plan", "-destroy", "-no-color", "-input=false"])?
            .succeeded()?
            .says(&[
                "lockout.running-identity",
                "EKSAUTH_LOCKOUT_ACK=prod:lockout.",
                "EKSAUTH_LOCKOUT_ACK=prod:destroy",
            ])?;
        workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
        workspace.run(&DESTROY)?.succeeded()?;
        expect_same("entries", "", &entries(cloud)?)?;
        expect_same("bindings", "", &names(&prod)?)?;
        expect_same("mapRoles", NODES, &prod.aws_auth_key("mapRoles")?)?;
        prod.wait_for_whoami(&session, None)?;
    }
    Ok(())
}

fn what_is_kept_keeps_its_own_entry_too(cloud: &Cloud) -> Outcome {
    let (_, session, mut workspace) = deployed(cloud, Policy::OfTheEntry)?;
    workspace.act_as(&session);
    workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
    workspace.configure(&others())?;
    workspace
        .run(&["apply", "-no-color", "-input=false", "-auto-approve"])?
        .refused_with(&["This Change Locks You Out"])?;
    let kept = entries(cloud)?;
    expect(
        kept.contains("deployer"),
        format!("its own entry went: {kept}"),
    )
}

fn its_own_entry_stays_where_something_else_could_not_go(cloud: &Cloud) -> Outcome {
    let (prod, session, mut workspace) = deployed(cloud, Policy::OfItsOwn)?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
    cloud.emulator().fault(
        json!({"action": "DisassociateAccessPolicy", "kind": "error", "status": 400,
        "code": "InvalidRequestException", "message": "The policy is in use."}),
    )?;
    workspace
        .run(&DESTROY)?
        .refused_with(&["The policy is in use", "The Caller's Own Access Goes Last"])?;
    expect_same("bindings", "", &names(&prod)?)?;
    prod.wait_for_decision(&session, &secrets(), true)?;
    workspace.run(&DESTROY)?.succeeded()?;
    expect_same("entries", "", &entries(cloud)?)?;
    prod.wait_for_whoami(&session, None)
}
