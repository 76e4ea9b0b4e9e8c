//! What a role tells of the policies of its add-ons.

use tf_provider::{AttributePath, Diagnostic};

fn root() -> AttributePath {
    AttributePath::attribute("addon_policies")
}

/// One add-on, perhaps by two of its names.
pub(in crate::resources::irsa_role) fn named_twice(
    addon: &str,
    element: AttributePath,
) -> Diagnostic {
    Diagnostic::error(
        "Add-On Named Twice",
        format!(
            "`addon_policies` names `{addon}` twice. An add-on has one policy: name in one element everything that the add-on works with."
        ),
    )
    .at(element.at("name"))
}

/// An inline policy that has the name of an add-on's.
pub(in crate::resources::irsa_role) fn inline_policy_twice(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Policy Named Twice",
        format!(
            "`addon_policies` makes the inline policy `{name}`, and `inline_policies` has one of that name. Remove it there, or give it another name."
        ),
    )
    .at(AttributePath::attribute("inline_policies").key(name))
}

/// A managed policy that an add-on brings and the configuration names.
pub(in crate::resources::irsa_role) fn policy_twice(arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Policy Named Twice",
        format!(
            "`addon_policies` attaches `{arn}`, and `policy_arns` names it too. Remove it from `policy_arns`: it stays attached."
        ),
    )
    .at(AttributePath::attribute("policy_arns"))
}

/// More text than a role's inline policies can have.
pub(in crate::resources::irsa_role) fn long_inline_policies(size: usize) -> Diagnostic {
    Diagnostic::error(
        "Inline Policies Too Long",
        format!(
            "The inline policies have {size} characters together without white space, those of `addon_policies` included, and IAM takes 10,240 at most \
             for a role. Give each add-on a role of its own, name fewer resources or patterns of them, or make managed policies of the `documents` of \
             `eksauth_addon_policy` and attach those with `policy_arns`."
        ),
    )
    .at(root())
}

/// More managed policies than IAM lets any role have.
pub(in crate::resources::irsa_role) fn too_many_policies(count: usize) -> Diagnostic {
    Diagnostic::error(
        "Too Many Managed Policies",
        format!(
            "The role would have {count} managed policies, those of `addon_policies` included, and IAM takes 25 at most, where the account's quota was \
             raised. Give each add-on a role of its own."
        ),
    )
    .at(root())
}

/// More managed policies than an account's quota allows at first.
pub(in crate::resources::irsa_role) fn many_policies(count: usize) -> Diagnostic {
    Diagnostic::warning(
        "Many Managed Policies",
        format!(
            "The role will have {count} managed policies, those of `addon_policies` included, and an account's default quota is 10 for a role. Unless \
             yours was raised, IAM refuses the others."
        ),
    )
    .at(root())
}
