//! `eksauth_authentication_mode`: one step at a time, judged by who would lose access, beside access entries of the same apply and beside hashicorp/aws.

use std::{thread, time::Duration};

use super::{
    bed_access_entries::{eks, who},
    check_plan::checked,
    lockout::administered,
    story::stories,
};
use crate::{
    bed::{
        cloud::{Cloud, PROD, access::Mode},
        json::text,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("authentication_mode":
    a_cluster_goes_from_aws_auth_to_access_entries_and_nobody_is_lost,
    api_is_refused_while_somebody_is_only_in_aws_auth,
    a_step_back_and_two_at_once_are_refused_at_plan,
    a_mode_that_was_raised_outside_is_followed,
    an_update_that_takes_time_is_waited_for_and_another_one_too,
    an_interrupted_wait_leaves_an_update_that_goes_on,
    entries_of_the_same_apply_come_between_the_steps,
    a_mode_is_imported_and_destroy_leaves_it,
    check_plan_judges_a_step_as_the_provider_does;
    with mirror:
    beside_aws_eks_cluster_both_plan_empty,
);

const MODE: &str = "eksauth_authentication_mode.this";
const ADMINS: &str = "arn:aws:iam::111122223333:role/admins";

fn mode(mode: Mode, more: &str) -> String {
    format!(
        "resource \"eksauth_authentication_mode\" \"this\" {{\n  authentication_mode = \"{}\"\n{more}}}\n",
        mode.id()
    )
}

/// The mode of the cluster as EKS has it.
fn mode_now(cloud: &Cloud) -> Outcome<String> {
    let described = cloud.aws_as(
        cloud.creator(),
        &["eks", "describe-cluster", "--name", PROD],
    )?;
    text(&described, "cluster.accessConfig.authenticationMode")
}

fn expect_mode(cloud: &Cloud, mode: Mode) -> Outcome {
    expect_same("the mode", mode.id(), &mode_now(cloud)?)
}

fn a_cluster_goes_from_aws_auth_to_access_entries_and_nobody_is_lost(cloud: &Cloud) -> Outcome {
    let (prod, admin) = administered(cloud)?;
    let nodes = cloud.role("/", "managed")?;
    let group = [
        "create-nodegroup",
        "--nodegroup-name",
        "blue",
        "--node-role",
        &nodes,
        "--subnets",
        "subnet-1",
    ];
    eks(cloud, &group)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::ApiAndConfigMap, ""))?;
    workspace
        .plan()?
        .says(&["EKS Makes Access Entries", &nodes, "EC2_LINUX"])?;
    workspace.apply()?.says(&["1 added"])?;
    expect_mode(cloud, Mode::ApiAndConfigMap)?;
    workspace.expect_empty_plan()?;
    prod.wait_for_admission(&admin, Some(&who("admin", &["system:masters"])))?;
    // Everybody else gets an entry.
    let of_nodes = cloud.role("/", "nodes")?;
    for (arn, kind) in [(of_nodes.as_str(), "EC2_LINUX"), (ADMINS, "STANDARD")] {
        let create = [
            "create-access-entry",
            "--principal-arn",
            arn,
            "--type",
            kind,
        ];
        eks(cloud, &create)?;
    }
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    let associate = [
        "associate-access-policy",
        "--principal-arn",
        ADMINS,
        "--policy-arn",
        policy,
        "--access-scope",
        "type=cluster",
    ];
    eks(cloud, &associate)?;
    workspace.configure(&mode(Mode::Api, ""))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    expect_mode(cloud, Mode::Api)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?.says(&["Authentication Mode Stays"])?;
    expect_mode(cloud, Mode::Api)
}

fn api_is_refused_while_somebody_is_only_in_aws_auth(cloud: &Cloud) -> Outcome {
    let (_prod, admin) = administered(cloud)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&admin);
    workspace.configure(&mode(Mode::Api, ""))?;
    workspace
        .plan()?
        .says(&[ADMINS, "lockout.running-identity", "apply refuses this"])?;
    workspace.try_apply()?.refused_with(&[
        "This Change Locks You Out",
        ADMINS,
        "make an access entry for it",
    ])?;
    expect_mode(cloud, Mode::ApiAndConfigMap)?;
    expect(
        cloud.emulator().count("UpdateClusterConfig")? == 0,
        "EKS was asked for the step",
    )
}

