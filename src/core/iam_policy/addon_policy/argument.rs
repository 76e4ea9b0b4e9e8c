//! What an add-on's policy can be narrowed by: the arguments of all add-ons, one for each kind of thing.

use std::collections::BTreeMap;
use std::fmt;

use super::checking;
use crate::principal::partition::Partition;

/// One kind of argument; every add-on takes some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddonArgument {
    /// `access_logs`
    AccessLogs,
    /// `certificate_arns`
    CertificateArns,
    /// `certificate_authority_arns`
    CertificateAuthorityArns,
    /// `cloud_map`
    CloudMap,
    /// `cloudwatch_logs`
    CloudwatchLogs,
    /// `cluster_name`
    ClusterName,
    /// `cluster_names`
    ClusterNames,
    /// `db_cluster_arns`
    DbClusterArns,
    /// `db_instance_arns`
    DbInstanceArns,
    /// `directory_bucket_arns`
    DirectoryBucketArns,
    /// `file_system_arns`
    FileSystemArns,
    /// `hosted_zone_arns`
    HostedZoneArns,
    /// `ip_family`
    IpFamily,
    /// `kms_key_arns`
    KmsKeyArns,
    /// `mesh_arns`
    MeshArns,
    /// `node_role_arns`
    NodeRoleArns,
    /// `push_secrets`
    PushSecrets,
    /// `read_only`
    ReadOnly,
    /// `region`
    Region,
    /// `s3_bucket_arns`
    S3BucketArns,
    /// `s3_prefixes`
    S3Prefixes,
    /// `secrets_manager_arns`
    SecretsManagerArns,
    /// `sqs_queue_arns`
    SqsQueueArns,
    /// `ssm_parameter_arns`
    SsmParameterArns,
    /// `target_group_arns`
    TargetGroupArns,
    /// `workspace_arns`
    WorkspaceArns,
}

/// What the values of an argument look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentShape {
    /// A list of ARNs, in which `*` and `?` may stand.
    Arns(ArnShape),
    /// A list of names of clusters, or their ARNs.
    ClusterNames,
    /// The name of a cluster, or its ARN.
    ClusterName,
    /// A list of prefixes of S3 keys.
    S3Prefixes,
    /// The name of a region.
    Region,
    /// `ipv4` or `ipv6`.
    IpFamily,
    /// Yes or no.
    Flag,
}

/// What the ARNs of an argument name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArnShape {
    /// The third part.
    pub service: &'static str,
    /// What the sixth part begins with; nothing for a bare name, which has no `/`.
    pub prefix: &'static str,
    /// An ARN of that kind.
    pub example: &'static str,
}

/// A value as it is known so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentValue {
    /// Several texts.
    Texts(Vec<String>),
    /// One text.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Set, but decided later.
    Undecided,
}

/// The arguments that are set; an empty list and `false` count as not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddonArguments(BTreeMap<AddonArgument, ArgumentValue>);

impl AddonArgument {
    /// All of them, by name.
    pub const ALL: [AddonArgument; 26] = [
        Self::AccessLogs,
        Self::CertificateArns,
        Self::CertificateAuthorityArns,
        Self::CloudMap,
        Self::CloudwatchLogs,
        Self::ClusterName,
        Self::ClusterNames,
        Self::DbClusterArns,
        Self::DbInstanceArns,
        Self::DirectoryBucketArns,
        Self::FileSystemArns,
        Self::HostedZoneArns,
        Self::IpFamily,
        Self::KmsKeyArns,
        Self::MeshArns,
        Self::NodeRoleArns,
        Self::PushSecrets,
        Self::ReadOnly,
        Self::Region,
        Self::S3BucketArns,
        Self::S3Prefixes,
        Self::SecretsManagerArns,
        Self::SqsQueueArns,
        Self::SsmParameterArns,
        Self::TargetGroupArns,
        Self::WorkspaceArns,
    ];

