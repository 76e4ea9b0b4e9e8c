//! `addon_policies` of `eksauth_irsa_role`: a role has the policies of its add-ons, and each takes its own along when it leaves.

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("addon_policies":
    a_role_has_the_policies_of_two_addons,
    a_policy_changed_by_hand_is_drift,
    an_argument_changes_one_policy_and_an_addon_that_leaves_takes_its_own_along,
    arguments_may_be_decided_in_the_same_apply,
    an_imported_role_gives_its_policies_to_its_addons_without_a_call,
    wrong_addons_are_refused_before_anything_is_made,
    a_policy_of_two_documents_becomes_one,
    a_policy_of_somebody_else_is_not_written_over,
    an_addons_policy_may_be_written_out,
);

const ADDRESS: &str = "eksauth_irsa_role.external_dns";
const ZONE: &str = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";
const OTHER_ZONE: &str = "arn:aws:route53:::hostedzone/Z0987654321ABCDEFGHIJ";
const CNI: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn role(more: &str) -> String {
    format!(
        "resource \"eksauth_oidc_provider\" \"this\" {{}}\n\n\
         resource \"eksauth_irsa_role\" \"external_dns\" {{\n  \
         name              = \"external-dns\"\n  oidc_provider_arn = eksauth_oidc_provider.this.arn\n  \
         service_accounts  = [\"external-dns:external-dns\"]\n{more}}}\n"
    )
}

fn with_addons(addons: &[&str]) -> String {
    role(&format!("  addon_policies = [{}]\n", addons.join(", ")))
}

fn external_dns(zones: &[&str]) -> String {
    format!("{{ name = \"external-dns\", hosted_zone_arns = {zones:?} }}")
}

const VPC_CNI: &str = "{ name = \"vpc_cni\", version = \"2026-11\" }";

fn two() -> String {
    with_addons(&[&external_dns(&[ZONE]), VPC_CNI])
}

fn ask(cloud: &Cloud, operation: &str, more: &[&str]) -> Outcome<String> {
    let mut arguments = vec!["iam", operation, "--role-name", "external-dns"];
    arguments.extend(more);
    Ok(cloud.aws_as(cloud.creator(), &arguments)?.to_string())
}

fn inline(cloud: &Cloud) -> Outcome<String> {
    ask(
        cloud,
        "get-role-policy",
        &["--policy-name", "addon-external-dns"],
    )
}

fn attached(cloud: &Cloud) -> Outcome<String> {
    ask(cloud, "list-attached-role-policies", &[])
}

fn a_role_has_the_policies_of_two_addons(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&two())?;
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_parts(&inline(cloud)?, &["route53:ChangeResourceRecordSets", ZONE])?;
    expect_parts(&attached(cloud)?, &[CNI])?;
    let token = cloud.cluster(PROD)?.service_account_token(
        "external-dns",
        "external-dns",
        "sts.amazonaws.com",
    )?;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/external-dns");
    cloud.assume_with_web_identity(&arn, &token)?;
    workspace.destroy().map(|_| ())
}

fn a_policy_changed_by_hand_is_drift(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&two())?;
    workspace.apply()?;
    let wider = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"route53:*","Resource":"*"}]}"#;
    ask(
        cloud,
        "put-role-policy",
        &[
            "--policy-name",
            "addon-external-dns",
            "--policy-document",
            wider,
        ],
    )?;
    ask(cloud, "detach-role-policy", &["--policy-arn", CNI])?;
    ask(cloud, "attach-role-policy", &["--policy-arn", READ_ONLY])?;
    workspace
        .plan()?
        .says(&["route53:*", "0 to add, 1 to change, 0 to destroy"])?;
    workspace.apply()?.says(&["0 added, 1 changed"])?;
    workspace.expect_empty_plan()?;
    let document = inline(cloud)?;
    expect(!document.contains("route53:*"), &document)?;
    expect_parts(&attached(cloud)?, &[CNI, READ_ONLY])?;
    ask(cloud, "detach-role-policy", &["--policy-arn", READ_ONLY])?;
    workspace.destroy().map(|_| ())
}

