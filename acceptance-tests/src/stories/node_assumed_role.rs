//! `eksauth_node_assumed_role`: the roles of kube2iam's and kiam's pods, with the nodes' side of it, and the way from there to IRSA.

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        identity::Identity,
        json::text,
        workspace::Workspace,
    },
    failure::{Outcome, expect},
};

stories!("node_assumed_role":
    a_node_gets_the_role_and_nobody_else_does,
    what_nodes_may_do_is_drift_when_it_is_edited,
    import_by_name,
    moved_to_irsa_with_both_trusts_alive,
    a_node_role_that_does_not_exist_is_named,
);

const ADDRESS: &str = "eksauth_node_assumed_role.reader";
const POLICY_NAME: &str = "eksauth-assume-reader";

/// The role of nodes that may do nothing yet.
fn bare_role(cloud: &Cloud, name: &str) -> Outcome<String> {
    let wanted = json!({"account": ACCOUNT, "path": "/", "name": name});
    text(&cloud.emulator().control("role", &wanted)?, "arn")
}

fn reader(node_role: &str, more: &str) -> String {
    format!(
        "resource \"eksauth_node_assumed_role\" \"reader\" {{\n  name           = \"reader\"\n  \
         node_role_arns = [\"{node_role}\"]\n{more}}}\n"
    )
}

fn arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/reader")
}

/// Whether a session of a node's role opens one of the role, with the aws CLI.
fn opens(cloud: &Cloud, node: &Identity) -> bool {
    let role = arn();
    let arguments = [
        "sts",
        "assume-role",
        "--role-arn",
        &role,
        "--role-session-name",
        "pod",
    ];
    cloud.aws_as(node, &arguments).is_ok()
}

fn node_policies(cloud: &Cloud, node_role: &str) -> Outcome<Vec<Value>> {
    let arguments = ["iam", "list-role-policies", "--role-name", node_role];
    let answer = cloud.aws_as(cloud.creator(), &arguments)?;
    let names = answer.get("PolicyNames").and_then(Value::as_array);
    Ok(names.cloned().unwrap_or_default())
}

fn a_node_gets_the_role_and_nobody_else_does(cloud: &Cloud) -> Outcome {
    let (nodes, others) = (bare_role(cloud, "nodes")?, bare_role(cloud, "others")?);
    let (node, other) = (
        cloud.session(&nodes, "i-1")?,
        cloud.session(&others, "i-2")?,
    );
    let workspace = Workspace::new(cloud)?;
    let more = "  attach_node_policy = true\n  base_arn = \"arn:aws:iam::111122223333:role/\"\n";
    workspace.configure(&reader(&nodes, more))?;
    workspace
        .plan()?
        .says(&["ec2:DescribeRegions", "1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let annotations = workspace.attribute(ADDRESS, "pod_annotations")?;
    expect(
        annotations == json!({"iam.amazonaws.com/role": "reader"}),
        "a pod is annotated with something else",
    )?;
    expect(opens(cloud, &node), "the node does not get the role")?;
    expect(!opens(cloud, &other), "another role gets the role")?;
    workspace.configure(&reader(&others, more))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(!opens(cloud, &node), "the old node still gets the role")?;
    expect(opens(cloud, &other), "the new node does not get the role")?;
    expect(
        node_policies(cloud, "nodes")?.is_empty(),
        "the old node keeps its policy",
    )?;
    workspace.destroy()?;
    expect(
        node_policies(cloud, "others")?.is_empty(),
        "the policy outlives the role",
    )
}

fn what_nodes_may_do_is_drift_when_it_is_edited(cloud: &Cloud) -> Outcome {
    let nodes = bare_role(cloud, "nodes")?;
    let workspace = Workspace::new(cloud)?;
    let second = reader(&nodes, "  attach_node_policy = true\n").replace("reader", "writer");
    let both = format!(
        "{}\n{second}",
        reader(&nodes, "  attach_node_policy = true\n")
    );
    workspace.configure(&both)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        node_policies(cloud, "nodes")? == [json!(POLICY_NAME), json!("eksauth-assume-writer")],
        "two roles of one node role do not have a policy each",
    )?;
    let arguments = [
        "iam",
        "delete-role-policy",
        "--role-name",
        "nodes",
        "--policy-name",
        POLICY_NAME,
    ];
    cloud.aws_as(cloud.creator(), &arguments)?;
    workspace
        .plan()?
        .says(&["0 to add, 1 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        node_policies(cloud, "nodes")?.len() == 2,
        "the policy was not put back",
    )?;
    workspace.configure(&second)?;
    workspace.apply()?;
    expect(
        node_policies(cloud, "nodes")? == [json!("eksauth-assume-writer")],
        "one role's end touches the other's policy",
    )?;
    workspace.destroy().map(|_| ())
}

fn import_by_name(cloud: &Cloud) -> Outcome {
    let nodes = bare_role(cloud, "nodes")?;
    let first = Workspace::new(cloud)?;
    let config = reader(&nodes, "  system = \"kiam\"\n  external_id = \"team-a\"\n");
    first.configure(&config)?;
    first.apply()?;
    let second = Workspace::new(cloud)?;
    second.configure(&config)?;
    second.import(ADDRESS, "reader")?.succeeded()?;
    second
        .plan()?
        .says(&["kiam", "0 to add, 1 to change, 0 to destroy"])?;
    second.apply()?;
    second.expect_empty_plan()?;
    let generated = Workspace::new(cloud)?;
    generated.configure(&format!(
        "import {{\n  to = {ADDRESS}\n  id = \"reader\"\n}}\n"
    ))?;
    generated
        .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
        .succeeded()?
        .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])?;
    first.destroy().map(|_| ())
}

