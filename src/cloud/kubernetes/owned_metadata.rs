//! What is read of an object's metadata: its name, labels and annotations, and who holds which fields. Everything else is passed over, and of `fieldsV1`, the
//! largest part of most objects, no tree is made.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// `metadata`; `Fields` says which members of `fieldsV1` are looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnedMetadata<Fields> {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) uid: Option<String>,
    pub(super) creation_timestamp: Option<String>,
    pub(super) annotations: Option<BTreeMap<String, String>>,
    pub(super) labels: Option<BTreeMap<String, String>>,
    pub(super) managed_fields: Option<Vec<OwnerEntry<Fields>>>,
}

/// An entry of `managedFields`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnerEntry<Fields> {
    pub(super) manager: Option<String>,
    pub(super) operation: Option<String>,
    /// As the API server writes times, so that equal ones are equal texts.
    pub(super) time: Option<String>,
    pub(super) fields_v1: Option<Fields>,
}

/// Which annotations and labels somebody holds: `f:metadata` of `fieldsV1`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct HeldMetadata {
    #[serde(rename = "f:annotations")]
    annotations: Option<BTreeMap<String, IgnoredAny>>,
    #[serde(rename = "f:labels")]
    labels: Option<BTreeMap<String, IgnoredAny>>,
}

impl HeldMetadata {
    /// The annotations that are held, by key.
    pub(super) fn annotations(&self) -> impl Iterator<Item = String> {
        keys(self.annotations.as_ref())
    }

    /// The labels that are held, by key.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> {
        keys(self.labels.as_ref())
    }
}

fn keys(members: Option<&BTreeMap<String, IgnoredAny>>) -> impl Iterator<Item = String> {
    let members = members.into_iter().flat_map(BTreeMap::keys);
    members.filter_map(|member| member.strip_prefix("f:").map(str::to_owned))
}
