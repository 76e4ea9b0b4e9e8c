"""Access policies of an access entry: associate, list, disassociate; and the list of all policies.

Sources: UG is the EKS user guide, "Associate access policies with access entries"; API is the API model of
AssociateAccessPolicy. The codes are those that the API model lists; the texts are ours where no comment says "seen".
"""

import re

from ministack.services import eks

import access_entry
import access_propagation
import page
from access_policy_rules import RULES, SERVICE_LINKED_ONLY
from eks_answer import done, invalid, not_found, not_possible

# UG: only STANDARD. "Create node class" in the user guide has AmazonEKSAutoNodePolicy on entries of type EC2.
TYPES_WITH_POLICIES = ("STANDARD", "EC2")
# UG: a namespace's name, in which `*` stands for any characters (`dev-*`). EKS does not look whether there is such a namespace.
NAMESPACE = re.compile(r"[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?")


def policy_arn(name, partition="aws"):
    return f"arn:{partition}:eks::aws:cluster-access-policy/{name}"


def associate(name, principal_arn, body):
    """UG: each policy once for an entry; the same call again changes the scope."""
    cluster = access_entry.api_cluster(name)
    entry = access_entry.stored(name, principal_arn)
    if entry["type"] not in TYPES_WITH_POLICIES:
        raise not_possible(f"Access policies can't be associated with an access entry of type {entry['type']}.")
    arn = check_policy(cluster["arn"].split(":")[1], entry, body.get("policyArn") or "")
    associated = keep(name, principal_arn, arn, check_scope(body.get("accessScope") or {}))
    return done({"clusterName": name, "principalArn": principal_arn, "associatedAccessPolicy": associated})


def check_policy(partition, entry, arn):
    prefix = policy_arn("", partition)
    known = arn.removeprefix(prefix)
    if not arn.startswith(prefix):
        # Seen by several who gave the ARN of an IAM policy.
        raise invalid("The policyArn parameter format is not valid")
    if known not in RULES:
        # Seen once, with this code and these first words.
        raise not_found("The specified policyArn could not be found. You can view your available access policies with "
                        "'list-access-policies'.")
    if known in SERVICE_LINKED_ONLY:
        raise not_possible(f"The access policy {known} can only be used with service-linked roles.")
    if entry["type"] == "EC2" and known != "AmazonEKSAutoNodePolicy":
        raise not_possible(f"The access policy {known} can't be associated with an access entry of type EC2.")
    return arn


def check_scope(scope):
    """API: `cluster`, or `namespace` with at least one namespace."""
    kind, namespaces = scope.get("type"), list(scope.get("namespaces") or [])
    if kind not in ("cluster", "namespace"):
        raise invalid("The accessScope type must be cluster or namespace.")
    if kind == "cluster" and namespaces:
        raise invalid("You can't specify namespaces for the accessScope type cluster.")
    if kind == "namespace" and not namespaces:
        raise invalid("You must specify at least one namespace for the accessScope type namespace.")
    for one in namespaces:
        if not NAMESPACE.fullmatch(one):
            raise invalid(f"The namespace {one} is not valid.")
    return {"type": kind, "namespaces": namespaces}


def keep(name, principal_arn, arn, scope):
    """Associate a policy; nothing is checked."""
    key = eks._ap_key(name, principal_arn, arn)
    now = eks._now()
    made = (eks._access_policies.get(key) or {}).get("associatedAt", now)
    eks._access_policies[key] = {"policyArn": arn, "accessScope": scope, "associatedAt": made, "modifiedAt": now}
    return eks._access_policies[key]


def list_associated(name, principal_arn, query):
    view = access_propagation.listed(access_entry.api_cluster(name))
    if principal_arn not in view["entries"]:
        raise access_entry.not_there()
    found = {one["policyArn"]: one for one in view["policies"].get(principal_arn, [])}
    arns, token = page.cut(query, found)
    listed = page.body("associatedAccessPolicies", [found[arn] for arn in arns], token)
    return done({"clusterName": name, "principalArn": principal_arn, **listed})


def disassociate(name, principal_arn, arn):
    access_entry.api_cluster(name)
    access_entry.stored(name, principal_arn)
    if eks._access_policies.pop(eks._ap_key(name, principal_arn, arn), None) is None:
        raise not_found("The specified policyArn could not be found. You can view the associated access policies with "
                        "'list-associated-access-policies'.")
    return done({})


def list_all(query):
    names, token = page.cut(query, RULES)
    return done(page.body("accessPolicies", [{"name": name, "arn": policy_arn(name)} for name in names], token))
