//! After a write: what the server stored, compared with what was wanted. An admission webhook may have changed it on the way.

use eksauth_core::aws_auth::Entry;

use super::request::ChangeRequest;
use crate::aws_auth::diagnostics;
use crate::aws_auth::document::Document;

/// What of a request the document does not say although it was written.
pub(super) fn unfulfilled(document: &Document, request: &ChangeRequest) -> Option<String> {
    let changes_entries = !request.upserts.is_empty() || !request.removals.is_empty();
    let lost = request
        .texts
        .iter()
        .find(|text| document.data().get(text.section.key()) != text.to.as_ref());
    if let Some(text) = lost.filter(|_| !changes_entries) {
        return Some(format!("{} has another text", text.section));
    }
    let is_there = |entry: &Entry| {
        document
            .find(entry.section(), entry.arn())
            .iter()
            .any(|read| read.same_meaning(entry))
    };
    let wanted = || request.upserts.iter().map(|upsert| &upsert.entry);
    if let Some(missing) = wanted().find(|entry| !is_there(entry)) {
        return Some(format!(
            "the entry of `{}` in {} ({}) is not there",
            missing.arn(),
            missing.section(),
            diagnostics::meaning(missing)
        ));
    }
    let is_wanted_anew = |entry: &Entry| wanted().any(|wanted| wanted == entry);
    let left = request
        .removals
        .iter()
        .map(|removal| &removal.entry)
        .find(|entry| is_there(entry) && !is_wanted_anew(entry))?;
    Some(format!(
        "the entry of `{}` in {} is still there",
        left.arn(),
        left.section()
    ))
}
