//! The controller of the Gateway API for VPC Lattice.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};
use crate::iam_policy::addon_policy::statement::Allow;

/// The AWS Gateway API controller.
pub(super) const AWS_GATEWAY_API_CONTROLLER: Addon = Addon {
    name: "aws-gateway-api-controller",
    aliases: &[
        "aws-gateway-controller",
        "gateway-controller",
        "gateway-api-controller",
        "vpc-lattice-controller",
    ],
    title: "AWS Gateway API controller (VPC Lattice)",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/aws/aws-application-networking-k8s/blob/main/files/controller-installation/recommended-inline-policy.json",
        as_of: "2026-08-14",
        arguments: &[
            takes(AddonArgument::AccessLogs, Need::Optional),
            takes(AddonArgument::S3BucketArns, Need::Optional),
        ],
        build: aws_gateway_api_controller,
    }],
};

/// The calls that the controller makes to VPC Lattice, by its source code; its own example allows all of the service.
const LATTICE: &[&str] = &[
    "vpc-lattice:CreateAccessLogSubscription",
    "vpc-lattice:CreateListener",
    "vpc-lattice:CreateRule",
    "vpc-lattice:CreateService",
    "vpc-lattice:CreateServiceNetwork",
    "vpc-lattice:CreateServiceNetworkServiceAssociation",
    "vpc-lattice:CreateServiceNetworkVpcAssociation",
    "vpc-lattice:CreateTargetGroup",
    "vpc-lattice:DeleteAccessLogSubscription",
    "vpc-lattice:DeleteAuthPolicy",
    "vpc-lattice:DeleteListener",
    "vpc-lattice:DeleteRule",
    "vpc-lattice:DeleteService",
    "vpc-lattice:DeleteServiceNetwork",
    "vpc-lattice:DeleteServiceNetworkServiceAssociation",
    "vpc-lattice:DeleteServiceNetworkVpcAssociation",
    "vpc-lattice:DeleteTargetGroup",
    "vpc-lattice:DeregisterTargets",
    "vpc-lattice:GetAccessLogSubscription",
    "vpc-lattice:GetAuthPolicy",
    "vpc-lattice:GetListener",
    "vpc-lattice:GetRule",
    "vpc-lattice:GetService",
    "vpc-lattice:GetServiceNetwork",
    "vpc-lattice:GetServiceNetworkServiceAssociation",
    "vpc-lattice:GetServiceNetworkVpcAssociation",
    "vpc-lattice:GetTargetGroup",
    "vpc-lattice:ListAccessLogSubscriptions",
    "vpc-lattice:ListListeners",
    "vpc-lattice:ListRules",
    "vpc-lattice:ListServiceNetworkServiceAssociations",
    "vpc-lattice:ListServiceNetworkVpcAssociations",
    "vpc-lattice:ListServiceNetworks",
    "vpc-lattice:ListServices",
    "vpc-lattice:ListTagsForResource",
    "vpc-lattice:ListTargetGroups",
    "vpc-lattice:ListTargets",
    "vpc-lattice:PutAuthPolicy",
    "vpc-lattice:RegisterTargets",
    "vpc-lattice:TagResource",
    "vpc-lattice:UntagResource",
    "vpc-lattice:UpdateAccessLogSubscription",
    "vpc-lattice:UpdateListener",
    "vpc-lattice:UpdateRule",
    "vpc-lattice:UpdateService",
    "vpc-lattice:UpdateServiceNetwork",
    "vpc-lattice:UpdateServiceNetworkVpcAssociation",
    "vpc-lattice:UpdateTargetGroup",
];

fn aws_gateway_api_controller(input: &AddonInput<'_>) -> AddonParts {
    let mut allowed = vec![
        allow("ManageLattice", LATTICE),
        allow(
            "LookAround",
            &[
                "acm:ListCertificates",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVpcs",
                "tag:GetResources",
                "tag:TagResources",
                "tag:UntagResources",
            ],
        ),
        service_role(
            input,
            "MakeServiceRole",
            "vpc-lattice.amazonaws.com/AWSServiceRoleForVpcLattice",
        ),
    ];
    let buckets = input.list(AddonArgument::S3BucketArns);
    if input.flag(AddonArgument::AccessLogs) || !buckets.is_empty() {
        allowed.extend(access_logs(input));
    }
    if !buckets.is_empty() {
        let actions = ["s3:GetBucketPolicy", "s3:PutBucketPolicy"];
        allowed.push(allow("LetLogsIntoBuckets", &actions).on(buckets));
    }
    AddonParts {
        notes: vec!["The controller may change every service, service network and target group of VPC Lattice in the account: it tells its own by tags that it sets itself. `access_logs` and `s3_bucket_arns` allow it to set up access logs.".to_owned()],
        ..statements(allowed)
    }
}

/// `name` is the service and the role that is made for it.
fn service_role(input: &AddonInput<'_>, sid: &str, name: &str) -> Allow {
    let service = name.split('/').next().unwrap_or(name);
    allow(sid, &["iam:CreateServiceLinkedRole"])
        .on([input.arn(&format!("iam::*:role/aws-service-role/{name}"))])
        .when("StringEquals", "iam:AWSServiceName", &[service])
}

fn access_logs(input: &AddonInput<'_>) -> Vec<Allow> {
    vec![
        allow(
            "DeliverLogs",
            &[
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
        ),
        allow("TagDeliveryStreams", &["firehose:TagDeliveryStream"])
            .on([input.arn("firehose:*:*:deliverystream/*")]),
        service_role(
            input,
            "MakeLogDeliveryRole",
            "delivery.logs.amazonaws.com/AWSServiceRoleForLogDelivery",
        ),
    ]
}
