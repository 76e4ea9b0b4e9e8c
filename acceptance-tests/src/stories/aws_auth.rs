//! `eksauth_aws_auth`: the whole map, taken over as others wrote it.

use std::fs;

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        tools::room,
        workspace::Workspace,
    },
    demo::kubectl_apply,
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("aws_auth":
    import_changes_nothing_and_plans_empty,
    every_import_id_is_understood,
    basic,
    update,
    disappears,
    destroy_keeps_the_object,
    entries_of_others_stay_unless_exclusive,
    an_exclusive_map_beside_entries_is_refused,
    a_dropped_entry_is_removed_or_left,
    a_new_map_takes_over_what_it_names_and_leaves_the_rest,
    the_plan_of_an_import_says_what_goes_and_leave_keeps_it,
);

const ADDRESS: &str = "eksauth_aws_auth.this";
/// What others wrote; the break-glass role keeps the lock-out guard content whatever becomes of our admins.
const THEIRS: &str = "# nodes\n- rolearn: arn:aws:iam::111122223333:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:nodes]\n\
    - rolearn: arn:aws:iam::111122223333:role/theirs\n  username: theirs\n\
    - rolearn: arn:aws:iam::111122223333:role/break-glass\n  username: break-glass\n  groups: [system:masters]\n";

fn map(roles: &str, more: &str) -> String {
    format!("resource \"eksauth_aws_auth\" \"this\" {{\n  map_roles = [{roles}]\n{more}}}\n")
}

fn entry(name: &str, groups: &str) -> String {
    format!(
        "{{ rolearn = \"arn:aws:iam::111122223333:role/{name}\", username = \"{name}\", groups = [{groups}] }},"
    )
}

fn import_changes_nothing_and_plans_empty(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    let before = prod.aws_auth_object()?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure("import {\n  to = eksauth_aws_auth.this\n  id = \"prod\"\n}\n")?;
    workspace
        .run(&[
            "plan",
            "-no-color",
            "-input=false",
            "-generate-config-out=generated.tf",
        ])?
        .succeeded()?
        .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])?;
    let generated = fs::read_to_string(workspace.path().join("generated.tf"))?;
    expect_parts(
        &generated,
        &[
            "role/admins",
            "role/break-glass",
            "user/people/alice",
            "444455556666",
        ],
    )?;
    expect(
        !generated.contains("role/nodes") && !generated.contains("role/fargate"),
        format!("nodes belong to EKS:\n{generated}"),
    )?;
    workspace
        .apply()?
        .says(&["1 imported, 0 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        before == prod.aws_auth_object()?,
        "the import wrote to aws-auth",
    )
}

fn every_import_id_is_understood(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    for id in [
        "prod",
        "prod@eu-central-1",
        "prod/kube-system/aws-auth",
        "kube-system/aws-auth",
        "v1//ConfigMap//aws-auth//kube-system",
    ] {
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&format!(
            "import {{\n  to = eksauth_aws_auth.this\n  id = \"{id}\"\n}}\n"
        ))?;
        workspace
            .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
            .succeeded()
            .map_err(|failure| failure.during(id))?
            .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])
            .map_err(|failure| failure.during(id))?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure("import {\n  to = eksauth_aws_auth.this\n  id = \"default/other\"\n}\n")?;
    let run = workspace.run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?;
    run.refused_with(&["default/other"])
}

fn basic(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    let users = "  map_users = [{ userarn = \"arn:aws:iam::111122223333:user/people/carol\", username = \"carol\", groups = [] }]\n";
    workspace.configure(&map(
        &entry("admins", "\"system:masters\""),
        &format!("{users}  map_accounts = [\"444455556666\"]\n"),
    ))?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &["role/admins", "system:masters"],
    )?;
    expect_parts(&prod.aws_auth_key("mapUsers")?, &["user/people/carol"])?;
    expect_parts(&prod.aws_auth_key("mapAccounts")?, &["\"444455556666\""])?;
    workspace.destroy().map(|_| ())
}

fn update(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&map(&entry("admins", "\"system:masters\""), ""))?;
    workspace.apply()?;
    workspace.configure(&map(
        &format!("{}{}", entry("admins", "\"admins\""), entry("tools", "")),
        "",
    ))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.starts_with(THEIRS),
        format!("other entries were changed:\n{written}"),
    )?;
    expect_parts(&written, &["role/tools"])?;
    expect(written.matches("system:masters").count() == 1, written)?;
    prod.edit_aws_auth("mapRoles", |text| text.replace("admins\n", "hackers\n"))?;
    workspace
        .plan()?
        .says(&["0 to add, 1 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()
}

fn disappears(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&map(&entry("admins", "\"system:masters\""), ""))?;
    workspace.apply()?;
    prod.delete_aws_auth()?;
    let plan = workspace.plan()?;
    expect(
        plan.code == Some(2),
        format!(
            "the plan does not see that aws-auth is gone:\n{}",
            plan.output
        ),
    )?;
    workspace.apply()?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["role/admins"])?;
    workspace.expect_empty_plan()
}

