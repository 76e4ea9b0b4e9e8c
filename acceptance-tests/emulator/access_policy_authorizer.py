"""The webhook that stands beside RBAC and allows what access policies allow.

kube-apiserver sends a SubjectAccessReview for what RBAC and the Node authorizer do not allow. The principal is found by what the
authenticator put into `extra`: `canonicalArn`, and the unique id where one is given (UG: a principal that was made again has
nothing of the old one's entry). Whoever impersonates has lost `extra`, as the user guide says of EKS.
"""

import json
from fnmatch import fnmatchcase

import access_propagation
import backing
import principal
from access_policy_rules import allows, allows_url
from http_server import Response

PRINCIPAL_ID = "sigs.k8s.io/aws-iam-authenticator/principalId"


def answer(request):
    """The answer to a review of the cluster that the path names, `/authorize/CLUSTER`."""
    review = json.loads(request.body)
    status = judge(backing.place(request.path.removeprefix("/authorize/")), review["spec"])
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "status": status}
    return Response(200, [("content-type", "application/json")], json.dumps(body).encode())


def judge(place, spec):
    """The review's status; `allowed: false` without `denied` is no opinion."""
    for association in associations(place, spec.get("extra") or {}):
        name = association["policyArn"].rsplit("/", 1)[-1]
        if covers(association["accessScope"], name, spec):
            return {"allowed": True, "reason": f"EKS access policy {name}"}
    return {"allowed": False}


def associations(place, extra):
    view = access_propagation.in_force(place)
    arn, identifier = first(extra, "canonicalArn"), first(extra, PRINCIPAL_ID)
    for entry in view["entries"].values():
        whom = principal.parse(entry["principalArn"])
        if whom is not None and whom.canonical == arn and identifier in ("", entry["_principal_id"]):
            yield from view["policies"].get(entry["principalArn"], [])


def first(extra, name):
    return next(iter(extra.get(name) or []), "")


def covers(scope, name, spec):
    """UG: a policy counts for the whole cluster, or for what is in the namespaces of its scope."""
    if "nonResourceAttributes" in spec:
        return scope["type"] == "cluster" and allows_url(name, spec["nonResourceAttributes"])
    attributes = spec.get("resourceAttributes") or {}
    namespace = attributes.get("namespace", "")
    inside = scope["type"] == "cluster" or (namespace and any(fnmatchcase(namespace, one) for one in scope["namespaces"]))
    return bool(inside) and allows(name, attributes)
