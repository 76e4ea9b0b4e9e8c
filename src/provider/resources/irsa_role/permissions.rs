//! What `eksauth_irsa_role` has to be granted.

use super::IrsaRoleResource;
use crate::clusters::{DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{AwsResource, DeclaresPermissions, GuardReads, Permissions, joined};
use crate::resources::iam_role::permissions::of_role;

/// The role of the example.
const ROLE: AwsResource = AwsResource::IamRole {
    name: "prod-apps-reader",
};

impl DeclaresPermissions for IrsaRoleResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &joined::<16>(&[&[DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS], &of_role(ROLE)]),
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}
