//! What `eksauth_access_policy_association` has to be granted.

use super::AccessPolicyAssociationResource;
use crate::access::permissions::GUARD_READS;
use crate::aws_auth;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, KubernetesRule, Need, Permissions, Step,
};
use crate::resources::access_entry::permissions::LIST_POLICIES;

const fn on_entries(actions: &'static [&'static str], step: Step) -> AwsStatement {
    AwsStatement {
        actions,
        resource: AwsResource::ACCESS_ENTRIES,
        need: Need::Required { step },
    }
}

impl DeclaresPermissions for AccessPolicyAssociationResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            on_entries(
                &[
                    "eks:DescribeAccessEntry",
                    "eks:ListAssociatedAccessPolicies",
                ],
                Step::Plan,
            ),
            on_entries(&["eks:AssociateAccessPolicy"], Step::Apply),
            on_entries(&["eks:DisassociateAccessPolicy"], Step::Destroy),
            LIST_POLICIES,
        ],
        kubernetes: &[KubernetesRule {
            need: Need::WhereGranted {
                purpose: "the lock-out guard knows what an entry hides of aws-auth, in a mode that reads it; with `lockout_guard = \"strict\"` what is not known counts against a change",
            },
            ..aws_auth::permissions::READ
        }],
        for_the_guard: GUARD_READS,
    };
}