fn a_step_back_and_two_at_once_are_refused_at_plan(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::Api, ""))?;
    workspace
        .plan()?
        .refused_with(&["Authentication Mode Takes Two Steps"])?;
    cloud.set_mode(PROD, Mode::Api)?;
    for lower in [Mode::ConfigMap, Mode::ApiAndConfigMap] {
        workspace.configure(&mode(lower, ""))?;
        workspace.plan()?.refused_with(&[
            "Authentication Mode Cannot Go Back",
            "authentication_mode = \"API\"",
        ])?;
    }
    expect_mode(cloud, Mode::Api)
}

fn a_mode_that_was_raised_outside_is_followed(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::ConfigMap, ""))?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    workspace
        .plan()?
        .refused_with(&["Authentication Mode Cannot Go Back"])?;
    workspace.configure(&mode(Mode::ApiAndConfigMap, ""))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        cloud.emulator().count("UpdateClusterConfig")? == 0,
        "EKS was asked for a step",
    )?;
    workspace.destroy().map(|_| ())
}

fn an_update_that_takes_time_is_waited_for_and_another_one_too(cloud: &Cloud) -> Outcome {
    cloud.set_update_time(Duration::from_secs(3))?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::ApiAndConfigMap, ""))?;
    workspace.apply()?.says(&["1 added"])?;
    expect_mode(cloud, Mode::ApiAndConfigMap)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    // Somebody else begins the step a moment before: what it makes is what was wanted.
    cloud.set_mode(PROD, Mode::ConfigMap)?;
    cloud.set_update_time(Duration::from_secs(8))?;
    let raise = [
        "eks",
        "update-cluster-config",
        "--name",
        PROD,
        "--access-config",
        "authenticationMode=API_AND_CONFIG_MAP",
    ];
    cloud.aws_as(cloud.creator(), &raise)?;
    let before = cloud.emulator().count("UpdateClusterConfig")?;
    workspace.apply()?.says(&["1 added"])?;
    expect_mode(cloud, Mode::ApiAndConfigMap)?;
    expect(
        cloud.emulator().count("UpdateClusterConfig")? == before,
        "EKS was asked for the step of somebody else",
    )?;
    workspace.destroy().map(|_| ())
}

fn an_interrupted_wait_leaves_an_update_that_goes_on(cloud: &Cloud) -> Outcome {
    cloud.set_update_time(Duration::from_secs(3600))?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::ApiAndConfigMap, ""))?;
    let mut running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    while cloud.emulator().count("DescribeUpdate")? < 1 && !running.has_ended()? {
        thread::sleep(Duration::from_millis(100));
    }
    running.interrupt()?;
    running.wait()?.refused_with(&["Cancelled", "goes on"])?;
    cloud.settle_access()?;
    let before = cloud.emulator().count("UpdateClusterConfig")?;
    workspace.apply()?;
    expect_mode(cloud, Mode::ApiAndConfigMap)?;
    expect(
        cloud.emulator().count("UpdateClusterConfig")? == before,
        "EKS was asked for the step again",
    )?;
    // And one that takes longer than it may.
    workspace.destroy()?;
    cloud.set_mode(PROD, Mode::ConfigMap)?;
    cloud.set_update_time(Duration::from_secs(3600))?;
    let short = "  timeouts {\n    create = \"3s\"\n  }\n";
    workspace.configure(&mode(Mode::ApiAndConfigMap, short))?;
    workspace
        .try_apply()?
        .refused_with(&["Authentication Mode Not Changed In Time"])?;
    cloud.settle_access()?;
    workspace.apply()?;
    workspace.destroy().map(|_| ())
}

