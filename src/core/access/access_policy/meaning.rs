//! What an access policy allows, as far as it is documented: never a whole list, so what it is not known to allow is not known at all.
//!
//! An association with namespaces counts in these alone; a name that ends with `*` is every namespace that starts so.
//! Source: EKS User Guide, "Review access policy permissions" and "Associate access policies with access entries".

use super::AccessPolicy;
use crate::kubernetes::rbac::{PolicyRule, Question};

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];

/// Verbs on resources of an API group.
struct Allowed {
    verbs: &'static [&'static str],
    api_group: &'static str,
    resources: &'static [&'static str],
}

const fn allowed(
    verbs: &'static [&'static str],
    api_group: &'static str,
    resources: &'static [&'static str],
) -> Allowed {
    Allowed {
        verbs,
        api_group,
        resources,
    }
}

/// What AmazonEKSViewPolicy allows, and with it the edit and the admin policy.
const VIEW: &[Allowed] = &[
    allowed(
        READ,
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    allowed(
        READ,
        "autoscaling",
        &[
            "horizontalpodautoscalers",
            "horizontalpodautoscalers/status",
        ],
    ),
    allowed(
        READ,
        "batch",
        &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
    ),
    allowed(READ, "discovery.k8s.io", &["endpointslices"]),
    allowed(
        READ,
        "networking.k8s.io",
        &["ingresses", "ingresses/status", "networkpolicies"],
    ),
    allowed(
        READ,
        "policy",
        &["poddisruptionbudgets", "poddisruptionbudgets/status"],
    ),
    allowed(
        READ,
        "",
        &[
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
];

/// What AmazonEKSEditPolicy allows besides, and with it the admin policy.
const EDIT: &[Allowed] = &[
    allowed(
        WRITE,
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    allowed(WRITE, "autoscaling", &["horizontalpodautoscalers"]),
    allowed(WRITE, "batch", &["cronjobs", "jobs"]),
    allowed(
        WRITE,
        "networking.k8s.io",
        &["ingresses", "networkpolicies"],
    ),
    allowed(WRITE, "policy", &["poddisruptionbudgets"]),
    allowed(
        READ,
        "",
        &[
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "secrets",
            "services/proxy",
        ],
    ),
    allowed(&["impersonate"], "", &["serviceaccounts"]),
    allowed(
        WRITE,
        "",
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "pods",
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
    ),
];

/// What AmazonEKSAdminPolicy allows besides.
const ADMIN: &[Allowed] = &[
    allowed(
        &["create"],
        "authorization.k8s.io",
        &["localsubjectaccessreviews"],
    ),
    allowed(
        READ,
        "rbac.authorization.k8s.io",
        &["rolebindings", "roles"],
    ),
    allowed(
        WRITE,
        "rbac.authorization.k8s.io",
        &["rolebindings", "roles"],
    ),
];

/// What AmazonEKSSecretReaderPolicy allows.
const SECRET_READER: &[Allowed] = &[allowed(READ, "", &["secrets"])];

/// Whether a policy allows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAnswer {
    /// It does.
    Allows,
    /// It counts elsewhere.
    OutOfScope,
    /// It is not known to.
    NotKnown,
}

impl AccessPolicy {
    /// Whether the policy allows something.
    pub fn answers(&self, question: &Question) -> PolicyAnswer {
        if !self.counts_in(question.namespace()) {
            return PolicyAnswer::OutOfScope;
        }
        match self.is_known_to_allow(question) {
            true => PolicyAnswer::Allows,
            false => PolicyAnswer::NotKnown,
        }
    }

    /// Where it counts, in words.
    pub fn scope_text(&self) -> String {
        match self.namespaces.as_slice() {
            [] => "the whole cluster".to_owned(),
            names => format!("namespaces {}", names.join(", ")),
        }
    }

    fn counts_in(&self, namespace: &str) -> bool {
        let covers = |scope: &String| match scope.strip_suffix('*') {
            Some(start) => namespace.starts_with(start),
            None => scope == namespace,
        };
        self.namespaces.is_empty() || !namespace.is_empty() && self.namespaces.iter().any(covers)
    }

    fn is_known_to_allow(&self, question: &Question) -> bool {
        let Question::Resource(asked) = question else {
            return self.name() == "AmazonEKSClusterAdminPolicy" && self.namespaces.is_empty();
        };
        let is_any = |sets: &[&[Allowed]]| {
            let mut allowed = sets.iter().flat_map(|set| set.iter());
            allowed.any(|allowed| allowed.rule().allows(asked))
        };
        match self.name() {
            "AmazonEKSClusterAdminPolicy" => true,
            "AmazonEKSAdminPolicy" => is_any(&[VIEW, EDIT, ADMIN]),
            "AmazonEKSEditPolicy" => is_any(&[VIEW, EDIT]),
            "AmazonEKSViewPolicy" => is_any(&[VIEW]),
            "AmazonEKSSecretReaderPolicy" => is_any(&[SECRET_READER]),
            "AmazonEKSAdminViewPolicy" => READ.contains(&asked.verb.as_str()),
            _ => false,
        }
    }
}

impl Allowed {
    fn rule(&self) -> PolicyRule {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PolicyRule {
            verbs: texts(self.verbs),
            api_groups: vec![self.api_group.to_owned()],
            resources: texts(self.resources),
            resource_names: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::rbac::WrittenQuestion;

    fn answer(name: &str, namespaces: &[&str], asked: &str) -> PolicyAnswer {
        let policy = AccessPolicy {
            policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        };
        let words: Vec<&str> = asked.split(' ').collect();
        let written = WrittenQuestion {
            verb: words[0],
            resource: words[1],
            namespace: words.get(2).copied().unwrap_or_default(),
            name: "",
        };
        policy.answers(&Question::parse(written).unwrap())
    }

    #[test]
    fn a_policy_allows_what_it_is_known_to_and_is_never_a_no_in_its_scope() {
        use PolicyAnswer::{Allows, NotKnown, OutOfScope};
        for (name, namespaces, asked, expected) in [
            (
                "AmazonEKSClusterAdminPolicy",
                &[][..],
                "delete nodes",
                Allows,
            ),
            ("AmazonEKSClusterAdminPolicy", &[], "get /metrics", Allows),
            (
                "AmazonEKSClusterAdminPolicy",
                &["a"],
                "get /metrics",
                OutOfScope,
            ),
            (
                "AmazonEKSClusterAdminPolicy",
                &["a"],
                "delete pods a",
                Allows,
            ),
            (
                "AmazonEKSClusterAdminPolicy",
                &["a"],
                "delete pods b",
                OutOfScope,
            ),
            (
                "AmazonEKSClusterAdminPolicy",
                &["a"],
                "delete pods",
                OutOfScope,
            ),
            ("AmazonEKSViewPolicy", &["dev-*"], "get pods dev-1", Allows),
            (
                "AmazonEKSViewPolicy",
                &["dev-*"],
                "get pods prod",
                OutOfScope,
            ),
            ("AmazonEKSViewPolicy", &[], "get secrets a", NotKnown),
            ("AmazonEKSViewPolicy", &[], "delete pods a", NotKnown),
            (
                "AmazonEKSEditPolicy",
                &[],
                "patch configmaps kube-system",
                Allows,
            ),
            ("AmazonEKSEditPolicy", &[], "patch endpoints a", NotKnown),
            ("AmazonEKSSecretReaderPolicy", &[], "get secrets a", Allows),
            (
                "AmazonEKSEditPolicy",
                &[],
                "create roles.rbac.authorization.k8s.io a",
                NotKnown,
            ),
            (
                "AmazonEKSAdminPolicy",
                &[],
                "create roles.rbac.authorization.k8s.io a",
                Allows,
            ),
            ("AmazonEKSAdminViewPolicy", &[], "list secrets", Allows),
            ("AmazonEKSAdminViewPolicy", &[], "delete secrets", NotKnown),
            ("AmazonEKSNewPolicy", &[], "get pods", NotKnown),
        ] {
            assert_eq!(
                answer(name, namespaces, asked),
                expected,
                "{name} {namespaces:?} {asked}"
            );
        }
    }
}
