//! An administrator by aws-auth and one by an access entry: what takes only one of them passes, and what takes both is told at plan and refused at apply.

use serde_json::Value;

use super::{
    bed_access_entries::eks,
    lockout::{NODES, pipeline},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        workspace::Workspace,
    },
    failure::{Outcome, expect},
};

stories!("entries_together":
    both_administrators_are_told_at_plan_and_one_stays,
);

fn by_aws_auth() -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"old\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/old-admin\"\n  username = \"old-admin\"\n  \
         groups   = [\"system:masters\"]\n}}\n"
    )
}

fn by_entry() -> String {
    format!(
        "resource \"eksauth_access_entry\" \"new\" {{\n  principal_arn = \"arn:aws:iam::{ACCOUNT}:role/new-admin\"\n  \
         policies      = [{{ policy_arn = \"AmazonEKSClusterAdminPolicy\", access_scope = {{ type = \"cluster\" }} }}]\n}}\n"
    )
}

/// Every access entry but those of these roles goes: the cluster's creator has one.
fn keep_entries_of(cloud: &Cloud, role: &str) -> Outcome {
    let listed = eks(cloud, &["list-access-entries"])?;
    let all = listed.get("accessEntries").and_then(Value::as_array);
    for arn in all.into_iter().flatten().filter_map(Value::as_str) {
        if !arn.ends_with(role) {
            eks(cloud, &["delete-access-entry", "--principal-arn", arn])?;
        }
    }
    Ok(())
}

fn both_administrators_are_told_at_plan_and_one_stays(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", NODES)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    for role in ["old-admin", "new-admin"] {
        cloud.role("/", role)?;
    }
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&format!("{}{}", by_aws_auth(), by_entry()))?;
    workspace.apply()?;
    let user = pipeline(cloud, &prod)?;
    keep_entries_of(cloud, "role/new-admin")?;
    workspace.act_as(&user);
    // Either goes by itself.
    for kept in [by_aws_auth(), by_entry()] {
        workspace.configure(&kept)?;
        let planned = workspace.plan()?;
        expect(
            !planned.output.contains("lockout.last-admin"),
            format!("one that goes alone is told:\n{}", planned.output),
        )?;
    }
    workspace.configure("")?;
    workspace.plan()?.says(&[
        "do together what none of them does alone",
        "lockout.last-admin",
        "`eksauth_access_entry`",
        "`eksauth_aws_auth_role`",
    ])?;
    workspace
        .run(&["apply", "-no-color", "-input=false", "-auto-approve"])?
        .refused_with(&["The Last Cluster Admin Goes"])?;
    let of_aws_auth = prod.aws_auth_key("mapRoles")?.contains("old-admin");
    let listed = eks(cloud, &["list-access-entries"])?.to_string();
    expect(
        of_aws_auth != listed.contains("new-admin"),
        format!("not exactly one of both is left: {of_aws_auth} {listed}"),
    )
}