    /// Its name, as an attribute has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessLogs => "access_logs",
            Self::CertificateArns => "certificate_arns",
            Self::CertificateAuthorityArns => "certificate_authority_arns",
            Self::CloudMap => "cloud_map",
            Self::CloudwatchLogs => "cloudwatch_logs",
            Self::ClusterName => "cluster_name",
            Self::ClusterNames => "cluster_names",
            Self::DbClusterArns => "db_cluster_arns",
            Self::DbInstanceArns => "db_instance_arns",
            Self::DirectoryBucketArns => "directory_bucket_arns",
            Self::FileSystemArns => "file_system_arns",
            Self::HostedZoneArns => "hosted_zone_arns",
            Self::IpFamily => "ip_family",
            Self::KmsKeyArns => "kms_key_arns",
            Self::MeshArns => "mesh_arns",
            Self::NodeRoleArns => "node_role_arns",
            Self::PushSecrets => "push_secrets",
            Self::ReadOnly => "read_only",
            Self::Region => "region",
            Self::S3BucketArns => "s3_bucket_arns",
            Self::S3Prefixes => "s3_prefixes",
            Self::SecretsManagerArns => "secrets_manager_arns",
            Self::SqsQueueArns => "sqs_queue_arns",
            Self::SsmParameterArns => "ssm_parameter_arns",
            Self::TargetGroupArns => "target_group_arns",
            Self::WorkspaceArns => "workspace_arns",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<AddonArgument> {
        Self::ALL
            .into_iter()
            .find(|argument| argument.name() == name)
    }

    /// What it says, as half a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::AccessLogs => "whether the controller sets up access logs",
            Self::CertificateArns => "the ACM certificates that may be exported",
            Self::CertificateAuthorityArns => "the certificate authorities of AWS Private CA",
            Self::CloudMap => "whether services are registered in AWS Cloud Map",
            Self::CloudwatchLogs => "whether network policy logs go to CloudWatch",
            Self::ClusterName => "the cluster that the add-on runs in, by name or ARN",
            Self::ClusterNames => "the clusters whose node groups are scaled, by name or ARN",
            Self::DbClusterArns => "the Aurora clusters that are monitored",
            Self::DbInstanceArns => "the RDS instances that are monitored",
            Self::DirectoryBucketArns => {
                "the directory buckets (S3 Express One Zone) that are mounted"
            }
            Self::FileSystemArns => "the EFS file systems in which access points are made",
            Self::HostedZoneArns => "the Route 53 hosted zones whose records are changed",
            Self::IpFamily => "the IP family of the cluster, `ipv4` or `ipv6`",
            Self::KmsKeyArns => "the customer managed keys that encrypt what the add-on works with",
            Self::MeshArns => "the meshes",
            Self::NodeRoleArns => "the roles that new nodes get, which are passed to EC2",
            Self::PushSecrets => "whether secrets are written too, as a PushSecret asks for",
            Self::ReadOnly => "whether the add-on only reads",
            Self::Region => "the region that the add-on works in",
            Self::S3BucketArns => "the S3 buckets, without a path",
            Self::S3Prefixes => "the folders of the buckets, as prefixes of the keys",
            Self::SecretsManagerArns => "the secrets in Secrets Manager",
            Self::SqsQueueArns => "the queues that bring what happens to instances",
            Self::SsmParameterArns => "the parameters in Parameter Store",
            Self::TargetGroupArns => "the target groups in which pods are registered",
            Self::WorkspaceArns => "the workspaces of Amazon Managed Service for Prometheus",
        }
    }

    /// What its values look like.
    pub fn shape(self) -> ArgumentShape {
        let arns = |service, prefix, example| {
            ArgumentShape::Arns(ArnShape {
                service,
                prefix,
                example,
            })
        };
        match self {
            Self::AccessLogs
            | Self::CloudMap
            | Self::CloudwatchLogs
            | Self::PushSecrets
            | Self::ReadOnly => ArgumentShape::Flag,
            Self::ClusterName => ArgumentShape::ClusterName,
            Self::ClusterNames => ArgumentShape::ClusterNames,
            Self::IpFamily => ArgumentShape::IpFamily,
            Self::Region => ArgumentShape::Region,
            Self::S3Prefixes => ArgumentShape::S3Prefixes,
            Self::CertificateArns => arns(
                "acm",
                "certificate/",
                "arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
            ),
            Self::CertificateAuthorityArns => arns(
                "acm-pca",
                "certificate-authority/",
                "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/12345678-1234-1234-1234-123456789012",
            ),
            Self::DbClusterArns => arns(
                "rds",
                "cluster:",
                "arn:aws:rds:eu-central-1:111122223333:cluster:orders",
            ),
            Self::DbInstanceArns => arns(
                "rds",
                "db:",
                "arn:aws:rds:eu-central-1:111122223333:db:orders-1",
            ),
            Self::DirectoryBucketArns => arns(
                "s3express",
                "bucket/",
                "arn:aws:s3express:eu-central-1:111122223333:bucket/data--euc1-az1--x-s3",
            ),
            Self::FileSystemArns => arns(
                "elasticfilesystem",
                "file-system/",
                "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-0123456789abcdef0",
            ),
            Self::HostedZoneArns => arns(
                "route53",
                "hostedzone/",
                "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ",
            ),
            Self::KmsKeyArns => arns(
                "kms",
                "key/",
                "arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012",
            ),
            Self::MeshArns => arns(
                "appmesh",
                "mesh/",
                "arn:aws:appmesh:eu-central-1:111122223333:mesh/shop",
            ),
            Self::NodeRoleArns => arns(
                "iam",
                "role/",
                "arn:aws:iam::111122223333:role/karpenter-nodes",
            ),
            Self::S3BucketArns => arns("s3", "", "arn:aws:s3:::backups-of-prod"),
            Self::SecretsManagerArns => arns(
                "secretsmanager",
                "secret:",
                "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/*",
            ),
            Self::SqsQueueArns => arns(
                "sqs",
                "",
                "arn:aws:sqs:eu-central-1:111122223333:interruptions",
            ),
            Self::SsmParameterArns => arns(
                "ssm",
                "parameter/",
                "arn:aws:ssm:eu-central-1:111122223333:parameter/shop/*",
            ),
            Self::TargetGroupArns => arns(
                "elasticloadbalancing",
                "targetgroup/",
                "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop/0123456789abcdef",
            ),
            Self::WorkspaceArns => arns(
                "aps",
                "workspace/",
                "arn:aws:aps:eu-central-1:111122223333:workspace/ws-12345678-1234-1234-1234-123456789012",
            ),
        }
    }
}

