//! Entries whose resources get other addresses: nothing is written, whatever the number, the order and `-parallelism`.

use std::fs;

use super::{
    lockout::{administered, pipeline},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        workspace::{Run, Workspace},
    },
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("renamed":
    eight_keys_with_the_only_admin_among_them_write_nothing,
    forty_keys_of_a_saved_plan_write_nothing_two_at_a_time,
    a_key_that_was_targeted_before_keeps_its_entry,
    a_list_that_is_shifted_keeps_every_entry,
    a_plan_that_is_applied_elsewhere_converges_and_never_costs_an_admin,
    two_resources_for_one_entry_are_told_and_go_together,
    an_address_that_imports_what_another_gives_up_keeps_the_entry,
    a_role_and_its_oidc_provider_pass_to_other_addresses,
);

/// So many roles under keys with a prefix; the second is the only admin.
fn keyed(count: usize, prefix: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"r\" {{\n  for_each = {{ for i in range({count}) : \"{prefix}${{i}}\" => i }}\n  \
         rolearn  = \"arn:aws:iam::{ACCOUNT}:role/r${{each.value}}\"\n  username = \"r${{each.value}}\"\n  \
         groups   = each.value == 1 ? [\"system:masters\"] : [\"viewers\"]\n}}\n"
    )
}

/// A cluster in which those entries stand and no other admin, and a folder that holds them under `a…`, used by a mapped user who is none.
fn held(cloud: &Cloud, count: usize) -> Outcome<(Cluster<'_>, Workspace<'_>)> {
    let (prod, _) = administered(cloud)?;
    let user = pipeline(cloud, &prod)?;
    for index in 0..count {
        cloud.role("/", &format!("r{index}"))?;
    }
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    workspace.configure(&keyed(count, "a"))?;
    workspace.apply()?;
    // From here on `r1` is the only admin.
    prod.edit_aws_auth("mapRoles", |text| {
        let item = format!("- rolearn: arn:aws:iam::{ACCOUNT}:role/admins\n");
        text.replace(
            &format!("{item}  username: admin\n  groups: [system:masters]\n"),
            "",
        )
    })?;
    expect(
        !prod.aws_auth_key("mapRoles")?.contains("role/admins"),
        "another admin is left",
    )?;
    Ok((prod, workspace))
}

/// Applies and holds that aws-auth was not written.
fn writes_nothing(
    cloud: &Cloud,
    prod: &Cluster<'_>,
    apply: impl FnOnce() -> Outcome<Run>,
) -> Outcome {
    let before = prod.aws_auth_key("mapRoles")?;
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    apply()?.succeeded()?;
    let requests = audit.requests()?;
    let writes = requests.iter().filter(|request| request.verb == "patch");
    expect_same("writes", "0", &writes.count().to_string())?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)
}

const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

fn eight_keys_with_the_only_admin_among_them_write_nothing(cloud: &Cloud) -> Outcome {
    let (prod, workspace) = held(cloud, 8)?;
    for prefix in ["b", "c"] {
        workspace.configure(&keyed(8, prefix))?;
        writes_nothing(cloud, &prod, || workspace.run(&APPLY))?;
        workspace.expect_empty_plan()?;
    }
    Ok(())
}

fn forty_keys_of_a_saved_plan_write_nothing_two_at_a_time(cloud: &Cloud) -> Outcome {
    let (prod, workspace) = held(cloud, 40)?;
    workspace.configure(&keyed(40, "b"))?;
    workspace
        .run(&["plan", "-no-color", "-input=false", "-out=saved.tfplan"])?
        .succeeded()?;
    writes_nothing(cloud, &prod, || {
        workspace.run(&["apply", "-no-color", "-parallelism=2", "saved.tfplan"])
    })?;
    workspace.expect_empty_plan()
}

fn a_key_that_was_targeted_before_keeps_its_entry(cloud: &Cloud) -> Outcome {
    let (prod, workspace) = held(cloud, 2)?;
    workspace.configure(&keyed(2, "b"))?;
    let target = "-target=eksauth_aws_auth_role.r[\"b1\"]";
    let targeted = [APPLY.as_slice(), &[target]].concat();
    writes_nothing(cloud, &prod, || workspace.run(&targeted))?;
    writes_nothing(cloud, &prod, || workspace.run(&APPLY))?;
    workspace.expect_empty_plan()
}

/// Each entry passes to the address before it, as a change in place; the only admin is among them.
fn a_list_that_is_shifted_keeps_every_entry(cloud: &Cloud) -> Outcome {
    let (prod, workspace) = held(cloud, 4)?;
    let before = prod.aws_auth_key("mapRoles")?;
    let list = |numbers: &str| {
        keyed(4, "").replace(
            "for_each = { for i in range(4) : \"${i}\" => i }",
            &format!("for_each = {{ for i, number in [{numbers}] : \"a${{i}}\" => number }}"),
        )
    };
    for (numbers, parallelism) in [
        ("1, 2, 3, 0", "-parallelism=10"),
        ("3, 0, 1, 2", "-parallelism=1"),
        ("1, 0, 2, 3", "-parallelism=1"),
    ] {
        workspace.configure(&list(numbers))?;
        let apply = [&APPLY[..], &[parallelism]].concat();
        writes_nothing(cloud, &prod, || workspace.run(&apply))?;
        workspace.expect_empty_plan()?;
    }
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)
}

