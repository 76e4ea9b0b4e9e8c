"""The right to pass a role on, which some requests need besides their own action.

UG, "Create access entries": whoever creates an entry of type EC2_LINUX or EC2_WINDOWS needs iam:PassRole.
"""

import contextvars

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region

from eks_answer import Refused

CALLER = contextvars.ContextVar("access_key_id", default="")


def check(role):
    """Refuse the request that is being answered, unless its caller may pass this role on."""
    denied = iam_evaluator.enforce(CALLER.get(), "iam:PassRole", "iam", get_region(), role)
    if denied is not None:
        raise Refused(403, "AccessDeniedException", iam_actions.identity_denial_message(
            "iam:PassRole", denied.principal_arn, role, denied.decision == "Deny"))
