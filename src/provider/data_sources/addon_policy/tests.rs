use std::sync::Arc;

use eksauth_core::iam_policy::addon_policy::{
    AddonArgument, AddonArguments, AddonPolicyRequest, Need,
};
use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::config::Settings;
use crate::fakes::{FakeCloud, context_of_unknown_block};

fn harness() -> DataSourceHarness<AddonPolicyDataSource> {
    in_region("eu-central-1")
}

fn in_region(region: &str) -> DataSourceHarness<AddonPolicyDataSource> {
    let settings = Settings {
        region: Attr::Known(region.to_owned()),
        ..Settings::default()
    };
    DataSourceHarness::new(
        AddonPolicyDataSource,
        Arc::new(FakeCloud::default()).client(settings),
    )
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

async fn read(config: serde_json::Value) -> AddonPolicyModel {
    let (model, warnings) = harness().read(config).await.unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    model
}

/// Attribute, title and text of each.
fn told(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|one| format!("{one:?}")).collect()
}

#[test]
fn the_schema_is_sound_and_has_every_argument_of_the_catalogue() {
    assert_eq!(harness().check(), Vec::<String>::new());
    let model = AddonPolicyModel::default();
    assert!(!model.arguments().has(AddonArgument::Region));
}

#[tokio::test]
async fn an_addon_by_an_alias_gets_its_document() {
    let zone = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";
    let model =
        read(json!({ "name": "attach_external_dns_policy", "hosted_zone_arns": [zone] })).await;
    assert_eq!(model.addon, known("external-dns"));
    assert_eq!(model.version, known("2026-11"));
    assert_eq!(model.latest_version, known("2026-11"));
    assert_eq!(model.partition, known("aws"));
    assert_eq!(model.policy_arns, Attr::Known(Vec::new()));
    let document = model.json.known().unwrap();
    assert!(document.contains(zone), "{document}");
    assert_eq!(
        model.documents,
        Attr::Known(vec![Attr::Known(document.clone())])
    );
}

#[tokio::test]
async fn an_addon_for_which_aws_keeps_a_policy_gets_its_arn_unless_the_text_is_asked_for() {
    let model = read(json!({ "name": "vpc-cni" })).await;
    let arn = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
    assert_eq!(model.policy_arns, Attr::Known(vec![known(arn)]));
    assert_eq!((model.json, model.size), (Attr::Null, Attr::Known(0)));
    let model = read(json!({ "name": "vpc-cni", "narrow": true })).await;
    assert_eq!(model.policy_arns, Attr::Known(Vec::new()));
    assert!(model.json.is_known());
}

#[tokio::test]
async fn the_partition_is_that_of_the_arns_else_of_the_providers_region() {
    let (model, _) = in_region("cn-north-1")
        .read(json!({ "name": "vpc-cni" }))
        .await
        .unwrap();
    let arn = "arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy";
    assert_eq!(model.policy_arns, Attr::Known(vec![known(arn)]));
    assert_eq!(model.partition, known("aws-cn"));
    let zone = "arn:aws-us-gov:route53:::hostedzone/Z1";
    let model = read(json!({ "name": "cert-manager", "hosted_zone_arns": [zone] })).await;
    assert_eq!(model.partition, known("aws-us-gov"));
    let model = read(json!({ "name": "vpc-cni", "partition": "aws-iso-b" })).await;
    assert_eq!(model.partition, known("aws-iso-b"));
}

#[tokio::test]
async fn the_region_is_the_clusters_else_the_providers() {
    let role = "arn:aws:iam::111122223333:role/nodes";
    let region = |document: &Attr<String>, region: &str| {
        let text = document.known().unwrap();
        text.contains(&format!("\"aws:RequestedRegion\":\"{region}\""))
    };
    let model =
        read(json!({ "name": "karpenter", "cluster_name": "prod", "node_role_arns": [role] }))
            .await;
    assert!(region(&model.json, "eu-central-1"), "{model:?}");
    assert_eq!(model.region, Attr::Null);
    let cluster = "arn:aws:eks:us-east-2:111122223333:cluster/prod";
    let model =
        read(json!({ "name": "karpenter", "cluster_name": cluster, "node_role_arns": [role] }))
            .await;
    assert!(region(&model.json, "us-east-2"), "{model:?}");
}

#[tokio::test]
async fn a_policy_that_is_too_long_is_several_documents_and_no_json() {
    let zones: Vec<String> = (0..200)
        .map(|number| format!("arn:aws:route53:::hostedzone/Z{number:019}"))
        .collect();
    let model = read(json!({ "name": "external-dns", "hosted_zone_arns": zones })).await;
    assert_eq!(model.json, Attr::Null);
    assert!(model.documents.known().unwrap().len() > 1, "{model:?}");
}

