//! What keeps its objects in S3: the CSI driver for buckets, and backups.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, ebs,
    statements, takes,
};

/// The Mountpoint for S3 CSI driver.
pub(super) const AWS_MOUNTPOINT_S3_CSI_DRIVER: Addon = Addon {
    name: "aws-mountpoint-s3-csi-driver",
    aliases: &[
        "mountpoint-s3-csi",
        "mountpoint-s3",
        "mountpoint-s3-csi-driver",
        "aws-mountpoint-s3-csi",
        "s3-csi",
        "s3-csi-driver",
    ],
    title: "Mountpoint for Amazon S3 CSI driver",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md",
        as_of: "2026-08-22",
        arguments: &[
            takes(AddonArgument::S3BucketArns, Need::OneOfThese),
            takes(AddonArgument::DirectoryBucketArns, Need::OneOfThese),
            takes(AddonArgument::S3Prefixes, Need::Optional),
            takes(AddonArgument::KmsKeyArns, Need::Optional),
            takes(AddonArgument::ReadOnly, Need::Optional),
        ],
        build: aws_mountpoint_s3_csi_driver,
    }],
};

/// Velero with its plugin for AWS.
pub(super) const VELERO: Addon = Addon {
    name: "velero",
    aliases: &["velero-plugin-for-aws"],
    title: "Velero with its plugin for AWS",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/README.md",
        as_of: "2026-02-10",
        arguments: &[
            takes(AddonArgument::S3BucketArns, Need::Required),
            takes(AddonArgument::S3Prefixes, Need::Optional),
            takes(AddonArgument::KmsKeyArns, Need::Optional),
        ],
        build: velero,
    }],
};

/// The objects of the buckets: all, or those below the prefixes.
fn objects(input: &AddonInput<'_>, buckets: &[String]) -> Vec<String> {
    let prefixes = input.list(AddonArgument::S3Prefixes);
    let mut objects = Vec::new();
    for bucket in buckets {
        if prefixes.is_empty() {
            objects.push(format!("{bucket}/*"));
        }
        for prefix in &prefixes {
            objects.push(format!("{bucket}/{}/*", prefix.trim_end_matches('/')));
        }
    }
    objects
}

fn prefix_note(input: &AddonInput<'_>) -> Option<String> {
    let is_limited = !input.list(AddonArgument::S3Prefixes).is_empty();
    is_limited.then(|| "`s3_prefixes` limits which objects are read and written; the names of all objects in the buckets can be listed.".to_owned())
}

fn aws_mountpoint_s3_csi_driver(input: &AddonInput<'_>) -> AddonParts {
    let buckets = input.list(AddonArgument::S3BucketArns);
    let directory_buckets = input.list(AddonArgument::DirectoryBucketArns);
    let keys = input.list(AddonArgument::KmsKeyArns);
    let is_reading = input.flag(AddonArgument::ReadOnly);
    let mut allowed = Vec::new();
    if !buckets.is_empty() {
        let actions: &[&str] = match is_reading {
            true => &["s3:GetObject"],
            false => &[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:PutObject",
            ],
        };
        allowed.push(allow("ListBuckets", &["s3:ListBucket"]).on(buckets.clone()));
        allowed.push(allow("UseObjects", actions).on(objects(input, &buckets)));
    }
    if !directory_buckets.is_empty() {
        let statement =
            allow("UseDirectoryBuckets", &["s3express:CreateSession"]).on(directory_buckets);
        allowed.push(match is_reading {
            true => statement.when("StringEquals", "s3express:SessionMode", &["ReadOnly"]),
            false => statement,
        });
    }
    if !keys.is_empty() {
        let actions: &[&str] = match is_reading {
            true => &["kms:Decrypt"],
            false => &["kms:Decrypt", "kms:GenerateDataKey"],
        };
        allowed.push(allow("UseKeys", actions).on(keys));
    }
    let mut notes = Vec::new();
    if buckets.is_empty() && !input.list(AddonArgument::S3Prefixes).is_empty() {
        notes.push("`s3_prefixes` changes nothing here: a session with a directory bucket is for the whole bucket.".to_owned());
    } else {
        notes.extend(prefix_note(input));
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}

/// Tags are given only to what is being made.
fn velero(input: &AddonInput<'_>) -> AddonParts {
    let buckets = input.list(AddonArgument::S3BucketArns);
    let keys = input.list(AddonArgument::KmsKeyArns);
    let made =
        || ["snapshot/*", "volume/*"].map(|resource| input.arn(&format!("ec2:*:*:{resource}")));
    let mut allowed = vec![
        allow(
            "LookAround",
            &["ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
        ),
        allow(
            "MakeSnapshotsAndVolumes",
            &["ec2:CreateSnapshot", "ec2:CreateVolume"],
        )
        .on(made()),
        allow("TagWhatIsMade", &["ec2:CreateTags"]).on(made()).when(
            "StringEquals",
            "ec2:CreateAction",
            &["CreateSnapshot", "CreateVolume"],
        ),
        allow("DeleteSnapshots", &["ec2:DeleteSnapshot"]).on([input.arn("ec2:*:*:snapshot/*")]),
        allow("ListBuckets", &["s3:ListBucket"]).on(buckets.clone()),
        allow(
            "UseObjects",
            &[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "s3:PutObjectTagging",
            ],
        )
        .on(objects(input, &buckets)),
    ];
    if !keys.is_empty() {
        allowed.extend(ebs::keys(&keys));
        allowed.push(allow("EncryptBackups", &["kms:Encrypt", "kms:GenerateDataKey"]).on(keys));
    }
    let mut notes = vec![
        "Velero may delete every snapshot of the account, as in the policy of its own documents."
            .to_owned(),
    ];
    notes.extend(prefix_note(input));
    AddonParts {
        notes,
        ..statements(allowed)
    }
}