impl fmt::Display for AddonArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AddonArguments {
    /// Takes an argument in, unless it says nothing.
    pub fn set(&mut self, argument: AddonArgument, value: ArgumentValue) {
        match &value {
            ArgumentValue::Texts(texts) if texts.is_empty() => {}
            ArgumentValue::Flag(false) => {}
            _ => {
                self.0.insert(argument, value);
            }
        }
    }

    /// The arguments that are set, by name.
    pub fn iter(&self) -> impl Iterator<Item = (AddonArgument, &ArgumentValue)> {
        self.0.iter().map(|(argument, value)| (*argument, value))
    }

    /// Whether it is set, also if its value is decided later.
    pub fn has(&self, argument: AddonArgument) -> bool {
        self.0.contains_key(&argument)
    }

    /// Whether nothing is left to decide.
    pub fn is_decided(&self) -> bool {
        self.0
            .values()
            .all(|value| *value != ArgumentValue::Undecided)
    }

    /// The partition of the first ARN or region that says one.
    pub fn partition(&self) -> Option<Partition> {
        checking::partition(self)
    }

    /// The region of the cluster, where its ARN was given.
    pub fn region_of_cluster(&self) -> Option<String> {
        let (arn, _) = checking::cluster_arn(self.text(AddonArgument::ClusterName)?)?;
        Some(arn.region)
    }

    /// The texts of a list; none if it is not set.
    pub(super) fn texts(&self, argument: AddonArgument) -> &[String] {
        match self.0.get(&argument) {
            Some(ArgumentValue::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The text of an argument.
    pub(super) fn text(&self, argument: AddonArgument) -> Option<&str> {
        match self.0.get(&argument) {
            Some(ArgumentValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a yes-or-no argument says yes.
    pub(super) fn flag(&self, argument: AddonArgument) -> bool {
        self.0.get(&argument) == Some(&ArgumentValue::Flag(true))
    }
}
