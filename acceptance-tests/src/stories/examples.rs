//! The examples, as the pages print them: applied, planned empty, imported, destroyed.

use std::{fs, path::PathBuf};

use serde_json::json;

use super::{pages::is_unread, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        command::succeeded,
        json::text as field,
        tools::room,
        workspace::Workspace,
    },
    demo::kubectl_apply,
    failure::{Failure, Outcome, expect},
    page::Page,
};

stories!("examples":
    every_resource_is_applied_imported_and_destroyed,
    every_data_source_is_read,
    an_ephemeral_token_reaches_neither_plan_nor_state,
    one_role_of_many_clusters,
    an_aws_auth_is_taken_over;
    with mirror:
    a_new_cluster_in_one_apply,
);

/// Of the page of OIDC providers. An import by its ARN knows no cluster: the first apply puts the one of the configuration into the state.
const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

fn examples(below: &str) -> PathBuf {
    room().join("../examples").join(below)
}

/// The folders below `examples/<kind>`, by name.
pub(super) fn each(kind: &str) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(examples(kind))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    expect(
        !names.is_empty(),
        format!("there are no examples of {kind}"),
    )?;
    Ok(names)
}

pub(super) fn text(path: &str) -> Outcome<String> {
    fs::read_to_string(examples(path)).map_err(|error| Failure::from(error).during(path))
}

fn every_resource_is_applied_imported_and_destroyed(cloud: &Cloud) -> Outcome {
    for name in each("resources")? {
        resource_is_applied_imported_and_destroyed(cloud, &name)
            .map_err(|failure| failure.during(&name))?;
        cloud.reset()?;
    }
    Ok(())
}

fn resource_is_applied_imported_and_destroyed(cloud: &Cloud, name: &str) -> Outcome {
    let page = Page::read(&format!(
        "docs/resources/{}.md",
        name.trim_start_matches("eksauth_")
    ))?;
    let mut workspace = Workspace::new(cloud)?;
    // An example that maps an administrator makes the only one of this cluster.
    workspace.set("EKSAUTH_LOCKOUT_ACK", "prod:destroy");
    // The permission set of an example is assigned in the account.
    cloud.role(
        "/aws-reserved/sso.amazonaws.com/eu-central-1/",
        "AWSReservedSSO_AdministratorAccess_0123456789abcdef",
    )?;
    // The role of the nodes that an example lets assume another.
    cloud.role("/", "prod-nodes")?;
    cloud.cluster(PROD)?.ensure_namespace("apps")?;
    // An access entry takes a mode that has any, and a principal that is there.
    if name.starts_with("eksauth_access_") {
        cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
        for role in ["platform", "node", "auditor"] {
            cloud.role("/", role)?;
        }
    }
    // The issuer that the page of OIDC providers imports by.
    cloud.set_cluster(PROD, &json!({"issuer": format!("https://{ISSUER}")}))?;
    workspace.file("provider.tf", &text("provider/provider.tf")?)?;
    workspace.file("main.tf", &page.block("Example Usage", "terraform")?.text)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    for block in page.blocks_below("Import", "terraform") {
        import_by_block(cloud, &workspace, &block.text)
            .map_err(|failure| failure.during(&page.place(block)))?;
    }
    for block in page.blocks_below("Import", "shell") {
        for line in block.text.lines().filter(|line| !line.starts_with('#')) {
            import_by_command(&workspace, line)
                .map_err(|failure| failure.during(&page.place(block)))?;
        }
    }
    workspace.destroy().map(|_| ())
}

/// An OIDC provider of another cluster's issuer gets the configured one, and an import knows nothing of policies on the roles of nodes or on an access entry:
/// they may be an association's.
fn changes_after_import(text: &str) -> bool {
    let known_later = ["eksauth_node_assumed_role", "eksauth_access_entry."];
    text.contains(ISSUER) || known_later.iter().any(|resource| text.contains(resource))
}

/// Forgets the resource and imports it with the block, where the CLI knows such a block.
fn import_by_block(cloud: &Cloud, workspace: &Workspace<'_>, block: &str) -> Outcome {
    if is_unread(cloud.tools().cli, block) {
        return Ok(());
    }
    let address = block
        .lines()
        .find_map(|line| line.trim().strip_prefix("to = "))
        .ok_or_else(|| Failure::new("no `to` in the import block"))?;
    workspace.run(&["state", "rm", address])?.succeeded()?;
    workspace.file("import.tf", block)?;
    let changed = usize::from(changes_after_import(block));
    workspace.plan()?.says(&[&format!(
        "1 to import, 0 to add, {changed} to change, 0 to destroy"
    )])?;
    workspace.apply()?;
    Ok(fs::remove_file(workspace.path().join("import.tf"))?)
}

