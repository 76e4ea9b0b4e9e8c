//! Karpenter: the controller of version 1.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};
use crate::iam_policy::addon_policy::statement::Allow;
use crate::principal::partition::Partition;

/// Karpenter.
pub(super) const KARPENTER: Addon = Addon {
    name: "karpenter",
    aliases: &["karpenter-controller"],
    title: "Karpenter, the controller of version 1",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/aws/karpenter-provider-aws/blob/main/website/content/en/docs/getting-started/getting-started-with-karpenter/cloudformation.yaml",
        as_of: "2026-08-21",
        arguments: &[
            takes(AddonArgument::ClusterName, Need::Required),
            takes(AddonArgument::NodeRoleArns, Need::Required),
            takes(AddonArgument::Region, Need::Required),
            takes(AddonArgument::SqsQueueArns, Need::Optional),
        ],
        build: karpenter,
    }],
};

/// Where the controller works.
struct Place<'a> {
    input: &'a AddonInput<'a>,
    cluster: &'a str,
    region: &'a str,
    account: String,
}

fn karpenter(input: &AddonInput<'_>) -> AddonParts {
    let roles = input.list(AddonArgument::NodeRoleArns);
    let account = roles.first().and_then(|arn| arn.split(':').nth(4));
    let place = Place {
        input,
        cluster: input.cluster_name().unwrap_or_default(),
        region: input.text(AddonArgument::Region).unwrap_or("*"),
        account: account.unwrap_or("*").to_owned(),
    };
    let mut allowed = place.launch();
    allowed.extend(place.tag_and_end());
    allowed.extend(place.instance_profiles());
    allowed.extend(place.look_around());
    allowed.push(allow("PassNodeRoles", &["iam:PassRole"]).on(roles).when(
        "StringEquals",
        "iam:PassedToService",
        place.ec2(),
    ));
    let queues = input.list(AddonArgument::SqsQueueArns);
    let mut notes = Vec::new();
    match queues.is_empty() {
        true => notes.push(
            "Without `sqs_queue_arns` Karpenter hears of no interruption: run it without `settings.interruptionQueue`.".to_owned(),
        ),
        false => allowed.push(
            allow(
                "ReadInterruptions",
                &["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            )
            .on(queues),
        ),
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}

impl Place<'_> {
    /// What a launch makes, by its types in EC2.
    const MADE: [&'static str; 6] = [
        "fleet",
        "instance",
        "launch-template",
        "network-interface",
        "spot-instances-request",
        "volume",
    ];

    /// The service that nodes' roles are passed to; China's has a name of its own.
    fn ec2(&self) -> &'static [&'static str] {
        match self.input.partition {
            Partition::AwsCn => &["ec2.amazonaws.com.cn", "ec2.amazonaws.com"],
            _ => &["ec2.amazonaws.com"],
        }
    }

    fn ec2_arns(&self, types: &[&str]) -> Vec<String> {
        let arn = |of_type: &&str| {
            self.input
                .arn(&format!("ec2:{}:*:{of_type}/*", self.region))
        };
        types.iter().map(arn).collect()
    }

    fn cluster_tag(&self, key: &str) -> String {
        format!("{key}/kubernetes.io/cluster/{}", self.cluster)
    }

    fn launch(&self) -> Vec<Allow> {
        let public = |of_type: &str| self.input.arn(&format!("ec2:{}::{of_type}/*", self.region));
        let mut used = vec![public("image"), public("snapshot")];
        used.extend(self.ec2_arns(&[
            "capacity-reservation",
            "placement-group",
            "security-group",
            "subnet",
        ]));
        let run = ["ec2:CreateFleet", "ec2:RunInstances"];
        vec![
            allow("LaunchWith", &run).on(used),
            allow("LaunchFromOwnTemplates", &run)
                .on(self.ec2_arns(&["launch-template"]))
                .when(
                    "StringEquals",
                    self.cluster_tag("aws:ResourceTag"),
                    &["owned"],
                )
                .when(
                    "StringLike",
                    "aws:ResourceTag/karpenter.sh/nodepool",
                    &["*"],
                ),
            allow(
                "LaunchTagged",
                &[
                    "ec2:CreateFleet",
                    "ec2:CreateLaunchTemplate",
                    "ec2:RunInstances",
                ],
            )
            .on(self.ec2_arns(&Self::MADE))
            .when(
                "StringEquals",
                self.cluster_tag("aws:RequestTag"),
                &["owned"],
            )
            .when(
                "StringEquals",
                "aws:RequestTag/eks:eks-cluster-name",
                &[self.cluster],
            )
            .when("StringLike", "aws:RequestTag/karpenter.sh/nodepool", &["*"]),
        ]
    }

    fn tag_and_end(&self) -> Vec<Allow> {
        vec![
            allow("TagWhatIsLaunched", &["ec2:CreateTags"])
                .on(self.ec2_arns(&Self::MADE))
                .when(
                    "StringEquals",
                    self.cluster_tag("aws:RequestTag"),
                    &["owned"],
                )
                .when(
                    "StringEquals",
                    "aws:RequestTag/eks:eks-cluster-name",
                    &[self.cluster],
                )
                .when(
                    "StringEquals",
                    "ec2:CreateAction",
                    &["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
                )
                .when("StringLike", "aws:RequestTag/karpenter.sh/nodepool", &["*"]),
            allow("TagOwnInstances", &["ec2:CreateTags"])
                .on(self.ec2_arns(&["instance"]))
                .when(
                    "StringEquals",
                    self.cluster_tag("aws:ResourceTag"),
                    &["owned"],
                )
                .when(
                    "StringLike",
                    "aws:ResourceTag/karpenter.sh/nodepool",
                    &["*"],
                )
                .when(
                    "StringEqualsIfExists",
                    "aws:RequestTag/eks:eks-cluster-name",
                    &[self.cluster],
                )
                .when(
                    "ForAllValues:StringEquals",
                    "aws:TagKeys",
                    &["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"],
                ),
            allow(
                "EndOwn",
                &["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            )
            .on(self.ec2_arns(&["instance", "launch-template"]))
            .when(
                "StringEquals",
                self.cluster_tag("aws:ResourceTag"),
                &["owned"],
            )
            .when(
                "StringLike",
                "aws:ResourceTag/karpenter.sh/nodepool",
                &["*"],
            ),
        ]
    }

    fn instance_profiles(&self) -> Vec<Allow> {
        let profiles = || {
            [self
                .input
                .arn(&format!("iam::{}:instance-profile/*", self.account))]
        };
        let of_cluster = |statement: Allow, key: &str| {
            statement
                .when("StringEquals", self.cluster_tag(key), &["owned"])
                .when(
                    "StringEquals",
                    format!("{key}/topology.kubernetes.io/region"),
                    &[self.region],
                )
                .when(
                    "StringLike",
                    format!("{key}/karpenter.k8s.aws/ec2nodeclass"),
                    &["*"],
                )
        };
        let named = |statement: Allow| {
            statement.when(
                "StringEquals",
                "aws:RequestTag/eks:eks-cluster-name",
                &[self.cluster],
            )
        };
        let make = allow("MakeInstanceProfiles", &["iam:CreateInstanceProfile"]).on(profiles());
        let tag = allow("TagInstanceProfiles", &["iam:TagInstanceProfile"]).on(profiles());
        let change = allow(
            "ChangeOwnInstanceProfiles",
            &[
                "iam:AddRoleToInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
            ],
        )
        .on(profiles());
        vec![
            named(of_cluster(make, "aws:RequestTag")),
            named(of_cluster(
                of_cluster(tag, "aws:ResourceTag"),
                "aws:RequestTag",
            )),
            of_cluster(change, "aws:ResourceTag"),
            allow("ReadInstanceProfiles", &["iam:GetInstanceProfile"]).on(profiles()),
            allow("ListInstanceProfiles", &["iam:ListInstanceProfiles"]),
        ]
    }

    fn look_around(&self) -> Vec<Allow> {
        let Place {
            input,
            cluster,
            region,
            account,
        } = self;
        let cluster = input.arn(&format!("eks:{region}:{account}:cluster/{cluster}"));
        vec![
            allow(
                "LookAround",
                &[
                    "ec2:DescribeCapacityReservations",
                    "ec2:DescribeImages",
                    "ec2:DescribeInstanceStatus",
                    "ec2:DescribeInstanceTypeOfferings",
                    "ec2:DescribeInstanceTypes",
                    "ec2:DescribeInstances",
                    "ec2:DescribeLaunchTemplates",
                    "ec2:DescribePlacementGroups",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSpotPriceHistory",
                    "ec2:DescribeSubnets",
                ],
            )
            .when("StringEquals", "aws:RequestedRegion", &[region]),
            allow("FindImages", &["ssm:GetParameter"])
                .on([input.arn(&format!("ssm:{region}::parameter/aws/service/*"))]),
            allow("ReadPrices", &["pricing:GetProducts"]),
            allow("FindCluster", &["eks:DescribeCluster"]).on([cluster.clone()]),
            allow("ReadZonalShifts", &["arc-zonal-shift:GetManagedResource"]).when(
                "StringEquals",
                "arc-zonal-shift:ResourceIdentifier",
                &[&cluster],
            ),
        ]
    }
}
