//! What `eksauth_irsa_role` has to be granted.

use super::IrsaRoleResource;
use crate::clusters::{DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step,
};

/// The role of the example.
const ROLE: AwsResource = AwsResource::IamRole {
    name: "prod-apps-reader",
};

/// AddRoleToInstanceProfile takes PassRole on the role besides.
const PUT_BACK: &str = "a destroy that IAM refuses in the middle puts back what it had taken away from the role; without, it says what is missing";

impl DeclaresPermissions for IrsaRoleResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_NAMED_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["iam:GetRole", "iam:ListAttachedRolePolicies"],
                resource: ROLE,
                need: Need::Required { step: Step::Plan },
            },
            AwsStatement {
                actions: &["iam:ListRolePolicies", "iam:GetRolePolicy"],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Plan,
                    what: "`inline_policies`, an import, and a destroy of a role that has policies or is in an instance profile",
                },
            },
            AwsStatement {
                actions: &[
                    "iam:CreateRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole",
                ],
                resource: ROLE,
                need: Need::Required { step: Step::Apply },
            },
            AwsStatement {
                actions: &["iam:DeleteRole"],
                resource: ROLE,
                need: Need::Required {
                    step: Step::Destroy,
                },
            },
            AwsStatement {
                actions: &["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "`policy_arns`",
                },
            },
            AwsStatement {
                actions: &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "`inline_policies`",
                },
            },
            AwsStatement {
                actions: &[
                    "iam:PutRolePermissionsBoundary",
                    "iam:DeleteRolePermissionsBoundary",
                ],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "a change of `permissions_boundary`",
                },
            },
            AwsStatement {
                actions: &["iam:TagRole", "iam:UntagRole"],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "`tags` and the provider block's `default_tags`",
                },
            },
            AwsStatement {
                actions: &["iam:ListInstanceProfilesForRole"],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Destroy,
                    what: "a destroy of a role that has policies or is in an instance profile",
                },
            },
            AwsStatement {
                actions: &["iam:RemoveRoleFromInstanceProfile"],
                resource: AwsResource::IamInstanceProfile { name: "*" },
                need: Need::RequiredFor {
                    step: Step::Destroy,
                    what: "`force_detach_policies`",
                },
            },
            AwsStatement {
                actions: &["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:PassRole"],
                resource: ROLE,
                need: Need::WhereGranted { purpose: PUT_BACK },
            },
            AwsStatement {
                actions: &["iam:AddRoleToInstanceProfile"],
                resource: AwsResource::IamInstanceProfile { name: "*" },
                need: Need::WhereGranted { purpose: PUT_BACK },
            },
            AwsStatement {
                actions: &["iam:GetPolicy"],
                resource: AwsResource::IamPolicies,
                need: Need::WhereGranted {
                    purpose: "a policy that does not exist is refused before the role is made or changed; without it the step that needs it is",
                },
            },
            AwsStatement {
                actions: &["iam:GetAccountAuthorizationDetails", "iam:ListRoles"],
                resource: AwsResource::All,
                need: Need::WhereGranted {
                    purpose: "a refresh of many roles reads them together, and the plan of many finds those that are there already; without one of them it takes calls for each role",
                },
            },
        ],
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}
