//! What `eksauth_node_assumed_role` tells the practitioner of its trust and of node roles.

use eksauth_core::principal::arn::Arn;
use tf_provider::{AttributePath, Diagnostic};

pub(super) use crate::resources::iam_role::diagnostics::{conflict, no_prior, wrong_trust};

pub(super) fn trusts_no_one() -> Diagnostic {
    Diagnostic::error(
        "Role Trusts No One",
        "Nothing says who may assume this role: set `node_role_arns` to the roles of the nodes that kube2iam runs on, or to the role of kiam's server, or set \
         `ec2` or `extra_statements`.",
    )
}

/// An attribute that is about the roles in `node_role_arns`, where there are none.
pub(super) fn missing_node_role(attribute: &str) -> Diagnostic {
    Diagnostic::error(
        "Missing Node Role",
        format!(
            "`{attribute}` is about the roles in `node_role_arns`, and that names none. Name the roles of the nodes, or of kiam's server, or leave `{attribute}` out."
        ),
    )
    .at(AttributePath::attribute(attribute))
}

/// A node role that these credentials cannot change.
pub(super) fn node_role_of_another_account(node_role: &Arn, role: &Arn) -> Diagnostic {
    Diagnostic::error(
        "Node Role Of Another Account",
        format!(
            "`attach_node_policy` cannot put a policy on `{node_role}`: it is in another account than the role, `{role}`. Leave `attach_node_policy` out, and give \
             that node role the text of `node_policy_json` with credentials of its account."
        ),
    )
    .at(AttributePath::attribute("attach_node_policy"))
}

/// kube2iam remembers credentials by the role's ARN alone.
pub(super) fn external_id_not_checked() -> Diagnostic {
    Diagnostic::warning(
        "External Id Is Not Checked Per Pod",
        "kube2iam remembers a role's credentials by the role's ARN alone, for 15 minutes: after one pod with the right external id, a pod of the same node \
         without it gets the same credentials. The external id keeps out other callers of STS, not other pods. Restrict the role by namespace \
         (`iam.amazonaws.com/allowed-roles`), or use `eksauth_irsa_role`.",
    )
    .at(AttributePath::attribute("external_id"))
}
