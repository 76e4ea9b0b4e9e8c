"""The entries that EKS itself keeps in aws-auth for the roles of managed nodes.

Source: EKS user guide, "Grant IAM users access to Kubernetes with a ConfigMap": the entries of node roles and of Fargate's pod
execution roles. EKS writes the whole of `mapRoles` anew, so comments in it are lost.
"""

import json

import yaml

import backing
import principal

PATH = "/api/v1/namespaces/kube-system/configmaps"
NODE_GROUPS = ["system:bootstrappers", "system:nodes"]
MAPPINGS = {
    "EC2_LINUX": ("system:node:{{EC2PrivateDNSName}}", NODE_GROUPS),
    "EC2_WINDOWS": ("system:node:{{EC2PrivateDNSName}}", [*NODE_GROUPS, "eks:kube-proxy-windows"]),
    "FARGATE_LINUX": ("system:node:{{SessionName}}", [*NODE_GROUPS, "system:node-proxier"]),
}


def add(cluster, role, kind):
    """Map a role of managed nodes, unless it is mapped."""
    whom = principal.parse(role)
    if whom is None:
        return
    username, groups = MAPPINGS[kind]
    rewrite(cluster, lambda mapped: mapped if any(one.get("rolearn") == whom.canonical for one in mapped) else [
        *mapped, {"groups": list(groups), "rolearn": whom.canonical, "username": username}])


def remove(cluster, role):
    """Take the mapping of a role away."""
    whom = principal.parse(role)
    if whom is not None:
        rewrite(cluster, lambda mapped: [one for one in mapped if one.get("rolearn") != whom.canonical])


def rewrite(cluster, change):
    """Write `mapRoles` anew, where the cluster has a control plane and the roles in it change."""
    server = (backing.BACKINGS.get(cluster) or {}).get("kubernetes")
    if server is None:
        return
    status, _, text = server.send("GET", f"{PATH}/aws-auth", headers=[("user-agent", "bed")])
    data = (json.loads(text).get("data") or {}) if status == 200 else {}
    before = yaml.safe_load(data.get("mapRoles") or "") or []
    after = change(before)
    if after == before:
        return
    data = {**data, "mapRoles": yaml.safe_dump(after, default_flow_style=False)}
    body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
                       "metadata": {"name": "aws-auth", "namespace": "kube-system"}}).encode()
    method, path = ("PUT", f"{PATH}/aws-auth") if status == 200 else ("POST", PATH)
    server.send(method, path, body, [("content-type", "application/json"), ("user-agent", "bed")])
