//! Labels of blocks: each follows from its object alone, so that it is the same whatever else a file holds, and no two objects share one.

use std::fmt::Write;

use super::super::inventory::NamespacedName;

/// The beginning of a label that is not the name itself. A role whose name begins with it is written out too.
const WRITTEN_OUT: &str = "x--";

/// `team-reader` for itself; `x--team-2ereader` for `team.reader`, because a label takes letters, digits, `_` and `-` only.
pub(super) fn of_role(name: &str) -> String {
    let is_label = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'));
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_label && begins_well && !name.starts_with(WRITTEN_OUT) {
        return name.to_owned();
    }
    let mut label = WRITTEN_OUT.to_owned();
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() || byte == b'_' {
            true => label.push(char::from(byte)),
            false => {
                let _ = write!(label, "-{byte:02x}");
            }
        }
    }
    label
}

/// `apps_web`. Neither namespaces nor accounts have an `_`, and namespaces have no dot: the first `_` ends the namespace, the others are dots.
pub(super) fn of_account(account: &NamespacedName) -> String {
    let label = format!("{}_{}", account.namespace, account.name.replace('.', "_"));
    match label.starts_with(|first: char| first.is_ascii_alphabetic()) {
        true => label,
        false => format!("_{label}"),
    }
}
