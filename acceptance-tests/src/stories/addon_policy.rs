//! `eksauth_addon_policy`: every policy of the catalogue is one that IAM takes, and a role with one is what a pod gets.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        json::text,
        tools::room,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("addon_policy":
    iam_takes_every_policy,
    iam_takes_the_longest_as_a_managed_policy,
    a_role_has_the_policy_of_its_addon,
    a_policy_that_is_too_long_is_several,
    the_arguments_may_be_decided_in_the_same_apply,
    wrong_questions_are_refused_before_anything_is_asked,
    nothing_is_asked,
);

/// The folders of one version in the catalogue's testdata, each with what is asked for.
fn cases() -> Outcome<Vec<(String, Value)>> {
    let folder: PathBuf = room().join("../src/core/testdata/addon_policy/2026-11");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let folder = entry?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(folder.join("arguments.json"))?;
        let arguments = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("{name}: {error}")))?;
        cases.push((name.into_owned(), arguments));
    }
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    expect(cases.len() > 40, format!("{} cases", cases.len()))?;
    Ok(cases)
}

/// A data source; JSON is written as Terraform writes such values.
fn data_source(label: &str, arguments: &Value) -> String {
    let mut block = format!("data \"eksauth_addon_policy\" \"{label}\" {{\n");
    for (name, value) in arguments.as_object().into_iter().flatten() {
        block += &format!("  {name} = {value}\n");
    }
    block + "}\n\n"
}

/// What the bed's IAM holds of a policy that was made of a document, and then nothing any more.
fn taken_by_iam(cloud: &Cloud, name: &str, document: &str) -> Outcome {
    let creator = cloud.creator();
    let make = [
        "iam",
        "create-policy",
        "--policy-name",
        name,
        "--policy-document",
        document,
    ];
    let made = cloud.aws_as(creator, &make)?;
    let arn = text(&made, "Policy.Arn")?;
    let read = [
        "iam",
        "get-policy-version",
        "--policy-arn",
        &arn,
        "--version-id",
        "v1",
    ];
    let held = cloud.aws_as(creator, &read)?;
    let sent: Value =
        serde_json::from_str(document).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    let held = held
        .pointer("/PolicyVersion/Document")
        .cloned()
        .unwrap_or_default();
    // The command line prints the document as an object, or as the text that it is.
    let held = match held {
        Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
        held => held,
    };
    expect(held == sent, format!("IAM holds of {name}: {held}"))
}

