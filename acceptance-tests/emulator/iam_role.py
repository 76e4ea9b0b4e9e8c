"""IAM's roles: names without regard to case, quotas, checked documents, escaped answers.

The emulator's own operations do the work; these wrap them and refuse what IAM
refuses. Quotas can be changed by a story.
"""

import json
import re
from urllib.parse import quote
from xml.sax.saxutils import escape

from ministack.services import iam

import trust_policy
from iam_answer import done, error, invalid, page, tag_members, value

DEFAULT_QUOTAS = {"ACLSizePerRole": 2048, "PoliciesPerRole": 10, "InlinePolicySize": 10240, "RolesPerAccount": 1000}
QUOTAS = dict(DEFAULT_QUOTAS)
ROLE_OPERATIONS = [
    "GetRole", "DeleteRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy", "AttachRolePolicy",
    "DetachRolePolicy", "ListAttachedRolePolicies", "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy",
    "ListRolePolicies", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole", "UntagRole",
    "ListRoleTags", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "ListInstanceProfilesForRole",
]


def install():
    """Wrap the emulator's role operations."""
    handlers = iam._IAM_HANDLERS
    for action in ROLE_OPERATIONS:
        handlers[action] = by_stored_name(handlers[action])
    handlers["CreateRole"] = checked(handlers["CreateRole"], creation_fault)
    handlers["UpdateAssumeRolePolicy"] = checked(handlers["UpdateAssumeRolePolicy"], trust_fault("PolicyDocument"))
    handlers["UpdateRole"] = checked(handlers["UpdateRole"], duration_fault)
    handlers["AttachRolePolicy"] = checked(handlers["AttachRolePolicy"], attachment_fault)
    handlers["PutRolePolicy"] = checked(handlers["PutRolePolicy"], inline_fault)
    handlers["ListRoles"] = list_roles
    handlers["GetAccountAuthorizationDetails"] = account_details(handlers["GetAccountAuthorizationDetails"])
    iam._role_xml = role_xml


def checked(handler, fault):
    return lambda params: fault(params) or handler(params)


def stored_name(name):
    """The name under which IAM has a role, which it finds without regard to case."""
    return next((known for known in iam._roles if known.lower() == name.lower()), None)


def by_stored_name(handler):
    def find(params):
        known = stored_name(value(params, "RoleName"))
        if known is None:
            return error(404, "NoSuchEntity", f"The role with name {value(params, 'RoleName')} cannot be found.")
        return handler({**params, "RoleName": [known]})
    return find


def creation_fault(params):
    name, path = value(params, "RoleName"), value(params, "Path") or "/"
    if not re.fullmatch(r"[\w+=,.@-]+", name, re.ASCII):
        return invalid("roleName", name, "Member must satisfy regular expression pattern: [\\w+=,.@-]+")
    if len(name) > 64:
        return invalid("roleName", name, "Member must have length less than or equal to 64")
    if not re.fullmatch(r"/|/[\x21-\x7e]+/", path) or len(path) > 512:
        return invalid("path", path, "Member must satisfy regular expression pattern: (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")
    known = stored_name(name)
    if known is not None:
        return error(409, "EntityAlreadyExists", f"Role with name {name} already exists.")
    if len(iam._roles) >= QUOTAS["RolesPerAccount"]:
        return quota_exceeded("RolesPerAccount")
    return duration_fault(params) or trust_fault("AssumeRolePolicyDocument")(params)


def duration_fault(params):
    seconds = value(params, "MaxSessionDuration") or "3600"
    if not seconds.isdigit() or not 3600 <= int(seconds) <= 43200:
        return invalid("maxSessionDuration", seconds, "Member must have value between 3600 and 43200")
    return None


def trust_fault(parameter):
    def fault(params):
        document = value(params, parameter)
        reason = trust_policy.fault(document)
        if reason:
            return error(400, "MalformedPolicyDocument", reason)
        if trust_policy.size(document) > QUOTAS["ACLSizePerRole"]:
            return quota_exceeded("ACLSizePerRole")
        return None
    return fault


def quota_exceeded(quota):
    return error(409, "LimitExceeded", f"Cannot exceed quota for {quota}: {QUOTAS[quota]}")


