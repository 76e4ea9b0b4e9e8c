//! What `eksauth_access_entry` has to be granted.

use super::AccessEntryResource;
use crate::access::permissions::GUARD_READS;
use crate::aws_auth;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, KubernetesRule, Need, Permissions, Step,
};

const fn on_entries(actions: &'static [&'static str], need: Need) -> AwsStatement {
    AwsStatement {
        actions,
        resource: AwsResource::ACCESS_ENTRIES,
        need,
    }
}

/// AWS grants it on the cluster.
const fn on_cluster(actions: &'static [&'static str], need: Need) -> AwsStatement {
    AwsStatement {
        resource: AwsResource::CLUSTER,
        ..on_entries(actions, need)
    }
}

/// What the list of policies takes.
pub(in crate::resources) const LIST_POLICIES: AwsStatement = AwsStatement {
    actions: &["eks:ListAccessPolicies"],
    resource: AwsResource::All,
    need: Need::WhereGranted {
        purpose: "a plan says that EKS has no policy of a name, with the nearest one; without it apply says so",
    },
};

impl DeclaresPermissions for AccessEntryResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            on_entries(
                &[
                    "eks:DescribeAccessEntry",
                    "eks:ListAssociatedAccessPolicies",
                ],
                Need::Required { step: Step::Plan },
            ),
            on_cluster(
                &["eks:CreateAccessEntry"],
                Need::Required { step: Step::Apply },
            ),
            on_entries(
                &["eks:DeleteAccessEntry"],
                Need::Required {
                    step: Step::Destroy,
                },
            ),
            on_entries(
                &["eks:UpdateAccessEntry"],
                Need::RequiredFor {
                    step: Step::Apply,
                    what: "a change of `user_name` or `kubernetes_groups`",
                },
            ),
            on_entries(
                &["eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy"],
                Need::RequiredFor {
                    step: Step::Apply,
                    what: "`policies`",
                },
            ),
            // A tag of an entry that is made is asked for on the cluster.
            on_cluster(
                &["eks:TagResource"],
                Need::RequiredFor {
                    step: Step::Apply,
                    what: "the `tags` of an entry that is made, the provider block's `default_tags` among them",
                },
            ),
            on_entries(
                &["eks:TagResource", "eks:UntagResource"],
                Need::RequiredFor {
                    step: Step::Apply,
                    what: "a change of `tags` or of the provider block's `default_tags`",
                },
            ),
            LIST_POLICIES,
            AwsStatement {
                actions: &["iam:GetRole"],
                resource: AwsResource::IamRole { name: "*" },
                need: Need::WhereGranted {
                    purpose: "an entry whose role was deleted and made again is found and replaced, and a role without its path is told",
                },
            },
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
