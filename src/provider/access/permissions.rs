//! What finding out who may enter a cluster takes.

use crate::aws_auth;
use crate::permissions::{AwsResource, AwsStatement, GuardReads, KubernetesRule, Need, Step};

/// What listing access entries takes; AWS grants it on the cluster.
pub(crate) const fn list_entries(purpose: &'static str) -> AwsStatement {
    AwsStatement {
        actions: &["eks:ListAccessEntries"],
        resource: AwsResource::CLUSTER,
        need: Need::WhereGranted { purpose },
    }
}

/// What reading each of them takes.
pub(crate) const fn read_entries(purpose: &'static str) -> AwsStatement {
    AwsStatement {
        actions: &[
            "eks:DescribeAccessEntry",
            "eks:ListAssociatedAccessPolicies",
        ],
        resource: AwsResource::ACCESS_ENTRIES,
        need: Need::WhereGranted { purpose },
    }
}

/// What reading aws-auth takes where an answer is given without it too.
pub(crate) const READ_AWS_AUTH: KubernetesRule = KubernetesRule {
    need: Need::WhereGranted {
        purpose: "aws-auth is looked up; without it whether the principal enters is known only as far as access entries decide it",
    },
    ..aws_auth::permissions::READ
};

/// What the rights of somebody else take to be known.
pub(crate) const REVIEW_OTHERS: KubernetesRule = KubernetesRule {
    verbs: &["create"],
    need: Need::WhereGranted {
        purpose: "the API server is asked what a principal other than the caller may do; without it that is known of `system:masters` and of access policies alone",
    },
    ..list("authorization.k8s.io", "subjectaccessreviews", None)
};

/// What the API server's own answer about somebody else takes.
pub(crate) const REVIEW_QUESTION: KubernetesRule = KubernetesRule {
    verbs: &["create"],
    need: Need::WhereGranted {
        purpose: "the API server itself is asked about a principal other than the caller; without it the roles, bindings and access policies that can be read decide",
    },
    ..list("authorization.k8s.io", "subjectaccessreviews", None)
};

/// What naming the binding that allows something takes, and an answer where the API server may not be asked.
pub(crate) const LIST_CLUSTER_ROLES: KubernetesRule = rbac_objects("clusterroles");
/// The same of ClusterRoleBindings.
pub(crate) const LIST_CLUSTER_BINDINGS: KubernetesRule = rbac_objects("clusterrolebindings");
/// The same of Roles.
pub(crate) const LIST_ROLES_OF_RBAC: KubernetesRule = rbac_objects("roles");
/// The same of RoleBindings.
pub(crate) const LIST_BINDINGS: KubernetesRule = rbac_objects("rolebindings");

const fn rbac_objects(resource: &'static str) -> KubernetesRule {
    KubernetesRule {
        need: Need::WhereGranted {
            purpose: "the binding that allows it is named, and what comes nearest where none does; without it that is not known unless the API server may be asked",
        },
        ..list("rbac.authorization.k8s.io", resource, None)
    }
}

/// Why access entries are read where groups are compared with bindings.
pub(crate) const COMPARE_GROUPS: &str = "the groups of access entries are compared with the bindings, in a mode that has them, and a refusal by the cluster is explained with them";

/// What comparing mapped groups with bindings takes.
pub(crate) const GROUPS_OF_BINDINGS: [KubernetesRule; 4] = [
    compared("clusterroles"),
    compared("clusterrolebindings"),
    compared("roles"),
    compared("rolebindings"),
];

const fn compared(resource: &'static str) -> KubernetesRule {
    KubernetesRule {
        need: Need::WhereGranted {
            purpose: "mapped groups that nothing binds, bindings that nobody comes by and groups that can make themselves administrators are found; a finding names what could not be read",
        },
        ..list("rbac.authorization.k8s.io", resource, None)
    }
}

/// Why access entries are read where a call is only explained with them.
pub(crate) const EXPLAIN_REFUSAL: &str =
    "a refusal by the cluster is explained with the access entries, in a mode that has them";

/// Why access entries are read where a principal is looked up.
pub(crate) const LOOK_UP_ENTRIES: &str = "access entries are looked up, in a mode that has them; without it whether the principal enters is not known";