def attachment_fault(params):
    arn = value(params, "PolicyArn")
    if not iam._policy_exists(arn):
        return error(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    role = iam._roles.get(stored_name(value(params, "RoleName")) or "")
    attached = role["AttachedPolicies"] if role else []
    if arn not in attached and len(attached) >= QUOTAS["PoliciesPerRole"]:
        return quota_exceeded("PoliciesPerRole")
    return None


def inline_fault(params):
    document = value(params, "PolicyDocument")
    try:
        policy = json.loads(document)
    except ValueError:
        return error(400, "MalformedPolicyDocument", "Syntax errors in policy.")
    if not isinstance(policy, dict) or "Statement" not in policy:
        return error(400, "MalformedPolicyDocument", "Syntax errors in policy.")
    role = iam._roles.get(stored_name(value(params, "RoleName")) or "")
    others = role["InlinePolicies"] if role else {}
    total = trust_policy.size(document) + sum(
        trust_policy.size(text) for name, text in others.items() if name != value(params, "PolicyName"))
    if total > QUOTAS["InlinePolicySize"]:
        return error(409, "LimitExceeded", f"Maximum policy size of {QUOTAS['InlinePolicySize']} bytes exceeded for role "
                                           f"{value(params, 'RoleName')}")
    return None


def role_xml(name, boundary=True):
    """A role as GetRole and CreateRole tell it; lists leave boundary and tags out."""
    role = iam._roles[name]
    more = ""
    if boundary and role.get("PermissionsBoundary"):
        more += ("<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
                 f"<PermissionsBoundaryArn>{role['PermissionsBoundary']}</PermissionsBoundaryArn></PermissionsBoundary>")
    if boundary and role.get("Tags"):
        more += f"<Tags>{tag_members(role['Tags'])}</Tags>"
    description = f"<Description>{escape(role['Description'])}</Description>" if role.get("Description") else ""
    return (f"{identity_xml(role)}"
            f"<AssumeRolePolicyDocument>{quote(role['AssumeRolePolicyDocument'], safe='')}</AssumeRolePolicyDocument>"
            f"{description}<MaxSessionDuration>{role.get('MaxSessionDuration', 3600)}</MaxSessionDuration>{more}")


def identity_xml(role):
    return "".join(f"<{field}>{escape(role[field])}</{field}>"
                   for field in ("RoleName", "RoleId", "Arn", "Path", "CreateDate"))


def list_roles(params):
    prefix = value(params, "PathPrefix") or "/"
    names, end = page(params, [name for name, role in iam._roles.items() if role["Path"].startswith(prefix)])
    inner = "".join(f"<member>{role_xml(name, boundary=False)}</member>" for name in names)
    return done("ListRoles", f"<Roles>{inner}</Roles>{end}")


def account_details(original):
    """GetAccountAuthorizationDetails, in pages when only roles are asked for."""
    def answer(params):
        if value(params, "Filter.member.1") != "Role" or value(params, "Filter.member.2"):
            return original(params)
        names, end = page(params, list(iam._roles))
        inner = "".join(f"<member>{role_detail(iam._roles[name])}</member>" for name in names)
        return done("GetAccountAuthorizationDetails",
                    f"<UserDetailList/><GroupDetailList/><RoleDetailList>{inner}</RoleDetailList><Policies/>{end}")
    return answer


def role_detail(role):
    inline = "".join(
        f"<member><PolicyName>{escape(name)}</PolicyName><PolicyDocument>{quote(text, safe='')}</PolicyDocument></member>"
        for name, text in role["InlinePolicies"].items())
    attached = "".join(
        f"<member><PolicyName>{escape(arn.rsplit('/', 1)[-1])}</PolicyName><PolicyArn>{escape(arn)}</PolicyArn></member>"
        for arn in role["AttachedPolicies"])
    boundary = ""
    if role.get("PermissionsBoundary"):
        boundary = ("<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>"
                    f"{role['PermissionsBoundary']}</PermissionsBoundaryArn></PermissionsBoundary>")
    return (f"{identity_xml(role)}"
            f"<AssumeRolePolicyDocument>{quote(role['AssumeRolePolicyDocument'], safe='')}</AssumeRolePolicyDocument>"
            f"<InstanceProfileList/><RolePolicyList>{inline}</RolePolicyList>"
            f"<AttachedManagedPolicies>{attached}</AttachedManagedPolicies>{boundary}"
            f"<Tags>{tag_members(role.get('Tags') or [])}</Tags>")