fn moved_to_irsa_with_both_trusts_alive(cloud: &Cloud) -> Outcome {
    let nodes = bare_role(cloud, "nodes")?;
    let node = cloud.session(&nodes, "i-1")?;
    let workspace = Workspace::new(cloud)?;
    let provider = "resource \"eksauth_oidc_provider\" \"this\" {}\n\n";
    workspace.configure(&format!(
        "{provider}{}",
        reader(
            &nodes,
            "  attach_node_policy = true\n  tags = { team = \"apps\" }\n"
        )
    ))?;
    workspace.apply()?;
    let id = workspace.attribute(ADDRESS, "unique_id")?;
    // What the node role needs is written by somebody else from now on.
    let policy = workspace.attribute(ADDRESS, "node_policy_json")?;
    let policy = policy.as_str().unwrap_or_default();
    let put = [
        "iam",
        "put-role-policy",
        "--role-name",
        "nodes",
        "--policy-name",
        "own",
        "--policy-document",
        policy,
    ];
    cloud.aws_as(cloud.creator(), &put)?;
    workspace.configure(&format!(
        "{provider}{}",
        reader(&nodes, "  tags = { team = \"apps\" }\n")
    ))?;
    workspace.apply()?;
    expect(
        opens(cloud, &node),
        "the node lost the role before the move",
    )?;
    let moved = format!(
        "{provider}moved {{\n  from = {ADDRESS}\n  to   = eksauth_irsa_role.reader\n}}\n\nresource \"eksauth_irsa_role\" \"reader\" {{\n  \
         name              = \"reader\"\n  oidc_provider_arn = eksauth_oidc_provider.this.arn\n  service_accounts  = [\"apps:reader\"]\n  \
         node_role_arns    = [\"{nodes}\"]\n  tags = {{ team = \"apps\" }}\n}}\n"
    );
    workspace.configure(&moved)?;
    workspace
        .plan()?
        .says(&["moved from", "0 to add, 1 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute("eksauth_irsa_role.reader", "unique_id")? == id,
        "the role was made anew",
    )?;
    let token =
        cloud
            .cluster(PROD)?
            .service_account_token("apps", "reader", "sts.amazonaws.com")?;
    cloud.assume_with_web_identity(&arn(), &token)?;
    expect(opens(cloud, &node), "the old way ended with the move")?;
    workspace.configure(&moved.replace(&format!("  node_role_arns    = [\"{nodes}\"]\n"), ""))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    cloud.assume_with_web_identity(&arn(), &token)?;
    expect(!opens(cloud, &node), "the old way is still open")?;
    workspace.destroy().map(|_| ())
}

fn a_node_role_that_does_not_exist_is_named(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let gone = format!("arn:aws:iam::{ACCOUNT}:role/gone");
    workspace.configure(&reader(&gone, "  attach_node_policy = true\n"))?;
    let refused = workspace.try_apply()?;
    refused.refused_with(&["Node Role Not Found", &gone])?;
    expect(
        cloud
            .aws_as(
                cloud.creator(),
                &["iam", "get-role", "--role-name", "reader"],
            )
            .is_err(),
        "a role was made all the same",
    )?;
    for (given, title) in [
        (
            format!("arn:aws:iam::{ACCOUNT}:instance-profile/nodes"),
            "write the ARN of the role inside it",
        ),
        (
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/nodes/i-1"),
            "is the session of a role",
        ),
    ] {
        workspace.configure(&reader(&given, ""))?;
        workspace
            .run(&["validate", "-no-color"])?
            .refused_with(&["Invalid Node Role ARN", title])?;
    }
    Ok(())
}
