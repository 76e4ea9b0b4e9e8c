//! What `eksauth_group_binding` has to be granted.

use super::GroupBindingResource;
use crate::access::permissions::{
    EXPLAIN_REFUSAL, GUARD_READS, READ_OWN_ROLE, list_entries, read_entries,
};
use crate::aws_auth;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{DeclaresPermissions, KubernetesRule, Need, Permissions, Step};
use crate::ports::rbac_objects::RBAC_GROUP;

/// The ClusterRole of the example.
const ROLE: KubernetesRule = KubernetesRule {
    verbs: &["get"],
    api_group: RBAC_GROUP,
    resource: "clusterroles",
    names: &[],
    namespace: None,
    need: Need::Required { step: Step::Plan },
};

/// Its ClusterRoleBinding, whose name ends with a hash.
const BINDING: KubernetesRule = KubernetesRule {
    resource: "clusterrolebindings",
    ..ROLE
};

const fn write(rule: KubernetesRule) -> KubernetesRule {
    KubernetesRule {
        verbs: &["create", "patch"],
        need: Need::Required { step: Step::Apply },
        ..rule
    }
}

const fn delete(rule: KubernetesRule) -> KubernetesRule {
    KubernetesRule {
        verbs: &["delete"],
        need: Need::Required {
            step: Step::Destroy,
        },
        ..rule
    }
}

impl DeclaresPermissions for GroupBindingResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            list_entries(EXPLAIN_REFUSAL),
            read_entries(EXPLAIN_REFUSAL),
            READ_OWN_ROLE,
        ],
        kubernetes: &[
            ROLE,
            BINDING,
            write(ROLE),
            write(BINDING),
            delete(ROLE),
            delete(BINDING),
            KubernetesRule {
                verbs: &["list"],
                need: Need::WhereGranted {
                    purpose: "many roles of a cluster are read together; without it each is read by itself",
                },
                ..ROLE
            },
            KubernetesRule {
                verbs: &["list"],
                need: Need::RequiredFor {
                    step: Step::Plan,
                    what: "an import, which looks for what binds the role",
                },
                ..BINDING
            },
            KubernetesRule {
                need: Need::WhereGranted {
                    purpose: "the lock-out guard looks up who is in a group that is bound to less; without it it judges by access entries alone",
                },
                ..aws_auth::permissions::READ
            },
        ],
        for_the_guard: GUARD_READS,
    };
}