/// Forgets the resource and imports it with a command line, `terraform import ADDRESS ID`; nothing is left to plan.
fn import_by_command(workspace: &Workspace<'_>, line: &str) -> Outcome {
    let address = line
        .split(' ')
        .nth(2)
        .ok_or_else(|| Failure::new(format!("`{line}` imports nothing")))?;
    workspace.run(&["state", "rm", address])?.succeeded()?;
    let mut shell = workspace.command("/bin/sh".as_ref());
    succeeded(shell.args(["-ec", line]))?;
    if changes_after_import(line) {
        workspace
            .apply()?
            .says(&["0 added, 1 changed, 0 destroyed"])?;
    }
    workspace.expect_empty_plan()
}

fn every_data_source_is_read(cloud: &Cloud) -> Outcome {
    set_the_scene(cloud)?;
    for name in each("data-sources")? {
        let workspace = Workspace::new(cloud)?;
        let example = text(&format!("data-sources/{name}/data-source.tf"))?;
        workspace.configure(&example)?;
        workspace.apply().map_err(|failure| failure.during(&name))?;
        workspace
            .expect_empty_plan()
            .map_err(|failure| failure.during(&name))?;
    }
    Ok(())
}

/// What the examples' data sources look at: an aws-auth, two roles, the cluster's OIDC provider.
pub(super) fn set_the_scene(cloud: &Cloud) -> Outcome {
    kubectl_apply(
        cloud,
        &cloud.cluster(PROD)?,
        &room().join("demo/aws-auth.yaml"),
    )?;
    cloud.role("/ci/", "deployer")?;
    let issuer = field(
        &cloud.set_cluster(PROD, &json!({}))?,
        "identity.oidc.issuer",
    )?;
    let make = [
        "iam",
        "create-open-id-connect-provider",
        "--client-id-list",
        "sts.amazonaws.com",
        "--url",
        &issuer,
    ];
    let provider = field(
        &cloud.aws_as(cloud.creator(), &make)?,
        "OpenIDConnectProviderArn",
    )?;
    let host = issuer.trim_start_matches("https://");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            format!("{host}:sub"): "system:serviceaccount:apps:reader", format!("{host}:aud"): "sts.amazonaws.com"}},
    }]});
    cloud.emulator().control(
        "role",
        &json!({"account": ACCOUNT, "name": "reader", "trust": trust}),
    )?;
    Ok(())
}

fn an_ephemeral_token_reaches_neither_plan_nor_state(cloud: &Cloud) -> Outcome {
    let example = text("ephemeral-resources/eksauth_cluster_auth/ephemeral-resource.tf")?;
    let (without_kubernetes, _) = example
        .split_once("provider \"kubernetes\"")
        .unwrap_or((&example, ""));
    let workspace = Workspace::new(cloud)?;
    let user = "provider \"eksauth\" {\n  alias  = \"second\"\n  region = \"eu-central-1\"\n  clusters = {\n    prod = { token = ephemeral.eksauth_cluster_auth.this.token }\n  }\n}\n\n\
        resource \"eksauth_aws_auth_account\" \"audit\" {\n  provider     = eksauth.second\n  cluster_name = \"prod\"\n  account_id   = \"444455556666\"\n}\n";
    workspace.configure(&format!("{without_kubernetes}{user}"))?;
    workspace
        .run(&["plan", "-no-color", "-out=saved.tfplan"])?
        .succeeded()?;
    workspace
        .run(&["apply", "-no-color", "saved.tfplan"])?
        .succeeded()?;
    let shown = workspace.run(&["show", "-json", "saved.tfplan"])?.output;
    let state = fs::read_to_string(workspace.path().join("terraform.tfstate"))?;
    expect(
        !shown.contains("k8s-aws-v1.") && !state.contains("k8s-aws-v1."),
        "the token is in the plan or in the state",
    )?;
    workspace.destroy().map(|_| ())
}

fn one_role_of_many_clusters(cloud: &Cloud) -> Outcome {
    cloud.set_cluster("prod-next", &json!({}))?;
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &text("irsa-many-clusters/main.tf")?)?;
    workspace.apply()?.says(&["3 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn an_aws_auth_is_taken_over(cloud: &Cloud) -> Outcome {
    kubectl_apply(
        cloud,
        &cloud.cluster(PROD)?,
        &room().join("demo/aws-auth.yaml"),
    )?;
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &text("take-over-existing-aws-auth/main.tf")?)?;
    workspace
        .run(&["plan", "-no-color", "-generate-config-out=aws_auth.tf"])?
        .succeeded()?
        .says(&["1 to import, 1 to add, 0 to change, 0 to destroy"])?;
    workspace
        .apply()?
        .says(&["1 imported, 1 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_new_cluster_in_one_apply(cloud: &Cloud) -> Outcome {
    cloud.add_control_plane("fresh")?;
    let mut workspace = Workspace::with_init(cloud)?;
    for file in ["main.tf", "variables.tf", "outputs.tf"] {
        workspace.file(file, &text(&format!("new-cluster/{file}"))?)?;
    }
    workspace.set("TF_VAR_cluster_name", "fresh");
    workspace.set("TF_VAR_subnet_ids", "[\"subnet-1\", \"subnet-2\"]");
    workspace.init()?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    cloud.cluster("fresh")?.delete_aws_auth()
}