/// Every policy as the inline policies of a role; the second plan reads them back from IAM and compares what they mean.
fn iam_takes_every_policy(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let mut text = "resource \"eksauth_oidc_provider\" \"this\" {}\n\n".to_owned();
    let mut cases_with_documents = 0;
    for (name, arguments) in cases()? {
        text += &data_source(&name, &arguments);
        if is_all_managed(&name)? {
            continue;
        }
        cases_with_documents += 1;
        text += &format!(
            "resource \"eksauth_irsa_role\" \"{name}\" {{\n  name              = \"{name}\"\n  \
             oidc_provider_arn = eksauth_oidc_provider.this.arn\n  service_accounts  = [\"kube-system:addon\"]\n  \
             inline_policies   = {{ for index, document in data.eksauth_addon_policy.{name}.documents : \"addon-${{index}}\" => document }}\n}}\n\n"
        );
    }
    expect(
        cases_with_documents > 40,
        format!("{cases_with_documents} policies have documents"),
    )?;
    workspace.configure(&text)?;
    workspace.apply()?.says(&[&format!(
        "{} added, 0 changed, 0 destroyed",
        cases_with_documents + 1
    )])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

/// Whether the case has no document, by what the catalogue's own test holds it to.
fn is_all_managed(name: &str) -> Outcome<bool> {
    let path = room()
        .join("../src/core/testdata/addon_policy/2026-11")
        .join(name)
        .join("document-1.json");
    Ok(!path.exists())
}

fn iam_takes_the_longest_as_a_managed_policy(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let longest = ["karpenter", "aws-load-balancer-controller-of-a-cluster"];
    let blocks = cases()?
        .into_iter()
        .filter(|(name, _)| longest.contains(&name.as_str()));
    let text: Vec<String> = blocks
        .map(|(name, arguments)| data_source(&name, &arguments))
        .collect();
    workspace.configure(&text.concat())?;
    workspace.apply()?;
    for name in longest {
        let document = workspace.attribute(&format!("data.eksauth_addon_policy.{name}"), "json")?;
        taken_by_iam(cloud, name, document.as_str().unwrap_or_default())?;
    }
    Ok(())
}

const ZONE: &str = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";

fn role(policies: &str) -> String {
    format!(
        "resource \"eksauth_oidc_provider\" \"this\" {{}}\n\n\
         resource \"eksauth_irsa_role\" \"external_dns\" {{\n  \
         name              = \"external-dns\"\n  oidc_provider_arn = eksauth_oidc_provider.this.arn\n  \
         service_accounts  = [\"external-dns:external-dns\"]\n{policies}}}\n"
    )
}

fn a_role_has_the_policy_of_its_addon(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let external_dns = data_source(
        "external_dns",
        &json!({ "name": "attach_external_dns_policy", "hosted_zone_arns": [ZONE] }),
    );
    let cni = data_source("cni", &json!({ "name": "attach_vpc_cni_policy" }));
    let policies = "  inline_policies   = { external-dns = data.eksauth_addon_policy.external_dns.json }\n  \
                    policy_arns       = data.eksauth_addon_policy.cni.policy_arns\n";
    workspace.configure(&format!("{external_dns}{cni}{}", role(policies)))?;
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let creator = cloud.creator();
    let read = |operation: &str, more: &[&str]| {
        let mut arguments = vec!["iam", operation, "--role-name", "external-dns"];
        arguments.extend(more);
        cloud.aws_as(creator, &arguments)
    };
    let inline = read("get-role-policy", &["--policy-name", "external-dns"])?;
    expect_parts(
        &inline.to_string(),
        &["route53:ChangeResourceRecordSets", ZONE],
    )?;
    let attached = read("list-attached-role-policies", &[])?;
    expect_parts(
        &attached.to_string(),
        &["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"],
    )?;
    a_pod_gets_the_role(cloud)?;
    workspace.destroy().map(|_| ())
}

/// With the token that the cluster gives the service account.
fn a_pod_gets_the_role(cloud: &Cloud) -> Outcome {
    let token = cloud.cluster(PROD)?.service_account_token(
        "external-dns",
        "external-dns",
        "sts.amazonaws.com",
    )?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/external-dns");
    cloud.assume_with_web_identity(&role, &token).map(drop)
}

fn a_policy_that_is_too_long_is_several(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let zones: Vec<String> = (0..200)
        .map(|number| format!("arn:aws:route53:::hostedzone/Z{number:019}"))
        .collect();
    let question = data_source(
        "many",
        &json!({ "name": "external-dns", "hosted_zone_arns": zones }),
    );
    workspace.configure(&question)?;
    workspace.apply()?;
    let address = "data.eksauth_addon_policy.many";
    expect(
        workspace.attribute(address, "json")? == Value::Null,
        "one document of a policy that is too long",
    )?;
    let documents = workspace.attribute(address, "documents")?;
    let documents = documents.as_array().cloned().unwrap_or_default();
    expect(
        documents.len() > 1,
        format!("{} documents", documents.len()),
    )?;
    for (index, document) in documents.iter().enumerate() {
        let document = document.as_str().unwrap_or_default();
        taken_by_iam(cloud, &format!("many-{index}"), document)?;
    }
    Ok(())
}

fn the_arguments_may_be_decided_in_the_same_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let text = "resource \"terraform_data\" \"zone\" {\n  input = \"Z0123456789ABCDEFGHIJ\"\n}\n\n\
                data \"eksauth_addon_policy\" \"this\" {\n  name             = \"external-dns\"\n  \
                hosted_zone_arns = [\"arn:aws:route53:::hostedzone/${terraform_data.zone.output}\"]\n}\n\n";
    let policies = "  inline_policies   = { external-dns = data.eksauth_addon_policy.this.json }\n";
    workspace.configure(&format!("{text}{}", role(policies)))?;
    workspace
        .apply()?
        .says(&["3 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn wrong_questions_are_refused_before_anything_is_asked(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let refused = |arguments: &Value, parts: &[&str]| -> Outcome {
        workspace.configure(&data_source("this", arguments))?;
        workspace.run(&["validate"])?.refused_with(parts)
    };
    refused(
        &json!({ "name": "extrenal-dns" }),
        &["Unknown Add-On", "`external-dns`"],
    )?;
    refused(
        &json!({ "name": "external-dns" }),
        &["Missing Add-On Argument", "needs `hosted_zone_arns`"],
    )?;
    refused(
        &json!({ "name": "external-dns", "hosted_zone_arns": ["*"] }),
        &["Invalid Add-On Argument", "everything"],
    )?;
    refused(
        &json!({ "name": "cluster-autoscaler", "cluster_names": ["prod"], "cluster_name": "prod" }),
        &["Unexpected Add-On Argument", "`cluster_names`"],
    )?;
    refused(
        &json!({ "name": "velero", "version": "2020-01", "s3_bucket_arns": ["arn:aws:s3:::b"] }),
        &["Unknown Version Of Add-On Policy", "2026-11"],
    )?;
    refused(
        &json!({ "name": "velero", "partition": "aws-cn", "s3_bucket_arns": ["arn:aws:s3:::b"] }),
        &["Invalid Add-On Argument", "partition aws-cn"],
    )
}

fn nothing_is_asked(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&data_source("this", &json!({ "name": "vpc-cni" })))?;
    cloud.emulator().control("reset-log", &json!({}))?;
    workspace.plan()?;
    let asked = cloud.emulator().asked()?;
    let actions: Vec<String> = asked.into_iter().map(|line| line.action).collect();
    expect(actions.is_empty(), format!("{actions:?}"))
}
