//! Imports by identity, and the configuration that is generated for them.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        json::text,
        workspace::Workspace,
    },
    failure::{Outcome, expect},
};

stories!("import_by_identity":
    a_role,
    a_node_assumed_role,
    an_entry,
    a_group_binding,
    an_access_entry_and_a_policy_of_it,
    a_pod_identity_association,
    generated_configuration_has_no_defaults,
);

const IMPORTS_ONE: &str = "1 to import, 0 to add, 0 to change, 0 to destroy";

/// A role that another configuration has made.
fn made(cloud: &Cloud) -> Outcome<Workspace<'_>> {
    let first = Workspace::new(cloud)?;
    first.configure(&format!(
        "{}{}",
        "resource \"eksauth_oidc_provider\" \"this\" {}\n\n",
        role()
    ))?;
    first.apply()?;
    Ok(first)
}

fn role() -> String {
    "resource \"eksauth_irsa_role\" \"reader\" {\n  name             = \"reader\"\n  service_accounts = [\"apps:reader\"]\n}\n".to_owned()
}

fn a_role(cloud: &Cloud) -> Outcome {
    let first = made(cloud)?;
    let second = Workspace::new(cloud)?;
    second.configure(&format!(
        "import {{\n  to = eksauth_irsa_role.reader\n  identity = {{\n    name = \"reader\"\n  }}\n}}\n\n{}",
        role()
    ))?;
    second.plan()?.says(&[IMPORTS_ONE])?;
    second.apply()?;
    second.expect_empty_plan()?;
    first.destroy().map(|_| ())
}

fn a_node_assumed_role(cloud: &Cloud) -> Outcome {
    let nodes = json!({"account": ACCOUNT, "path": "/", "name": "nodes"});
    let nodes = text(&cloud.emulator().control("role", &nodes)?, "arn")?;
    let config = format!(
        "resource \"eksauth_node_assumed_role\" \"reader\" {{\n  name           = \"reader\"\n  node_role_arns = [\"{nodes}\"]\n}}\n"
    );
    let first = Workspace::new(cloud)?;
    first.configure(&config)?;
    first.apply()?;
    let second = Workspace::new(cloud)?;
    second.configure(&format!(
        "import {{\n  to = eksauth_node_assumed_role.reader\n  identity = {{\n    name = \"reader\"\n  }}\n}}\n\n{config}"
    ))?;
    second.plan()?.says(&[IMPORTS_ONE])?;
    second.apply()?;
    second.expect_empty_plan()?;
    first.destroy().map(|_| ())
}

fn an_entry(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let arn = "arn:aws:iam::111122223333:role/dev";
    prod.put_aws_auth_key("mapRoles", &format!("- rolearn: {arn}\n  username: dev\n"))?;
    let before = prod.aws_auth_object()?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&format!(
        "import {{\n  to = eksauth_aws_auth_role.dev\n  identity = {{\n    cluster_name = \"{PROD}\"\n    arn          = \"{arn}\"\n  }}\n}}\n\n\
         resource \"eksauth_aws_auth_role\" \"dev\" {{\n  rolearn  = \"{arn}\"\n  username = \"dev\"\n}}\n"
    ))?;
    workspace.plan()?.says(&[IMPORTS_ONE])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(before == prod.aws_auth_object()?, "the import wrote")
}

/// Made by another configuration, in two namespaces, which the identity does not name.
fn a_group_binding(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for namespace in ["team-a", "team-b"] {
        prod.ensure_namespace(namespace)?;
    }
    let binding = "resource \"eksauth_group_binding\" \"dev\" {\n  name       = \"dev\"\n  groups     = [\"developers\"]\n  \
         namespaces = [\"team-a\", \"team-b\"]\n  rules      = [{ resources = [\"pods\"], verbs = [\"get\"] }]\n}\n";
    let first = Workspace::new(cloud)?;
    first.configure(binding)?;
    first.apply()?;
    let second = Workspace::new(cloud)?;
    second.configure(&format!(
        "import {{\n  to = eksauth_group_binding.dev\n  identity = {{\n    cluster_name = \"{PROD}\"\n    name         = \"dev\"\n  }}\n}}\n\n{binding}"
    ))?;
    second.plan()?.says(&[IMPORTS_ONE])?;
    second.apply()?;
    second.expect_empty_plan()?;
    first.destroy().map(|_| ())
}

