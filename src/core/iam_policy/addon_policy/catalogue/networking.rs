//! The plugin that gives pods their addresses.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};
use crate::iam_policy::addon_policy::statement::Allow;

/// The Amazon VPC CNI plugin.
pub(super) const VPC_CNI: Addon = Addon {
    name: "vpc-cni",
    aliases: &["aws-vpc-cni", "amazon-vpc-cni", "aws-node", "cni"],
    title: "Amazon VPC CNI plugin",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/iam-policy.md",
        as_of: "2026-08-22",
        arguments: &[
            takes(AddonArgument::IpFamily, Need::Optional),
            takes(AddonArgument::ClusterName, Need::Optional),
            takes(AddonArgument::CloudwatchLogs, Need::Optional),
        ],
        build: vpc_cni,
    }],
};

/// AWS keeps a policy for IPv4 only.
fn vpc_cni(input: &AddonInput<'_>) -> AddonParts {
    let is_ipv6 = input.text(AddonArgument::IpFamily) == Some("ipv6");
    let cluster = input.cluster_name();
    let mut parts = match (is_ipv6, input.narrow, cluster) {
        (true, _, _) => statements(ipv6(input)),
        (false, false, _) => AddonParts {
            managed: vec!["AmazonEKS_CNI_Policy"],
            ..AddonParts::default()
        },
        (false, true, None) => AddonParts {
            notes: vec!["Without `cluster_name` the plugin may change the network interfaces of every cluster in the account.".to_owned()],
            ..statements(ipv4(input))
        },
        (false, true, Some(cluster)) => AddonParts {
            notes: vec![format!("The plugin has to tag what it makes: set `CLUSTER_NAME={cluster}` in the environment of the DaemonSet `aws-node`.")],
            ..statements(ipv4_of_cluster(input, cluster))
        },
    };
    if input.flag(AddonArgument::CloudwatchLogs) {
        let logs = logs(input, cluster.unwrap_or("*"));
        parts.statements.extend(logs.into_iter().map(Allow::done));
    } else if cluster.is_some() && (is_ipv6 || !input.narrow) {
        parts.notes.push("`cluster_name` changes nothing here: it narrows the document for IPv4 (`narrow = true`) and the logs (`cloudwatch_logs = true`).".to_owned());
    }
    parts
}

fn tag_interfaces(input: &AddonInput<'_>) -> Allow {
    allow("TagInterfaces", &["ec2:CreateTags"]).on([input.arn("ec2:*:*:network-interface/*")])
}

fn look_around() -> Allow {
    allow(
        "LookAround",
        &[
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
        ],
    )
}

fn ipv4(input: &AddonInput<'_>) -> Vec<Allow> {
    vec![
        look_around(),
        allow(
            "ManageInterfaces",
            &[
                "ec2:AssignPrivateIpAddresses",
                "ec2:AttachNetworkInterface",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DetachNetworkInterface",
                "ec2:ModifyNetworkInterfaceAttribute",
                "ec2:UnassignPrivateIpAddresses",
            ],
        ),
        tag_interfaces(input),
    ]
}

fn ipv6(input: &AddonInput<'_>) -> Vec<Allow> {
    let interfaces = || {
        ["instance", "network-interface", "security-group", "subnet"]
            .map(|of_type| input.arn(&format!("ec2:*:*:{of_type}/*")))
    };
    vec![
        look_around(),
        allow(
            "ManageAddresses",
            &[
                "ec2:AssignIpv6Addresses",
                "ec2:ModifyNetworkInterfaceAttribute",
            ],
        )
        .on(interfaces()),
        tag_interfaces(input),
    ]
}

/// Only interfaces that carry the tag of the cluster, on instances of the cluster.
fn ipv4_of_cluster(input: &AddonInput<'_>, cluster: &str) -> Vec<Allow> {
    let arns = |types: &[&str]| -> Vec<String> {
        let arn = |of_type: &&str| input.arn(&format!("ec2:*:*:{of_type}/*"));
        types.iter().map(arn).collect()
    };
    let attach = [
        "ec2:AttachNetworkInterface",
        "ec2:DetachNetworkInterface",
        "ec2:ModifyNetworkInterfaceAttribute",
    ];
    let mut manage = attach.to_vec();
    manage.extend([
        "ec2:AssignPrivateIpAddresses",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    ]);
    vec![
        look_around(),
        allow("MakeInterfaces", &["ec2:CreateNetworkInterface"])
            .on(arns(&["network-interface"]))
            .when(
                "StringEquals",
                "aws:RequestTag/cluster.k8s.amazonaws.com/name",
                &[cluster],
            ),
        allow("MakeInterfacesIn", &["ec2:CreateNetworkInterface"])
            .on(arns(&["security-group", "subnet"])),
        allow("ManageOwnInterfaces", &manage)
            .on(arns(&["network-interface"]))
            .when(
                "StringEquals",
                "aws:ResourceTag/cluster.k8s.amazonaws.com/name",
                &[cluster],
            ),
        allow("AttachToOwnInstances", &attach)
            .on(arns(&["instance"]))
            .when(
                "StringEquals",
                format!("aws:ResourceTag/kubernetes.io/cluster/{cluster}"),
                &["owned"],
            ),
        allow(
            "SetSecurityGroups",
            &["ec2:ModifyNetworkInterfaceAttribute"],
        )
        .on(arns(&["security-group"])),
        tag_interfaces(input),
    ]
}

/// Where the agent for network policies writes its log.
fn logs(input: &AddonInput<'_>, cluster: &str) -> Vec<Allow> {
    vec![
        allow(
            "WriteLogs",
            &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            ],
        )
        .on([input.arn(&format!("logs:*:*:log-group:/aws/eks/{cluster}/cluster*"))]),
        allow("FindLogs", &["logs:DescribeLogGroups"]),
    ]
}
