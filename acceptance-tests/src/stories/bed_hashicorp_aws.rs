//! hashicorp/aws on the bed: it makes access entries, managed nodes and pod identity associations, finds them as it made them, and
//! deletes them.

use std::time::Duration;

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD, access::Mode},
        cluster::reviews::Attempt,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts, expect_same},
};

stories!("bed":
    ;
    with mirror:
    hashicorp_aws_makes_access_entries_and_finds_them_unchanged,
    hashicorp_aws_gives_a_pod_its_role,
);

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                  = "eu-central-1"
  skip_metadata_api_check = true
}

resource "aws_iam_role" "this" {
  for_each = toset(["people", "nodes", "managed", "jobs"])
  name     = each.key
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
  })
}

resource "aws_eks_access_entry" "people" {
  cluster_name      = "prod"
  principal_arn     = aws_iam_role.this["people"].arn
  kubernetes_groups = ["viewers"]
  tags              = { team = "platform" }
}

resource "aws_eks_access_policy_association" "people" {
  cluster_name  = "prod"
  principal_arn = aws_eks_access_entry.people.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
  access_scope {
    type       = "namespace"
    namespaces = ["apps"]
  }
}

resource "aws_eks_access_entry" "nodes" {
  cluster_name  = "prod"
  principal_arn = aws_iam_role.this["nodes"].arn
  type          = "EC2_LINUX"
}

resource "aws_eks_node_group" "managed" {
  cluster_name    = "prod"
  node_group_name = "managed"
  node_role_arn   = aws_iam_role.this["managed"].arn
  subnet_ids      = ["subnet-1"]
  scaling_config {
    desired_size = 1
    max_size     = 1
    min_size     = 1
  }
}

resource "aws_eks_fargate_profile" "jobs" {
  cluster_name           = "prod"
  fargate_profile_name   = "jobs"
  pod_execution_role_arn = aws_iam_role.this["jobs"].arn
  subnet_ids             = ["subnet-1"]
  selector { namespace = "jobs" }
}
"#;

fn hashicorp_aws_makes_access_entries_and_finds_them_unchanged(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    cloud.set_page_size(1)?;
    let workspace = Workspace::with_init(cloud)?;
    workspace.file("main.tf", CONFIGURATION)?;
    workspace.init()?;
    workspace
        .apply()?
        .says(&["9 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let session = cloud.session("arn:aws:iam::111122223333:role/people", "eve")?;
    let write = Attempt {
        verb: "create",
        resource: "pods",
        namespace: "apps",
        ..Attempt::default()
    };
    prod.wait_for_decision(&session, &write, true)?;
    let changed = CONFIGURATION
        .replace("[\"apps\"]", "[\"default\"]")
        .replace("[\"viewers\"]", "[\"editors\"]");
    workspace.file("main.tf", &changed)?;
    workspace
        .apply()?
        .says(&["1 added, 1 changed, 1 destroyed"])?;
    prod.wait_for_decision(&session, &write, false)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    prod.wait_for_admission(&session, None)
}

const PODS: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                  = "eu-central-1"
  skip_metadata_api_check = true
}

resource "aws_iam_role" "this" {
  for_each = toset(["reader", "writer"])
  name     = each.key
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
    }]
  })
}

resource "aws_eks_pod_identity_association" "app" {
  cluster_name    = "prod"
  namespace       = "apps"
  service_account = "app"
  role_arn        = aws_iam_role.this["reader"].arn
  tags            = { team = "data" }
}

resource "aws_eks_access_entry" "reader" {
  cluster_name  = "prod"
  principal_arn = aws_iam_role.this["reader"].arn
}
"#;

fn hashicorp_aws_gives_a_pod_its_role(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    // It asks again while EKS does not know the new roles.
    cloud.delay_principals(Duration::from_secs(3))?;
    let workspace = Workspace::with_init(cloud)?;
    workspace.file("main.tf", PODS)?;
    workspace.init()?;
    workspace.apply()?.says(&["4 added"])?;
    expect(
        cloud.emulator().count("CreateAccessEntry")? > 1,
        "the new role was known at once",
    )?;
    workspace.expect_empty_plan()?;
    let token = prod.pod_token("apps", "app")?;
    let role = || -> Outcome<String> {
        let session = cloud.assume_for_pod(PROD, &token)?;
        Ok(session.arn.split('/').nth(1).unwrap_or_default().to_owned())
    };
    expect_same("the pod's role", "reader", &role()?)?;
    let changed = PODS
        .replace(
            "role_arn        = aws_iam_role.this[\"reader\"].arn",
            "role_arn = aws_iam_role.this[\"writer\"].arn",
        )
        .replace("team = \"data\"", "owner = \"eve\"");
    workspace.file("main.tf", &changed)?;
    workspace.apply()?.says(&["1 changed"])?;
    expect_same("the pod's role", "writer", &role()?)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    match role() {
        Ok(left) => Err(Failure::new(format!("the pod has the role {left} still"))),
        Err(failure) => expect_parts(&failure.to_string(), &["ResourceNotFoundException"]),
    }
}
