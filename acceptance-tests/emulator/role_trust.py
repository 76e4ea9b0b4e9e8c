"""Whether a role's trust policy lets somebody assume it, judged with the emulator's own conditions.

The emulator matches no service in a `Principal` and does not tell a role from its sessions, so whom a statement names is told
by the caller of `allows`.
"""

import json

from ministack.core import iam_evaluator
from ministack.services import iam

import principal


def role(arn):
    """The role of that ARN as IAM keeps it, or None where there is none."""
    whom = principal.parse(arn)
    if whom is None or not whom.is_role or whom.unique_id() is None:
        return None
    return iam._roles.get_scoped(whom.account, None, whom.name)


def allows(document, actions, names, context=None):
    """Whether each of `actions` is allowed to those whom `names(principal)` finds in a statement; a Deny wins.

    Without a context no condition is looked at: whoever could be allowed is, and no Deny counts.
    """
    return all(allowed(document, action, names, context) for action in actions)


def allowed(document, action, names, context):
    effects = {one.get("Effect") for one in statements(document) if names(one.get("Principal")) and acts(one, action)
               and (context is None or iam_evaluator._conditions_met(one.get("Condition") or {}, context(action)))}
    return "Allow" in effects and (context is None or "Deny" not in effects)


def statements(document):
    return listed(json.loads(document)["Statement"])


def acts(statement, action):
    wanted, unwanted = listed(statement.get("Action", [])), listed(statement.get("NotAction", []))
    return iam_evaluator._action_matches(action, wanted, unwanted)


def names_service(service):
    """Finds a service in a statement's principal. IAM user guide, "Principal": `*` and `"AWS": "*"` are everybody alike."""
    return lambda given: given == "*" or isinstance(given, dict) and (
        service in listed(given.get("Service", [])) or "*" in listed(given.get("AWS", [])))


def names_role(whom):
    """Finds a role or its account in a statement's principal."""
    account = (whom.account, f"arn:{whom.partition}:iam::{whom.account}:root", "*")
    return lambda given: given == "*" or isinstance(given, dict) and any(
        one in (*account, whom.arn) for one in listed(given.get("AWS", [])))


def names_role_itself(whom):
    """Finds a role, and not only its account, in a statement's principal."""
    return lambda given: isinstance(given, dict) and whom.arn in listed(given.get("AWS", []))


def listed(given):
    return given if isinstance(given, list) else [given]
