//! Whose access entries a list of them names, where their contents were not read: names are a hundred a call, contents one.

use std::collections::BTreeMap;

use crate::access::cluster_access::Principal;
use crate::principal::case_folding::fold_key;

/// The principals of a complete list of access entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedEntries {
    /// As listed, with the path, by the key of the canonical ARN.
    arns: BTreeMap<String, String>,
}

impl ListedEntries {
    /// A list as EKS gives it: whole ARNs.
    pub fn new(listed: impl IntoIterator<Item = String>) -> Self {
        let keyed = |arn: String| (fold_key(&Principal::from_arn(&arn).arn), arn);
        Self {
            arns: listed.into_iter().map(keyed).collect(),
        }
    }

    /// The ARN of a principal's entry as it is listed.
    pub fn arn_of(&self, principal: &Principal) -> Option<&str> {
        self.arns.get(&fold_key(&principal.arn)).map(String::as_str)
    }

    /// As listed, with the path.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        self.arns.values().map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.arns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.arns.is_empty()
    }

    pub(super) fn has(&self, canonical_arn: &str) -> bool {
        self.arns.contains_key(&fold_key(canonical_arn))
    }
}