/// The policy is named in short, as in a configuration.
fn an_access_entry_and_a_policy_of_it(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let config = format!(
        "resource \"eksauth_access_entry\" \"dev\" {{\n  principal_arn     = \"{role}\"\n  kubernetes_groups = [\"viewers\"]\n}}\n\n\
         resource \"eksauth_access_policy_association\" \"dev\" {{\n  principal_arn = eksauth_access_entry.dev.principal_arn\n  \
         policy_arn    = \"AmazonEKSViewPolicy\"\n  access_scope  = {{ type = \"namespace\", namespaces = [\"apps\"] }}\n}}\n"
    );
    let first = Workspace::new(cloud)?;
    first.configure(&config)?;
    first.apply()?;
    let second = Workspace::new(cloud)?;
    second.configure(&format!(
        "import {{\n  to = eksauth_access_entry.dev\n  identity = {{\n    cluster_name  = \"{PROD}\"\n    principal_arn = \"{role}\"\n  }}\n}}\n\n\
         import {{\n  to = eksauth_access_policy_association.dev\n  identity = {{\n    cluster_name  = \"{PROD}\"\n    principal_arn = \"{role}\"\n    \
         policy_arn    = \"AmazonEKSViewPolicy\"\n  }}\n}}\n\n{config}"
    ))?;
    second
        .plan()?
        .says(&["2 to import, 0 to add, 0 to change, 0 to destroy"])?;
    second.apply()?;
    second.expect_empty_plan()?;
    first.destroy().map(|_| ())
}

fn a_pod_identity_association(cloud: &Cloud) -> Outcome {
    let config = "resource \"eksauth_irsa_role\" \"reader\" {\n  name         = \"reader\"\n  pod_identity = true\n}\n";
    let association = |role: &str| {
        format!(
            "resource \"eksauth_pod_identity_association\" \"reader\" {{\n  namespace       = \"apps\"\n  service_account = \"reader\"\n  role_arn        = {role}\n}}\n"
        )
    };
    let first = Workspace::new(cloud)?;
    first.configure(&format!(
        "{config}\n{}",
        association("eksauth_irsa_role.reader.arn")
    ))?;
    first.apply()?;
    let second = Workspace::new(cloud)?;
    second.configure(&format!(
        "import {{\n  to = eksauth_pod_identity_association.reader\n  identity = {{\n    cluster_name    = \"{PROD}\"\n    namespace       = \"apps\"\n    \
         service_account = \"reader\"\n  }}\n}}\n\n{}",
        association(&format!("\"arn:aws:iam::{ACCOUNT}:role/reader\""))
    ))?;
    second.plan()?.says(&[IMPORTS_ONE])?;
    second.apply()?;
    second.expect_empty_plan()?;
    first.destroy().map(|_| ())
}

fn generated_configuration_has_no_defaults(cloud: &Cloud) -> Outcome {
    let first = made(cloud)?;
    let imports = [
        ("eksauth_oidc_provider.this", PROD),
        ("eksauth_irsa_role.reader", "reader"),
    ];
    let blocks = imports.map(|(to, id)| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n\n"));
    let second = Workspace::new(cloud)?;
    second.configure(&blocks.concat())?;
    second
        .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
        .succeeded()?
        .says(&["2 to import, 0 to add, 0 to change, 0 to destroy"])?;
    let generated = std::fs::read_to_string(second.path().join("generated.tf"))?;
    // Terraform itself writes `= null` for every other attribute that is optional only.
    for left_out in [
        "max_session_duration",
        "force_detach_policies",
        "on_conflict",
        "client_id_list",
        "thumbprint_list",
        "unique_id",
        "adopted",
    ] {
        expect(
            !generated.contains(left_out),
            format!("{left_out} is in what was generated:\n{generated}"),
        )?;
    }
    second.apply()?;
    second.expect_empty_plan()?;
    first.destroy().map(|_| ())
}