fn a_plan_that_is_applied_elsewhere_converges_and_never_costs_an_admin(cloud: &Cloud) -> Outcome {
    let (prod, workspace) = held(cloud, 4)?;
    let before = prod.aws_auth_key("mapRoles")?;
    workspace.configure(&keyed(4, "b"))?;
    let claims = workspace.path().join(".terraform/eksauth-claims");
    let mut refused = 0;
    for _ in 0..2 {
        workspace
            .run(&["plan", "-no-color", "-input=false", "-out=saved.tfplan"])?
            .succeeded()?;
        // The container of the plan is gone, and with it what it noted.
        fs::remove_dir_all(&claims)?;
        let run = workspace.run(&["apply", "-no-color", "-parallelism=1", "saved.tfplan"])?;
        expect_parts(&prod.aws_auth_key("mapRoles")?, &["username: r1"])?;
        if run.succeeded().is_ok() {
            break;
        }
        refused += 1;
    }
    expect(refused < 2, "it did not converge")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    workspace.expect_empty_plan()
}

fn two_resources_for_one_entry_are_told_and_go_together(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let before = prod.aws_auth_key("mapRoles")?;
    let workspace = Workspace::new(cloud)?;
    let resource = |label: &str, path: &str, username: &str| {
        format!(
            "resource \"eksauth_aws_auth_role\" \"{label}\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/{path}dup\"\n  \
             username = \"{username}\"\n}}\n"
        )
    };
    let told = "Two Resources For One Entry";
    let both = format!("{}{}", resource("a", "", "z"), resource("b", "path/", "a"));
    workspace.configure(&both)?;
    let plan = ["plan", "-no-color", "-input=false"];
    workspace.run(&plan)?.refused_with(&[told])?;
    workspace.configure(&resource("a", "", "z"))?;
    workspace.apply()?;
    workspace.configure(&both)?;
    // The second one is new and would change what the first one holds.
    workspace.run(&plan)?.refused_with(&[told])?;
    workspace.configure(&format!(
        "{}{}",
        resource("a", "", "z"),
        resource("b", "path/", "z")
    ))?;
    let id = format!("{PROD}#arn:aws:iam::{ACCOUNT}:role/path/dup");
    workspace.import("eksauth_aws_auth_role.b", &id)?;
    workspace.configure(&both)?;
    let between = prod.aws_auth_key("mapRoles")?;
    for _ in 0..2 {
        workspace.run(&plan)?.succeeded()?.says(&[told])?;
        workspace.run(&APPLY)?.refused_with(&[told])?;
        expect_same("mapRoles", &between, &prod.aws_auth_key("mapRoles")?)?;
    }
    workspace.destroy()?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)
}

/// Without `removed`: what the old address gives up, the import claims.
fn an_address_that_imports_what_another_gives_up_keeps_the_entry(cloud: &Cloud) -> Outcome {
    let (prod, workspace) = held(cloud, 2)?;
    let before = prod.aws_auth_object()?;
    let mut imported = String::new();
    for (index, group) in [(0, "viewers"), (1, "system:masters")] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/r{index}");
        imported += &format!(
            "import {{\n  to = eksauth_aws_auth_role.new{index}\n  id = \"{PROD}#{arn}\"\n}}\n\
             resource \"eksauth_aws_auth_role\" \"new{index}\" {{\n  rolearn  = \"{arn}\"\n  username = \"r{index}\"\n  groups   = [\"{group}\"]\n}}\n"
        );
    }
    workspace.configure(&imported)?;
    workspace
        .apply()?
        .says(&["2 imported, 0 added, 0 changed, 2 destroyed"])?;
    expect(
        before == prod.aws_auth_object()?,
        "handing entries over wrote to aws-auth",
    )?;
    workspace.expect_empty_plan()
}

fn a_role_and_its_oidc_provider_pass_to_other_addresses(cloud: &Cloud) -> Outcome {
    cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    let labelled = |label: &str| {
        format!(
            "resource \"eksauth_oidc_provider\" \"{label}\" {{}}\n\nresource \"eksauth_irsa_role\" \"{label}\" {{\n  name = \"reader\"\n  \
             oidc_provider_arn = eksauth_oidc_provider.{label}.arn\n  service_accounts = [\"apps:reader\"]\n  \
             policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n}}\n"
        )
    };
    workspace.configure(&labelled("a"))?;
    workspace.apply()?;
    let id_of =
        |label: &str| workspace.attribute(&format!("eksauth_irsa_role.{label}"), "unique_id");
    let made = id_of("a")?;
    for (before, label, parallelism) in [("a", "b", "1"), ("b", "c", "10")] {
        workspace.configure(&labelled(label))?;
        let parallelism = format!("-parallelism={parallelism}");
        let arguments = [APPLY.as_slice(), &[&parallelism]].concat();
        workspace
            .run(&arguments)?
            .succeeded()?
            .says(&["2 added, 0 changed, 2 destroyed"])?;
        expect(
            id_of(label)? == made,
            format!("the role of `{before}` was made anew"),
        )?;
        workspace.expect_empty_plan()?;
    }
    workspace.destroy()?;
    Ok(())
}
