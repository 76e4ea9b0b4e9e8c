//! What `eksauth_service_account` has to be granted.

use super::ServiceAccountResource;
use crate::access::permissions::{EXPLAIN_REFUSAL, READ_OWN_ROLE, list_entries, read_entries};
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, KubernetesRule, Need, Permissions,
    Step,
};

/// The account of the example.
const READ: KubernetesRule = KubernetesRule {
    verbs: &["get"],
    api_group: "",
    resource: "serviceaccounts",
    names: &["reader"],
    namespace: Some("apps"),
    need: Need::Required { step: Step::Plan },
};

impl DeclaresPermissions for ServiceAccountResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["iam:GetRole"],
                resource: AwsResource::IamRole { name: "reader" },
                need: Need::WhereGranted {
                    purpose: "a plan says whether the trust policy of `role_arn` lets the account in; without it a warning says that it was not judged",
                },
            },
            AwsStatement {
                actions: &["iam:GetOpenIDConnectProvider"],
                resource: AwsResource::IamOidcProvider { issuer: "*" },
                need: Need::WhereGranted {
                    purpose: "the OIDC providers that the trust policy names are looked up; without it a trust policy that allows is not judged wholly",
                },
            },
            list_entries(EXPLAIN_REFUSAL),
            read_entries(EXPLAIN_REFUSAL),
            READ_OWN_ROLE,
        ],
        kubernetes: &[
            READ,
            KubernetesRule {
                verbs: &["patch"],
                need: Need::Required { step: Step::Apply },
                ..READ
            },
            KubernetesRule {
                verbs: &["create"],
                names: &[],
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "an account that is not there yet",
                },
                ..READ
            },
            KubernetesRule {
                verbs: &["delete"],
                need: Need::RequiredFor {
                    step: Step::Destroy,
                    what: "an account that was made here",
                },
                ..READ
            },
            KubernetesRule {
                verbs: &["list"],
                names: &[],
                namespace: None,
                need: Need::WhereGranted {
                    purpose: "many accounts of a cluster are read together; without it each is read by itself",
                },
                ..READ
            },
            KubernetesRule {
                verbs: &["list"],
                api_group: "",
                resource: "namespaces",
                names: &[],
                namespace: None,
                need: Need::WhereGranted {
                    purpose: "a plan says that a namespace is not there, with the nearest name",
                },
            },
            KubernetesRule {
                verbs: &["list"],
                resource: "pods",
                names: &[],
                need: Need::WhereGranted {
                    purpose: "a plan names the pods that run as the account and get a change only when they are restarted",
                },
                ..READ
            },
        ],
        for_the_guard: GuardReads::NONE,
    };
}