const WHO_ENTERS: &str = "the lock-out guard knows who enters by an access entry, in a mode that has them, and a refusal by the cluster is explained with them; \
                          with `lockout_guard = \"strict\"` what is not known counts against a change";
const WHO_IS_ADMIN: &str = "the lock-out guard knows which groups and users can administer the cluster or mend aws-auth; \
     with `lockout_guard = \"strict\"` what is not known counts against a change";

/// What the guard reads before a change that takes something away is planned or written.
pub(crate) const GUARD_READS: GuardReads = GuardReads {
    aws: &[
        list_entries(WHO_ENTERS),
        read_entries(WHO_ENTERS),
        LIST_ROLES_FOR_WHO_IS_LEFT,
        GET_USER_FOR_WHO_IS_LEFT,
    ],
    kubernetes: &[
        list("rbac.authorization.k8s.io", "clusterroles", None),
        list("rbac.authorization.k8s.io", "clusterrolebindings", None),
        list(
            "rbac.authorization.k8s.io",
            "roles",
            Some(eksauth_core::aws_auth::NAMESPACE),
        ),
        list(
            "rbac.authorization.k8s.io",
            "rolebindings",
            Some(eksauth_core::aws_auth::NAMESPACE),
        ),
        KubernetesRule {
            verbs: &["create"],
            need: Need::WhereGranted {
                purpose: "the lock-out guard asks what a single user may do, where it may not list roles and bindings",
            },
            ..list("authorization.k8s.io", "subjectaccessreviews", None)
        },
        KubernetesRule {
            need: Need::RefusedWithout {
                change: "removing an entry of nodes",
                purpose: "the lock-out guard knows whether there are nodes that an entry lets in, and assumes that there are some where it may not look",
            },
            ..list("", "nodes", None)
        },
    ],
};

const fn list(
    api_group: &'static str,
    resource: &'static str,
    namespace: Option<&'static str>,
) -> KubernetesRule {
    KubernetesRule {
        verbs: &["list"],
        api_group,
        resource,
        names: &[],
        namespace,
        need: Need::WhereGranted {
            purpose: WHO_IS_ADMIN,
        },
    }
}

/// What telling a role's path takes, beside the access entries that the guard reads too.
pub(crate) const READ_OWN_ROLE: AwsStatement = AwsStatement {
    actions: &["iam:GetRole"],
    resource: AwsResource::IamRole { name: "*" },
    need: Need::WhereGranted {
        purpose: "where the cluster does not know the caller, the message has the role's ARN with its path, as an access entry needs it",
    },
};

/// What telling whether an administrator that is left exists takes.
const LIST_ROLES_FOR_WHO_IS_LEFT: AwsStatement = AwsStatement {
    actions: &["iam:ListRoles"],
    resource: AwsResource::All,
    need: Need::WhereGranted {
        purpose: "the lock-out guard knows that an administrator who is left is a role that exists, once another one goes; without it that is said, \
                  and with `lockout_guard = \"strict\"` it counts against a change",
    },
};

/// What telling whether a user exists takes, on whom it turns.
const GET_USER_FOR_WHO_IS_LEFT: AwsStatement = AwsStatement {
    actions: &["iam:GetUser"],
    resource: AwsResource::IamUser { name: "*" },
    need: Need::WhereGranted {
        purpose: "the same of a user, where no role is left as an administrator",
    },
};

/// What findings on roles take.
pub(crate) const LIST_ROLES_FOR_FINDINGS: AwsStatement = AwsStatement {
    actions: &["iam:ListRoles"],
    resource: AwsResource::All,
    need: Need::WhereGranted {
        purpose: "roles of entries that were deleted, or recreated since the entries were there, are found",
    },
};

/// What looking up a permission set takes.
pub(crate) const LIST_ROLES_FOR_PERMISSION_SET: AwsStatement = AwsStatement {
    actions: &["iam:ListRoles"],
    resource: AwsResource::All,
    need: Need::RequiredFor {
        step: Step::Plan,
        what: "`permission_set`",
    },
};
