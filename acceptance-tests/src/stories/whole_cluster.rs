//! One configuration makes the cluster, by hashicorp/aws where a mirror has it, and its doors and roles.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("whole_cluster":
    a_cluster_that_is_made_while_apply_waits,
    a_cluster_that_never_comes_is_told_with_account_and_region,
    a_replaced_cluster_is_planned_anew,
    a_cluster_replaced_between_plan_and_apply_stops_the_apply,
    a_cluster_replaced_in_one_apply,
    a_group_binding_of_a_cluster_of_the_same_apply,
    a_cluster_that_is_gone_at_destroy_is_no_error;
    with mirror:
    the_bed_serves_hashicorp_aws,
    one_apply_makes_the_cluster_and_its_doors,
);

const CLUSTER: &str = r#"
terraform {
  required_providers {
    aws     = { source = "hashicorp/aws" }
    eksauth = { source = "eksauth/eksauth" }
  }
}

provider "aws" {
  region                      = "eu-central-1"
  skip_metadata_api_check     = true
}

provider "eksauth" {
  region = "eu-central-1"
}

resource "aws_iam_role" "cluster" {
  name = "cluster-role"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
  })
}

resource "aws_eks_cluster" "this" {
  name     = "fresh"
  role_arn = aws_iam_role.cluster.arn
  vpc_config { subnet_ids = ["subnet-1", "subnet-2"] }
  access_config {
    authentication_mode                         = "CONFIG_MAP"
    bootstrap_cluster_creator_admin_permissions = true
  }
}
"#;

fn the_bed_serves_hashicorp_aws(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::with_init(cloud)?;
    let alone = CLUSTER.replace("    eksauth = { source = \"eksauth/eksauth\" }\n", "");
    let alone = alone.replace(
        "provider \"eksauth\" {\n  region = \"eu-central-1\"\n}\n",
        "",
    );
    workspace.file("main.tf", &alone)?;
    workspace.init()?;
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let described = cloud.set_cluster("fresh", &json!({}))?.to_string();
    expect_parts(
        &described,
        &[
            "\"authenticationMode\":\"CONFIG_MAP\"",
            "\"status\":\"ACTIVE\"",
        ],
    )?;
    workspace.destroy().map(|_| ())
}

const DOORS: &str = r#"
resource "eksauth_oidc_provider" "this" {
  cluster_name = NAME
}

resource "eksauth_irsa_role" "reader" {
  name             = "reader"
  cluster_name     = NAME
  service_accounts = ["apps:reader"]
  depends_on       = [eksauth_oidc_provider.this]
}

resource "eksauth_aws_auth_role" "ci" {
  cluster_name = NAME
  rolearn      = "arn:aws:iam::111122223333:role/ci"
  username     = "ci:{{SessionName}}"
  groups       = ["ci"]
}
"#;

const BINDING: &str = r#"
resource "eksauth_group_binding" "ci" {
  cluster_name = NAME
  name         = "whole-cluster"
  groups       = ["ci"]
  rules        = [{ resources = ["pods"], verbs = ["get"] }]
}
"#;

fn one_apply_makes_the_cluster_and_its_doors(cloud: &Cloud) -> Outcome {
    cloud.add_control_plane("fresh")?;
    for name in ["aws_eks_cluster.this.id", "aws_eks_cluster.this.name"] {
        let with_name = |failure: Failure| failure.during(name);
        let workspace = Workspace::with_init(cloud)?;
        workspace.file(
            "main.tf",
            &format!(
                "{CLUSTER}{}",
                format!("{DOORS}{BINDING}").replace("NAME", name)
            ),
        )?;
        workspace.init()?;
        workspace
            .apply()
            .map_err(with_name)?
            .says(&["6 added, 0 changed, 0 destroyed"])?;
        workspace.expect_empty_plan().map_err(with_name)?;
        expect_parts(
            &cloud.cluster("fresh")?.aws_auth_key("mapRoles")?,
            &["role/ci"],
        )?;
        let issuer = workspace.attribute("eksauth_oidc_provider.this", "issuer")?;
        let described = cloud.set_cluster("fresh", &json!({}))?;
        expect(
            described.pointer("/identity/oidc/issuer") == Some(&issuer),
            format!("another issuer than {issuer}"),
        )?;
        workspace.destroy().map_err(with_name)?;
        cloud.cluster("fresh")?.delete_aws_auth()?;
    }
    Ok(())
}