fn destroy_keeps_the_object(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    let before = prod.aws_auth()?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure("import {\n  to = eksauth_aws_auth.this\n  id = \"prod\"\n}\n")?;
    workspace
        .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
        .succeeded()?;
    workspace.apply()?;
    workspace.file("main.tf", &crate::bed::workspace::provider_block(""))?;
    workspace.destroy()?;
    expect(
        before == prod.aws_auth()?,
        "destroying an imported map changed it",
    )
}

fn entries_of_others_stay_unless_exclusive(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&map(&entry("admins", "\"system:masters\""), ""))?;
    workspace.apply()?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &["role/theirs", "role/nodes"],
    )?;
    workspace.configure(&map(
        &entry("admins", "\"system:masters\""),
        "  exclusive = true\n",
    ))?;
    workspace.plan()?.says(&["role/theirs"])?;
    workspace.apply()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        !written.contains("role/theirs"),
        format!("an exclusive map left an entry of others:\n{written}"),
    )?;
    expect_parts(&written, &["role/nodes", "role/admins"])?;
    workspace.expect_empty_plan()
}

fn an_exclusive_map_beside_entries_is_refused(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let role = "resource \"eksauth_aws_auth_role\" \"platform\" {\n  rolearn = \"arn:aws:iam::111122223333:role/platform\"\n  username = \"platform\"\n}\n";
    workspace.configure(&format!(
        "{}{role}",
        map(&entry("admins", ""), "  exclusive = true\n")
    ))?;
    workspace.try_apply()?.refused_with(&[
        "Exclusive Map Beside Other Resources",
        "eksauth_aws_auth_role",
    ])
}

fn a_dropped_entry_is_removed_or_left(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&map(
        &format!("{}{}{}", entry("a", ""), entry("b", ""), entry("c", "")),
        "",
    ))?;
    workspace.apply()?;
    workspace.configure(&map(
        &entry("a", ""),
        "  leave = [\"arn:aws:iam::111122223333:role/c\"]\n",
    ))?;
    workspace.apply()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        !written.contains("role/b\n"),
        format!("a dropped entry stays:\n{written}"),
    )?;
    expect_parts(&written, &["role/a", "role/c", "role/theirs"])?;
    workspace.expect_empty_plan()?;
    prod.edit_aws_auth("mapRoles", |text| format!("{text}# the end\n"))?;
    workspace.expect_empty_plan()?;
    expect_same(
        "state",
        &format!("{ADDRESS}\n"),
        &workspace.run(&["state", "list"])?.output,
    )
}

/// The case `import-advice-removes-everybody-else`.
fn a_new_map_takes_over_what_it_names_and_leaves_the_rest(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    let wanted = |more: &str| {
        let theirs = entry("theirs", "\"viewers\"");
        map(&theirs, more)
    };
    workspace.configure(&wanted(""))?;
    workspace.plan()?.says(&[
        "Entry Exists Already",
        "groups: `viewers` only wanted",
        "Apply will refuse",
        "on_conflict = \"adopt\"",
        "leave",
    ])?;
    workspace
        .try_apply()?
        .refused_with(&["Entry Exists Already"])?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)?;
    workspace.configure(&wanted("  on_conflict = \"adopt\"\n"))?;
    workspace.plan()?.says(&["Entry Will Be Overwritten"])?;
    workspace.apply()?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &["# nodes", "role/theirs", "viewers", "role/break-glass"],
    )?;
    workspace.expect_empty_plan()
}

fn the_plan_of_an_import_says_what_goes_and_leave_keeps_it(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    let import = "import {\n  to = eksauth_aws_auth.this\n  id = \"prod\"\n}\n";
    let break_glass = entry("break-glass", "\"system:masters\"");
    workspace.configure(&format!("{import}{}", map(&break_glass, "")))?;
    let arn = "arn:aws:iam::111122223333:role/theirs";
    workspace.plan()?.says(&[
        "Imported Entries Will Be Removed",
        &format!("\"{arn}\""),
        "leave = [",
    ])?;
    let leave = format!("  leave = [\"{arn}\"]\n");
    workspace.configure(&format!("{import}{}", map(&break_glass, &leave)))?;
    let kept = workspace.plan()?;
    expect(
        !kept.output.contains("Imported Entries Will Be Removed"),
        &kept.output,
    )?;
    workspace.apply()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)?;
    workspace.expect_empty_plan()
}
