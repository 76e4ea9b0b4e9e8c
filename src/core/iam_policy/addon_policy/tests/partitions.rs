//! Everywhere the same policy, but for the ARNs and for what a partition does not have.

use super::*;

const REGIONS: [(Partition, &str); 8] = [
    (Partition::Aws, "eu-central-1"),
    (Partition::AwsCn, "cn-north-1"),
    (Partition::AwsUsGov, "us-gov-west-1"),
    (Partition::AwsIso, "us-iso-east-1"),
    (Partition::AwsIsoB, "us-isob-east-1"),
    (Partition::AwsIsoE, "eu-isoe-west-1"),
    (Partition::AwsIsoF, "us-isof-south-1"),
    (Partition::AwsEusc, "eusc-de-east-1"),
];

fn moved(text: &str, partition: Partition, region: &str) -> String {
    text.replace("arn:aws:", &format!("arn:{partition}:"))
        .replace("eu-central-1", region)
}

fn moved_arguments(case: &Case, partition: Partition, region: &str) -> AddonArguments {
    let mut arguments = AddonArguments::default();
    for (argument, value) in case.arguments.iter() {
        let moved = |text: &String| moved(text, partition, region);
        let value = match value {
            ArgumentValue::Texts(texts) => ArgumentValue::Texts(texts.iter().map(moved).collect()),
            ArgumentValue::Text(text) => ArgumentValue::Text(moved(text)),
            value => value.clone(),
        };
        arguments.set(argument, value);
    }
    arguments
}

/// What differs between partitions beside the ARNs, taken out.
fn without_known_differences(document: &str) -> String {
    let mut document = document.to_owned();
    let isolated = [
        ",\"elasticloadbalancing:DescribeCapacityReservation\"",
        ",\"elasticloadbalancing:DescribeListenerAttributes\"",
        ",\"elasticloadbalancing:DescribeTrustStores\"",
        ",\"elasticloadbalancing:ModifyCapacityReservation\"",
        ",\"elasticloadbalancing:ModifyListenerAttributes\"",
    ];
    for action in isolated {
        document = document.replace(action, "");
    }
    document.replace(
        r#"["ec2.amazonaws.com.cn","ec2.amazonaws.com"]"#,
        r#""ec2.amazonaws.com""#,
    )
}

#[test]
fn every_partition_has_the_same_policies_with_its_own_arns() {
    for case in cases() {
        let in_aws: Vec<String> = case.build().documents;
        for (partition, region) in REGIONS {
            let arguments = moved_arguments(&case, partition, region);
            let policy = case.build_in(Some(partition), &arguments);
            policy.parsed().unwrap();
            let expected: Vec<String> = in_aws
                .iter()
                .map(|document| without_known_differences(&moved(document, partition, region)))
                .collect();
            let found: Vec<String> = policy
                .documents
                .iter()
                .map(|document| without_known_differences(document))
                .collect();
            assert_eq!(found, expected, "{} in {partition}", case.label());
            let prefix = format!("arn:{partition}:iam::aws:policy/");
            assert!(
                policy
                    .managed_policy_arns
                    .iter()
                    .all(|arn| arn.starts_with(&prefix)),
                "{policy:?}"
            );
        }
    }
}

#[test]
fn the_partition_of_the_arguments_counts_unless_one_is_given() {
    let zones = |partition: &str| {
        arguments(&serde_json::json!({
            "hosted_zone_arns": [format!("arn:{partition}:route53:::hostedzone/Z1")]
        }))
    };
    let china = zones("aws-cn");
    let policy = AddonPolicy::build(&request("external-dns", &china)).unwrap();
    assert_eq!(policy.partition, Partition::AwsCn);
    let both = AddonPolicyRequest {
        partition: Some(Partition::AwsUsGov),
        ..request("external-dns", &china)
    };
    let errors = AddonPolicy::build(&both).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "`arn:aws-cn:route53:::hostedzone/Z1` in `hosted_zone_arns` is of partition aws-cn, but the policy is for partition aws-us-gov"
    );
    let nothing = AddonArguments::default();
    let policy = AddonPolicy::build(&request("vpc-cni", &nothing)).unwrap();
    assert_eq!(policy.partition, Partition::Aws);
}

#[test]
fn a_policy_of_aws_is_named_where_it_is() {
    let nothing = AddonArguments::default();
    let arns = |name: &'static str, partition| {
        let asked = AddonPolicyRequest {
            partition: Some(partition),
            ..request(name, &nothing)
        };
        AddonPolicy::build(&asked).unwrap().managed_policy_arns
    };
    assert_eq!(
        arns("aws-ebs-csi-driver", Partition::Aws),
        ["arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2"]
    );
    assert_eq!(
        arns("aws-ebs-csi-driver", Partition::AwsUsGov),
        ["arn:aws-us-gov:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
    );
    assert_eq!(
        arns("vpc-cni", Partition::AwsCn),
        ["arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy"]
    );
    assert_eq!(
        arns("aws-efs-csi-driver", Partition::AwsEusc),
        ["arn:aws-eusc:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"]
    );
    assert_eq!(
        arns("amazon-cloudwatch-observability", Partition::AwsIso),
        [
            "arn:aws-iso:iam::aws:policy/CloudWatchAgentServerPolicy",
            "arn:aws-iso:iam::aws:policy/AWSXrayWriteOnlyAccess"
        ]
    );
}

#[test]
fn what_isolated_regions_do_not_know_is_left_out_there() {
    let nothing = AddonArguments::default();
    let text = |partition| {
        let asked = AddonPolicyRequest {
            partition: Some(partition),
            ..request("aws-load-balancer-controller", &nothing)
        };
        AddonPolicy::build(&asked).unwrap().documents.concat()
    };
    let action = "elasticloadbalancing:ModifyListenerAttributes";
    assert!(text(Partition::AwsEusc).contains(action));
    assert!(!text(Partition::AwsIsoF).contains(action));
}
