//! What is said of imports.

use tf_provider::Diagnostic;

use super::About;
use crate::ports::rbac_objects::RbacKey;

/// An import of what Kubernetes or EKS makes.
pub(in super::super) fn built_in_import(about: &About, key: &RbacKey) -> Diagnostic {
    Diagnostic::error(
        "Built-In Role Or Binding",
        format!(
            "{} belongs to Kubernetes or EKS, which reconcile it, so it is never held here: a change of it could lock everybody out, and would be undone. Leave it as it is; to give \
             others the same role write a group binding of your own with `cluster_role`.",
            about.object(key)
        ),
    )
}

/// An import id that is none.
pub(in super::super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of a group binding: write `cluster/clusterrole/NAME` or `cluster/role/NAMESPACE/NAME` for a role with what binds it, or \
             `cluster/clusterrolebinding/NAME` or `cluster/rolebinding/NAMESPACE/NAME` for a binding of a role that is managed elsewhere, such as \
             `prod/clusterrole/developers`. Several namespaces are joined by commas; a region may follow: `prod/clusterrole/developers@eu-west-1`."
        ),
    )
}

/// Nothing to import.
pub(in super::super) fn nothing_to_import(cluster: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!("There is no {what} in cluster `{cluster}`, so there is nothing to import."),
    )
}

/// Several bindings of a role, of which none has the name that this provider gives.
pub(in super::super) fn ambiguous_import(
    cluster: &str,
    what: &str,
    bindings: &[&RbacKey],
) -> Diagnostic {
    let ids: Vec<String> = bindings
        .iter()
        .map(|key| {
            let place = match key.namespace.as_str() {
                "" => String::new(),
                namespace => format!("{namespace}/"),
            };
            format!(
                "  {cluster}/{}/{place}{}",
                key.kind.word().to_lowercase(),
                key.name
            )
        })
        .collect();
    Diagnostic::error(
        "Several Bindings",
        format!(
            "{what} of cluster `{cluster}` has several bindings, and one resource has one. Import each by itself:\n{}",
            ids.join("\n")
        ),
    )
}
