//! The AWS Load Balancer Controller, whole and for target group bindings only.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};
use crate::iam_policy::addon_policy::statement::Allow;
use crate::principal::partition::Partition;

/// The controller.
pub(super) const AWS_LOAD_BALANCER_CONTROLLER: Addon = Addon {
    name: "aws-load-balancer-controller",
    aliases: &[
        "load-balancer-controller",
        "aws-lb-controller",
        "lb-controller",
        "alb-controller",
        "lbc",
    ],
    title: "AWS Load Balancer Controller",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/docs/install/iam_policy.json",
        as_of: "2026-08-17",
        arguments: &[takes(AddonArgument::ClusterName, Need::Optional)],
        build: aws_load_balancer_controller,
    }],
};

/// The controller that only registers pods in target groups that are there.
pub(super) const AWS_LOAD_BALANCER_CONTROLLER_TARGET_GROUP_BINDING: Addon = Addon {
    name: "aws-load-balancer-controller-target-group-binding",
    aliases: &[
        "load-balancer-controller-targetgroup-binding-only",
        "aws-lb-controller-targetgroup-binding-only",
        "target-group-binding",
        "target-group-binding-only",
    ],
    title: "AWS Load Balancer Controller, target group bindings only",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
        as_of: "2026-08-17",
        arguments: &[takes(AddonArgument::TargetGroupArns, Need::Required)],
        build: target_group_binding,
    }],
};

/// The tag that the controller gives to what it makes.
const CLUSTER_TAG: &str = "elbv2.k8s.aws/cluster";

fn aws_load_balancer_controller(input: &AddonInput<'_>) -> AddonParts {
    let mut allowed = vec![
        allow("MakeServiceRole", &["iam:CreateServiceLinkedRole"]).when(
            "StringEquals",
            "iam:AWSServiceName",
            &["elasticloadbalancing.amazonaws.com"],
        ),
        look_around(input),
        certificates_and_firewalls(),
    ];
    allowed.extend(security_groups(input));
    allowed.extend(load_balancers(input));
    allowed.extend(tags(input));
    let notes = match input.cluster_name() {
        Some(_) => Vec::new(),
        None => vec!["Without `cluster_name` the controller may change what the controller of any cluster has tagged.".to_owned()],
    };
    AddonParts {
        notes,
        ..statements(allowed)
    }
}

/// Only what has the tag: of this cluster where it is named, else of any.
fn tagged(statement: Allow, key: &str, input: &AddonInput<'_>) -> Allow {
    let key = format!("{key}/{CLUSTER_TAG}");
    match input.cluster_name() {
        Some(cluster) => statement.when("StringEquals", key, &[cluster]),
        None => statement.when("Null", key, &["false"]),
    }
}

/// Some actions are not known in the isolated regions.
fn is_isolated(input: &AddonInput<'_>) -> bool {
    matches!(
        input.partition,
        Partition::AwsIso | Partition::AwsIsoB | Partition::AwsIsoE | Partition::AwsIsoF
    )
}

