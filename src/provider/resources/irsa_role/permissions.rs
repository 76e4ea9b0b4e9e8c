//! What `eksauth_irsa_role` has to be granted.

use super::IrsaRoleResource;
use crate::clusters::{DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{AwsResource, DeclaresPermissions, GuardReads, Permissions, joined};
use crate::resources::iam_role::permissions::{PolicyPurposes, of_role_with};

/// The role of the example.
const ROLE: AwsResource = AwsResource::IamRole {
    name: "prod-apps-reader",
};

const POLICIES: PolicyPurposes = PolicyPurposes {
    managed: "`policy_arns` and `addon_policies`",
    inline: "`inline_policies` and `addon_policies`",
    read: "`inline_policies`, `addon_policies`, an import, and a destroy of a role that has policies or is in an instance profile",
};

impl DeclaresPermissions for IrsaRoleResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &joined::<16>(&[
            &[DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS],
            &of_role_with(ROLE, POLICIES),
        ]),
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}
