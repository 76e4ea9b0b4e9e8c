//! A Pod Identity association out of a saved state of hashicorp/aws: nothing is replaced, nothing is written, and the plan after is empty.

use std::fs;

use serde_json::Value;

use super::{
    pod_identity_association::{OURS, expect_given, pods_role, role_arn},
    story::stories,
};
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        json::text,
        provider_under_test::built_provider,
        tools::room,
        workspace::Workspace,
    },
    failure::{Outcome, expect_same},
};

stories!("moved":
    an_association_of_a_saved_state_is_moved,
);

const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The association of the state, as the command line makes it.
fn made(cloud: &Cloud) -> Outcome<Value> {
    let role = role_arn("first");
    let create = [
        "eks",
        "create-pod-identity-association",
        "--cluster-name",
        PROD,
        "--namespace",
        "apps",
        "--service-account",
        "reader",
        "--role-arn",
        &role,
        "--tags",
        "team=apps",
    ];
    let made = cloud.aws_as(cloud.creator(), &create)?;
    described(cloud, &text(&made, "association.associationId")?)
}

fn described(cloud: &Cloud, id: &str) -> Outcome<Value> {
    let describe = [
        "eks",
        "describe-pod-identity-association",
        "--cluster-name",
        PROD,
        "--association-id",
        id,
    ];
    cloud.aws_as(cloud.creator(), &describe)
}

fn an_association_of_a_saved_state_is_moved(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let before = made(cloud)?;
    let id = text(&before, "association.associationId")?;
    let arn = text(&before, "association.associationArn")?;
    let saved = room().join("states/hashicorp-aws-5.100-pod-identity.json");
    let state = fs::read_to_string(saved)?
        .replace("@ID@", &id)
        .replace("@ARN@", &arn);
    let program = built_provider()?;
    for host in HOSTS {
        let workspace = Workspace::new(cloud)?;
        workspace.file("terraform.tfstate", &state.replace("@HOST@", host))?;
        // OpenTofu reads a state of Terraform's registry with the provider of its own one.
        let addresses = HOSTS.map(|host| format!("{host}/hashicorp/aws"));
        let stand_ins = addresses
            .each_ref()
            .map(|address| (address.as_str(), program.as_path()));
        workspace.stand_in(&stand_ins)?;
        workspace.configure(OURS)?;
        let moved = || -> Outcome {
            workspace.plan()?.says(&[
                "aws_eks_pod_identity_association.reader has moved to eksauth_pod_identity_association.reader",
                "0 to add, 0 to change, 0 to destroy",
            ])?;
            workspace
                .apply()?
                .says(&["0 added, 0 changed, 0 destroyed"])?;
            workspace.expect_empty_plan()
        };
        moved().map_err(|failure| failure.during(host))?;
    }
    expect_given(cloud, "first")?;
    let after = described(cloud, &id)?;
    expect_same("the association", &before.to_string(), &after.to_string())
}
