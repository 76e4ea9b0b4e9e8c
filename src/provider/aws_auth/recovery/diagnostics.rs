//! What is said where the document before a write could not be kept.

use tf_provider::Diagnostic;

use super::MOST_COPIES;
use super::store::Failed;

pub(super) fn not_kept(cluster: &str, failure: &Failed) -> Diagnostic {
    Diagnostic::warning(
        "Previous aws-auth Not Kept",
        format!(
            "Entries of aws-auth of cluster `{cluster}` were removed or overwritten, and no copy of the document could be kept first: {}\n\nThe \
             change itself was made. {}",
            failure.text, failure.what_to_do
        ),
    )
}

pub(super) fn not_pruned(cluster: &str, failure: &Failed) -> Diagnostic {
    Diagnostic::warning(
        "Old Recovery Copies Stay",
        format!(
            "aws-auth of cluster `{cluster}` was kept before it was changed, but copies beyond the newest {MOST_COPIES} could not be removed: \
             {}\n\n{}",
            failure.text, failure.what_to_do
        ),
    )
}
