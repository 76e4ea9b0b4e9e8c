//! What `eksauth_pod_identity_association` has to be granted.

use super::PodIdentityAssociationResource;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step,
};

/// The role of the example.
const ROLE: AwsResource = AwsResource::IamRole { name: "reader" };

const fn statement(
    actions: &'static [&'static str],
    resource: AwsResource,
    need: Need,
) -> AwsStatement {
    AwsStatement {
        actions,
        resource,
        need,
    }
}

impl DeclaresPermissions for PodIdentityAssociationResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            statement(
                &["eks:DescribePodIdentityAssociation"],
                AwsResource::POD_IDENTITY_ASSOCIATIONS,
                Need::Required { step: Step::Plan },
            ),
            statement(
                &["eks:ListPodIdentityAssociations"],
                AwsResource::CLUSTER,
                Need::RequiredFor {
                    step: Step::Plan,
                    what: "an import by service account, and an association that is gone or there already",
                },
            ),
            statement(
                &["eks:CreatePodIdentityAssociation"],
                AwsResource::CLUSTER,
                Need::Required { step: Step::Apply },
            ),
            statement(
                &["iam:PassRole"],
                ROLE,
                Need::Required { step: Step::Apply },
            ),
            statement(
                &["iam:GetRole"],
                ROLE,
                Need::WhereGranted {
                    purpose: "a plan says whether the trust policies of `role_arn` and `target_role_arn` let the pods in; without it a warning says that they were not judged",
                },
            ),
            statement(
                &["eks:UpdatePodIdentityAssociation"],
                AwsResource::POD_IDENTITY_ASSOCIATIONS,
                Need::RequiredFor {
                    step: Step::Apply,
                    what: "a change in place",
                },
            ),
            statement(
                &["eks:DeletePodIdentityAssociation"],
                AwsResource::POD_IDENTITY_ASSOCIATIONS,
                Need::Required {
                    step: Step::Destroy,
                },
            ),
            statement(
                &["eks:TagResource", "eks:UntagResource"],
                AwsResource::POD_IDENTITY_ASSOCIATIONS,
                Need::RequiredFor {
                    step: Step::Apply,
                    what: "`tags` and the provider block's `default_tags`",
                },
            ),
        ],
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}
