//! What `eksauth_oidc_provider` has to be granted.

use super::OidcProviderResource;
use crate::clusters::{DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step,
};

/// The provider of a cluster of the examples; an issuer ends in an id that EKS chooses.
const PROVIDER: AwsResource = AwsResource::IamOidcProvider {
    issuer: "oidc.eks.eu-central-1.amazonaws.com/id/*",
};

impl DeclaresPermissions for OidcProviderResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_NAMED_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["iam:GetOpenIDConnectProvider"],
                resource: PROVIDER,
                need: Need::Required { step: Step::Plan },
            },
            AwsStatement {
                actions: &["iam:ListOpenIDConnectProviders"],
                resource: AwsResource::All,
                need: Need::WhereGranted {
                    purpose: "a plan says that a provider to make is there already; without it apply says so",
                },
            },
            AwsStatement {
                actions: &["iam:CreateOpenIDConnectProvider"],
                resource: PROVIDER,
                need: Need::Required { step: Step::Apply },
            },
            AwsStatement {
                actions: &["iam:DeleteOpenIDConnectProvider"],
                resource: PROVIDER,
                need: Need::Required {
                    step: Step::Destroy,
                },
            },
            AwsStatement {
                actions: &[
                    "iam:AddClientIDToOpenIDConnectProvider",
                    "iam:RemoveClientIDFromOpenIDConnectProvider",
                ],
                resource: PROVIDER,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "a change of `client_id_list`",
                },
            },
            AwsStatement {
                actions: &["iam:UpdateOpenIDConnectProviderThumbprint"],
                resource: PROVIDER,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "a change of `thumbprint_list`",
                },
            },
            AwsStatement {
                actions: &[
                    "iam:TagOpenIDConnectProvider",
                    "iam:UntagOpenIDConnectProvider",
                ],
                resource: PROVIDER,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "`tags` and the provider block's `default_tags`",
                },
            },
        ],
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}
