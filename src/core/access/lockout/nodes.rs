//! Nodes come as a user `system:node:…` in the group `system:nodes`, both: an entry without one of them is as good as removed.
//! Source: Kubernetes documentation, "Using Node Authorization".

use std::collections::BTreeSet;

use super::circumstances::{Circumstances, Nodes, Unread};
use super::comparison::{AccessChange, Judged, outcomes};
use super::existence::Existence;
use super::finding::{Finding, FindingId};
use crate::access::cluster_access::{Access, Grant};
use crate::access::severity::Severity;

/// Whether whoever comes by a grant is a node to the authorizer for nodes.
pub(super) fn admits_nodes(grant: &Grant) -> bool {
    grant.username.starts_with("system:node:")
        && grant.groups.iter().any(|group| group == "system:nodes")
}

/// The names as which an access lets nodes in; of several outcomes, all.
fn node_names(access: &Access) -> BTreeSet<&str> {
    outcomes(access)
        .iter()
        .filter(|grant| admits_nodes(grant))
        .map(|grant| grant.username.as_str())
        .collect()
}

/// Whoever let nodes in and does not any more, or by other names; unless there are no nodes, or no such role.
pub(super) fn nodes(compared: &[Judged], circumstances: &Circumstances) -> Vec<Finding> {
    if circumstances.nodes == Nodes::None {
        return Vec::new();
    }
    let lost = compared
        .iter()
        .filter(|judged| lets_nodes_go(judged, circumstances));
    let finding = |judged: &Judged| {
        let severity = match (judged.unread(), circumstances.unread) {
            (Some(_), Unread::Open | Unread::Later) => Severity::Warning,
            _ => Severity::Error,
        };
        let found = Finding::new(
            FindingId::Nodes,
            severity,
            &circumstances.cluster,
            &judged.by_what_was_read,
        );
        match judged.unread() {
            Some(reason) => found.with_note(&format!(
                "whether something else lets them in is not known: {reason}"
            )),
            None => found,
        }
    };
    lost.map(finding).collect()
}

/// Whether there is anything for which it matters whether nodes exist.
pub(super) fn lets_nodes_go(judged: &Judged, circumstances: &Circumstances) -> bool {
    let known = &judged.by_what_was_read;
    let names = node_names(&known.before);
    let is_kept = !outcomes(&known.after).is_empty()
        && outcomes(&known.after).iter().all(admits_nodes)
        && node_names(&known.after) == names;
    // No instance comes as a user.
    let is_role = known.principal.arn.contains(":role/");
    is_role
        && !names.is_empty()
        && !is_kept
        && (known.leaves_unknown()
            || matches!(known.change, AccessChange::Loses | AccessChange::Changes))
        && circumstances
            .iam
            .existence(&known.principal, circumstances.partition)
            != Existence::Nobody
}
