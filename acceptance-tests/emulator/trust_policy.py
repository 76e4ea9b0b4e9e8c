"""What IAM refuses in a role's trust policy, and how it counts its size.

IAM names one fault at a time; a principal of a known account has to exist.
"""

import json
import re

from ministack.services import iam

STATEMENT_KEYS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Condition"}
OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?(StringEquals|StringNotEquals|StringEqualsIgnoreCase|StringNotEqualsIgnoreCase|"
    r"StringLike|StringNotLike|NumericEquals|NumericNotEquals|NumericLessThan|NumericLessThanEquals|"
    r"NumericGreaterThan|NumericGreaterThanEquals|DateEquals|DateNotEquals|DateLessThan|DateLessThanEquals|"
    r"DateGreaterThan|DateGreaterThanEquals|Bool|BinaryEquals|IpAddress|NotIpAddress|ArnEquals|ArnNotEquals|"
    r"ArnLike|ArnNotLike)(IfExists)?|Null")
ENTITY = re.compile(r"arn:[a-z-]+:iam::(\d{12}):(role|user)/(?:.*/)?([^/]+)")


def size(document):
    """The characters IAM counts: all but white space."""
    return len(re.sub(r"\s", "", document))


def fault(document):
    """IAM's message about the first fault of a trust policy, or None."""
    try:
        policy = json.loads(document, object_pairs_hook=unique)
    except ValueError:
        return "This policy contains invalid Json"
    if not isinstance(policy, dict) or "Statement" not in policy:
        return "Syntax errors in policy."
    if policy.get("Version") not in ("2012-10-17", "2008-10-17", None):
        return "Syntax errors in policy."
    statements = as_list(policy["Statement"])
    if not statements:
        return "Empty SIDs or statements are not allowed"
    return next(filter(None, map(statement_fault, statements)), None)


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def as_list(given):
    return given if isinstance(given, list) else [given]


def statement_fault(statement):
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return "Syntax errors in policy."
    if "Resource" in statement or "NotResource" in statement:
        return "Has prohibited field Resource"
    if "NotPrincipal" in statement:
        return "Allow with NotPrincipal is not allowed."
    if set(statement) - STATEMENT_KEYS:
        return "Syntax errors in policy."
    if "Principal" not in statement:
        return "Missing required field Principal"
    actions = as_list(statement.get("Action", statement.get("NotAction", [])))
    if not actions:
        return "Missing required field Action"
    if not all(str(action).lower().startswith("sts:") or action == "*" for action in actions):
        return "AssumeRole policy may only specify STS AssumeRole actions."
    return principal_fault(statement["Principal"]) or condition_fault(statement.get("Condition", {}))


def principal_fault(principal):
    if principal == "*":
        return None
    if not isinstance(principal, dict) or not principal:
        return "Syntax errors in policy."
    for kind, named in principal.items():
        if kind not in ("AWS", "Federated", "Service", "CanonicalUser"):
            return f'Unrecognized principal type: "{kind}"'
        for one in as_list(named):
            if kind == "AWS" and not known(one):
                return f'Invalid principal in policy: "AWS":"{one}"'
            if kind == "Federated" and str(one).startswith("http"):
                return f'Invalid principal in policy: "FEDERATED":"{one}"'
    return None


def known(principal):
    """Whether an AWS principal exists; accounts the bed does not know are taken as they are."""
    if principal == "*" or re.fullmatch(r"\d{12}|arn:[a-z-]+:iam::\d{12}:root|A[A-Z0-9]{15,}", str(principal)):
        return True
    if re.fullmatch(r"arn:[a-z-]+:sts::\d{12}:(assumed-role|federated-user)/.+", str(principal)):
        return True
    entity = ENTITY.fullmatch(str(principal))
    if not entity:
        return False
    account, kind, name = entity.groups()
    stored = iam._roles if kind == "role" else iam._users
    accounts = {key[0] for key in stored.to_dict()}
    if account not in accounts:
        return True
    found = stored.get_scoped(account, None, name)
    return found is not None and found["Arn"] == principal


def condition_fault(conditions):
    if not isinstance(conditions, dict):
        return "Syntax errors in policy."
    for operator, keys in conditions.items():
        if not OPERATOR.fullmatch(operator):
            return f"Invalid Condition type : {operator}."
        if not isinstance(keys, dict) or not keys:
            return "Syntax errors in policy."
    return None
