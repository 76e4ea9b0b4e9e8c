"""What EKS refuses in a pod identity association.

Sources: as `pod_identity`. Texts without a thread are ours, their codes are those that the API model lists.
"""

import json

import pass_role
import principal
import role_trust
from eks_answer import Refused, invalid

PODS = "pods.eks.amazonaws.com"
# API model of STS, AssumeRole: the longest session policy.
LONGEST_POLICY = 2048


def check_subject(body):
    for field in ("namespace", "serviceAccount", "roleArn"):
        if not body.get(field):
            raise invalid(f"{field} is required.")


def check_settings(body):
    """API: a session policy needs session tags to be off. The target role may be of any account, so EKS cannot look at it."""
    target, policy = body.get("targetRoleArn"), body.get("policy")
    if target and not is_role(target):
        raise invalid(f"The targetRoleArn {target} is not the ARN of a role.")
    if not policy:
        return
    if not body.get("disableSessionTags"):
        raise invalid("A policy can only be specified when disableSessionTags is true.")
    if len(policy) > LONGEST_POLICY:
        raise invalid(f"The policy is longer than {LONGEST_POLICY} characters.")
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        statements = None
    if not statements:
        raise invalid("The policy is not a valid IAM policy.")


def check_role(cluster, arn, without_tags):
    """The role is of the cluster's account, may be passed on, exists and trusts pods.

    UG: "must be in your EKS cluster's account due to IAM PassRole requirements", "the IAM principal that is creating the association
    must have iam:PassRole". Whether the conditions of a trust count at creation is not published: they do not here, so that only
    the pod's own request is refused.
    """
    whom = principal.parse(arn)
    if whom is None or not whom.is_role or whom.account != cluster["arn"].split(":")[4]:
        # Seen, eksctl#8718, for an empty ARN; the code is that of other services which say so.
        raise Refused(403, "AccessDeniedException", "Cross-account pass role is not allowed.")
    pass_role.check(arn, (PODS,), cluster["arn"])
    role = role_trust.role(arn)
    if role is None or not whom.is_known_to_others():
        # Seen: terraform-provider-aws#34711, for a role made a moment before, which hashicorp/aws asks again for.
        raise invalid("Role provided in the request does not exist.")
    # Seen, terraform-provider-aws#41483, for a trust of IRSA alone; others for a trust without sts:TagSession.
    actions = ("sts:AssumeRole",) if without_tags else ("sts:AssumeRole", "sts:TagSession")
    if not role_trust.allows(role["AssumeRolePolicyDocument"], actions, role_trust.names_service(PODS)):
        raise invalid("Trust policy of the role provided is invalid.")


def is_role(arn):
    whom = principal.parse(arn)
    return whom is not None and whom.is_role
