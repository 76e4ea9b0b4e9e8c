//! Access entries and their policies out of hashicorp/aws's state: nothing is replaced, nothing is written, and the plan after is empty.

use super::{bed_access_entries::eks, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect_same},
};

stories!("moved":
    ;
    with mirror:
    access_entries_that_hashicorp_aws_has_made_are_moved,
);

const MADE: &str = r#"
provider "aws" {
  region                  = "eu-central-1"
  skip_metadata_api_check = true
}

resource "aws_eks_access_entry" "people" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::@ACCOUNT@:role/teams/people"
  kubernetes_groups = ["viewers"]
  user_name         = "people:{{SessionName}}"
  tags              = { team = "platform" }
}

resource "aws_eks_access_entry" "plain" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::@ACCOUNT@:role/plain"
}

resource "aws_eks_access_entry" "nodes" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::@ACCOUNT@:role/own-nodes"
  type          = "EC2_LINUX"
}

resource "aws_eks_access_policy_association" "edit" {
  cluster_name  = "prod"
  principal_arn = aws_eks_access_entry.people.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
  access_scope {
    type       = "namespace"
    namespaces = ["apps", "default"]
  }
}

resource "aws_eks_access_policy_association" "view" {
  cluster_name  = "prod"
  principal_arn = aws_eks_access_entry.plain.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
  access_scope {
    type = "cluster"
  }
}
"#;

const MOVED: &str = r#"
moved {
  from = aws_eks_access_entry.people
  to   = eksauth_access_entry.people
}

moved {
  from = aws_eks_access_entry.plain
  to   = eksauth_access_entry.plain
}

moved {
  from = aws_eks_access_entry.nodes
  to   = eksauth_access_entry.nodes
}

moved {
  from = aws_eks_access_policy_association.edit
  to   = eksauth_access_policy_association.edit
}

moved {
  from = aws_eks_access_policy_association.view
  to   = eksauth_access_policy_association.view
}

resource "eksauth_access_entry" "people" {
  principal_arn     = "arn:aws:iam::@ACCOUNT@:role/teams/people"
  kubernetes_groups = ["viewers"]
  user_name         = "people:{{SessionName}}"
  tags              = { team = "platform" }
}

resource "eksauth_access_entry" "plain" {
  principal_arn = "arn:aws:iam::@ACCOUNT@:role/plain"
}

resource "eksauth_access_entry" "nodes" {
  principal_arn = "arn:aws:iam::@ACCOUNT@:role/own-nodes"
  type          = "EC2_LINUX"
}

resource "eksauth_access_policy_association" "edit" {
  principal_arn = eksauth_access_entry.people.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
  access_scope  = { type = "namespace", namespaces = ["apps", "default"] }
}

resource "eksauth_access_policy_association" "view" {
  principal_arn = eksauth_access_entry.plain.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
  access_scope  = { type = "cluster" }
}
"#;

fn access_entries_that_hashicorp_aws_has_made_are_moved(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    for (path, name) in [("/teams/", "people"), ("/", "plain"), ("/", "own-nodes")] {
        cloud.role(path, name)?;
    }
    let aws = "    aws     = { source = \"hashicorp/aws\" }\n  }\n}\n\nprovider \"eksauth\"";
    let block = provider_block("").replacen("  }\n}\n\nprovider \"eksauth\"", aws, 1);
    let workspace = Workspace::with_init(cloud)?;
    let write = |text: &str| {
        let text = text.replace("@ACCOUNT@", ACCOUNT);
        workspace.file("main.tf", &format!("{block}{text}"))
    };
    write(MADE)?;
    workspace.init()?;
    workspace
        .apply()?
        .says(&["5 added, 0 changed, 0 destroyed"])?;
    let entries = || eks(cloud, &["list-access-entries"]);
    let before = entries()?;
    write(MOVED)?;
    workspace.plan()?.says(&[
        "aws_eks_access_entry.people has moved to eksauth_access_entry.people",
        "aws_eks_access_policy_association.edit has moved to eksauth_access_policy_association.edit",
        "0 to add, 0 to change, 0 to destroy",
    ])?;
    workspace
        .apply()?
        .says(&["0 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_same("entries", &before.to_string(), &entries()?.to_string())?;
    workspace.destroy()?.says(&["5 destroyed"])
}