#[test]
fn what_is_wrong_is_said_before_anything_is_asked() {
    let texts = told(&harness().validate(json!({ "name": "extrenal-dns" })));
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("Unknown Add-On"), "{texts:?}");
    assert!(texts[0].contains("is `external-dns` meant?"), "{texts:?}");
    let texts = told(&harness().validate(json!({ "name": "velero", "cluster_name": "prod" })));
    assert!(texts[0].contains("Unexpected Add-On Argument"), "{texts:?}");
    assert!(texts[1].contains("Missing Add-On Argument"), "{texts:?}");
    assert!(texts[1].contains("s3_bucket_arns"), "{texts:?}");
    let texts = told(&harness().validate(
        json!({ "name": "external-dns", "hosted_zone_arns": ["*"], "version": "2026-11" }),
    ));
    assert!(texts[0].contains("Invalid Add-On Argument"), "{texts:?}");
    let texts = told(&harness().validate(json!({ "name": "velero", "version": "1" })));
    assert!(
        texts[0].contains("Unknown Version Of Add-On Policy"),
        "{texts:?}"
    );
    let zone = "arn:aws:route53:::hostedzone/Z1";
    let texts = told(&harness().validate(
        json!({ "name": "external-dns", "hosted_zone_arns": [zone], "partition": "aws-cn" }),
    ));
    assert!(texts[0].contains("is of partition aws"), "{texts:?}");
}

#[test]
fn what_is_not_known_is_not_judged() {
    use tf_provider::testing::UNKNOWN;
    let silent = [
        json!({ "name": UNKNOWN }),
        json!({ "name": "velero", "version": UNKNOWN }),
        json!({ "name": "velero", "s3_bucket_arns": UNKNOWN }),
        json!({ "name": "velero", "s3_bucket_arns": [UNKNOWN] }),
        json!({ "name": "aws-efs-csi-driver", "narrow": UNKNOWN, "file_system_arns": UNKNOWN }),
        json!({ "name": "karpenter", "cluster_name": UNKNOWN, "node_role_arns": UNKNOWN }),
    ];
    for config in silent {
        let diagnostics = harness().validate(config.clone());
        assert!(diagnostics.is_empty(), "{config}: {diagnostics:?}");
    }
}

#[tokio::test]
async fn without_a_provider_block_the_partition_has_to_come_from_the_question() {
    let model = |arns: &[&str]| AddonPolicyModel {
        name: known("cert-manager"),
        hosted_zone_arns: Attr::Known(arns.iter().map(|arn| known(arn)).collect()),
        ..AddonPolicyModel::default()
    };
    let cx = context_of_unknown_block(Settings::default());
    let china = model(&["arn:aws-cn:route53:::hostedzone/Z1"]);
    let read = AddonPolicyDataSource.read(&cx, china).await.unwrap();
    assert_eq!(read.partition, known("aws-cn"));
    let cni = AddonPolicyModel {
        name: known("vpc-cni"),
        ..AddonPolicyModel::default()
    };
    let refused = AddonPolicyDataSource.read(&cx, cni).await.unwrap_err();
    assert!(
        told(&refused)[0].contains("Unknown Partition"),
        "{refused:?}"
    );
}

/// The line of the guide's table for one add-on, by its newest version.
fn guide_line(addon: &Addon) -> String {
    let newest = addon.versions.last().unwrap();
    let named = |need: Need, form: fn(&str) -> String| -> Vec<String> {
        let taken = newest.arguments.iter();
        taken
            .filter(|taken| taken.need == need && taken.argument != AddonArgument::Region)
            .map(|taken| form(taken.argument.name()))
            .collect()
    };
    let plain = |name: &str| format!("`{name}`");
    let bold = |name: &str| format!("**`{name}`**");
    let mut arguments = named(Need::Required, bold);
    let alternatives = named(Need::OneOfThese, bold).join(" or ");
    arguments.extend((!alternatives.is_empty()).then_some(alternatives));
    arguments.extend(named(Need::Optional, plain));
    for need in [Need::RequiredIfNarrow, Need::OptionalIfNarrow] {
        arguments.extend(named(need, |name| format!("`{name}` with `narrow`")));
    }
    let nothing = AddonArguments::default();
    let policy = AddonPolicy::build(&AddonPolicyRequest {
        name: addon.name,
        version: Some(newest.version),
        narrow: false,
        partition: None,
        arguments: &nothing,
    });
    let is_managed = policy.is_ok_and(|policy| !policy.managed_policy_arns.is_empty());
    format!(
        "| `{}` | {} | {} | {} |",
        addon.name,
        addon.title,
        arguments.join(", "),
        if is_managed { "AWS's" } else { "document" }
    )
}

#[test]
fn the_guide_lists_every_addon_with_its_arguments() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/addon-irsa.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let lines: Vec<String> = Addon::all().iter().map(guide_line).collect();
    let table = lines.join("\n");
    assert!(
        guide.contains(&format!("{table}\n\n")),
        "expected:\n{table}"
    );
    assert!(guide.contains(&format!("[{} add-ons]", lines.len())));
}
