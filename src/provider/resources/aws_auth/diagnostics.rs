//! The messages of the whole map.

use eksauth_core::access::findings::MappingFinding;
use eksauth_core::aws_auth::{self, Entry, Irreparable, Reading, Repair, Section};
use tf_provider::{AttributePath, Diagnostic};

use super::items::{Item, attribute};
use crate::aws_auth::diagnostics::meaning;
use crate::aws_auth::{ClusterName, Document};
use crate::diagnostics::counted;
use crate::ports::ApiError;

fn list(entries: &[&Entry]) -> String {
    entries
        .iter()
        .map(|entry| format!("  {} ({})\n", entry.arn(), meaning(entry)))
        .collect()
}

/// Two elements name one principal.
pub(super) fn double(item: &Item, twin: &Item) -> Diagnostic {
    let arn = item.canonical();
    Diagnostic::error(
        "Two Elements For One Principal",
        format!(
            "`{}` names `{arn}` twice, as `{}` and as `{}`. The server uses only one of two entries of one ARN and does not merge their groups: \
             keep one.",
            attribute(item.kind),
            item.written,
            twin.written
        ),
    )
}

/// A new exclusive map over a document with entries of others.
pub(super) fn import_first(cluster: &ClusterName, strangers: &[&Entry]) -> Diagnostic {
    let ClusterName { name, id_suffix } = cluster;
    Diagnostic::error(
        "Import The Map First",
        format!(
            "aws-auth of cluster `{name}` has entries that this configuration does not name:\n\n{}\nAn exclusive map removes only what a plan \
             has shown. Import it, and the next plan shows each entry that goes:\n\nimport {{\n  to = eksauth_aws_auth.NAME\n  id = \
             \"{name}{id_suffix}\"\n}}",
            list(strangers)
        ),
    )
}

/// The map becomes exclusive.
pub(super) fn becomes_exclusive(cluster: &ClusterName, others: &[&Entry]) -> Diagnostic {
    Diagnostic::warning(
        "Entries Of Others Will Be Removed",
        format!(
            "With `exclusive = true` this change removes from aws-auth of cluster `{}` what the configuration does not name:\n\n{}\nTo keep one of \
             them, name it, or put its ARN into `leave`.",
            cluster.name,
            list(others)
        ),
    )
}

/// Entries of nodes or Fargate will be removed.
pub(super) fn removes_nodes(cluster: &ClusterName, nodes: &[&Entry]) -> Diagnostic {
    Diagnostic::warning(
        "Node Entries Will Be Removed",
        format!(
            "This change removes from aws-auth of cluster `{}` entries by which nodes or Fargate enter:\n\n{}\nNodes that use them lose \
             access, unless an access entry lets them in.",
            cluster.name,
            list(nodes)
        ),
    )
}

/// An imported map answers for every entry, and the configuration does not name these.
pub(super) fn import_removes(cluster: &ClusterName, gone: &[&Entry]) -> Diagnostic {
    let leave: String = gone
        .iter()
        .map(|entry| format!("    \"{}\",\n", entry.arn()))
        .collect();
    Diagnostic::warning(
        "Imported Entries Will Be Removed",
        format!(
            "The import took every entry of aws-auth of cluster `{}` but those of nodes and Fargate into the state of this resource, and the configuration \
             does not name these. Apply removes them:\n\n{}\nTo keep those that somebody else answers for, leave them to them:\n\n  leave = [\n{leave}  ]\n\n\
             To take over single entries and no others, do not import the map: set `on_conflict = \"adopt\"` on a new one.",
            cluster.name,
            list(gone)
        ),
    )
}

/// An entry that never matched anyone is about to match.
pub(super) fn becomes_effective(cluster: &ClusterName, prior: &Entry, entry: &Entry) -> Diagnostic {
    Diagnostic::warning(
        "Entry Becomes Effective",
        format!(
            "The entry of `{}` in aws-auth of cluster `{}` matches nobody as it is written today. This change writes `{}` instead, and from then \
             on that principal has access: {}.",
            prior.arn(),
            cluster.name,
            entry.arn(),
            meaning(entry)
        ),
    )
}

/// Roles that were deleted or recreated.
pub(super) fn roles_changed(cluster: &ClusterName, lines: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Roles Deleted Or Recreated",
        format!(
            "The server compares names, so these entries of mapRoles in aws-auth of cluster `{}` give what they say to whatever role has the name:\n\n{}\n\
             Remove an entry whose role is gone for good. The guide \"Findings\" explains each finding; `suppress_findings` of the provider \
             block silences one.",
            cluster.name,
            lines.concat()
        ),
    )
}

/// What a destroy leaves.
pub(super) fn left(cluster: &ClusterName, reading: &Reading) -> Diagnostic {
    let count = |section: Section| reading.section(section).len();
    let (roles, users, accounts) = (
        count(Section::MapRoles),
        count(Section::MapUsers),
        count(Section::MapAccounts),
    );
    let entries = match roles + users + accounts {
        1 => "1 entry".to_owned(),
        all => format!("{all} entries"),
    };
    Diagnostic::warning(
        "aws-auth Stays",
        format!(
            "aws-auth of cluster `{}` is no longer managed here and stays as it is; it has {entries} now ({}, {}, {}). Those of other resources that this \
             destroy removes go with them. To remove others, take them out of the configuration and apply before the resource is destroyed.",
            cluster.name,
            counted(roles, "role"),
            counted(users, "user"),
            counted(accounts, "account"),
        ),
    )
}

