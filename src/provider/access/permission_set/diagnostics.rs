//! What is said of a permission set whose role is not certain.

use eksauth_core::principal::permission_set::PermissionSetRole;
use tf_provider::{AttributePath, Diagnostic};

use crate::diagnostics::api_failure::sentence;
use crate::ports::iam::Role;
use eksauth_core::nearness::nearest;

/// Names that a message lists at most.
const MOST_NAMES: usize = 20;

pub(super) fn attribute() -> AttributePath {
    AttributePath::attribute("permission_set")
}

/// A name that no permission set can have.
pub(super) fn invalid(reason: &str) -> Diagnostic {
    Diagnostic::error("Invalid Permission Set", sentence(reason)).at(attribute())
}

pub(super) fn none(name: &str, account: &str, roles: &[Role]) -> Diagnostic {
    let mut names: Vec<String> = roles
        .iter()
        .filter_map(|role| PermissionSetRole::parse(&role.name))
        .map(|role| role.permission_set.to_owned())
        .collect();
    names.sort();
    names.dedup();
    let there = match names.len() {
        0 => "No permission set has a role there.".to_owned(),
        count if count > MOST_NAMES => format!("{count} others have one there."),
        _ => format!("There are roles of `{}`.", names.join("`, `")),
    };
    let near = nearest(name, &names)
        .map(|near| format!(" The nearest name is `{near}`."))
        .unwrap_or_default();
    Diagnostic::error(
        "Permission Set Not Found",
        format!(
            "There is no role of permission set `{name}` in {account}. {there}{near} IAM Identity Center makes the role when the permission set is \
             assigned in that account, so assign it first.\n\nOnly the account of the cluster is looked into, as whoever asks EKS about the \
             cluster. If the permission set is assigned in another account, give the ARN of its role there: `rolearn` instead of \
             `permission_set`. If the cluster itself is in another account, give a role to assume there: `assume_role_arn` in `clusters` of the \
             provider block."
        ),
    )
    .at(attribute())
}

pub(super) fn several<'r>(name: &str, roles: impl Iterator<Item = &'r Role>) -> Diagnostic {
    let mut arns: Vec<String> = roles.map(|role| format!("  {}\n", role.arn)).collect();
    arns.sort();
    Diagnostic::error(
        "Several Roles For One Permission Set",
        format!(
            "Permission set `{name}` has more than one role:\n\n{}\nGive the ARN of the one that is meant: `rolearn` instead of `permission_set`.",
            arns.concat()
        ),
    )
    .at(attribute())
}
