//! What reading, writing and keeping aws-auth takes.

use crate::permissions::{KubernetesRule, Need, Step};
use eksauth_core::aws_auth;

/// What reading aws-auth takes.
pub(crate) const READ: KubernetesRule = KubernetesRule {
    verbs: &["get"],
    api_group: "",
    resource: "configmaps",
    names: &[aws_auth::NAME],
    namespace: Some(aws_auth::NAMESPACE),
    need: Need::Required { step: Step::Plan },
};

/// What changing it takes.
pub(crate) const CHANGE: KubernetesRule = KubernetesRule {
    verbs: &["patch"],
    need: Need::Required { step: Step::Apply },
    ..READ
};

/// What making it takes. RBAC cannot name what is created.
pub(crate) const MAKE: KubernetesRule = KubernetesRule {
    verbs: &["create"],
    names: &[],
    need: Need::RequiredFor {
        step: Step::Apply,
        what: "a cluster that has no aws-auth yet",
    },
    ..READ
};

/// What copies take; without `delete` one more is made than stay, and then none that could not be taken away again. RBAC cannot name what has a new
/// name each time.
pub(crate) const COPIES: KubernetesRule = KubernetesRule {
    verbs: &["create", "list", "delete"],
    api_group: "",
    resource: "configmaps",
    names: &[],
    namespace: Some(aws_auth::NAMESPACE),
    need: Need::WhereGranted {
        purpose: "`recovery = \"configmap\"` keeps aws-auth before a change that removes something; without `create` or `list` such a change is made with \
                  a warning and without a copy, without `delete` the sixth copy comes with a warning and then no more are made",
    },
};
