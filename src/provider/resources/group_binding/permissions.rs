//! What `eksauth_group_binding` has to be granted.

use super::GroupBindingResource;
use crate::access::permissions::{GUARD_READS, READ_OWN_ROLE};
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

/// Its RoleBinding in a namespace. RBAC gives rights in one namespace by a Role there.
const IN_NAMESPACE: KubernetesRule = KubernetesRule {
    resource: "rolebindings",
    namespace: Some("apps"),
    need: in_namespace(Step::Plan),
    ..ROLE
};

const fn in_namespace(step: Step) -> Need {
    Need::RequiredFor {
        step,
        what: "a binding in the namespace `apps`; with `rules` the same verbs on `roles` there, and the same in each other of `namespaces`",
    }
}

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
        aws: &[DESCRIBE_CLUSTER, LIST_CLUSTERS, READ_OWN_ROLE],
        kubernetes: &[
            ROLE,
            BINDING,
            write(ROLE),
            write(BINDING),
            delete(ROLE),
            delete(BINDING),
            IN_NAMESPACE,
            KubernetesRule {
                need: in_namespace(Step::Apply),
                ..write(IN_NAMESPACE)
            },
            KubernetesRule {
                need: in_namespace(Step::Destroy),
                ..delete(IN_NAMESPACE)
            },
            KubernetesRule {
                verbs: &["list"],
                need: Need::WhereGranted {
                    purpose: "many roles of a cluster are read together, and of a role that is not there the nearest name is said; without it each is read by itself",
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
                verbs: &["list"],
                resource: "rolebindings",
                need: Need::WhereGranted {
                    purpose: "a role that goes is told of with the bindings in namespaces that still refer to it, beside those of the whole cluster",
                },
                ..ROLE
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
                need: Need::WhereGranted {
                    purpose: "the lock-out guard looks up who is in a group that is bound to less; without it it judges by access entries alone",
                },
                ..aws_auth::permissions::READ
            },
        ],
        for_the_guard: GUARD_READS,
    };
}
