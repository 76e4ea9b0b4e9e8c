//! What `eksauth_node_assumed_role` has to be granted.

use super::NodeAssumedRoleResource;
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step, joined,
};
use crate::resources::iam_role::permissions::of_role;

/// The role of the example.
const ROLE: AwsResource = AwsResource::IamRole {
    name: "prod-apps-reader",
};
/// The nodes' role of the example.
const NODE_ROLE: AwsResource = AwsResource::IamRole { name: "prod-nodes" };

impl DeclaresPermissions for NodeAssumedRoleResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &joined::<16>(&[&of_role(ROLE), &ON_NODE_ROLES]),
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}

const ON_NODE_ROLES: [AwsStatement; 2] = [
    AwsStatement {
        actions: &[
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:GetRolePolicy",
        ],
        resource: NODE_ROLE,
        need: Need::RequiredFor {
            step: Step::Plan,
            what: "`attach_node_policy`",
        },
    },
    AwsStatement {
        actions: &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
        resource: NODE_ROLE,
        need: Need::RequiredFor {
            step: Step::Apply,
            what: "`attach_node_policy`",
        },
    },
];
