//! What the groups of an entry give, and what they do not.

use super::mapping_finding::{MappingFinding, at};
use crate::access::severity::Severity;
use crate::aws_auth::{ProblemKind, ReadEntry, Reading, Section};

const MASTERS: &str = "system:masters";
const NODES: &str = "system:nodes";

/// What EKS documents for the entries of nodes, Linux and Windows, Fargate included.
const OF_NODES: [&str; 4] = [
    "system:bootstrappers",
    NODES,
    "system:node-proxier",
    "eks:kube-proxy-windows",
];

/// Entries that give no group, or one without a name; what the reader has said with the value is not said again.
pub(super) fn groupless_findings(reading: &Reading) -> Vec<MappingFinding> {
    [Section::MapRoles, Section::MapUsers]
        .into_iter()
        .flat_map(|section| reading.section(section))
        .filter_map(|entry| groupless(reading, entry))
        .collect()
}

fn groupless(reading: &Reading, entry: &ReadEntry) -> Option<MappingFinding> {
    let said = |kind: ProblemKind| {
        let problems = reading.problems.iter();
        let is_of_entry = |problem: &&crate::aws_auth::Problem| {
            (problem.kind, problem.section, problem.index)
                == (kind, entry.section, Some(entry.index))
        };
        problems.filter(is_of_entry).count()
    };
    if entry.groups.is_empty() {
        let text = "the entry gives no group: whoever has it may do what is bound to its user name, and no more".to_owned();
        let is_said = said(ProblemKind::GroupsNotAList) > 0;
        return (!is_said).then(|| at(entry, "groups.missing", Severity::Note, text));
    }
    let unnamed = entry.groups.iter().filter(|group| group.is_empty()).count();
    let text = "an item of `groups` is null or empty, and the server gives a group without a name, to which nothing can be bound".to_owned();
    (unnamed > said(ProblemKind::GroupNotText))
        .then(|| at(entry, "group.empty_name", Severity::Warning, text))
}

/// An entry that makes every node an administrator, and with it every pod that reaches a node's credentials.
pub(super) fn nodes_in_masters(entry: &ReadEntry) -> Option<MappingFinding> {
    let text = format!(
        "every node is cluster-admin, and so is whoever takes over a node: take `{MASTERS}` away from the entry of nodes"
    );
    (gives_what_nodes_need(entry) && has(entry, MASTERS))
        .then(|| at(entry, "privilege.nodes_in_masters", Severity::Error, text))
}

/// True for an entry of nodes by its groups: it has the group of nodes, and where anybody may choose the node's name nothing beside what nodes have.
pub(super) fn gives_what_nodes_need(entry: &ReadEntry) -> bool {
    let is_of_nodes = |group: &String| OF_NODES.contains(&group.as_str()) || group == MASTERS;
    match entry.username.as_str() {
        "system:node:{{EC2PrivateDNSName}}" => has(entry, NODES),
        "system:node:{{SessionName}}" => has(entry, NODES) && entry.groups.iter().all(is_of_nodes),
        _ => false,
    }
}

fn has(entry: &ReadEntry, name: &str) -> bool {
    entry.groups.iter().any(|group| group == name)
}
