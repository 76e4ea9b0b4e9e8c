//! What is said of roles that go, and of what a killed apply has left.

use tf_provider::Diagnostic;

use super::{About, at};
use crate::ports::ApiError;
use crate::ports::rbac_objects::{RbacKey, RbacKind, RbacObject};

/// More bindings than this are counted.
const MOST_NAMED: usize = 10;

/// A change that removes the role which it binds.
pub(in super::super) fn own_role_goes(
    about: &About,
    role: &RbacKey,
    attribute: &str,
) -> Diagnostic {
    Diagnostic::error(
        "Role Goes With Its Rules",
        format!(
            "`{attribute}` names {role} of cluster `{}`, which this very resource has made of its `rules`. Without `rules` it goes with this change, and the binding would give \
             nothing. Nothing was changed. Keep `rules`; or have the role managed elsewhere first: take this resource out of the state (`terraform state rm`), and import its binding \
             alone (`{}`).",
            about.cluster,
            match role.namespace.as_str() {
                "" => "cluster/clusterrolebinding/NAME",
                _ => "cluster/rolebinding/NAMESPACE/NAME",
            }
        ),
    )
    .at(at(attribute))
}

/// Bindings that refer to roles which go.
pub(in super::super) fn left_without_role(about: &About, left: &[&RbacObject]) -> Diagnostic {
    let line = |binding: &&RbacObject| {
        let subjects = binding.fields.subjects.iter().flatten();
        let names: Vec<String> = subjects.map(ToString::to_string).collect();
        let role = binding.fields.role_ref.as_ref();
        let role = role.map(ToString::to_string).unwrap_or_default();
        format!(
            "  {}, which binds {} to {role}",
            binding.key,
            names.join(", ")
        )
    };
    let mut lines: Vec<String> = left.iter().take(MOST_NAMED).map(line).collect();
    if left.len() > MOST_NAMED {
        lines.push(format!("  and {} more", left.len() - MOST_NAMED));
    }
    Diagnostic::warning(
        "Role Goes And Is Still Bound",
        format!(
            "{} takes a role away to which others refer:\n{}\n\nThese bindings stay and give nothing without it, and the API server says so to nobody. Remove them too, or keep the role.",
            about.text(),
            lines.join("\n")
        ),
    )
}

/// What an apply has made that was killed before Terraform had its answer.
pub(in super::super) fn left_over(about: &About, keys: &[RbacKey]) -> Diagnostic {
    let objects: Vec<String> = keys.iter().map(ToString::to_string).collect();
    Diagnostic::warning(
        "Left By An Apply That Was Killed",
        format!(
            "An earlier apply of {} has made this, and was killed before it could say so: {}. It is held here from now on: what is wanted stays, and the rest goes with the next apply.",
            about.text(),
            objects.join(", ")
        ),
    )
}

/// It could not be looked for.
pub(in super::super) fn left_over_unread(
    about: &About,
    kind: RbacKind,
    error: &ApiError,
) -> Diagnostic {
    Diagnostic::warning(
        "Left By An Apply That Was Killed",
        format!(
            "An earlier apply of {} was killed before its answer, and may have made what is in no state and gives rights all the same. {}s could not be listed to look for it: {}\n\nGrant \
             `list` on them and plan again, or look for objects whose field manager is this provider.",
            about.text(),
            kind.word(),
            error.detail()
        ),
    )
}
