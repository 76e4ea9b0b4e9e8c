//! aws-auth out of another provider's state: states as those providers write them, the real Terraform, and not one byte written.

use std::{fs, path::Path};

use serde_json::Value;

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        cluster::Cluster,
        provider_under_test::built_provider,
        tools::room,
        workspace::Workspace,
    },
    demo::kubectl_apply,
    failure::{Failure, Outcome, expect},
};

stories!("moved":
    every_known_resource_is_moved_without_touching_the_object,
    a_move_out_of_a_module_that_is_gone,
    another_config_map_is_refused,
);

/// The providers whose states are moved, with a version of each.
pub(super) const SOURCES: [(&str, &str); 3] = [
    ("hashicorp/kubernetes", "2.38.0"),
    ("gavinbunney/kubectl", "1.19.0"),
    ("alekc/kubectl", "2.1.3"),
];
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The map of `demo/aws-auth.yaml` without what belongs to EKS.
pub(super) const MAP: &str = "\
resource \"eksauth_aws_auth\" \"this\" {
  map_roles = [
    { rolearn = \"arn:aws:iam::111122223333:role/admins\", username = \"admin\", groups = [\"system:masters\"] },
    { rolearn = \"arn:aws:iam::111122223333:role/break-glass\", username = \"break-glass\", groups = [\"system:masters\"] },
  ]
  map_users = [
    { userarn = \"arn:aws:iam::111122223333:user/people/alice\", username = \"alice\", groups = [\"viewers\"] },
    { userarn = \"arn:aws:iam::111122223333:user/bob\", username = \"bob\", groups = [\"deployers\", \"viewers\"] },
  ]
  map_accounts = [\"444455556666\"]
}
";

/// A state of `states/` as it would be for the aws-auth of the cluster, its provider from `host`.
pub(super) fn state_of(prod: &Cluster<'_>, name: &str, host: &str) -> Outcome<String> {
    let object = prod
        .aws_auth_object()?
        .ok_or_else(|| Failure::new("there is no aws-auth"))?;
    let at = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_default();
    let text = |pointer: &str| at(pointer).as_str().unwrap_or_default().to_owned();
    let manifest = fs::read_to_string(room().join("demo/aws-auth.yaml"))?;
    let state = fs::read_to_string(room().join(format!("states/{name}.json")))?
        .replace("@HOST@", host)
        .replace("@UID@", &text("/metadata/uid"))
        .replace("@RESOURCE_VERSION@", &text("/metadata/resourceVersion"))
        .replace("\"@MANIFEST@\"", &Value::from(manifest).to_string())
        .replace("\"@DATA@\"", &at("/data").to_string());
    Ok(state)
}

fn moved(from: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = eksauth_aws_auth.this\n}}\n\n{MAP}")
}

/// Terraform wants the provider of a state installed (`terraform init` does it) and starts it for its schema; for a move it is asked nothing else,
/// so a program with any schema stands for it: our own.
fn stand_in(workspace: &Workspace<'_>) -> Outcome {
    let program = &built_provider()?;
    let addresses: Vec<String> = SOURCES
        .iter()
        .flat_map(|(address, _)| HOSTS.map(|host| format!("{host}/{address}")))
        .collect();
    let stand_ins: Vec<(&str, &Path)> = addresses
        .iter()
        .map(|address| (address.as_str(), program.as_path()))
        .collect();
    workspace.stand_in(&stand_ins)
}

/// Fails unless the move is a plan without a change, an apply without a write and then nothing to do.
fn expect_moved(workspace: &Workspace<'_>, prod: &Cluster<'_>, from: &str) -> Outcome {
    let before = prod.aws_auth_object()?;
    workspace.configure(&moved(from))?;
    workspace.plan()?.says(&[
        "has moved to eksauth_aws_auth.this",
        "0 to add, 0 to change, 0 to destroy",
    ])?;
    workspace
        .apply()?
        .says(&["0 added, 0 changed, 0 destroyed"])?;
    expect(
        before == prod.aws_auth_object()?,
        "the move wrote to aws-auth",
    )?;
    workspace.expect_empty_plan()
}

fn every_known_resource_is_moved_without_touching_the_object(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    for (state, from) in [
        ("kubernetes_config_map", "kubernetes_config_map.aws_auth"),
        (
            "kubernetes_config_map_v1",
            "kubernetes_config_map_v1.aws_auth",
        ),
        (
            "kubernetes_config_map_v1_data",
            "kubernetes_config_map_v1_data.aws_auth",
        ),
        ("kubectl_manifest-gavinbunney", "kubectl_manifest.aws_auth"),
        ("kubectl_manifest-alekc", "kubectl_manifest.aws_auth"),
    ] {
        for host in HOSTS {
            let workspace = Workspace::new(cloud)?;
            workspace.file("terraform.tfstate", &state_of(&prod, state, host)?)?;
            stand_in(&workspace)?;
            expect_moved(&workspace, &prod, from)
                .map_err(|failure| failure.during(&format!("{state} of {host}")))?;
        }
    }
    Ok(())
}

fn a_move_out_of_a_module_that_is_gone(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    let workspace = Workspace::new(cloud)?;
    let state = state_of(&prod, "terraform-aws-eks-v20", "registry.terraform.io")?;
    workspace.file("terraform.tfstate", &state)?;
    stand_in(&workspace)?;
    expect_moved(
        &workspace,
        &prod,
        "module.aws_auth.kubernetes_config_map_v1_data.aws_auth[0]",
    )
}

fn another_config_map_is_refused(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    let before = prod.aws_auth_object()?;
    let workspace = Workspace::new(cloud)?;
    stand_in(&workspace)?;
    let state = state_of(&prod, "kubernetes_config_map", "registry.terraform.io")?;
    workspace.file(
        "terraform.tfstate",
        &state.replace("\"aws-auth\"", "\"coredns\""),
    )?;
    workspace.configure(&moved("kubernetes_config_map.aws_auth"))?;
    workspace
        .plan()?
        .refused_with(&["Not aws-auth", "`kube-system/coredns`"])?;
    expect(
        before == prod.aws_auth_object()?,
        "a refused move wrote to aws-auth",
    )
}
