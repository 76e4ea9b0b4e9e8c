"""What EKS refuses in an access entry, and what it fills in.

Sources: UG is the EKS user guide, "Create access entries"; API is the API model of CreateAccessEntry; "seen" is an answer of
the real service that a public thread quotes. Texts without a thread are ours, their codes are those that the API model lists.
"""

import principal
from eks_answer import invalid

# UG: a user name of one's own can't start with these. Seen: terraform-aws-eks-blueprints#2004, "… must not begin with system:".
RESERVED = ("system:", "eks:", "aws:", "amazon:", "iam:")
# API: the values of `type`. UG: the user names that EKS sets; those of EC2 and HYPERPOD_LINUX are not published. The groups of EC2_LINUX stand in the CLI's reference of
# create-access-entry; the others are those of the entries that EKS writes to aws-auth for such roles (UG, aws-auth).
NODE_TYPES = {
    "EC2": ("system:node:{{SessionName}}", ["system:nodes"]),
    "EC2_LINUX": ("system:node:{{EC2PrivateDNSName}}", ["system:nodes"]),
    "EC2_WINDOWS": ("system:node:{{EC2PrivateDNSName}}", ["eks:kube-proxy-windows", "system:nodes"]),
    "FARGATE_LINUX": ("system:node:{{SessionName}}", ["system:bootstrappers", "system:node-proxier", "system:nodes"]),
    "HYBRID_LINUX": ("system:node:{{SessionName}}", ["system:nodes"]),
    "HYPERPOD_LINUX": ("system:node:{{SessionName}}", ["system:nodes"]),
}
TYPES = ("STANDARD", *NODE_TYPES)


def check_new(account, body):
    """Refuse what EKS refuses at creation in a cluster of `account`; return the principal and its type."""
    kind = body.get("type") or "STANDARD"
    if kind not in TYPES:
        raise invalid(f"The type {kind} is none of {', '.join(TYPES)}.")
    whom = check_principal(body.get("principalArn", ""))
    check_names(body)
    if kind != "STANDARD":
        check_node(account, kind, whom, body)
    return whom, kind


def check_principal(arn):
    """UG: an existing role or user, no service-linked role; API: no session of STS."""
    whom = principal.parse(arn)
    if whom is not None and whom.is_service_linked:
        # Seen: terraform-provider-aws#36447.
        raise invalid("The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role")
    if whom is None or not whom.is_known_to_others():
        # Seen: terraform-aws-eks#2969, for a role whose path was left out; others for a role made a moment before, which
        # hashicorp/aws asks again for.
        raise invalid("The specified principalArn is invalid: invalid principal.")
    return whom


def check_names(body):
    """UG: reserved user names, `{{SessionName}}` after a colon. Seen, terraform-aws-eks#2915: groups of `system:`."""
    username = body.get("username") or ""
    for prefix in RESERVED:
        if username.startswith(prefix):
            raise invalid(f"The username must not begin with {prefix}")
    before, template, _ = username.partition("{{SessionName")
    if template and ":" not in before:
        raise invalid("The username must include a colon before {{SessionName}}")
    for group in body.get("kubernetesGroups") or []:
        if group.startswith("system:"):
            raise invalid(f"The kubernetes group name {group} is invalid, it cannot start with system:")


def check_node(account, kind, whom, body):
    """UG and API: nodes are roles of the cluster's account, and EKS sets their user name and groups."""
    if not whom.is_role:
        raise invalid(f"The principalArn of an access entry of type {kind} must be an IAM role.")
    if whom.account != account:
        raise invalid(f"The principalArn of an access entry of type {kind} must be in the cluster's account.")
    check_node_names(kind, body)


def check_node_names(kind, body):
    """UG: groups and user names only for STANDARD."""
    for field in ("kubernetesGroups", "username"):
        if body.get(field):
            raise invalid(f"You can't specify {field} for an access entry of type {kind}.")


def filled_in(whom, kind, body):
    """(user name, groups) of a new entry. UG: the user's ARN, or the role's as STS spells it, without its path."""
    if kind != "STANDARD":
        return NODE_TYPES[kind]
    return body.get("username") or default_username(whom), list(body.get("kubernetesGroups") or [])


def default_username(whom):
    if not whom.is_role:
        return whom.arn
    return f"arn:{whom.partition}:sts::{whom.account}:assumed-role/{whom.name}/{{{{SessionName}}}}"