fn an_argument_changes_one_policy_and_an_addon_that_leaves_takes_its_own_along(
    cloud: &Cloud,
) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let own = "  policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n";
    let configure = |addons: &str| workspace.configure(&role(&format!("{own}{addons}")));
    let one = external_dns(&[ZONE]);
    configure(&format!("  addon_policies = [{one}, {VPC_CNI}]\n"))?;
    workspace.apply()?;
    let both = external_dns(&[ZONE, OTHER_ZONE]);
    configure(&format!("  addon_policies = [{VPC_CNI}, {both}]\n"))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_parts(&inline(cloud)?, &[ZONE, OTHER_ZONE])?;
    configure(&format!("  addon_policies = [{both}]\n"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let left = attached(cloud)?;
    expect(!left.contains(CNI) && left.contains(READ_ONLY), &left)?;
    configure("")?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let names = ask(cloud, "list-role-policies", &[])?;
    expect(!names.contains("addon-"), &names)?;
    expect(
        workspace.attribute(ADDRESS, "addon_inline_policies")? == Value::Null,
        "an add-on's policy is in the state still",
    )?;
    workspace.destroy().map(|_| ())
}

fn arguments_may_be_decided_in_the_same_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let zone = "resource \"terraform_data\" \"zone\" {\n  input = \"Z0123456789ABCDEFGHIJ\"\n}\n\n";
    let addon = external_dns(&["arn:aws:route53:::hostedzone/${terraform_data.zone.output}"]);
    workspace.configure(&format!("{zone}{}", with_addons(&[&addon])))?;
    workspace
        .apply()?
        .says(&["3 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_parts(&inline(cloud)?, &[ZONE])?;
    workspace.destroy().map(|_| ())
}

fn an_imported_role_gives_its_policies_to_its_addons_without_a_call(cloud: &Cloud) -> Outcome {
    let made = Workspace::new(cloud)?;
    made.configure(&two())?;
    made.apply()?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&two())?;
    let provider = made.attribute("eksauth_oidc_provider.this", "arn")?;
    workspace.import(
        "eksauth_oidc_provider.this",
        provider.as_str().unwrap_or_default(),
    )?;
    workspace.import(ADDRESS, "external-dns")?;
    cloud.emulator().control("reset-log", &json!({}))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    let asked = cloud.emulator().asked()?;
    let written: Vec<String> = asked
        .into_iter()
        .map(|line| line.action)
        .filter(|action| {
            let is_read = ["Get", "List", "Describe"]
                .iter()
                .any(|verb| action.starts_with(verb));
            !is_read
        })
        .collect();
    expect(written.is_empty(), format!("{written:?}"))?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn wrong_addons_are_refused_before_anything_is_made(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let refused = |text: &str, parts: &[&str]| -> Outcome {
        workspace.configure(text)?;
        workspace.run(&["plan"])?.refused_with(parts)
    };
    let one = external_dns(&[ZONE]);
    refused(
        &with_addons(&[&one, "{ name = \"external_dns\", hosted_zone_arns = [] }"]),
        &["Missing Add-On Argument", "Add-On Named Twice"],
    )?;
    refused(
        &with_addons(&["{ name = \"extrenal-dns\" }"]),
        &["Unknown Add-On", "`external-dns`"],
    )?;
    refused(
        &role(&format!(
            "  policy_arns = [\"{CNI}\"]\n  addon_policies = [{VPC_CNI}]\n"
        )),
        &["Policy Named Twice", "policy_arns"],
    )
}

fn names(cloud: &Cloud) -> Outcome<String> {
    ask(cloud, "list-role-policies", &[])
}

fn a_policy_of_two_documents_becomes_one(cloud: &Cloud) -> Outcome {
    let zones: Vec<String> = (0..180)
        .map(|number| format!("arn:aws:route53:::hostedzone/Z{number:019}"))
        .collect();
    let zones: Vec<&str> = zones.iter().map(String::as_str).collect();
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_addons(&[&external_dns(&zones)]))?;
    workspace.apply()?;
    expect_parts(
        &names(cloud)?,
        &["addon-external-dns-1", "addon-external-dns-2"],
    )?;
    workspace.configure(&with_addons(&[&external_dns(&[ZONE])]))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let left = names(cloud)?;
    expect(!left.contains("addon-external-dns-"), &left)?;
    workspace.destroy().map(|_| ())
}

fn a_policy_of_somebody_else_is_not_written_over(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role(""))?;
    workspace.apply()?;
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let put = [
        "--policy-name",
        "addon-external-dns",
        "--policy-document",
        theirs,
    ];
    ask(cloud, "put-role-policy", &put)?;
    workspace.configure(&with_addons(&[&external_dns(&[ZONE])]))?;
    workspace
        .run(&["plan", "-no-color"])?
        .refused_with(&["Inline Policy Exists Already", "addon-external-dns"])?;
    expect_parts(&inline(cloud)?, &["s3:*"])?;
    let addons = external_dns(&[ZONE]);
    workspace.configure(&role(&format!(
        "  addon_policies = [{addons}]\n  on_conflict = \"adopt\"\n"
    )))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect_parts(&inline(cloud)?, &[ZONE])?;
    workspace.destroy().map(|_| ())
}

fn an_addons_policy_may_be_written_out(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_addons(&[&external_dns(&[ZONE])]))?;
    workspace.apply()?;
    let documents = workspace.attribute(ADDRESS, "addon_inline_policies")?;
    let document: Value = match documents.get("addon-external-dns").and_then(Value::as_str) {
        Some(document) => serde_json::from_str(document)?,
        None => Value::Null,
    };
    let written_out = format!("<<-EOT\n{document:#}\nEOT\n");
    workspace.configure(&role(&format!(
        "  addon_policies = []\n  inline_policies = {{\n    addon-external-dns = {written_out}  }}\n"
    )))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}
