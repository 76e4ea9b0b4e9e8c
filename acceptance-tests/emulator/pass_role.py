"""The right to pass a role on, which some requests need besides their own action.

UG, "Create access entries": whoever creates an entry of type EC2_LINUX or EC2_WINDOWS needs iam:PassRole. UG, "Assign an IAM role
to a Kubernetes service account": so does whoever creates a pod identity association.
"""

import contextvars

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region

from eks_answer import Refused

CALLER = contextvars.ContextVar("access_key_id", default="")


def check(role, services, cluster):
    """Refuse the request that is being answered, unless its caller may pass this role on to one of `services` for the cluster.

    EMR on EKS development guide, "Set up … EKS Pod Identity": `iam:PassedToService` and `iam:AssociatedResourceArn`, which is the
    cluster's ARN.
    """
    refusals = [refusal(role, {"iam:PassedToService": service, "iam:AssociatedResourceArn": cluster}) for service in services]
    if all(refusals):
        denied = refusals[0]
        raise Refused(403, "AccessDeniedException", iam_actions.identity_denial_message(
            "iam:PassRole", denied.principal_arn, role, denied.decision == "Deny"))


def refusal(role, keys):
    return iam_evaluator.enforce(CALLER.get(), "iam:PassRole", "iam", get_region(), role, keys)
