"""The Kubernetes permissions of EKS's access policies.

Source: EKS user guide, "Review access policy permissions" (latest/ug/manage-access/k8s-access/access-policy-reference.adoc).
The tables of that page stand here row by row: View's rows are among Edit's, Edit's are among Admin's. What the page tells in
prose only (without resource names) is known by name and allows nothing here: the bed never allows more than EKS does.
"""

from dataclasses import dataclass, field

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")


@dataclass(frozen=True)
class Rule:
    """One row: these verbs on these resources of one API group, or on URLs that are no resources."""

    group: str
    resources: tuple
    verbs: tuple
    urls: tuple = field(default=())


def rule(group, resources, verbs):
    return Rule(group, tuple(resources.split()), verbs)


VIEW = [
    rule("apps", "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets "
         "replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status", READ),
    rule("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", READ),
    rule("batch", "cronjobs cronjobs/status jobs jobs/status", READ),
    rule("discovery.k8s.io", "endpointslices", READ),
    rule("extensions", "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status "
         "networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale", READ),
    rule("networking.k8s.io", "ingresses ingresses/status networkpolicies", READ),
    rule("policy", "poddisruptionbudgets poddisruptionbudgets/status", READ),
    rule("", "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers "
         "replicationcontrollers/scale serviceaccounts services services/status", READ),
    rule("", "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas "
         "resourcequotas/status", READ),
    rule("", "namespaces", READ),
]
EDIT = [
    *VIEW,
    rule("apps", "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets "
         "statefulsets/scale", WRITE),
    rule("autoscaling", "horizontalpodautoscalers", WRITE),
    rule("batch", "cronjobs jobs", WRITE),
    rule("extensions", "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets "
         "replicasets/scale replicationcontrollers/scale", WRITE),
    rule("networking.k8s.io", "ingresses networkpolicies", WRITE),
    rule("policy", "poddisruptionbudgets", WRITE),
    rule("", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", READ),
    rule("", "serviceaccounts", ("impersonate",)),
    rule("", "pods pods/attach pods/exec pods/portforward pods/proxy", WRITE),
    rule("", "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets "
         "serviceaccounts services services/proxy", WRITE),
]
ADMIN = [
    *EDIT,
    rule("authorization.k8s.io", "localsubjectaccessreviews", ("create",)),
    rule("rbac.authorization.k8s.io", "rolebindings roles", WRITE + READ),
]
RULES = {
    "AmazonEKSClusterAdminPolicy": [rule("*", "*", ("*",)), Rule("", (), ("*",), urls=("*",))],
    "AmazonEKSAdminPolicy": ADMIN,
    "AmazonEKSEditPolicy": EDIT,
    "AmazonEKSViewPolicy": VIEW,
    "AmazonEKSAdminViewPolicy": [rule("*", "*", READ)],
    "AmazonEKSSecretReaderPolicy": [rule("", "secrets", READ)],
    "AmazonEKSHybridPolicy": [rule("*", "nodes", ("list",))],
    # In prose only.
    "AmazonEKSAutoNodePolicy": [],
    "AmazonEKSBlockStorageClusterPolicy": [],
    "AmazonEKSBlockStoragePolicy": [],
    "AmazonEKSClusterInsightsPolicy": [],
    "AmazonEKSComputeClusterPolicy": [],
    "AmazonEKSComputePolicy": [],
    "AmazonEKSLoadBalancingClusterPolicy": [],
    "AmazonEKSLoadBalancingPolicy": [],
    "AmazonEKSNetworkingClusterPolicy": [],
    "AmazonEKSNetworkingPolicy": [],
    # Named in the page's list and nowhere else on it.
    "AmazonAIOpsAssistantPolicy": [],
    "AmazonARCRegionSwitchScalingPolicy": [],
}
# The page: "designated for AWS service-linked roles only and cannot be used with customer-managed roles".
SERVICE_LINKED_ONLY = {
    "AmazonEKSBlockStorageClusterPolicy", "AmazonEKSBlockStoragePolicy", "AmazonEKSClusterInsightsPolicy",
    "AmazonEKSComputeClusterPolicy", "AmazonEKSComputePolicy", "AmazonEKSHybridPolicy",
}


def allows(name, attributes):
    """Whether a policy's rules allow a SubjectAccessReview's `resourceAttributes`, the namespace aside."""
    resource = attributes.get("resource", "")
    if attributes.get("subresource"):
        resource += f"/{attributes['subresource']}"
    asked = (attributes.get("group", ""), resource, attributes.get("verb", ""))
    return any(has((one.group,), asked[0]) and has(one.resources, asked[1]) and has(one.verbs, asked[2])
               for one in RULES.get(name, []))


def allows_url(name, attributes):
    """Whether a policy's rules allow a SubjectAccessReview's `nonResourceAttributes`."""
    return any(has(one.urls, attributes.get("path", "")) and has(one.verbs, attributes.get("verb", ""))
               for one in RULES.get(name, []))


def has(values, wanted):
    return "*" in values or wanted in values
