//! Sections whose whole text becomes another one: what wishes want of a document before its entries are changed.

use std::collections::HashMap;

use tf_provider::{Diagnostic, Diagnostics};

use super::request::{ChangeRequest, SectionReplacement};
use crate::aws_auth::diagnostics::ClusterName;
use crate::aws_auth::document::Document;
use crate::ports::kubernetes::ConfigMap;

/// The document with the texts that the wishes want; `None` where no text changes.
///
/// # Errors
/// By position, the wishes whose section says something else by now.
pub(in crate::aws_auth) fn with_sections_replaced<'a>(
    document: &Document,
    requests: impl Iterator<Item = &'a ChangeRequest>,
    cluster: &ClusterName,
) -> Result<Option<Document>, HashMap<usize, Diagnostics>> {
    let mut data = document.data().clone();
    let mut refusals: HashMap<usize, Diagnostics> = HashMap::new();
    for (position, request) in requests.enumerate() {
        for SectionReplacement { section, from, to } in &request.texts {
            let now = data.get(section.key());
            if now == to.as_ref() {
                continue;
            }
            if now != from.as_ref() {
                let refusal = changed(cluster, &section.to_string());
                refusals.entry(position).or_default().push(refusal);
                continue;
            }
            match to {
                Some(text) => data.insert(section.key().to_owned(), text.clone()),
                None => data.remove(section.key()),
            };
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let is_same = data == *document.data();
    Ok((!is_same).then(|| with_data(document, data)))
}

/// The object with other data; what is missing is made when it is written.
fn with_data(document: &Document, data: std::collections::BTreeMap<String, String>) -> Document {
    let config_map = document.config_map().cloned().unwrap_or_default();
    Document::new(Some(ConfigMap { data, ..config_map }))
}

/// A section that was shown says something else by now.
pub(crate) fn changed(cluster: &ClusterName, section: &str) -> Diagnostic {
    Diagnostic::error(
        "Section Changed Meanwhile",
        format!(
            "Someone changed {section} in aws-auth of cluster `{}` after its new text was shown. Nothing of it was written. Run again to see it \
             as it is now.",
            cluster.name
        ),
    )
}