fn doors(name: &str) -> String {
    format!(
        "{}{}",
        provider_block("").replace("  cluster_name = \"prod\"\n", ""),
        DOORS.replace("NAME", name)
    )
}

fn a_cluster_that_is_made_while_apply_waits(cloud: &Cloud) -> Outcome {
    cloud.add_control_plane("fresh")?;
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &doors("\"fresh\""))?;
    let plan = workspace.plan()?;
    expect(
        plan.code == Some(2),
        format!(
            "a missing cluster is no error at plan:\n{}{}",
            plan.output, plan.errors
        ),
    )?;
    plan.says(&["Warning", "`fresh`", ACCOUNT, REGION])?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    wait_for_second_look(cloud)?;
    cloud.emulator().control(
        "new-status",
        &json!({"name": "fresh", "status": "CREATING"}),
    )?;
    cloud.set_cluster("fresh", &json!({"creator": cloud.creator().arn}))?;
    wait_for_second_look(cloud)?;
    cloud.set_cluster("fresh", &json!({"status": "ACTIVE"}))?;
    running.wait()?.succeeded()?.says(&["3 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    cloud.cluster("fresh")?.delete_aws_auth()
}

/// Waits until the cluster was asked for twice more, so that the apply has seen what is there now.
fn wait_for_second_look(cloud: &Cloud) -> Outcome {
    let began = Instant::now();
    let before = cloud.emulator().count("DescribeCluster")?;
    while cloud.emulator().count("DescribeCluster")? < before + 2 {
        if began.elapsed() > Duration::from_secs(90) {
            return Err(Failure::new("nobody asks for the cluster any more"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn a_cluster_that_never_comes_is_told_with_account_and_region(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    // Two minutes where nothing is configured, as a test of the wait itself shows with a clock of its own.
    let entry = "resource \"eksauth_aws_auth_account\" \"audit\" {\n  cluster_name = \"prdo\"\n  account_id = \"444455556666\"\n  \
        timeouts {\n    create = \"10s\"\n  }\n}\n";
    workspace.configure(entry)?;
    let began = Instant::now();
    workspace
        .try_apply()?
        .refused_with(&["`prdo`", ACCOUNT, REGION, "waited 10 s"])?;
    let waited = began.elapsed();
    expect(
        waited >= Duration::from_secs(10) && waited < Duration::from_secs(60),
        format!("it waited {waited:?}, not 10 seconds"),
    )
}

fn a_replaced_cluster_is_planned_anew(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &doors("\"prod\""))?;
    workspace.apply()?.says(&["3 added"])?;
    let old = workspace.attribute("eksauth_oidc_provider.this", "arn")?;
    cloud.delete_cluster(PROD)?;
    prod.delete_aws_auth()?;
    cloud.set_cluster(PROD, &json!({"creator": cloud.creator().arn}))?;
    let plan = workspace.plan()?;
    expect(
        plan.code == Some(2),
        "the plan does not see that the cluster was replaced",
    )?;
    workspace.apply()?;
    let new = workspace.attribute("eksauth_oidc_provider.this", "arn")?;
    expect(
        old != new,
        "the OIDC provider is still that of the old cluster",
    )?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["role/ci"])?;
    let trust = workspace
        .attribute("eksauth_irsa_role.reader", "assume_role_policy")?
        .to_string();
    let host = new
        .as_str()
        .unwrap_or_default()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    expect_parts(&trust, &[&host])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_cluster_replaced_between_plan_and_apply_stops_the_apply(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "resource \"eksauth_aws_auth_account\" \"audit\" {\n  account_id = \"444455556666\"\n}\n",
    )?;
    workspace.apply()?;
    workspace.configure(
        "resource \"eksauth_aws_auth_account\" \"audit\" {\n  account_id = \"777788889999\"\n}\n",
    )?;
    workspace
        .run(&["plan", "-no-color", "-out=saved.tfplan"])?
        .succeeded()?;
    cloud.delete_cluster(PROD)?;
    cloud.set_cluster(PROD, &json!({"creator": cloud.creator().arn}))?;
    let before = prod.aws_auth()?;
    workspace
        .run(&["apply", "-no-color", "saved.tfplan"])?
        .refused_with(&["replaced"])?;
    expect(
        before == prod.aws_auth()?,
        "the new cluster's aws-auth was written",
    )
}

/// A cluster that Terraform itself makes and replaces, by the aws command line: its name is unknown while that happens.
const REPLACEABLE: &str = r#"
variable "generation" {
  default = 1
}

resource "terraform_data" "cluster" {
  input            = "prod"
  triggers_replace = var.generation

  provisioner "local-exec" {
    command = "aws eks create-cluster --name prod --role-arn arn:aws:iam::111122223333:role/eks-cluster --resources-vpc-config subnetIds=subnet-1,subnet-2 --access-config authenticationMode=API_AND_CONFIG_MAP >/dev/null"
  }

  provisioner "local-exec" {
    when    = destroy
    command = "aws eks delete-cluster --name prod >/dev/null; sleep 5"
  }
}
"#;

fn a_cluster_replaced_in_one_apply(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.delete_cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    let doors = doors("terraform_data.cluster.output");
    workspace.file("main.tf", &format!("{doors}{REPLACEABLE}"))?;
    workspace.apply()?.says(&["4 added"])?;
    let provider = |workspace: &Workspace<'_>| {
        let arn = workspace.attribute("eksauth_oidc_provider.this", "arn")?;
        Ok::<_, Failure>(arn.as_str().unwrap_or_default().to_owned())
    };
    let old = provider(&workspace)?;
    workspace.file("generation.auto.tfvars", "generation = 2\n")?;
    workspace.apply()?;
    let new = provider(&workspace)?;
    expect(
        old != new,
        "the OIDC provider is still that of the old cluster",
    )?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["role/ci"])?;
    let described = cloud.set_cluster(PROD, &json!({}))?;
    let issuer = workspace.attribute("eksauth_aws_auth_role.ci", "cluster_issuer")?;
    expect(
        described.pointer("/identity/oidc/issuer") == Some(&issuer),
        format!("the entry is not in the new cluster but in the one of {issuer}"),
    )?;
    let trust = workspace.attribute("eksauth_irsa_role.reader", "assume_role_policy")?;
    expect_parts(&trust.to_string(), &[&new])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_group_binding_of_a_cluster_of_the_same_apply(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.delete_cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    let provider = provider_block("").replace("  cluster_name = \"prod\"\n", "");
    let binding = BINDING.replace("NAME", "terraform_data.cluster.output");
    workspace.file("main.tf", &format!("{provider}{binding}{REPLACEABLE}"))?;
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let made = "/apis/rbac.authorization.k8s.io/v1/clusterroles/whole-cluster";
    expect(
        prod.ask("GET", made, None)?.0 == 200,
        "there is no role in the new cluster",
    )?;
    workspace.destroy()?;
    expect(
        prod.ask("GET", made, None)?.0 == 404,
        "the role was not deleted before its cluster",
    )
}

fn a_cluster_that_is_gone_at_destroy_is_no_error(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &doors("\"prod\""))?;
    workspace.apply()?;
    cloud.delete_cluster(PROD)?;
    workspace.destroy()?;
    let providers = cloud
        .aws_as(cloud.creator(), &["iam", "list-open-id-connect-providers"])?
        .to_string();
    expect(
        !providers.contains("oidc-provider"),
        format!("the OIDC provider is left behind: {providers}"),
    )
}
