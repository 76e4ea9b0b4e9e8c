//! What acts on Auto Scaling groups.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};

/// Cluster Autoscaler.
pub(super) const CLUSTER_AUTOSCALER: Addon = Addon {
    name: "cluster-autoscaler",
    aliases: &["autoscaler", "auto-scaler"],
    title: "Cluster Autoscaler",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md",
        as_of: "2026-08-22",
        arguments: &[takes(AddonArgument::ClusterNames, Need::Required)],
        build: cluster_autoscaler,
    }],
};

/// The node termination handler in its queue mode; its other mode calls no API.
pub(super) const AWS_NODE_TERMINATION_HANDLER: Addon = Addon {
    name: "aws-node-termination-handler",
    aliases: &["node-termination-handler", "nth"],
    title: "AWS Node Termination Handler, queue processor",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/aws/aws-node-termination-handler/blob/main/README.md",
        as_of: "2026-07-21",
        arguments: &[
            takes(AddonArgument::SqsQueueArns, Need::Required),
            takes(AddonArgument::ClusterNames, Need::Optional),
        ],
        build: aws_node_termination_handler,
    }],
};

const GROUPS: &str = "autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*";

/// The tag that EKS gives to the groups of a cluster's node groups.
fn owned_by(cluster: &str) -> String {
    format!("autoscaling:ResourceTag/kubernetes.io/cluster/{cluster}")
}

fn cluster_autoscaler(input: &AddonInput<'_>) -> AddonParts {
    let clusters = input.cluster_names();
    let node_groups = clusters
        .iter()
        .map(|cluster| input.arn(&format!("eks:*:*:nodegroup/{cluster}/*/*")));
    let mut allowed = vec![
        allow(
            "LookAround",
            &[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "autoscaling:DescribeTags",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
        ),
        allow("ReadNodeGroups", &["eks:DescribeNodegroup"]).on(node_groups),
    ];
    for (index, cluster) in clusters.iter().enumerate() {
        allowed.push(
            allow(
                &format!("ScaleCluster{}", index + 1),
                &[
                    "autoscaling:SetDesiredCapacity",
                    "autoscaling:TerminateInstanceInAutoScalingGroup",
                ],
            )
            .on([input.arn(GROUPS)])
            .when("StringEquals", owned_by(cluster), &["owned"]),
        );
    }
    statements(allowed)
}

fn aws_node_termination_handler(input: &AddonInput<'_>) -> AddonParts {
    let clusters = input.cluster_names();
    let mut allowed = vec![
        allow(
            "LookAround",
            &[
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeTags",
                "ec2:DescribeInstances",
            ],
        ),
        allow("ReadQueue", &["sqs:DeleteMessage", "sqs:ReceiveMessage"])
            .on(input.list(AddonArgument::SqsQueueArns)),
    ];
    let finish =
        |sid: &str| allow(sid, &["autoscaling:CompleteLifecycleAction"]).on([input.arn(GROUPS)]);
    for (index, cluster) in clusters.iter().enumerate() {
        let statement = finish(&format!("FinishHooksOfCluster{}", index + 1));
        allowed.push(statement.when("StringEquals", owned_by(cluster), &["owned"]));
    }
    let mut notes = Vec::new();
    if clusters.is_empty() {
        allowed.push(finish("FinishHooks"));
        notes.push("Without `cluster_names` the lifecycle hooks of every Auto Scaling group of the account may be finished.".to_owned());
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}
