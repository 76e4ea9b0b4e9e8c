//! The CSI drivers for volumes and file systems.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, ebs,
    statements, takes,
};
use crate::iam_policy::addon_policy::statement::Allow;
use crate::principal::partition::Partition;

/// The EBS CSI driver.
pub(super) const AWS_EBS_CSI_DRIVER: Addon = Addon {
    name: "aws-ebs-csi-driver",
    aliases: &[
        "aws-ebs-csi",
        "ebs-csi",
        "ebs-csi-driver",
        "ebs-csi-controller",
    ],
    title: "Amazon EBS CSI driver",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/install.md",
        as_of: "2026-08-19",
        arguments: &[takes(AddonArgument::KmsKeyArns, Need::Optional)],
        build: aws_ebs_csi_driver,
    }],
};

/// The EFS CSI driver.
pub(super) const AWS_EFS_CSI_DRIVER: Addon = Addon {
    name: "aws-efs-csi-driver",
    aliases: &[
        "aws-efs-csi",
        "efs-csi",
        "efs-csi-driver",
        "efs-csi-controller",
    ],
    title: "Amazon EFS CSI driver",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/iam-policy-create.md",
        as_of: "2026-07-24",
        arguments: &[takes(AddonArgument::FileSystemArns, Need::OptionalIfNarrow)],
        build: aws_efs_csi_driver,
    }],
};

/// The FSx for Lustre CSI driver. AWS has no policy for it: `AmazonFSxFullAccess` is for administrators of FSx.
pub(super) const AWS_FSX_CSI_DRIVER: Addon = Addon {
    name: "aws-fsx-csi-driver",
    aliases: &[
        "aws-fsx-lustre-csi",
        "fsx-lustre-csi",
        "fsx-csi",
        "fsx-csi-driver",
        "aws-fsx-lustre-csi-driver",
        "fsx-lustre-csi-driver",
    ],
    title: "Amazon FSx for Lustre CSI driver",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md",
        as_of: "2026-08-22",
        arguments: &[takes(AddonArgument::S3BucketArns, Need::Optional)],
        build: aws_fsx_csi_driver,
    }],
};

/// The FSx for OpenZFS CSI driver.
pub(super) const AWS_FSX_OPENZFS_CSI_DRIVER: Addon = Addon {
    name: "aws-fsx-openzfs-csi-driver",
    aliases: &[
        "aws-fsx-openzfs-csi",
        "fsx-openzfs-csi",
        "fsx-openzfs-csi-driver",
    ],
    title: "Amazon FSx for OpenZFS CSI driver",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes-sigs/aws-fsx-openzfs-csi-driver/blob/main/docs/install.md",
        as_of: "2026-08-22",
        arguments: &[],
        build: aws_fsx_openzfs_csi_driver,
    }],
};

/// AWS's newer policy was announced for the commercial partition; the older one is in all of them.
fn aws_ebs_csi_driver(input: &AddonInput<'_>) -> AddonParts {
    let keys = input.list(AddonArgument::KmsKeyArns);
    let mut parts = match (input.narrow, input.partition) {
        (true, _) => statements(ebs::volumes_and_snapshots(input)),
        (false, Partition::Aws) => AddonParts {
            managed: vec!["AmazonEBSCSIDriverPolicyV2"],
            ..AddonParts::default()
        },
        (false, _) => AddonParts {
            managed: vec!["service-role/AmazonEBSCSIDriverPolicy"],
            ..AddonParts::default()
        },
    };
    if input.narrow || input.partition == Partition::Aws {
        parts.notes.push("A volume or snapshot that the driver did not make itself needs the tag `ebs.csi.aws.com/cluster = true`, or the driver may not touch it.".to_owned());
    }
    let key_statements = ebs::keys(&keys).into_iter().map(Allow::done);
    parts.statements.extend(key_statements);
    parts
}

