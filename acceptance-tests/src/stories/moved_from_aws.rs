//! Roles and OIDC providers out of hashicorp/aws's state: nothing is replaced, nothing is written, and the plan after is empty.

use std::fs;

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        provider_under_test::built_provider,
        tools::room,
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome},
};

stories!("moved":
    roles_and_a_provider_of_a_saved_state_are_moved,
    ;
    with mirror:
    roles_and_a_provider_that_hashicorp_aws_has_made_are_moved,
);

const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// What hashicorp/aws makes: the OIDC provider of `prod`, a role for a service account, and one with a trust policy of nobody's making.
const MADE: &str = r#"
provider "aws" {
  region                  = "eu-central-1"
  skip_metadata_api_check = true
}

resource "aws_iam_openid_connect_provider" "this" {
  url             = "https://@ISSUER@"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
  tags            = { team = "platform" }
}

resource "aws_iam_role" "reader" {
  name = "moved-reader"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.this.arn }
      Condition = { StringEquals = {
        "@ISSUER@:aud" = "sts.amazonaws.com"
        "@ISSUER@:sub" = "system:serviceaccount:apps:reader"
      } }
    }]
  })
  managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  inline_policy {
    name   = "list"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "*" }] })
  }
}

resource "aws_iam_role" "odd" {
  name        = "moved-odd"
  path        = "/teams/"
  description = "Kept as it is."
  assume_role_policy = jsonencode({
    Version = "2008-10-17"
    Id      = "by-hand"
    Statement = [
      { Sid = "Build", Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "codebuild.amazonaws.com" } },
      { Effect = "Deny", Action = "sts:AssumeRole", Principal = { AWS = "*" }, Condition = { Bool = { "aws:SecureTransport" = "false" } } },
    ]
  })
  tags = { team = "platform" }
}
"#;

/// The same as ours, with the moves.
const MOVED: &str = r#"
moved {
  from = aws_iam_openid_connect_provider.this
  to   = eksauth_oidc_provider.this
}

moved {
  from = aws_iam_role.reader
  to   = eksauth_irsa_role.reader
}

moved {
  from = aws_iam_role.odd
  to   = eksauth_irsa_role.odd
}

resource "eksauth_oidc_provider" "this" {
  tags = { team = "platform" }
}

resource "eksauth_irsa_role" "reader" {
  name             = "moved-reader"
  service_accounts = ["apps:reader"]
  policy_arns      = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  inline_policies = {
    list = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "*" }] })
  }
}

resource "eksauth_irsa_role" "odd" {
  name        = "moved-odd"
  path        = "/teams/"
  description = "Kept as it is."
  extra_statements = [
    jsonencode({ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = "codebuild.amazonaws.com" }, Sid = "Build" }),
    jsonencode({ Action = "sts:AssumeRole", Condition = { Bool = { "aws:SecureTransport" = "false" } }, Effect = "Deny", Principal = { AWS = "*" } }),
  ]
  tags = { team = "platform" }
}
"#;

/// The issuer of `prod` without its scheme.
fn issuer(cloud: &Cloud) -> Outcome<String> {
    let cluster = cloud.set_cluster(PROD, &json!({}))?;
    let url = cluster
        .pointer("/identity/oidc/issuer")
        .and_then(Value::as_str);
    url.and_then(|url| url.strip_prefix("https://"))
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("the cluster has no issuer"))
}

/// Fails unless the moves are a plan without a change, an apply without one and then nothing to do.
fn expect_moved(workspace: &Workspace<'_>) -> Outcome {
    workspace.plan()?.says(&[
        "aws_iam_openid_connect_provider.this has moved to eksauth_oidc_provider.this",
        "aws_iam_role.reader has moved to eksauth_irsa_role.reader",
        "aws_iam_role.odd has moved to eksauth_irsa_role.odd",
        "0 to add, 0 to change, 0 to destroy",
    ])?;
    workspace
        .apply()?
        .says(&["0 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()
}

fn roles_and_a_provider_of_a_saved_state_are_moved(cloud: &Cloud) -> Outcome {
    let issuer = issuer(cloud)?;
    let program = built_provider()?;
    let state = fs::read_to_string(room().join("states/hashicorp-aws-5.100.json"))?
        .replace("@ISSUER@", &issuer);
    make(cloud, &state)?;
    for host in HOSTS {
        let workspace = Workspace::new(cloud)?;
        workspace.file("terraform.tfstate", &state.replace("@HOST@", host))?;
        // OpenTofu reads a state of Terraform's registry with the provider of its own one.
        let addresses = HOSTS.map(|host| format!("{host}/hashicorp/aws"));
        let stand_ins = addresses
            .each_ref()
            .map(|address| (address.as_str(), program.as_path()));
        workspace.stand_in(&stand_ins)?;
        workspace.configure(MOVED)?;
        expect_moved(&workspace).map_err(|failure| failure.during(host))?;
    }
    Ok(())
}

/// The objects of the state, as the command line makes them.
fn make(cloud: &Cloud, state: &str) -> Outcome {
    let state: Value = serde_json::from_str(state)?;
    let text = |pointer: &str| {
        let found = state.pointer(pointer).and_then(Value::as_str);
        found
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("the state has no text at {pointer}")))
    };
    let aws = |arguments: &[&str]| cloud.aws_as(cloud.creator(), arguments).map(|_| ());
    let at = |resource: usize, name: &str| {
        text(&format!(
            "/resources/{resource}/instances/0/attributes/{name}"
        ))
    };
    let url = format!("https://{}", at(0, "url")?);
    aws(&[
        "iam",
        "create-open-id-connect-provider",
        "--url",
        &url,
        "--client-id-list",
        "sts.amazonaws.com",
        "--tags",
        "Key=team,Value=platform",
    ])?;
    for role in [1, 2] {
        let (name, path) = (at(role, "name")?, at(role, "path")?);
        let (trust, description) = (at(role, "assume_role_policy")?, at(role, "description")?);
        let mut create = vec!["iam", "create-role", "--role-name", &name, "--path", &path];
        create.extend(["--assume-role-policy-document", &trust]);
        if !description.is_empty() {
            create.extend(["--description", &description]);
            create.extend(["--tags", "Key=team,Value=platform"]);
        }
        aws(&create)?;
    }
    let (name, policy) = (at(2, "name")?, at(2, "inline_policy/0/policy")?);
    aws(&[
        "iam",
        "attach-role-policy",
        "--role-name",
        &name,
        "--policy-arn",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    ])?;
    aws(&[
        "iam",
        "put-role-policy",
        "--role-name",
        &name,
        "--policy-name",
        "list",
        "--policy-document",
        &policy,
    ])
}

fn roles_and_a_provider_that_hashicorp_aws_has_made_are_moved(cloud: &Cloud) -> Outcome {
    let issuer = issuer(cloud)?;
    let aws = "    aws     = { source = \"hashicorp/aws\" }\n  }\n}\n\nprovider \"eksauth\"";
    let block = provider_block("").replacen("  }\n}\n\nprovider \"eksauth\"", aws, 1);
    let workspace = Workspace::with_init(cloud)?;
    let made = MADE.replace("@ISSUER@", &issuer);
    workspace.file("main.tf", &format!("{block}{made}"))?;
    workspace.init()?;
    workspace
        .apply()?
        .says(&["3 added, 0 changed, 0 destroyed"])?;
    workspace.file("main.tf", &format!("{block}{MOVED}"))?;
    expect_moved(&workspace)?;
    workspace.destroy()?.says(&["3 destroyed"])
}
