//! Sections whose whole text becomes another one: what requests want of a document before its entries are changed.

use std::collections::{BTreeMap, HashMap};

use eksauth_core::aws_auth::Section;
use tf_provider::Diagnostics;

use super::diagnostics;
use super::request::{ChangeRequest, SectionReplacement};
use crate::aws_auth::diagnostics::ClusterName;
use crate::aws_auth::document::Document;
use crate::ports::kubernetes::ConfigMap;

/// `data` with other texts of some sections; no text, no key. Other keys stay as they are.
pub fn with_section_texts(
    data: &BTreeMap<String, String>,
    texts: impl IntoIterator<Item = (Section, Option<String>)>,
) -> BTreeMap<String, String> {
    let mut after = data.clone();
    for (section, text) in texts {
        match text {
            Some(text) => after.insert(section.key().to_owned(), text),
            None => after.remove(section.key()),
        };
    }
    after
}

impl SectionReplacement {
    /// What leads from one `data` to the sections of another: one replacement for each that differs.
    pub fn between(
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) -> Vec<Self> {
        let text =
            |data: &BTreeMap<String, String>, section: Section| data.get(section.key()).cloned();
        Section::ALL
            .into_iter()
            .map(|section| Self {
                section,
                from: text(before, section),
                to: text(after, section),
            })
            .filter(|replacement| replacement.from != replacement.to)
            .collect()
    }

    /// `data` with the new texts, whatever stands there now.
    pub fn apply(
        data: &BTreeMap<String, String>,
        replacements: &[Self],
    ) -> BTreeMap<String, String> {
        with_section_texts(
            data,
            replacements.iter().map(|one| (one.section, one.to.clone())),
        )
    }
}

/// The document with the texts that the requests want; `None` where no text changes.
///
/// # Errors
/// By position, the requests whose section says something else by now.
pub(super) fn with_sections_replaced<'a>(
    document: &Document,
    requests: impl Iterator<Item = &'a ChangeRequest>,
    cluster: &ClusterName,
) -> Result<Option<Document>, HashMap<usize, Diagnostics>> {
    let mut data = document.data().clone();
    let mut refusals: HashMap<usize, Diagnostics> = HashMap::new();
    for (position, request) in requests.enumerate() {
        for replacement in &request.texts {
            let SectionReplacement { section, from, to } = replacement;
            let now = data.get(section.key());
            if now == to.as_ref() {
                continue;
            }
            if now == from.as_ref() {
                data = with_section_texts(&data, [(*section, to.clone())]);
            } else {
                let refusal = diagnostics::section_changed(cluster, &section.to_string());
                refusals.entry(position).or_default().push(refusal);
            }
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let is_same = data == *document.data();
    Ok((!is_same).then(|| with_data(document, data)))
}

/// The object with other data; what is missing is made when it is written.
pub(crate) fn with_data(document: &Document, data: BTreeMap<String, String>) -> Document {
    let config_map = document.config_map().cloned().unwrap_or_default();
    Document::new(Some(ConfigMap { data, ..config_map }))
}
