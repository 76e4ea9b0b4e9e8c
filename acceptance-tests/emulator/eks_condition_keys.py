"""The condition keys of EKS's own actions, as the request sets them.

Source: the service authorization reference, "Condition keys for Amazon Elastic Kubernetes Service": which action has which key.
A key whose parameter is not given is absent.
"""

import json
import re

from ministack.services import eks

ASSOCIATION = re.compile(r"/clusters/([^/]+)/access-entries/(.+?)/access-policies/(.+)")


def of(action, path, body):
    """The keys of a request for `action`, such as `eks:AssociateAccessPolicy`, with their values."""
    if action == "eks:DisassociateAccessPolicy":
        return of_association(ASSOCIATION.fullmatch(path))
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return {}
    keys = READERS.get(action, lambda _: {})(given if isinstance(given, dict) else {})
    return {key: value for key, value in keys.items() if value not in (None, [])}


def of_association(found):
    """The policy that the path names, and the scope that it has now."""
    if not found:
        return {}
    associated = eks._access_policies.get(eks._ap_key(*found.groups())) or {}
    return {"eks:policyArn": found[3], **of_scope(associated.get("accessScope") or {})}


def of_scope(scope):
    keys = {"eks:accessScope": scope.get("type"), "eks:namespaces": scope.get("namespaces") or []}
    return {key: value for key, value in keys.items() if value}


def of_entry(given):
    return {"eks:principalArn": given.get("principalArn"), "eks:accessEntryType": given.get("type") or "STANDARD",
            "eks:kubernetesGroups": given.get("kubernetesGroups"), "eks:username": given.get("username")}


def of_policy(given):
    return {"eks:policyArn": given.get("policyArn"), **of_scope(given.get("accessScope") or {})}


def of_mode(given):
    return {"eks:authenticationMode": (given.get("accessConfig") or {}).get("authenticationMode")}


READERS = {"eks:CreateAccessEntry": of_entry, "eks:AssociateAccessPolicy": of_policy, "eks:UpdateClusterConfig": of_mode}
