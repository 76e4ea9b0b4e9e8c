//! Roles of the map that are gone or were made anew: one warning in the plan, where IAM may be asked.
//!
//! The server compares names, so a role that was made anew has what its entry gives. The state remembers in private by when each entry was there;
//! without that, managedFields say when its section was written last.

use eksauth_core::access::findings::MappingFinding;
use eksauth_core::access::severity::Severity;
use eksauth_core::aws_auth::{Entry, ReadEntry, Section};
use serde::{Deserialize, Serialize};
use tf_provider::Context;
use tf_provider::resource::Private;

use super::change_request::{is_named, noted};
use super::items::{Item, items};
use super::{AwsAuthModel, diagnostics};
use crate::access::role_findings::document_role_findings;
use crate::aws_auth::WritableCluster;
use crate::aws_auth::rules::Kind;
use crate::aws_auth::{ChangeRequest, Document, key};
use crate::client::Client;
use crate::resources::aws_auth_entry::missing_roles::warn_of_missing;

/// Private facts: by when entries were there.
const THERE: &str = "there";

/// An entry, and a moment at which it was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct There {
    section: Section,
    /// In small letters.
    arn: String,
    /// Seconds since 1970.
    by: i64,
}

impl There {
    fn is_of(&self, section: Section, arn: &str) -> bool {
        self.section == section && self.arn == key(arn)
    }
}

/// Notes for each entry of a granted request that it is there now; one that did not change was there before.
pub(super) fn remember(
    mut private: Private,
    upserts: &[Entry],
    holds: &[Entry],
    now: i64,
) -> Private {
    let before: Vec<There> = noted(&private, THERE);
    let there = |entry: &Entry, by: i64| There {
        section: entry.section(),
        arn: key(entry.arn()),
        by,
    };
    let written = upserts.iter().map(|entry| there(entry, now));
    let held = holds.iter().map(|entry| {
        let known = before
            .iter()
            .find(|known| known.is_of(entry.section(), entry.arn()));
        there(entry, known.map_or(now, |known| known.by))
    });
    let notes: Vec<There> = written.chain(held).collect();
    if let Ok(notes) = serde_json::to_value(notes) {
        private.entries.insert(THERE.to_owned(), notes);
    }
    private
}

/// The entries of a request that are there once it is granted: those that it writes, and those that it holds.
pub(super) fn granted(request: &ChangeRequest) -> (Vec<Entry>, Vec<Entry>) {
    let upserts = request
        .upserts
        .iter()
        .map(|upsert| upsert.entry.clone())
        .collect();
    (upserts, request.holds.clone())
}

/// Says once for all entries of the map what is not as it was with their roles, and which roles of new ones are not there.
pub(super) async fn warn(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
    planned: &AwsAuthModel,
    private: &Private,
) {
    let Some(wanted) = items(planned) else {
        return;
    };
    let is_new = |item: &&Item| {
        let there = document.find(item.kind.section(), &item.canonical());
        item.kind == Kind::Role && there.is_empty()
    };
    let new: Vec<String> = wanted.iter().filter(is_new).map(Item::canonical).collect();
    warn_of_missing(cx, target, new.iter().map(String::as_str)).await;
    let notes: Vec<There> = noted(private, THERE);
    let by = |entry: &ReadEntry| {
        let note = notes
            .iter()
            .find(|note| note.is_of(entry.section, &entry.arn));
        note.map(|note| note.by)
    };
    let found = document_role_findings(cx.client.roles(), &target.cluster, document, by).await;
    let suppressed = &cx.client.settings().suppress_findings;
    let entry_of = |finding: &MappingFinding| {
        let mut entries = document.reading().section(finding.section).iter();
        entries
            .find(|entry| Some(entry.index) == finding.index)?
            .to_entry()
    };
    let is_ours = |finding: &MappingFinding| {
        entry_of(finding).is_some_and(|entry| is_named(&entry, &wanted, &Default::default()))
    };
    let lines: Vec<String> = found
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
        .filter(|finding| !suppressed.contains(finding.id) && is_ours(finding))
        .map(|finding| {
            format!(
                "  line {}: {}. Finding: {}\n",
                finding.line, finding.text, finding.id
            )
        })
        .collect();
    if !lines.is_empty() {
        cx.add(diagnostics::roles_changed(target.writer.cluster(), &lines));
    }
}
