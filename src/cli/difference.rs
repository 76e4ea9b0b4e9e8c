//! What a write would change: the text of the sections, and who gains and loses by it.

use std::collections::BTreeMap;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::lockout::{Comparison, compare};
use eksauth_core::aws_auth::{Section, read};
use similar::TextDiff;

/// The sections that differ, as a unified diff.
pub(crate) fn diff(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let text = |data: &BTreeMap<String, String>, section: Section| {
        data.get(section.key()).cloned().unwrap_or_default()
    };
    let mut whole = String::new();
    for section in Section::ALL {
        let (old, new) = (text(before, section), text(after, section));
        if old != new {
            let name = format!("aws-auth {section}");
            let diff = TextDiff::from_lines(&old, &new);
            whole.push_str(&diff.unified_diff().header(&name, &name).to_string());
        }
    }
    whole
}

/// The lines that differ between two texts and no line beside them.
pub(crate) fn lines(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut diff = diff.unified_diff();
    diff.context_radius(0).header(name, name).to_string()
}

/// What else lets principals into a cluster, which a change of aws-auth leaves as it is.
pub(crate) struct Beside {
    /// The authentication mode.
    pub(crate) mode: AuthenticationMode,
    /// The access entries.
    pub(crate) access_entries: Knowledge<Vec<AccessEntry>>,
}

/// Who gains and who loses between two states of aws-auth.
pub(crate) fn access_changes(
    beside: &Beside,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<Comparison> {
    let view = |data: &BTreeMap<String, String>| ClusterView {
        mode: beside.mode,
        aws_auth: Knowledge::Known(read(data)),
        access_entries: beside.access_entries.clone(),
    };
    compare(&view(before), &view(after))
}
