//! What is said of manifests that cannot be read, and of what may not be.

use eksauth_core::document::{Content, Document, Unreadable};
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

/// A text that is no manifest.
pub(super) fn unreadable(index: usize, error: &Unreadable) -> Diagnostic {
    not_a_manifest(index, &error.to_string())
}

/// A part of a manifest that is no YAML: what it would say of roles is not known.
pub(super) fn check_readable(index: usize, documents: &[Document]) -> Result<(), Diagnostics> {
    for document in documents {
        if let Content::Broken(broken) = &document.content {
            return Err(not_a_manifest(index, &broken.to_string()).into());
        }
    }
    Ok(())
}

fn not_a_manifest(index: usize, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "Unreadable Manifest",
        format!(
            "Element {index} of `manifests` cannot be read: {reason}. Give the text of manifests, such as `file(\"app.yaml\")`, or what `helm template` and \
             `kubectl kustomize` print."
        ),
    )
    .at(AttributePath::attribute("manifests"))
}

/// Two places at once.
pub(super) fn conflict() -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        "`manifests` and `cluster_name` cannot be set together: roles are read from manifests or from a cluster.",
    )
    .at(AttributePath::attribute("manifests"))
}

/// Kinds that may not be listed, and objects that cannot be read.
pub(super) fn not_everything(unread: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Not Everything Could Be Read",
        format!(
            "There may be workloads with roles that are not told: {}. Grant the caller the permission, or look at these by hand.",
            unread.join("; ")
        ),
    )
}