/// What an import left alone.
pub(super) fn left_to_eks(cluster: &ClusterName, count: usize) -> Diagnostic {
    let what = if count == 1 {
        "1 entry of nodes or Fargate was"
    } else {
        &format!("{count} entries of nodes and Fargate were")
    };
    Diagnostic::warning(
        "Node Entries Not Imported",
        format!(
            "{what} not imported from aws-auth of cluster `{}`: EKS writes them, and they stay as they are. Name one in the configuration to \
             manage it.",
            cluster.name
        ),
    )
}

/// Entries that no configuration could name.
pub(super) fn left_unnamed(cluster: &ClusterName, entries: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Entries Not Imported",
        format!(
            "aws-auth of cluster `{}` has entries that no configuration can name as they are. They stay as they are:\n\n{}",
            cluster.name,
            entries.concat()
        ),
    )
}

/// White space that is easily overlooked, made visible.
fn visible(line: &str) -> String {
    line.replace('\t', "\\t").replace('\u{a0}', "\\u00a0")
}

/// The edit that makes sections parse.
pub(super) fn will_be_repaired(
    cluster: &ClusterName,
    document: &Document,
    repairs: &[Repair],
    gains: &str,
) -> Diagnostic {
    let mut text = format!(
        "The cluster reads sections of aws-auth of cluster `{}` as empty today, because they do not parse. `repair = true` makes this edit and \
         changes no other byte of them:\n",
        cluster.name
    );
    for repair in repairs {
        let place = document.unparsed(repair.section).unwrap_or_default();
        text.push_str(&format!("\n{}, {place}\n", repair.section));
        for edit in &repair.edits {
            text.push_str(&format!(
                "  line {}: {}\n  - {}\n  + {}\n",
                edit.line,
                edit.rule,
                visible(&edit.before),
                visible(&edit.after)
            ));
        }
    }
    text.push_str("\nAfter the edit these entries take effect:\n\n");
    text.push_str(gains);
    let title = match repairs.len() {
        1 => "Section Will Be Repaired",
        _ => "Sections Will Be Repaired",
    };
    Diagnostic::warning(title, text)
}

/// A section that has no safe repair.
pub(super) fn irreparable(cluster: &ClusterName, reason: &Irreparable) -> Diagnostic {
    Diagnostic::error(
        "No Safe Repair",
        format!(
            "{} in aws-auth of cluster `{}` does not parse, and `repair = true` leaves it alone: {}.\n\nline {}, column {}: {}\n\n  {}\n\nMend \
             that line by hand, for example with `kubectl edit configmap aws-auth -n kube-system`, and run again.",
            reason.section,
            cluster.name,
            reason.reason,
            reason.line,
            reason.column,
            reason.problem,
            visible(&reason.text)
        ),
    )
}

/// A section that a refresh could not read.
pub(super) fn kept_unparsed(cluster: &ClusterName, section: Section, place: &str) -> Diagnostic {
    Diagnostic::warning(
        "Section Cannot Be Parsed",
        format!(
            "{section} in aws-auth of cluster `{}` does not parse: {place}. The cluster reads the whole section as empty today. The state keeps \
             what it has of it.",
            cluster.name
        ),
    )
}

/// An old manifest that would undo what was written since.
pub(super) fn stale_manifest(cluster: &ClusterName, findings: &[&MappingFinding]) -> Diagnostic {
    let list: String = findings
        .iter()
        .map(|finding| format!("  {}: {}\n", finding.section, finding.text))
        .collect();
    Diagnostic::warning(
        "An Old Manifest Would Undo This",
        format!(
            "aws-auth of cluster `{}` was once written with `kubectl apply`:\n\n{list}\nTake the ConfigMap out of what is applied, and then the \
             annotation away: `kubectl annotate configmap aws-auth -n kube-system kubectl.kubernetes.io/last-applied-configuration-`.\nFinding: {}",
            cluster.name,
            findings
                .first()
                .map(|finding| finding.id)
                .unwrap_or_default()
        ),
    )
}

/// A value that must be known is not.
pub(super) fn still_unknown() -> Diagnostic {
    Diagnostic::error(
        "Value Not Known At Apply",
        "A value of this `eksauth_aws_auth` was unknown at apply. This is a bug in the provider; please report it. Nothing of this change was written.",
    )
}

/// An id that names no cluster.
pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not an import id of `eksauth_aws_auth`. It is the cluster's name, `prod`, or `prod/kube-system/aws-auth`; with \
             `cluster_name` in the provider block also `kube-system/aws-auth`; each with `@eu-central-1` at the end for another region."
        ),
    )
}

/// A `moved` block from an object that is not aws-auth.
pub(super) fn moved_from_another_object(type_name: &str, found: Option<&str>) -> Diagnostic {
    let found = found.map_or_else(
        || "an object without a name".to_owned(),
        |object| format!("`{object}`"),
    );
    Diagnostic::error(
        "Not aws-auth",
        format!(
            "The state of `{type_name}` is of {found}, and `eksauth_aws_auth` is the ConfigMap `{}/{}` only. Leave the other object \
             where it is.",
            aws_auth::NAMESPACE,
            aws_auth::NAME
        ),
    )
}

/// A destroy that leaves aws-auth as it is and could not read it.
pub(super) fn left_unread(cluster: &ClusterName, error: &ApiError) -> Diagnostic {
    Diagnostic::warning(
        "aws-auth Stays",
        format!(
            "aws-auth of cluster `{}` stays as it is; how many entries it has could not be read: {}",
            cluster.name,
            error.detail()
        ),
    )
}

/// An element of `leave` that no entry can have.
pub(super) fn names_nobody_to_leave(written: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid ARN",
        format!("`{written}` is neither the ARN of a role or user nor an account id."),
    )
    .at(AttributePath::attribute("leave").key(written))
}
