//! Entries that are there already: found by import or told apart, generated, adopted, and gone again.

use std::fs;

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        tools::room,
        workspace::Workspace,
    },
    demo::kubectl_apply,
    failure::{Outcome, expect, expect_parts},
};

stories!("adoption":
    generated_configuration_of_single_entries_plans_empty,
    an_import_id_that_fits_several_entries_lists_them,
    an_adopted_entry_says_so_and_goes_like_any_other,
);

fn import(kind: &str, name: &str, id: &str) -> String {
    format!("import {{\n  to = eksauth_aws_auth_{kind}.{name}\n  id = \"prod#{id}\"\n}}\n\n")
}

fn generated_configuration_of_single_entries_plans_empty(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    let before = prod.aws_auth_object()?;
    let workspace = Workspace::new(cloud)?;
    let imports = [
        import("role", "admins", "arn:aws:iam::111122223333:role/admins"),
        import(
            "role",
            "with_a_path",
            "arn:aws:iam::111122223333:role/some/path/break-glass",
        ),
        import("role", "fargate", "arn:aws:iam::111122223333:role/fargate"),
        import(
            "user",
            "alice",
            "arn:aws:iam::111122223333:user/people/alice",
        ),
        import("account", "audit", "444455556666"),
    ];
    workspace.configure(&imports.concat())?;
    workspace
        .run(&[
            "plan",
            "-no-color",
            "-input=false",
            "-generate-config-out=generated.tf",
        ])?
        .succeeded()?
        .says(&["5 to import, 0 to add, 0 to change, 0 to destroy"])?;
    workspace
        .apply()?
        .says(&["5 imported, 0 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.configure("")?;
    workspace.expect_empty_plan()?;
    let generated = fs::read_to_string(workspace.path().join("generated.tf"))?;
    expect_parts(&generated, &["role/some/path/break-glass", "role/fargate"])?;
    expect(
        before == prod.aws_auth_object()?,
        "an import wrote to aws-auth",
    )
}

fn an_import_id_that_fits_several_entries_lists_them(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let entry = |name: &str, username: &str| {
        format!("- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {username}\n")
    };
    let twice = [entry("ops", "ops"), entry("ops", "operator")].concat();
    let variants = [entry("dev", "dev"), entry("Dev", "dev")].concat();
    let equal = [entry("same", "same"), entry("same", "same")].concat();
    prod.put_aws_auth_key("mapRoles", &[twice, variants, equal].concat())?;
    let import_of = |name: &str| {
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&import(
            "role",
            "it",
            &format!("arn:aws:iam::111122223333:role/{name}"),
        ))?;
        workspace.run(&[
            "plan",
            "-no-color",
            "-input=false",
            "-generate-config-out=generated.tf",
        ])
    };
    import_of("ops")?.refused_with(&[
        "Ambiguous Import Id",
        "username `ops`, no groups (mapRoles, line 1)",
        "username `operator`, no groups (mapRoles, line 3)",
    ])?;
    import_of("dev")?.refused_with(&[
        "Ambiguous Import Id",
        "role/dev: username `dev`, no groups (mapRoles, line 5)",
        "role/Dev: username `dev`, no groups (mapRoles, line 7)",
    ])?;
    import_of("same")?.succeeded()?.says(&["1 to import"])?;
    import_of("nobody")?.refused_with(&["Entry Not Found", "role/ops", "role/Dev"])
}

fn an_adopted_entry_says_so_and_goes_like_any_other(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    let workspace = Workspace::new(cloud)?;
    let bob = "eksauth_aws_auth_user.bob";
    workspace.configure(
        "resource \"eksauth_aws_auth_user\" \"bob\" {\n  userarn     = \"arn:aws:iam::111122223333:user/bob\"\n  username    = \"bob\"\n  \
         groups      = [\"deployers\"]\n  on_conflict = \"adopt\"\n}\n",
    )?;
    workspace.plan()?.says(&["1 to add"])?;
    workspace
        .apply()?
        .says(&["Entry Overwritten", "`deployers`, `viewers`"])?;
    expect(
        workspace.attribute(bob, "adopted")? == json!(true),
        "an entry that was there is not called adopted",
    )?;
    workspace.expect_empty_plan()?;
    let users = prod.aws_auth_key("mapUsers")?;
    expect_parts(&users, &["# bob leaves in March", "user/people/alice"])?;
    workspace.destroy()?.says(&["1 destroyed"])?;
    let users = prod.aws_auth_key("mapUsers")?;
    expect(
        !users.contains("user/bob") && users.contains("user/people/alice"),
        format!("an adopted entry that was destroyed is still there:\n{users}"),
    )
}
