//! `repair = true`: sections that do not parse get the smallest edit that makes them parse, which the plan has shown and no other.

use std::collections::BTreeMap;

use eksauth_core::aws_auth::{Entry, ReadEntry, Repair, Section, repair};
use tf_provider::resource::Private;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::{AwsAuthModel, diagnostics};
use crate::access::cluster_access::{access_entries, authentication_mode};
use crate::access::lockout_guard::gains;
use crate::aws_auth::WritableCluster;
use crate::aws_auth::write::diagnostics::section_changed;
use crate::aws_auth::write::section_replacement::with_data;
use crate::aws_auth::{
    ChangeRequest, ClusterName, Document, OnConflict, SectionReplacement, Upsert, digest_of,
};
use crate::client::Client;

/// Private facts of a plan: digests of each section's text before and after the repair that it showed.
pub(super) const REPAIRS: &str = "repairs";

/// Sections on their way to texts that parse.
#[derive(Debug, Default)]
pub(super) struct Repaired {
    /// What becomes of which section.
    pub(super) texts: Vec<SectionReplacement>,
    /// The document with it; `None` where every section parses.
    pub(super) document: Option<Document>,
}

type Digests = BTreeMap<String, (String, String)>;

/// What a plan shows of the repair, and notes for apply.
///
/// # Errors
/// A section that has no safe repair.
pub(super) async fn at_plan(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
    planned: &AwsAuthModel,
    private: &mut Private,
) -> Result<Repaired, Diagnostics> {
    private.entries.remove(REPAIRS);
    if planned.repair != Attr::Known(true) {
        return Ok(Repaired::default());
    }
    let repairs = repairs(target.writer.cluster(), document)?;
    if repairs.is_empty() {
        return Ok(Repaired::default());
    }
    let repaired = Repaired::from_repairs(document, &repairs);
    if let Ok(noted) = serde_json::to_value(digests(&repaired.texts)) {
        private.entries.insert(REPAIRS.to_owned(), noted);
    }
    let gains = match &repaired.document {
        Some(after) => {
            let entries = access_entries(&target.cluster).await;
            let mode = authentication_mode(&target.cluster);
            gains(mode, entries, document.reading(), after.reading())
        }
        None => String::new(),
    };
    cx.add(diagnostics::will_be_repaired(
        target.writer.cluster(),
        document,
        &repairs,
        &gains,
    ));
    Ok(repaired)
}

/// The repair that the plan has shown, on the document as it is at apply.
///
/// # Errors
/// A section that does not parse and is not as the plan saw it.
pub(super) fn at_apply(
    cluster: &ClusterName,
    document: &Document,
    planned: &AwsAuthModel,
    private: &Private,
) -> Result<Repaired, Diagnostics> {
    if planned.repair != Attr::Known(true) {
        return Ok(Repaired::default());
    }
    let repairs = repairs(cluster, document)?;
    let repaired = Repaired::from_repairs(document, &repairs);
    let noted = private.entries.get(REPAIRS).cloned().unwrap_or_default();
    let noted: Digests = serde_json::from_value(noted).unwrap_or_default();
    let mut refusals = Diagnostics::new();
    for (section, pair) in digests(&repaired.texts) {
        if noted.get(&section) != Some(&pair) {
            refusals.push(section_changed(cluster, &section));
        }
    }
    refusals.into_result()?;
    Ok(repaired)
}

impl Repaired {
    fn from_repairs(document: &Document, repairs: &[Repair]) -> Self {
        let text = |repair: &Repair| SectionReplacement {
            section: repair.section,
            from: document.data().get(repair.section.key()).cloned(),
            to: Some(repair.text.clone()),
        };
        let texts: Vec<SectionReplacement> = repairs.iter().map(text).collect();
        let is_changed = document.config_map().is_some() && !texts.is_empty();
        Self {
            document: is_changed
                .then(|| with_data(document, SectionReplacement::apply(document.data(), &texts))),
            texts,
        }
    }

    /// The request with the repair in it. What a refresh could not see of a section that did not parse shows in the repaired text only: an entry
    /// that says something else there is set right in the same write, as any drift is.
    pub(super) fn with_repair(&self, mut request: ChangeRequest) -> ChangeRequest {
        let Some(document) = &self.document else {
            return request;
        };
        let there = |entry: &Entry| {
            let found = document.find_as(entry);
            found.and_then(ReadEntry::to_entry)
        };
        for upsert in &mut request.upserts {
            upsert.prior = upsert.prior.take().and_then(|prior| there(&prior));
        }
        for removal in &mut request.removals {
            removal.entry = there(&removal.entry).unwrap_or_else(|| removal.entry.clone());
        }
        let (held, other): (Vec<Entry>, Vec<Entry>) =
            request.holds.into_iter().partition(|entry| {
                let found = document.find_as(entry);
                found.is_some_and(|found| found.same_meaning(entry))
            });
        request.holds = held;
        request
            .upserts
            .extend(other.into_iter().map(|entry| Upsert {
                prior: there(&entry),
                entry,
                on_conflict: OnConflict::Error,
            }));
        request.texts = self.texts.clone();
        request
    }
}

fn repairs(cluster: &ClusterName, document: &Document) -> Result<Vec<Repair>, Diagnostics> {
    let mut repairs = Vec::new();
    let mut refusals = Diagnostics::new();
    for section in document.reading().unparsed_sections() {
        let text = document.data().get(section.key());
        match repair(section, text.map(String::as_str).unwrap_or_default()) {
            Ok(found) => repairs.extend(found),
            Err(reason) => refusals.push(
                diagnostics::irreparable(cluster, &reason).at(AttributePath::attribute("repair")),
            ),
        }
    }
    refusals.into_result()?;
    Ok(repairs)
}

fn digests(texts: &[SectionReplacement]) -> Digests {
    let digest = |text: &Option<String>| digest_of(text.as_deref());
    let pair = |text: &SectionReplacement| {
        let pair = (digest(&text.from), digest(&text.to));
        (text.section.key().to_owned(), pair)
    };
    texts.iter().map(pair).collect()
}

/// Sections of the map's own that do not parse: all where it is exclusive.
pub(super) fn concerned<'a>(
    document: &'a Document,
    is_exclusive: bool,
    has_items: impl Fn(Section) -> bool + 'a,
) -> impl Iterator<Item = (Section, String)> + 'a {
    let sections = Section::ALL.into_iter();
    let concerned = sections.filter(move |section| is_exclusive || has_items(*section));
    concerned.filter_map(|section| Some((section, document.unparsed(section)?)))
}
