//! A provider block as it is copied from hashicorp/aws: every argument is taken, what is not needed is named once, and what has a meaning has it here.

use std::fs;

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud},
        workspace::{Run, Workspace, provider_block},
    },
    failure::{Outcome, expect, expect_same},
};

stories!("copied_block":
    a_block_of_hashicorp_aws_plans_and_works_as_it_says,
    certificates_stay_verified,
    a_plan_of_a_provider_by_url_asks_nobody,
    ;
    with mirror:
    hashicorp_aws_takes_the_same_block,
);

const REQUIRED: &str =
    "terraform {\n  required_providers {\n    @NAME@ = { source = \"@SOURCE@\" }\n  }\n}\n\n";
const OIDC: &str = "resource \"eksauth_oidc_provider\" \"this\" {\n  \
    url = \"https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"\n}\n";
const ADDRESS: &str = "eksauth_oidc_provider.this";

/// All that hashicorp/aws 5.100 has, in its own forms.
const BLOCK: &str = r#"
provider "@NAME@" {
  region                             = "eu-central-1"
  profile                            = "work"
  shared_config_files                = ["aws-config"]
  shared_credentials_files           = ["aws-credentials"]
  access_key                         = "@ACCESS_KEY@"
  secret_key                         = "@SECRET_KEY@"
  allowed_account_ids                = ["111122223333"]
  custom_ca_bundle                   = "ca.pem"
  ec2_metadata_service_endpoint      = "http://127.0.0.1:9"
  ec2_metadata_service_endpoint_mode = "IPv4"
  http_proxy                         = "http://127.0.0.1:9"
  https_proxy                        = "http://127.0.0.1:9"
  no_proxy                           = "localhost,127.0.0.1"
  insecure                           = false
  max_retries                        = 5
  retry_mode                         = "standard"
  s3_us_east_1_regional_endpoint     = "regional"
  s3_use_path_style                  = true
  skip_credentials_validation        = true
  skip_metadata_api_check            = true
  skip_region_validation             = true
  skip_requesting_account_id         = false
  sts_region                         = "us-east-2"
  token_bucket_rate_limiter_capacity = 500
  use_dualstack_endpoint             = false
  use_fips_endpoint                  = false

  assume_role {
    role_arn            = "@ROLE@"
    session_name        = "story"
    external_id         = "story"
    duration            = "1h"
    policy              = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
    policy_arns         = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    tags                = { team = "platform" }
    transitive_tag_keys = ["team"]
    source_identity     = "story"
  }

  default_tags {
    tags = { owner = "platform" }
  }

  ignore_tags {
    keys         = ["seen"]
    key_prefixes = ["kubernetes.io/"]
  }

  endpoints {
    iam = "@URL@"
    eks = "@URL@"
    sts = "@URL@"
  }
}

"#;

/// The role that the block assumes, with session tags and a source identity.
fn role(cloud: &Cloud) -> Outcome {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]});
    let wanted = json!({"account": ACCOUNT, "path": "/ci/", "name": "deployer", "administrator": true, "trust": trust});
    cloud.emulator().control("role", &wanted).map(|_| ())
}

/// The block for a provider, with the files that it names beside it.
fn write(cloud: &Cloud, workspace: &Workspace<'_>, source: &str, text: &str) -> Outcome {
    let name = source.rsplit('/').next().unwrap_or(source);
    workspace.file("aws-config", "[profile work]\nregion = eu-west-1\n")?;
    workspace.file("aws-credentials", "")?;
    workspace.file(
        "ca.pem",
        &fs::read_to_string(cloud.folder().join("server.crt"))?,
    )?;
    let keys = cloud.creator().keys();
    let key = |name: &str| {
        keys.get(name)
            .and_then(|key| key.as_str())
            .unwrap_or_default()
    };
    let block = format!("{REQUIRED}{BLOCK}")
        .replace("@NAME@", name)
        .replace("@SOURCE@", source)
        .replace("@ACCESS_KEY@", key("access_key"))
        .replace("@SECRET_KEY@", key("secret_key"))
        .replace(
            "@ROLE@",
            &format!("arn:aws:iam::{ACCOUNT}:role/ci/deployer"),
        )
        .replace("@URL@", &cloud.emulator().url());
    workspace.file("main.tf", &format!("{block}{text}"))
}

/// What is not needed is named, and in one warning.
fn says_once(run: &Run) -> Outcome {
    run.says(&[
        "Argument Without Effect",
        "`skip_credentials_validation`",
        "`skip_requesting_account_id`",
        "`s3_us_east_1_regional_endpoint`",
        "`s3_use_path_style`",
    ])?;
    let count = run.output.matches("Argument Without Effect").count();
    expect(count == 1, format!("{count} warnings:\n{}", run.output))
}

fn a_block_of_hashicorp_aws_plans_and_works_as_it_says(cloud: &Cloud) -> Outcome {
    role(cloud)?;
    let workspace = Workspace::new(cloud)?;
    write(cloud, &workspace, "eksauth/eksauth", OIDC)?;
    workspace.run(&["validate", "-no-color"])?.succeeded()?;
    cloud.emulator().control("reset-log", &json!({}))?;
    says_once(&workspace.plan()?)?;
    says_once(&workspace.apply()?)?;
    for asked in cloud.emulator().asked()? {
        let expected = match asked.service.as_str() {
            "sts" => "us-east-2",
            _ => "eu-central-1",
        };
        expect_same(&asked.action, expected, &asked.region)?;
    }
    let assumed = cloud.emulator().count("AssumeRole")?;
    expect(
        assumed == 3,
        format!("{assumed} roles assumed by a plan, and by an apply with its plan"),
    )?;
    let tags = workspace.attribute(ADDRESS, "tags_all")?;
    expect_same("tags", "{\"owner\":\"platform\"}", &tags.to_string())?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn certificates_stay_verified(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let block = provider_block("  insecure = true\n");
    workspace.file("main.tf", &format!("{block}{OIDC}"))?;
    workspace
        .plan()?
        .refused_with(&["Certificates Are Always Verified", "custom_ca_bundle"])
}

fn a_plan_of_a_provider_by_url_asks_nobody(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(OIDC)?;
    workspace.run(&["validate", "-no-color"])?.succeeded()?;
    workspace
        .plan()?
        .says(&["1 to add", "(known after apply)"])?;
    let asked = cloud.emulator().asked()?;
    expect(asked.is_empty(), format!("{asked:?}"))?;
    workspace.apply()?.says(&["1 added"])?;
    expect_same(
        "ARN",
        &format!(
            "\"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\""
        ),
        &workspace.attribute(ADDRESS, "arn")?.to_string(),
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn hashicorp_aws_takes_the_same_block(cloud: &Cloud) -> Outcome {
    role(cloud)?;
    let workspace = Workspace::with_init(cloud)?;
    let caller = "data \"aws_caller_identity\" \"this\" {}\n\noutput \"arn\" {\n  value = data.aws_caller_identity.this.arn\n}\n";
    write(cloud, &workspace, "hashicorp/aws", caller)?;
    workspace.init()?;
    workspace.apply()?.says(&[&format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/deployer/story"
    )])
}
