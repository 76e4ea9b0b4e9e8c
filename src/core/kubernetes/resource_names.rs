//! The built-in resources of Kubernetes by name: which API group they are in, and what people call them.
//!
//! Source: Kubernetes API reference, 1.34 (`kubectl api-resources` of a new cluster). Custom resources are not among them.

/// A built-in resource.
struct BuiltIn {
    plural: &'static str,
    api_group: &'static str,
    /// The singular and the short name.
    other_names: &'static [&'static str],
}

const fn built_in(
    plural: &'static str,
    api_group: &'static str,
    other_names: &'static [&'static str],
) -> BuiltIn {
    BuiltIn {
        plural,
        api_group,
        other_names,
    }
}

const BUILT_IN: &[BuiltIn] = &[
    built_in("configmaps", "", &["configmap", "cm"]),
    built_in("endpoints", "", &["ep"]),
    built_in("events", "", &["event", "ev"]),
    built_in("limitranges", "", &["limitrange", "limits"]),
    built_in("namespaces", "", &["namespace", "ns"]),
    built_in("nodes", "", &["node", "no"]),
    built_in(
        "persistentvolumeclaims",
        "",
        &["persistentvolumeclaim", "pvc"],
    ),
    built_in("persistentvolumes", "", &["persistentvolume", "pv"]),
    built_in("pods", "", &["pod", "po"]),
    built_in(
        "replicationcontrollers",
        "",
        &["replicationcontroller", "rc"],
    ),
    built_in("resourcequotas", "", &["resourcequota", "quota"]),
    built_in("secrets", "", &["secret"]),
    built_in("serviceaccounts", "", &["serviceaccount", "sa"]),
    built_in("services", "", &["service", "svc"]),
    built_in("controllerrevisions", "apps", &["controllerrevision"]),
    built_in("daemonsets", "apps", &["daemonset", "ds"]),
    built_in("deployments", "apps", &["deployment", "deploy"]),
    built_in("replicasets", "apps", &["replicaset", "rs"]),
    built_in("statefulsets", "apps", &["statefulset", "sts"]),
    built_in(
        "horizontalpodautoscalers",
        "autoscaling",
        &["horizontalpodautoscaler", "hpa"],
    ),
    built_in("cronjobs", "batch", &["cronjob", "cj"]),
    built_in("jobs", "batch", &["job"]),
    built_in(
        "certificatesigningrequests",
        "certificates.k8s.io",
        &["certificatesigningrequest", "csr"],
    ),
    built_in("leases", "coordination.k8s.io", &["lease"]),
    built_in("endpointslices", "discovery.k8s.io", &["endpointslice"]),
    built_in("ingressclasses", "networking.k8s.io", &["ingressclass"]),
    built_in("ingresses", "networking.k8s.io", &["ingress", "ing"]),
    built_in(
        "networkpolicies",
        "networking.k8s.io",
        &["networkpolicy", "netpol"],
    ),
    built_in(
        "poddisruptionbudgets",
        "policy",
        &["poddisruptionbudget", "pdb"],
    ),
    built_in(
        "clusterrolebindings",
        "rbac.authorization.k8s.io",
        &["clusterrolebinding"],
    ),
    built_in(
        "clusterroles",
        "rbac.authorization.k8s.io",
        &["clusterrole"],
    ),
    built_in(
        "rolebindings",
        "rbac.authorization.k8s.io",
        &["rolebinding"],
    ),
    built_in("roles", "rbac.authorization.k8s.io", &["role"]),
    built_in(
        "priorityclasses",
        "scheduling.k8s.io",
        &["priorityclass", "pc"],
    ),
    built_in("csidrivers", "storage.k8s.io", &["csidriver"]),
    built_in("csinodes", "storage.k8s.io", &["csinode"]),
    built_in("storageclasses", "storage.k8s.io", &["storageclass", "sc"]),
    built_in("volumeattachments", "storage.k8s.io", &["volumeattachment"]),
    built_in(
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        &["customresourcedefinition", "crd", "crds"],
    ),
    built_in("apiservices", "apiregistration.k8s.io", &["apiservice"]),
    built_in(
        "mutatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        &["mutatingwebhookconfiguration"],
    ),
    built_in(
        "validatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        &["validatingwebhookconfiguration"],
    ),
    built_in(
        "selfsubjectaccessreviews",
        "authorization.k8s.io",
        &["selfsubjectaccessreview"],
    ),
    built_in(
        "subjectaccessreviews",
        "authorization.k8s.io",
        &["subjectaccessreview"],
    ),
    built_in("tokenreviews", "authentication.k8s.io", &["tokenreview"]),
];

/// What is most likely meant by a resource that a group does not have: `` `deployments` are in API group `apps`: `deployments.apps` ``. `None` for
/// what is a built-in resource as it is asked for, and for what is none by any name.
pub fn usual_spelling(resource: &str, api_group: &str) -> Option<String> {
    let is_there = |known: &&BuiltIn| known.plural == resource && known.api_group == api_group;
    if BUILT_IN.iter().any(|known| is_there(&known)) {
        return None;
    }
    if let Some(known) = BUILT_IN.iter().find(|known| known.plural == resource) {
        return Some(match known.api_group {
            "" => {
                format!("`{resource}` are in the core API group, which has no name: `{resource}`")
            }
            group => format!("`{resource}` are in API group `{group}`: `{resource}.{group}`"),
        });
    }
    let lower = resource.to_ascii_lowercase();
    let known = BUILT_IN
        .iter()
        .find(|known| known.plural == lower || known.other_names.contains(&lower.as_str()))?;
    let full = match known.api_group {
        "" => known.plural.to_owned(),
        group => format!("{}.{group}", known.plural),
    };
    Some(format!("RBAC knows no `{resource}`; it is called `{full}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_of_another_group_or_by_another_name_is_told() {
        for (resource, group, told) in [
            ("pods", "", None),
            ("deployments", "apps", None),
            ("widgets", "example.com", None),
            ("widgets", "", None),
            (
                "deployments",
                "",
                Some("`deployments` are in API group `apps`: `deployments.apps`"),
            ),
            (
                "deployments",
                "extensions",
                Some("`deployments` are in API group `apps`: `deployments.apps`"),
            ),
            (
                "pods",
                "apps",
                Some("`pods` are in the core API group, which has no name: `pods`"),
            ),
            (
                "deploy",
                "",
                Some("RBAC knows no `deploy`; it is called `deployments.apps`"),
            ),
            ("Pod", "", Some("RBAC knows no `Pod`; it is called `pods`")),
        ] {
            assert_eq!(
                usual_spelling(resource, group).as_deref(),
                told,
                "{resource}.{group}"
            );
        }
    }
}
