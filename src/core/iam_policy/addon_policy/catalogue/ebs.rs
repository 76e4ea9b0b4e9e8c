//! EBS volumes and snapshots, and the keys that encrypt them.

use crate::iam_policy::addon_policy::addon::AddonInput;
use crate::iam_policy::addon_policy::statement::{Allow, allow};

/// The tag that the driver gives to everything it makes.
const OWN: &str = "ebs.csi.aws.com/cluster";
/// The tag that the volumes of the driver's predecessor in Kubernetes have.
const MIGRATED: &str = "kubernetes.io/created-for/pvc/name";

/// What the driver does with what carries its own tag, or that of its predecessor.
pub(super) fn volumes_and_snapshots(input: &AddonInput<'_>) -> Vec<Allow> {
    let arn = |of_type: &str| input.arn(&format!("ec2:*:*:{of_type}/*"));
    let own = |statement: Allow| {
        statement.when("StringEquals", format!("aws:ResourceTag/{OWN}"), &["true"])
    };
    let migrated = |statement: Allow| {
        statement.when("StringLike", format!("aws:ResourceTag/{MIGRATED}"), &["*"])
    };
    let named_own = |statement: Allow| {
        statement.when("StringEquals", format!("aws:RequestTag/{OWN}"), &["true"])
    };
    let change = [
        "ec2:AttachVolume",
        "ec2:DeleteVolume",
        "ec2:DetachVolume",
        "ec2:ModifyVolume",
    ];
    let copied = || [input.arn("ec2:*:*:volume/vol-*")];
    vec![
        allow(
            "LookAround",
            &[
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
                "ec2:DescribeVolumeStatus",
                "ec2:DescribeVolumes",
                "ec2:DescribeVolumesModifications",
            ],
        ),
        named_own(
            allow("MakeVolumes", &["ec2:CopyVolumes", "ec2:CreateVolume"]).on([arn("volume")]),
        ),
        own(allow("CopyOwnVolumes", &["ec2:CopyVolumes"]).on(copied())),
        migrated(allow("CopyMigratedVolumes", &["ec2:CopyVolumes"]).on(copied())),
        own(allow("ChangeOwnVolumes", &change).on([arn("volume")])),
        migrated(allow("ChangeMigratedVolumes", &change).on([arn("volume")])),
        allow(
            "AttachToInstances",
            &["ec2:AttachVolume", "ec2:DetachVolume"],
        )
        .on([arn("instance")]),
        named_own(allow("MakeSnapshots", &["ec2:CreateSnapshot"]).on([arn("snapshot")])),
        own(allow("SnapshotOwnVolumes", &["ec2:CreateSnapshot"]).on([arn("volume")])),
        own(allow(
            "UseOwnSnapshots",
            &[
                "ec2:CreateVolume",
                "ec2:DeleteSnapshot",
                "ec2:EnableFastSnapshotRestores",
                "ec2:LockSnapshot",
            ],
        )
        .on([arn("snapshot")])),
        allow("TagWhatIsMade", &["ec2:CreateTags"])
            .on([arn("snapshot"), arn("volume")])
            .when(
                "StringEquals",
                "ec2:CreateAction",
                &["CopyVolumes", "CreateSnapshot", "CreateVolume"],
            ),
        retag_own_volumes(input),
    ]
}

/// Other tags of its own volumes, never those that say whose a volume is.
fn retag_own_volumes(input: &AddonInput<'_>) -> Allow {
    allow("RetagOwnVolumes", &["ec2:CreateTags", "ec2:DeleteTags"])
        .on([input.arn("ec2:*:*:volume/*")])
        .when("StringEquals", format!("aws:ResourceTag/{OWN}"), &["true"])
        .when("Null", "aws:TagKeys", &["false"])
        .when(
            "ForAllValues:StringNotEquals",
            "aws:TagKeys",
            &[OWN, "ebs.csi.aws.com/cluster-name", MIGRATED],
        )
}

/// What EBS does with a customer managed key in the name of who makes a volume.
pub(super) fn keys(keys: &[String]) -> Vec<Allow> {
    if keys.is_empty() {
        return Vec::new();
    }
    vec![
        allow("GrantKeysToVolumes", &["kms:CreateGrant"])
            .on(keys.to_vec())
            .when("Bool", "kms:GrantIsForAWSResource", &["true"]),
        allow(
            "UseKeys",
            &[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
        )
        .on(keys.to_vec()),
    ]
}
