"""Identity policies judged as AWS judges them: the whole ARN of what an action is about, its keys, and what it needs besides.

The emulator evaluates policies well, but it asks about a role without its path, about an OIDC provider as `*` and about an
access entry as its cluster, and knows no condition key of EKS's own; its refusals of IAM and EKS do not name the resource. These are put right here.
"""

import contextvars
import re

from ministack.core import iam_actions, iam_evaluator
from ministack.services import eks, iam

import eks_condition_keys
import managed_nodes
from iam_answer import value

# What the service authorization reference lists without a resource type: only a policy for `*` allows it.
WITHOUT_RESOURCE = {"ListRoles", "ListOpenIDConnectProviders", "GetAccountAuthorizationDetails", "ListPolicies", "ListUsers"}
# Tags given at creation need the right to tag as well.
TAGGING = {"iam:CreateRole": "iam:TagRole", "iam:CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
           "eks:CreateAccessEntry": "eks:TagResource", "eks:CreatePodIdentityAssociation": "eks:TagResource"}
EKS_PATH = re.compile(r"/clusters/(?P<cluster>[^/]+)(?:/(?P<kind>[a-z-]+)(?:/(?P<rest>.+))?)?")
# What a cluster has under names of its own: the kind in the ARN, the records and where each has its ARN.
NAMED = {"node-groups": ("nodegroup", eks._nodegroups, "nodegroupArn"),
         "fargate-profiles": ("fargateprofile", managed_nodes.PROFILES, "fargateProfileArn"),
         "addons": ("addon", eks._addons, "addonArn")}

# What a new object's ARN begins with after the account. Whether a right to tag it at creation may name it or has to name the
# cluster is not published: either is enough here.
TAGGED = {"eks:CreateAccessEntry": "access-entry", "eks:CreatePodIdentityAssociation": "podidentityassociation"}

refused_action = contextvars.ContextVar("refused_action", default="")
asked_path = contextvars.ContextVar("asked_path", default="")


def install():
    """Judge by these resources, and name action and resource in a refusal."""
    of_others, enforce, answer = iam_actions.extract_resource_arn, iam_evaluator.enforce, iam_actions.access_denied_response
    tags = iam_actions.request_tag_context

    def keys(service, iam_action, body, params):
        return {**tags(service, iam_action, body, params), **eks_condition_keys.of(iam_action, asked_path.get(), body)}

    def resource(service, method, path, headers, body, query_params, region, account_id):
        asked_path.set(path)
        if service == "iam":
            return of_iam(query_params, account_id)
        if service == "eks":
            return of_eks(path, region, account_id)
        return of_others(service, method, path, headers, body, query_params, region, account_id)

    def judge(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused_action.set(iam_action)
        refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if refused is None and iam_action in TAGGING and (service_context or {}).get("aws:TagKeys"):
            refused_action.set(TAGGING[iam_action])
            refused = tagging_refused(lambda arn: enforce(access_key_id, TAGGING[iam_action], service, region, arn, service_context),
                                      iam_action, resource_arn)
        return refused

    def denied(service, action, principal_arn, request_id, *, error_code="", message="", headers=None,
               resource_arn="*", explicit_deny=False, resource_policy_arn=""):
        if service in ("iam", "eks", "sts") and not error_code and not message:
            action = refused_action.get() or action
            message = iam_actions.identity_denial_message(action, principal_arn, resource_arn, explicit_deny)
        return answer(service, action, principal_arn, request_id, error_code=error_code, message=message, headers=headers,
                      resource_arn=resource_arn, explicit_deny=explicit_deny, resource_policy_arn=resource_policy_arn)

    iam_actions.extract_resource_arn = resource
    iam_actions.request_tag_context = keys
    iam_evaluator.enforce = judge
    iam_actions.access_denied_response = denied


def tagging_refused(judge, action, arn):
    """The refusal of the tags that a new object is made with, or None."""
    refused = judge(arn)
    if refused is None or action not in TAGGED:
        return refused
    prefix, _, cluster = arn.rpartition(":cluster/")
    return judge(f"{prefix}:{TAGGED[action]}/{cluster}/new") and refused


def of_iam(params, account):
    """The ARN that an IAM action is about."""
    action = value(params, "Action")
    if action in WITHOUT_RESOURCE:
        return "*"
    if value(params, "InstanceProfileName"):
        return stored(iam._instance_profiles, f"arn:aws:iam::{account}:instance-profile", value(params, "InstanceProfileName"))
    if action == "CreateRole":
        return f"arn:aws:iam::{account}:role{value(params, 'Path') or '/'}{value(params, 'RoleName')}"
    if action == "CreateOpenIDConnectProvider":
        return f"arn:aws:iam::{account}:oidc-provider/{value(params, 'Url').removeprefix('https://')}"
    if value(params, "RoleName"):
        return stored(iam._roles, f"arn:aws:iam::{account}:role", value(params, "RoleName"))
    if value(params, "UserName"):
        return stored(iam._users, f"arn:aws:iam::{account}:user", value(params, "UserName"))
    return value(params, "OpenIDConnectProviderArn") or value(params, "PolicySourceArn") or value(params, "PolicyArn") or "*"


def stored(objects, kind, name):
    """The ARN of an object, whose path only IAM knows; names are found without regard to case."""
    known = next((one for one in objects.values() if one["Arn"].rsplit("/", 1)[-1].lower() == name.lower()), None)
    return known["Arn"] if known else f"{kind}/{name}"


def of_eks(path, region, account):
    """The ARN that an EKS action is about."""
    if path.startswith("/tags/"):
        return path.removeprefix("/tags/")
    found = EKS_PATH.match(path)
    if not found:
        return "*"
    prefix, cluster = f"arn:aws:eks:{region}:{account}", found["cluster"]
    if found["kind"] == "access-entries" and found["rest"]:
        principal = found["rest"].split("/access-policies")[0]
        return entry_arn(prefix, cluster, principal)
    if found["kind"] == "pod-identity-associations" and found["rest"]:
        return f"{prefix}:podidentityassociation/{cluster}/{found['rest']}"
    if found["kind"] in NAMED and found["rest"]:
        kind, records, field = NAMED[found["kind"]]
        name = found["rest"].split("/")[0]
        known = records.get(f"{cluster}/{name}")
        return known[field] if known else f"{prefix}:{kind}/{cluster}/{name}/00000000"
    return f"{prefix}:cluster/{cluster}"


def entry_arn(prefix, cluster, principal):
    """An access entry's ARN, as the service authorization reference has it; of one that is not there, with an id of zeros."""
    entry = eks._access_entries.get(eks._ae_key(cluster, principal))
    if entry is not None:
        return entry["accessEntryArn"]
    parts = principal.split(":")
    kind, _, name = parts[-1].partition("/")
    account = parts[4] if len(parts) == 6 else ""
    return f"{prefix}:access-entry/{cluster}/{kind}/{account}/{name.rsplit('/', 1)[-1]}/00000000"
