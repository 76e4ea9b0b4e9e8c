//! One write of the document as the API server is asked for it: a PATCH of the changed keys, or a POST where there is no ConfigMap yet.

use std::collections::BTreeMap;

use super::request::SectionReplacement;
use crate::aws_auth::document::Document;
use crate::ports::kubernetes::{ConfigMapPatch, NewConfigMap};

/// A write of sections.
#[derive(Debug, Default)]
pub(super) struct DocumentWrite {
    /// The changed keys: their new text, or none where the key goes.
    pub(super) changed: BTreeMap<String, Option<String>>,
    /// The whole `data` afterwards.
    pub(super) after: BTreeMap<String, String>,
}

/// What the API server is sent.
pub(super) enum ApiRequest {
    /// A change of the object that is there, conditioned on its resourceVersion.
    Patch(ConfigMapPatch),
    /// The object, where there is none.
    Create(NewConfigMap),
}

impl DocumentWrite {
    /// What leads from a document to other `data`. Keys that are no sections stay as they are.
    pub(super) fn between(before: &Document, after: BTreeMap<String, String>) -> Self {
        let changed = SectionReplacement::between(before.data(), &after);
        let changed = changed
            .into_iter()
            .map(|replacement| (replacement.section.key().to_owned(), replacement.to));
        Self {
            changed: changed.collect(),
            after,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    /// The request that makes it on a document.
    pub(super) fn request(&self, document: &Document) -> ApiRequest {
        match document.config_map() {
            Some(config_map) => ApiRequest::Patch(ConfigMapPatch {
                resource_version: config_map.resource_version.clone(),
                data: self.changed.clone(),
            }),
            None => ApiRequest::Create(NewConfigMap {
                data: self.after.clone(),
                ..NewConfigMap::default()
            }),
        }
    }
}
