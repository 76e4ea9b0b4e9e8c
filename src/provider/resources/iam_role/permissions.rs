//! What a resource has to be granted that manages a role.

use crate::permissions::{AwsResource, AwsStatement, Need, Step};

/// AddRoleToInstanceProfile takes PassRole on the role besides.
const PUT_BACK: &str = "a destroy that IAM refuses in the middle puts back what it had taken away from the role; without, it says what is missing";

/// What of a configuration needs the calls for policies, in words.
pub(crate) struct PolicyPurposes {
    /// Managed policies are attached and detached.
    pub(crate) managed: &'static str,
    /// Inline policies are written and deleted.
    pub(crate) inline: &'static str,
    /// Inline policies are read.
    pub(crate) read: &'static str,
}

/// Policies that are configured by name, which every role can have.
const BY_NAME: PolicyPurposes = PolicyPurposes {
    managed: "`policy_arns`",
    inline: "`inline_policies`",
    read: "`inline_policies`, an import, and a destroy of a role that has policies or is in an instance profile",
};

/// All of it, for the role of an example.
pub(crate) const fn of_role(role: AwsResource) -> [AwsStatement; 14] {
    of_role_with(role, BY_NAME)
}

/// The same where policies come from other attributes too.
pub(crate) const fn of_role_with(
    role: AwsResource,
    policies: PolicyPurposes,
) -> [AwsStatement; 14] {
    [
        AwsStatement {
            actions: &["iam:GetRole", "iam:ListAttachedRolePolicies"],
            resource: role,
            need: Need::Required { step: Step::Plan },
        },
        AwsStatement {
            actions: &["iam:ListRolePolicies", "iam:GetRolePolicy"],
            resource: role,
            need: Need::RequiredFor {
                step: Step::Plan,
                what: policies.read,
            },
        },
        AwsStatement {
            actions: &[
                "iam:CreateRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
            ],
            resource: role,
            need: Need::Required { step: Step::Apply },
        },
        AwsStatement {
            actions: &["iam:DeleteRole"],
            resource: role,
            need: Need::Required {
                step: Step::Destroy,
            },
        },
        AwsStatement {
            actions: &["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
            resource: role,
            need: Need::RequiredFor {
                step: Step::Apply,
                what: policies.managed,
            },
        },
        AwsStatement {
            actions: &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
            resource: role,
            need: Need::RequiredFor {
                step: Step::Apply,
                what: policies.inline,
            },
        },
        AwsStatement {
            actions: &[
                "iam:PutRolePermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
            ],
            resource: role,
            need: Need::RequiredFor {
                step: Step::Apply,
                what: "a change of `permissions_boundary`",
            },
        },
        AwsStatement {
            actions: &["iam:TagRole", "iam:UntagRole"],
            resource: role,
            need: Need::RequiredFor {
                step: Step::Apply,
                what: "`tags` and the provider block's `default_tags`",
            },
        },
        AwsStatement {
            actions: &["iam:ListInstanceProfilesForRole"],
            resource: role,
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
            resource: role,
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
    ]
}
