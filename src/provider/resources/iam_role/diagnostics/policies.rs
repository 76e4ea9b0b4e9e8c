//! What is said of a role's policies before anything of it is changed.

use std::collections::BTreeMap;

use eksauth_core::iam_policy::policy_document::size;
use tf_provider::{AttributePath, Diagnostic};

use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::iam::Role;

/// A managed policy that a change would have stopped at.
pub(in crate::resources::iam_role) fn policy_not_found(arn: &str, error: &ApiError) -> Diagnostic {
    let mut diagnostic = api_failure::failed("Policy Not Found", &format!("Policy `{arn}`"), error);
    diagnostic.detail.push_str(
        "\n\nNothing of the role was changed. Correct the ARN, or make the policy in the same apply and refer to its `arn`.",
    );
    diagnostic
}

/// The same for a policy that an add-on brings.
pub(in crate::resources::iam_role) fn addon_policy_not_found(
    arn: &str,
    error: &ApiError,
) -> Diagnostic {
    let mut diagnostic = api_failure::failed("Policy Not Found", &format!("Policy `{arn}`"), error);
    diagnostic.detail.push_str(
        "\n\nNothing of the role was changed. AWS keeps this policy for an add-on of `addon_policies`, and this account's partition does not have it. Take the \
         add-on out of `addon_policies`, and give the role a policy of your own in `policy_arns` or `inline_policies`.",
    );
    diagnostic.at(AttributePath::attribute("addon_policies"))
}

/// More text in inline policies than a role can have.
pub(in crate::resources::iam_role) fn long_inline_policies(fault: &str) -> Diagnostic {
    Diagnostic::error("Inline Policies Too Long", fault)
        .at(AttributePath::attribute("inline_policies"))
}

/// More text than a role can have beside what others have put on it.
pub(in crate::resources::iam_role) fn no_room_for_inline_policies(
    role: &Role,
    own: usize,
    others: &BTreeMap<String, String>,
) -> Diagnostic {
    let list: String = others
        .iter()
        .map(|(name, text)| format!("  {name} ({} characters)\n", size(text)))
        .collect();
    Diagnostic::error(
        "Inline Policies Too Long",
        format!(
            "The inline policies for role `{}` have {own} characters together without white space, and it has these of others besides:\n{list}IAM takes 10,240 at \
             most for a role, whoever wrote them. Nothing was changed. Remove some of those, or make managed policies of yours, and attach them with \
             `policy_arns`.",
            role.arn
        ),
    )
    .at(AttributePath::attribute("inline_policies"))
}

/// An inline policy of somebody else that has a name which the configuration wants.
pub(in crate::resources::iam_role) fn inline_policy_exists(
    role: &Role,
    name: &str,
    is_of_addon: bool,
) -> Diagnostic {
    let (path, way) = match is_of_addon {
        true => (
            AttributePath::attribute("addon_policies"),
            "Remove it from the role",
        ),
        false => (
            AttributePath::attribute("inline_policies").key(name),
            "Remove it from the role, choose another name",
        ),
    };
    Diagnostic::error(
        "Inline Policy Exists Already",
        format!(
            "Role `{}` has an inline policy `{name}` already, which this resource did not put there and which grants something else. Nothing was changed. \
             {way}, or set `on_conflict = \"adopt\"` to write over it.",
            role.arn
        ),
    )
    .at(path)
}