fn look_around(input: &AddonInput<'_>) -> Allow {
    let mut actions = vec![
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeCoipPools",
        "ec2:DescribeInstances",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeIpamPools",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ec2:DescribeVpcPeeringConnections",
        "ec2:DescribeVpcs",
        "ec2:GetCoipPoolUsage",
        "ec2:GetSecurityGroupsForVpc",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeSSLPolicies",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    ];
    if !is_isolated(input) {
        actions.extend([
            "elasticloadbalancing:DescribeCapacityReservation",
            "elasticloadbalancing:DescribeListenerAttributes",
            "elasticloadbalancing:DescribeTrustStores",
        ]);
    }
    allow("LookAround", &actions)
}

fn certificates_and_firewalls() -> Allow {
    allow(
        "UseCertificatesAndFirewalls",
        &[
            "acm:DescribeCertificate",
            "acm:ListCertificates",
            "cognito-idp:DescribeUserPoolClient",
            "iam:GetServerCertificate",
            "iam:ListServerCertificates",
            "shield:CreateProtection",
            "shield:DeleteProtection",
            "shield:DescribeProtection",
            "shield:GetSubscriptionState",
            "waf-regional:AssociateWebACL",
            "waf-regional:DisassociateWebACL",
            "waf-regional:GetWebACL",
            "waf-regional:GetWebACLForResource",
            "wafv2:AssociateWebACL",
            "wafv2:DisassociateWebACL",
            "wafv2:GetWebACL",
            "wafv2:GetWebACLForResource",
        ],
    )
}

/// Rules are set in groups of nodes too, which the controller did not make.
fn security_groups(input: &AddonInput<'_>) -> Vec<Allow> {
    let groups = || [input.arn("ec2:*:*:security-group/*")];
    vec![
        allow(
            "OpenSecurityGroups",
            &[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupIngress",
            ],
        )
        .on(groups()),
        allow("MakeSecurityGroups", &["ec2:CreateSecurityGroup"]).on([
            input.arn("ec2:*:*:security-group/*"),
            input.arn("ec2:*:*:vpc/*"),
        ]),
        tagged(
            allow("DeleteOwnSecurityGroups", &["ec2:DeleteSecurityGroup"]).on(groups()),
            "aws:ResourceTag",
            input,
        ),
        tagged(
            allow("TagNewSecurityGroups", &["ec2:CreateTags"])
                .on(groups())
                .when("StringEquals", "ec2:CreateAction", &["CreateSecurityGroup"]),
            "aws:RequestTag",
            input,
        ),
        tagged(
            allow(
                "RetagOwnSecurityGroups",
                &["ec2:CreateTags", "ec2:DeleteTags"],
            )
            .on(groups())
            .when("Null", format!("aws:RequestTag/{CLUSTER_TAG}"), &["true"]),
            "aws:ResourceTag",
            input,
        ),
    ]
}

fn load_balancers(input: &AddonInput<'_>) -> Vec<Allow> {
    let mut change = vec![
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyIpPools",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
    ];
    if !is_isolated(input) {
        change.extend([
            "elasticloadbalancing:ModifyCapacityReservation",
            "elasticloadbalancing:ModifyListenerAttributes",
        ]);
    }
    vec![
        tagged(
            allow(
                "MakeLoadBalancers",
                &[
                    "elasticloadbalancing:CreateLoadBalancer",
                    "elasticloadbalancing:CreateTargetGroup",
                ],
            ),
            "aws:RequestTag",
            input,
        ),
        tagged(
            allow("ChangeOwnLoadBalancers", &change),
            "aws:ResourceTag",
            input,
        ),
        allow(
            "ManageListeners",
            &[
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:SetRulePriorities",
                "elasticloadbalancing:SetWebAcl",
            ],
        ),
        allow(
            "RegisterTargets",
            &[
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:RegisterTargets",
            ],
        )
        .on([input.arn("elasticloadbalancing:*:*:targetgroup/*/*")]),
    ]
}

fn tags(input: &AddonInput<'_>) -> Vec<Allow> {
    let arns = |resources: &[&str]| -> Vec<String> {
        let arn = |resource: &&str| input.arn(&format!("elasticloadbalancing:*:*:{resource}"));
        resources.iter().map(arn).collect()
    };
    let balancers = || {
        arns(&[
            "targetgroup/*/*",
            "loadbalancer/net/*/*",
            "loadbalancer/app/*/*",
        ])
    };
    let listeners = arns(&[
        "listener/net/*/*/*",
        "listener/app/*/*/*",
        "listener-rule/net/*/*/*",
        "listener-rule/app/*/*/*",
    ]);
    let tag = [
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:RemoveTags",
    ];
    vec![
        tagged(
            allow("TagNewLoadBalancers", &["elasticloadbalancing:AddTags"])
                .on(balancers())
                .when(
                    "StringEquals",
                    "elasticloadbalancing:CreateAction",
                    &["CreateLoadBalancer", "CreateTargetGroup"],
                ),
            "aws:RequestTag",
            input,
        ),
        tagged(
            allow("RetagOwnLoadBalancers", &tag).on(balancers()).when(
                "Null",
                format!("aws:RequestTag/{CLUSTER_TAG}"),
                &["true"],
            ),
            "aws:ResourceTag",
            input,
        ),
        allow("TagListeners", &tag).on(listeners),
    ]
}

fn target_group_binding(input: &AddonInput<'_>) -> AddonParts {
    statements(vec![
        allow(
            "LookAround",
            &[
                "ec2:DescribeInstances",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVpcs",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
        ),
        allow(
            "OpenSecurityGroups",
            &[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupIngress",
            ],
        )
        .on([input.arn("ec2:*:*:security-group/*")]),
        allow(
            "RegisterTargets",
            &[
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:RegisterTargets",
            ],
        )
        .on(input.list(AddonArgument::TargetGroupArns)),
    ])
}
