//! The document as it was before a write that takes something away, kept so that it can be put back.
//!
//! A copy is a ConfigMap in kube-system, or a file with the manifest of one: `data` byte for byte, labels that list the copies, and annotations
//! that say when, before whose change and of which resources. What cannot be kept is a note and never fails a write.

mod diagnostics;
mod kept_copy;
mod store;

use std::collections::BTreeMap;
use std::time::SystemTime;

use eksauth_core::document::{documents_of_text, recovery_copy};
use jiff::Timestamp;
use serde_json::json;

pub use kept_copy::KeptCopy;
pub(crate) use store::RecoveryStore;
pub(super) use store::{Kept, Previous};

use super::digest::digest;
use super::document::NAMESPACE;
use crate::ports::kubernetes::{ConfigMap, NewConfigMap};
use crate::ports::{ApiError, KubeApi};

/// Copies that are kept of one cluster; the oldest go.
pub const MOST_COPIES: usize = 5;

/// The folder of copies in files, below the one that Terraform keeps for a working directory.
pub const FOLDER: &str = "eksauth-recovery";

const PREFIX: &str = "aws-auth-recovery-";
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "terraform-provider-eksauth");
const COPY_OF: (&str, &str) = eksauth_core::aws_auth::RECOVERY_COPY_LABEL;
const KEPT_AT: &str = "terraform-provider-eksauth/kept-at";
const CHANGED_BY: &str = "terraform-provider-eksauth/changed-by";
const RESOURCES: &str = "terraform-provider-eksauth/resources";
const RESOURCE_VERSION: &str = "terraform-provider-eksauth/resource-version";

/// Resources that an annotation names; the rest is counted.
const MOST_RESOURCES: usize = 50;

/// A copy as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryCopy {
    /// The ConfigMap's name, or the file's. It sorts by time.
    pub name: String,
    /// `data`, byte for byte.
    pub data: BTreeMap<String, String>,
    /// When it was kept, RFC 3339 in UTC.
    pub kept_at: Option<String>,
    /// The canonical ARN of who made the change after it.
    pub changed_by: Option<String>,
    /// Which resources asked for that change, as messages name them.
    pub resources: Vec<String>,
    /// The resourceVersion that aws-auth had.
    pub resource_version: Option<String>,
}

impl RecoveryCopy {
    fn from_parts(
        name: &str,
        data: BTreeMap<String, String>,
        annotations: &BTreeMap<String, String>,
    ) -> Self {
        let text = |key: &str| annotations.get(key).cloned();
        Self {
            name: name.to_owned(),
            data,
            kept_at: text(KEPT_AT),
            changed_by: text(CHANGED_BY),
            resources: text(RESOURCES)
                .map(|lines| lines.lines().map(str::to_owned).collect())
                .unwrap_or_default(),
            resource_version: text(RESOURCE_VERSION),
        }
    }

    /// The copy that a text holds: a manifest of a ConfigMap, ours or anyone's, in JSON or YAML, alone or among others.
    ///
    /// # Errors
    /// A text that holds no ConfigMap, or several; lower case, no period.
    pub fn from_manifest(name: &str, text: &str) -> Result<Self, String> {
        let documents = documents_of_text(text).map_err(|error| error.to_string())?;
        let map = recovery_copy(&documents).map_err(|error| error.to_string())?;
        Ok(Self::from_parts(name, map.data.clone(), &map.annotations))
    }
}

/// The copies that a cluster has, oldest first: ours only.
///
/// # Errors
/// They cannot be listed.
pub async fn copies(kube: &dyn KubeApi) -> Result<Vec<RecoveryCopy>, ApiError> {
    let selector = format!("{}={}", COPY_OF.0, COPY_OF.1);
    let found = kube.list_config_maps(NAMESPACE, &selector).await?;
    let ours = found.into_iter().filter(|(name, map)| is_ours(name, map));
    Ok(ours
        .map(|(name, map)| RecoveryCopy::from_parts(&name, map.data, &map.annotations))
        .collect())
}

/// A label and a name of ours; whatever lacks one is never touched.
fn is_ours(name: &str, map: &ConfigMap) -> bool {
    let has = |(key, value): (&str, &str)| map.labels.get(key).is_some_and(|found| found == value);
    name.starts_with(PREFIX) && has(MANAGED_BY) && has(COPY_OF)
}

/// A document on its way into a copy.
struct Draft {
    name: String,
    new: NewConfigMap,
}

impl Draft {
    fn from_previous(previous: &Previous<'_>, now: SystemTime) -> Self {
        let at = Timestamp::try_from(now).unwrap_or_default();
        let data = previous.config_map.data.clone();
        let digest = digest(&data);
        let hash = digest.get(..8).unwrap_or_default();
        let name = format!("{PREFIX}{}-{hash}", at.strftime("%Y%m%dt%H%M%S%3fz"));
        let label = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let mut annotations = BTreeMap::from([
            (
                KEPT_AT.to_owned(),
                at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            ),
            (
                RESOURCE_VERSION.to_owned(),
                previous.config_map.resource_version.clone(),
            ),
            (RESOURCES.to_owned(), listed(previous.resources)),
        ]);
        if let Some(arn) = previous.changed_by {
            annotations.insert(CHANGED_BY.to_owned(), arn.to_owned());
        }
        Self {
            name,
            new: NewConfigMap {
                data,
                labels: BTreeMap::from([label(MANAGED_BY), label(COPY_OF)]),
                annotations,
            },
        }
    }

    /// As `kubectl get configmap -o json` would show it.
    fn manifest(&self) -> String {
        let NewConfigMap {
            data,
            labels,
            annotations,
        } = &self.new;
        let metadata = json!({"name": self.name, "namespace": NAMESPACE, "labels": labels, "annotations": annotations});
        let manifest =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
        format!("{manifest:#}\n")
    }
}

fn listed(resources: &[String]) -> String {
    let mut lines: Vec<String> = resources.iter().take(MOST_RESOURCES).cloned().collect();
    let more = resources.len().saturating_sub(MOST_RESOURCES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}