fn aws_efs_csi_driver(input: &AddonInput<'_>) -> AddonParts {
    if !input.narrow {
        return AddonParts {
            managed: vec!["service-role/AmazonEFSCSIDriverPolicy"],
            ..AddonParts::default()
        };
    }
    let access_points = || [input.arn("elasticfilesystem:*:*:access-point/*")];
    let given = input.list(AddonArgument::FileSystemArns);
    let (file_systems, notes) = match given.is_empty() {
        true => (
            vec![input.arn("elasticfilesystem:*:*:file-system/*")],
            vec!["Without `file_system_arns` access points may be made in every file system of the account.".to_owned()],
        ),
        false => (given, Vec::new()),
    };
    let tag = ("efs.csi.aws.com/cluster", "true");
    AddonParts {
        notes,
        ..statements(vec![
            allow(
                "LookAround",
                &[
                    "ec2:DescribeAvailabilityZones",
                    "elasticfilesystem:DescribeAccessPoints",
                    "elasticfilesystem:DescribeFileSystems",
                    "elasticfilesystem:DescribeMountTargets",
                ],
            ),
            allow("MakeAccessPoints", &["elasticfilesystem:CreateAccessPoint"])
                .on(file_systems)
                .when(
                    "StringEquals",
                    format!("aws:RequestTag/{}", tag.0),
                    &[tag.1],
                ),
            allow("TagAccessPoints", &["elasticfilesystem:TagResource"])
                .on(access_points())
                .when(
                    "StringEquals",
                    format!("aws:RequestTag/{}", tag.0),
                    &[tag.1],
                ),
            allow(
                "DeleteOwnAccessPoints",
                &["elasticfilesystem:DeleteAccessPoint"],
            )
            .on(access_points())
            .when(
                "StringEquals",
                format!("aws:ResourceTag/{}", tag.0),
                &[tag.1],
            ),
        ])
    }
}

/// The role that FSx works with, made with the first file system of an account.
fn fsx_service_role(input: &AddonInput<'_>) -> Allow {
    allow("MakeServiceRole", &["iam:CreateServiceLinkedRole"])
        .on([input.arn("iam::*:role/aws-service-role/fsx.amazonaws.com/*")])
        .when("StringEquals", "iam:AWSServiceName", &["fsx.amazonaws.com"])
}

fn aws_fsx_csi_driver(input: &AddonInput<'_>) -> AddonParts {
    let buckets = input.list(AddonArgument::S3BucketArns);
    let mut allowed = vec![
        allow("LookAround", &["fsx:DescribeFileSystems"]),
        allow(
            "ManageFileSystems",
            &[
                "fsx:CreateFileSystem",
                "fsx:DeleteFileSystem",
                "fsx:TagResource",
                "fsx:UpdateFileSystem",
            ],
        )
        .on([input.arn("fsx:*:*:file-system/*")]),
        fsx_service_role(input),
    ];
    let mut notes = vec!["The driver may change and delete every FSx file system of the account, as in the policy of its own documents.".to_owned()];
    match buckets.is_empty() {
        true => notes
            .push("Without `s3_bucket_arns` no file system can be linked to a bucket.".to_owned()),
        false => {
            allowed.extend(
                [
                    allow("ReadBuckets", &["s3:ListBucket"]).on(buckets),
                    allow(
                        "MakeDataRepositoryRole",
                        &[
                            "iam:AttachRolePolicy",
                            "iam:CreateServiceLinkedRole",
                            "iam:PutRolePolicy",
                        ],
                    )
                    .on([input.arn(
                        "iam::*:role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/*",
                    )]),
                ],
            )
        }
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}

fn aws_fsx_openzfs_csi_driver(input: &AddonInput<'_>) -> AddonParts {
    let objects = ["file-system/*", "snapshot/*", "volume/*"]
        .map(|resource| input.arn(&format!("fsx:*:*:{resource}")));
    AddonParts {
        notes: vec!["The driver may change and delete every FSx file system, volume and snapshot of the account, as in the policy of its own documents.".to_owned()],
        ..statements(vec![
            allow(
                "LookAround",
                &[
                    "fsx:DescribeFileSystems",
                    "fsx:DescribeSnapshots",
                    "fsx:DescribeVolumes",
                ],
            ),
            allow(
                "ManageFileSystems",
                &[
                    "fsx:CreateFileSystem",
                    "fsx:CreateSnapshot",
                    "fsx:CreateVolume",
                    "fsx:DeleteFileSystem",
                    "fsx:DeleteSnapshot",
                    "fsx:DeleteVolume",
                    "fsx:ListTagsForResource",
                    "fsx:TagResource",
                    "fsx:UpdateFileSystem",
                ],
            )
            .on(objects),
            fsx_service_role(input),
        ])
    }
}