fn entries_of_the_same_apply_come_between_the_steps(cloud: &Cloud) -> Outcome {
    let (prod, admin) = administered(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let entries = "resource \"eksauth_access_entry\" \"admins\" {\n  principal_arn = \"arn:aws:iam::111122223333:role/admins\"\n  \
         policies      = [{ policy_arn = \"AmazonEKSClusterAdminPolicy\", access_scope = { type = \"cluster\" } }]\n  depends_on    = [eksauth_authentication_mode.this]\n}\n";
    workspace.configure(&format!("{}{entries}", mode(Mode::ApiAndConfigMap, "")))?;
    workspace.apply()?.says(&["2 added"])?;
    workspace.expect_empty_plan()?;
    let arn = "arn:aws:sts::111122223333:assumed-role/admins/eve";
    prod.wait_for_admission(&admin, Some(&who(arn, &[])))?;
    // The nodes of aws-auth are of no group that EKS manages.
    let nodes = "resource \"eksauth_access_entry\" \"nodes\" {\n  principal_arn = \"arn:aws:iam::111122223333:role/nodes\"\n  type          = \"EC2_LINUX\"\n}\n";
    cloud.role("/", "nodes")?;
    let entries = entries.replace("  depends_on    = [eksauth_authentication_mode.this]\n", "");
    let last = "  depends_on = [eksauth_access_entry.admins, eksauth_access_entry.nodes]\n";
    workspace.configure(&format!("{}{entries}{nodes}", mode(Mode::Api, last)))?;
    workspace.apply()?.says(&["1 added, 1 changed"])?;
    expect_mode(cloud, Mode::Api)?;
    prod.wait_for_admission(&admin, Some(&who(arn, &[])))?;
    workspace.expect_empty_plan()
}

fn a_mode_is_imported_and_destroy_leaves_it(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::ApiAndConfigMap, ""))?;
    workspace.import(MODE, PROD)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?.says(&["Authentication Mode Stays"])?;
    expect_mode(cloud, Mode::ApiAndConfigMap)
}

fn check_plan_judges_a_step_as_the_provider_does(cloud: &Cloud) -> Outcome {
    let (_prod, _admin) = administered(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&mode(Mode::ApiAndConfigMap, ""))?;
    let first = checked(&workspace, &[], &[])?;
    first.expect(0, "EKS makes access entries by itself")?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    workspace.configure(&mode(Mode::Api, ""))?;
    let told = checked(&workspace, &[], &[])?;
    told.expect(1, "lockout.mode-ignores-aws-auth")?;
    expect_parts(&told.out, &["error lockout.reduced-access", ADMINS])?;
    let refused = checked(&workspace, &[], &["--apply-principal", ADMINS])?;
    refused.expect(1, "lockout.running-identity")
}

/// The cluster as hashicorp/aws makes it, and its mode as ours.
fn beside(mode: Mode, ignores: bool) -> String {
    let lifecycle = match ignores {
        true => "  lifecycle {\n    ignore_changes = [access_config[0].authentication_mode]\n  }\n",
        false => "",
    };

    format!(
        r#"
terraform {{
  required_providers {{
    aws     = {{ source = "hashicorp/aws" }}
    eksauth = {{ source = "eksauth/eksauth" }}
  }}
}}

provider "aws" {{
  region                  = "eu-central-1"
  skip_metadata_api_check = true
}}

provider "eksauth" {{
  region = "eu-central-1"
}}

resource "aws_iam_role" "cluster" {{
  name = "cluster-role"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "eks.amazonaws.com" }} }}]
  }})
}}

resource "aws_eks_cluster" "this" {{
  name     = "fresh"
  role_arn = aws_iam_role.cluster.arn
  vpc_config {{ subnet_ids = ["subnet-1", "subnet-2"] }}
  access_config {{
    authentication_mode                         = "CONFIG_MAP"
    bootstrap_cluster_creator_admin_permissions = true
  }}
{lifecycle}}}

resource "eksauth_authentication_mode" "this" {{
  cluster_name        = aws_eks_cluster.this.id
  authentication_mode = "{}"
}}
"#,
        mode.id()
    )
}

fn beside_aws_eks_cluster_both_plan_empty(cloud: &Cloud) -> Outcome {
    cloud.add_control_plane("fresh")?;
    let workspace = Workspace::with_init(cloud)?;
    workspace.file("main.tf", &beside(Mode::ApiAndConfigMap, true))?;
    workspace.init()?;
    workspace.apply()?.says(&["3 added"])?;
    workspace.expect_empty_plan()?;
    workspace.file("main.tf", &beside(Mode::Api, true))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    // Without `ignore_changes` the two would say the mode both.
    workspace.file("main.tf", &beside(Mode::Api, false))?;
    let plan = workspace.plan()?;
    expect(
        plan.output.contains("CONFIG_MAP"),
        format!("hashicorp/aws leaves the mode:\n{}", plan.output),
    )?;
    workspace.file("main.tf", &beside(Mode::Api, true))?;
    workspace.destroy().map(|_| ())
}
