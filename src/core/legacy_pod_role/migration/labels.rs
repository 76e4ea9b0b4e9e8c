//! Labels of blocks: each follows from its object alone, so that it is the same whatever else a file holds, and no two objects share one.

use super::super::inventory::NamespacedName;

/// `apps_web`. Neither namespaces nor accounts have an `_`, and namespaces have no dot: the first `_` ends the namespace, the others are dots.
pub(super) fn of_account(account: &NamespacedName) -> String {
    let label = format!("{}_{}", account.namespace, account.name.replace('.', "_"));
    match label.starts_with(|first: char| first.is_ascii_alphabetic()) {
        true => label,
        false => format!("_{label}"),
    }
}
