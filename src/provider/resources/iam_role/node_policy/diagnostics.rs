//! What a resource that puts policies on node roles tells the practitioner of them.

use std::collections::BTreeSet;

use tf_provider::{AttributePath, Diagnostic};

use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::iam::Role;

fn path() -> AttributePath {
    AttributePath::attribute("attach_node_policy")
}

/// A node role that is to get a policy and is not there.
pub(crate) fn node_role_not_found(arn: &str, error: &ApiError) -> Diagnostic {
    let mut diagnostic =
        api_failure::failed("Node Role Not Found", &format!("Node role `{arn}`"), error);
    diagnostic.detail.push_str(
        "\n\n`attach_node_policy` puts a policy on each role in `node_role_arns`. Nothing was changed. Correct the ARN, path included, or refer to the \
         `arn` of the role that makes it, so that it is made first.",
    );
    diagnostic.at(path())
}

/// A node role that has another policy of the name.
pub(crate) fn node_policy_exists(node_role: &Role, name: &str) -> Diagnostic {
    Diagnostic::error(
        "Node Policy Exists Already",
        format!(
            "Role `{}` has an inline policy `{name}` already, which grants something else. Nothing was changed. Remove it, or set \
             `on_conflict = \"adopt\"` to write over it.",
            node_role.arn
        ),
    )
    .at(path())
}

/// A node role without room.
pub(crate) fn long_node_policies(node_role: &Role, total: usize) -> Diagnostic {
    Diagnostic::error(
        "Inline Policies Too Long",
        format!(
            "Role `{}` would have {total} characters in inline policies, with those that this configuration puts there for other roles, and IAM takes 10,240 at \
             most. Nothing of this role was changed. Set \
             `attach_node_policy = false`, and attach one managed policy to the node role that names all the roles: their `arn`s.",
            node_role.arn
        ),
    )
    .at(path())
}

/// Policies on node roles that no destroy takes away, because the role stays.
pub(crate) fn node_policies_stay<'a>(
    policy: &str,
    node_roles: impl Iterator<Item = &'a String>,
) -> Diagnostic {
    let node_roles: String = node_roles.map(|arn| format!("  {arn}\n")).collect();
    Diagnostic::warning(
        "Node Policies Stay",
        format!(
            "The role stays, and so does the inline policy `{policy}` on these roles, which lets them assume it:\n{node_roles}A resource that holds the role now \
             manages it if it has `attach_node_policy`. Otherwise take it away when it is not needed any more."
        ),
    )
}

/// A `moved` block to a resource that knows nothing of node policies.
pub(crate) fn node_policies_would_be_lost(node_roles: &BTreeSet<String>) -> Diagnostic {
    let list: String = node_roles.iter().map(|arn| format!("  {arn}\n")).collect();
    Diagnostic::error(
        "Node Policies Would Be Lost",
        format!(
            "The resource has put a policy on these roles (`attach_node_policy`), and the one that it is moved to would leave it there for ever:\n{list}Before the \
             move, give the node roles the text of `node_policy_json` in a policy of your own (`aws_iam_role_policy`), set `attach_node_policy = false`, and apply. \
             The pods keep their role all the while."
        ),
    )
}
