//! What is refused, in whole texts.

use serde_json::json;

use super::*;

fn errors(name: &str, narrow: bool, members: &Value) -> Vec<String> {
    let arguments = arguments(members);
    let asked = AddonPolicyRequest {
        narrow,
        ..request(name, &arguments)
    };
    let errors = AddonPolicy::build(&asked).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn an_unknown_addon_is_named_with_the_nearest() {
    let first = |name: &str| {
        let text = errors(name, false, &json!({})).remove(0);
        text.split("; ").next().unwrap().to_owned()
    };
    assert_eq!(
        first("extrenal-dns"),
        "no add-on is called `extrenal-dns` (is `external-dns` meant?)"
    );
    assert_eq!(
        first("attach_ebs_cis_policy"),
        "no add-on is called `attach_ebs_cis_policy` (is `aws-ebs-csi-driver` meant?)"
    );
    assert_eq!(first("x"), "no add-on is called `x`");
    assert_eq!(first(""), "no add-on is called ``");
}

#[test]
fn an_argument_that_an_addon_does_not_know_is_refused_with_the_nearest() {
    let zone = json!(["arn:aws:route53:::hostedzone/Z1"]);
    assert_eq!(
        errors(
            "cluster-autoscaler",
            false,
            &json!({ "cluster_names": ["prod"], "cluster_name": "prod" })
        ),
        [
            "`cluster-autoscaler` does not take `cluster_name` (is `cluster_names` meant?); it takes `cluster_names`"
        ]
    );
    assert_eq!(
        errors(
            "external-dns",
            false,
            &json!({ "hosted_zone_arns": zone, "sqs_queue_arns": ["arn:aws:sqs:us-east-1:111122223333:q"] })
        ),
        ["`external-dns` does not take `sqs_queue_arns`; it takes `hosted_zone_arns`"]
    );
    assert_eq!(
        errors(
            "aws-fsx-openzfs-csi-driver",
            false,
            &json!({ "read_only": true })
        ),
        ["`aws-fsx-openzfs-csi-driver` does not take `read_only`; it takes no arguments"]
    );
}

#[test]
fn what_is_missing_is_said_and_an_empty_list_is_nothing() {
    let missing = "`external-dns` needs `hosted_zone_arns`: the Route 53 hosted zones whose records are changed";
    assert_eq!(errors("external-dns", false, &json!({})), [missing]);
    assert_eq!(
        errors("external-dns", false, &json!({ "hosted_zone_arns": [] })),
        [missing]
    );
    assert_eq!(
        errors("external-secrets", false, &json!({ "push_secrets": true })),
        [
            "`external-secrets` needs at least one of `secrets_manager_arns`, `ssm_parameter_arns`: without any of them its policy would allow nothing"
        ]
    );
    assert_eq!(
        errors("amazon-cloudwatch-observability", true, &json!({})),
        [
            "`amazon-cloudwatch-observability` needs `cluster_name` for its narrow policy: the cluster that the add-on runs in, by name or ARN"
        ]
    );
    assert_eq!(
        errors("karpenter", false, &json!({ "cluster_name": "prod" })),
        [
            "`karpenter` needs `node_role_arns`: the roles that new nodes get, which are passed to EC2",
            "`karpenter` needs `region`: the region that the add-on works in"
        ]
    );
}

#[test]
fn what_counts_only_for_the_narrow_policy_is_refused_without_it() {
    assert_eq!(
        errors(
            "amazon-cloudwatch-observability",
            false,
            &json!({ "cluster_name": "prod" })
        ),
        [
            "`cluster_name` narrows the policy text of `amazon-cloudwatch-observability`, but without `narrow` the policy is the one that AWS keeps; set `narrow = true` or leave `cluster_name` out"
        ]
    );
}

#[test]
fn everything_is_never_meant_by_a_star() {
    assert_eq!(
        errors("external-dns", false, &json!({ "hosted_zone_arns": ["*"] })),
        [
            "`*` is no value for `hosted_zone_arns`: it would allow the actions on everything; if that is meant, write a pattern of the right kind; it looks like `arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ`"
        ]
    );
    let every_zone = arguments(&json!({ "hosted_zone_arns": ["arn:aws:route53:::hostedzone/*"] }));
    AddonPolicy::build(&request("external-dns", &every_zone)).unwrap();
}

#[test]
fn values_of_another_kind_are_refused() {
    let is_refused = |name: &str, argument: &str, value: &str| {
        let texts = errors(name, false, &json!({ argument: [value] }));
        let is_told =
            |text: &String| text.starts_with(&format!("`{value}` is no value for `{argument}`"));
        assert!(
            texts.iter().any(is_told),
            "{name} {argument} {value}: {texts:?}"
        );
    };
    is_refused("external-dns", "hosted_zone_arns", "Z0123456789ABCDEFGHIJ");
    is_refused(
        "external-dns",
        "hosted_zone_arns",
        "arn:aws:route53:::healthcheck/1",
    );
    is_refused(
        "external-dns",
        "hosted_zone_arns",
        "arn:aws:route53:::hostedzone/",
    );
    is_refused(
        "external-dns",
        "hosted_zone_arns",
        "arn:aws-mars:route53:::hostedzone/Z1",
    );
    is_refused("velero", "s3_bucket_arns", "arn:aws:s3:::backups/velero/*");
    is_refused("velero", "s3_bucket_arns", "backups");
    is_refused("velero", "s3_prefixes", "/velero");
    is_refused("velero", "s3_prefixes", "velero/*");
    is_refused(
        "velero",
        "kms_key_arns",
        "arn:aws:kms:eu-central-1:111122223333:alias/backups",
    );
    is_refused("cluster-autoscaler", "cluster_names", "*");
    is_refused(
        "cluster-autoscaler",
        "cluster_names",
        "arn:aws:eks:eu-central-1:111122223333:nodegroup/prod",
    );
    is_refused(
        "velero",
        "s3_bucket_arns",
        "arn:aws:s3:eu-central-1:111122223333:backups",
    );
    is_refused(
        "external-dns",
        "hosted_zone_arns",
        "arn:aws:route53::111122223333:hostedzone/Z1",
    );
    is_refused(
        "external-dns",
        "hosted_zone_arns",
        "arn:aws:route53:::hostedzone//hostedzone/Z1",
    );
    is_refused(
        "aws-node-termination-handler",
        "sqs_queue_arns",
        "arn:aws:sqs:::interruptions",
    );
    is_refused("karpenter", "node_role_arns", "arn:aws:iam:::role/nodes");
    is_refused(
        "external-secrets",
        "ssm_parameter_arns",
        "arn:aws:ssm:eu-central-1:111122223333:parameter//shop",
    );
    is_refused(
        "karpenter",
        "node_role_arns",
        "arn:aws:iam::111122223333:instance-profile/nodes",
    );
    is_refused(
        "karpenter",
        "node_role_arns",
        "arn:aws:iam::1111:role/nodes",
    );
    is_refused(
        "aws-node-termination-handler",
        "sqs_queue_arns",
        "https://sqs.eu-central-1.amazonaws.com/111122223333/q",
    );
    is_refused(
        "external-secrets",
        "ssm_parameter_arns",
        "arn:aws:ssm:EU-CENTRAL-1:111122223333:parameter/a",
    );
}

#[test]
fn texts_of_another_kind_are_refused() {
    assert_eq!(
        errors("vpc-cni", false, &json!({ "ip_family": "IPv6" })),
        ["`IPv6` is no value for `ip_family`: it is `ipv4` or `ipv6`"]
    );
    assert_eq!(
        errors(
            "aws-load-balancer-controller",
            false,
            &json!({ "cluster_name": "prod*" })
        ),
        ["`prod*` is no value for `cluster_name`: it is neither the name of a cluster nor its ARN"]
    );
    let texts = errors(
        "karpenter",
        false,
        &json!({ "cluster_name": "prod", "region": "*", "node_role_arns": ["arn:aws:iam::111122223333:role/nodes"] }),
    );
    assert_eq!(
        texts,
        ["`*` is no value for `region`: it is not a region's name, such as `eu-central-1`"]
    );
}

#[test]
fn what_is_decided_later_is_not_missing() {
    let arguments = arguments(&json!({ "hosted_zone_arns": null }));
    let addon = Addon::find("external-dns").unwrap();
    let version = addon.version(None).unwrap();
    assert!(!arguments.is_decided());
    let check = AddonArgumentCheck {
        narrow: None,
        partition: None,
        arguments: &arguments,
    };
    assert_eq!(version.errors(addon, check), []);
}

#[test]
fn errors_know_the_argument_at_fault() {
    let nothing = AddonArguments::default();
    let error = AddonPolicy::build(&request("external-dns", &nothing)).unwrap_err();
    assert_eq!(error[0].argument(), Some(AddonArgument::HostedZoneArns));
    let error = AddonPolicy::build(&request("external", &nothing)).unwrap_err();
    assert_eq!(error[0].argument(), None);
}

#[test]
fn a_clusters_arn_stands_for_its_name() {
    let by = |cluster: &str| {
        let arguments = arguments(&json!({ "cluster_names": [cluster] }));
        AddonPolicy::build(&request("cluster-autoscaler", &arguments)).unwrap()
    };
    assert_eq!(
        by("arn:aws:eks:eu-central-1:111122223333:cluster/prod"),
        by("prod")
    );
}

#[test]
fn a_secret_without_the_end_of_its_arn_is_told() {
    let notes = |secret: &str| {
        let arn = format!("arn:aws:secretsmanager:eu-central-1:111122223333:secret:{secret}");
        let arguments = arguments(&json!({ "secrets_manager_arns": [arn] }));
        let policy = AddonPolicy::build(&request("external-secrets", &arguments));
        policy.unwrap().notes.len()
    };
    let counts = ["shop/db", "shop/db-AbC123", "shop/db-??????", "shop/*"].map(notes);
    assert_eq!(counts, [1, 0, 0, 0]);
}

#[test]
fn letters_that_no_name_has_make_no_name() {
    for name in [
        "external!dns",
        "äxternal-dns",
        "external-dns\n",
        "attach_policy",
    ] {
        assert!(Addon::find(name).is_err(), "{name:?}");
    }
}
