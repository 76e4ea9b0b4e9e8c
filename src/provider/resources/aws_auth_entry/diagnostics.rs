//! The messages of a resource of one entry, beside those of entries as such.

use eksauth_core::aws_auth::{Entry, ReadEntry};
use tf_provider::{AttributePath, Diagnostic};

use crate::aws_auth::Document;
use crate::aws_auth::diagnostics::{ClusterName, meaning, meaning_read};
use crate::aws_auth::rules::Kind;

/// Neither attribute says which role.
pub(super) fn no_role() -> Diagnostic {
    one_role(
        "Role Not Named",
        "Nothing says which role: set `rolearn`, or `permission_set` for the role of a permission set of IAM Identity Center.",
    )
}

/// Both attributes say which role.
pub(super) fn two_roles() -> Diagnostic {
    one_role(
        "Role Named Twice",
        "`rolearn` and `permission_set` both say which role. Set one of them.",
    )
}

fn one_role(title: &str, detail: &str) -> Diagnostic {
    Diagnostic::error(title, detail).at(AttributePath::attribute("rolearn"))
}

/// An ARN that no caller has, known only after the configuration was judged.
pub(super) fn matches_nobody(kind: Kind, reason: &str) -> Diagnostic {
    invalid_arn(
        kind,
        format!("No caller could ever match this entry: {reason}."),
    )
}

/// The same at apply.
pub(super) fn would_match_nobody(kind: Kind, reason: &str) -> Diagnostic {
    invalid_arn(
        kind,
        format!(
            "No caller could ever match this entry: {reason}. Nothing of this change was written."
        ),
    )
}

fn invalid_arn(kind: Kind, detail: String) -> Diagnostic {
    Diagnostic::error("Invalid ARN", detail).at(AttributePath::attribute(kind.attribute()))
}

/// An entry that never matched anyone is about to match.
pub(super) fn becomes_effective(cluster: &ClusterName, stands: &str, entry: &Entry) -> Diagnostic {
    Diagnostic::warning(
        "Entry Becomes Effective",
        format!(
            "The entry of `{stands}` in aws-auth of cluster `{}` matches nobody as it is written today. This change writes `{}` instead, and from \
             then on that principal has access: {}.",
            cluster.name,
            entry.arn(),
            meaning(entry)
        ),
    )
}

/// A value that must be known is not.
pub(super) fn still_unknown(kind: Kind) -> Diagnostic {
    Diagnostic::error(
        "Value Not Known At Apply",
        format!(
            "A value of this `{}` was unknown at apply. This is a bug in the provider; please report it. Nothing of this change was written.",
            kind.resource()
        ),
    )
}

/// An import id of another shape.
pub(super) fn malformed_import_id(kind: Kind, id: &str) -> Diagnostic {
    let example = match kind {
        Kind::Role => "prod#arn:aws:iam::111122223333:role/platform",
        Kind::User => "prod#arn:aws:iam::111122223333:user/alice",
        Kind::Account => "prod#444455556666",
    };
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not an import id of `{}`: it looks like `{example}`, with `@eu-central-1` at the end for another region.",
            kind.resource()
        ),
    )
}

/// An import of an entry that is not there.
pub(super) fn not_found(
    kind: Kind,
    cluster: &ClusterName,
    document: &Document,
    written: &str,
) -> Diagnostic {
    let section = kind.section();
    let entries: Vec<String> = document
        .reading()
        .section(section)
        .iter()
        .map(|entry| format!("  {}\n", entry.arn))
        .collect();
    let there = match entries.len() {
        0 => format!("{section} has no entries."),
        _ => format!("{section} has:\n\n{}", entries.concat()),
    };
    Diagnostic::error(
        "Entry Not Found",
        format!(
            "aws-auth of cluster `{}` has no entry for `{written}`. {there}",
            cluster.name
        ),
    )
}

/// An import of an entry that stands there in several meanings.
pub(super) fn ambiguous(
    cluster: &ClusterName,
    written: &str,
    entries: &[&ReadEntry],
) -> Diagnostic {
    let list: String = entries
        .iter()
        .map(|entry| format!("  {}: {}\n", entry.arn, meaning_read(entry)))
        .collect();
    Diagnostic::error(
        "Ambiguous Import Id",
        format!(
            "aws-auth of cluster `{}` has several entries for `{written}`, which do not say the same:\n\n{list}\nThe server uses one of them. \
             Remove the others (`kubectl edit configmap aws-auth -n kube-system`) and import again.",
            cluster.name
        ),
    )
}

/// Where all goes: what another provider block removes needs whoever acts.
pub(super) fn own_entry_goes_last(arn: &str, open: usize) -> Diagnostic {
    Diagnostic::error(
        "The Caller's Own Access Goes Last",
        format!(
            "By the entry of {arn} whoever applies comes in to remove the rest of this configuration, of which {open} of another `provider` block are still there: they could not be \
             removed, or looked for, or none of them has gone for a while. It was not removed. See their errors, if there are any, and apply again. If it is refused once more, \
             give both the same `provider` block."
        ),
    )
}
