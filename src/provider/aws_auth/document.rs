//! aws-auth as it was read: the object, and what the server makes of its text.
//!
//! A cluster without the ConfigMap is a document without entries: that is how the server reads it, and how a first entry finds it.

use std::collections::{BTreeMap, HashMap};

use eksauth_core::access::findings::{MappingFinding, last_applied_findings};
use eksauth_core::aws_auth::{EffectiveState, Entry, ReadEntry, Reading, Section, read};
use eksauth_core::principal::case_folding::fold_key;

pub use eksauth_core::aws_auth::NAMESPACE;

use crate::ports::kubernetes::ConfigMap;

/// The ConfigMap at one resourceVersion, parsed once for everyone who asks.
#[derive(Debug, Default)]
pub struct Document {
    config_map: Option<ConfigMap>,
    reading: Reading,
    places: HashMap<(Section, String), Vec<usize>>,
    none: BTreeMap<String, String>,
}

/// Who a principal is in the cluster by this document alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The username template.
    pub username: String,
    /// The group templates, sorted.
    pub groups: Vec<String>,
}

/// Why the object cannot take a change of ours. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// `immutable: true`.
    #[error(
        "the ConfigMap is marked `immutable: true`, so the API server refuses every change of it"
    )]
    Immutable,
    /// A section stands under `binaryData`.
    #[error(
        "`{section}` stands under `binaryData`, where the server does not look for it and no key of that name can be added to `data`"
    )]
    Binary {
        /// The section's key.
        section: Section,
    },
}

impl Document {
    /// Reads the ConfigMap as the server does; `None` where there is none.
    pub fn new(config_map: Option<ConfigMap>) -> Self {
        let reading = config_map
            .as_ref()
            .map(|map| read(&map.data))
            .unwrap_or_default();
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for section in Section::ALL {
            for (position, entry) in reading.section(section).iter().enumerate() {
                if entry.sso.is_none() {
                    places
                        .entry((section, key(&entry.arn)))
                        .or_default()
                        .push(position);
                }
            }
        }
        Self {
            config_map,
            reading,
            places,
            none: BTreeMap::new(),
        }
    }

    /// The object; `None` where there is none.
    pub fn config_map(&self) -> Option<&ConfigMap> {
        self.config_map.as_ref()
    }

    /// Its `data`, empty where there is no object.
    pub fn data(&self) -> &BTreeMap<String, String> {
        self.config_map.as_ref().map_or(&self.none, |map| &map.data)
    }

    /// What the server makes of it.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What a `kubectl apply` of the manifest kept in the annotation would take away or bring back.
    pub fn last_applied_findings(&self) -> Vec<MappingFinding> {
        self.config_map
            .as_ref()
            .map(|map| last_applied_findings(&map.annotations, &map.data))
            .unwrap_or_default()
    }

    /// Every entry of the section that the server holds equal to `arn`, in document order.
    pub fn find(&self, section: Section, arn: &str) -> Vec<&ReadEntry> {
        let entries = self.reading.section(section);
        let places = self.places.get(&(section, key(arn)));
        places
            .into_iter()
            .flatten()
            .filter_map(|place| entries.get(*place))
            .collect()
    }

    /// Of several entries of one ARN the one that a state means: the one that says what it remembers, else the one that counts.
    pub fn find_as(&self, remembered: &Entry) -> Option<&ReadEntry> {
        let found = self.find(remembered.section(), remembered.arn());
        let same = found
            .iter()
            .rev()
            .find(|entry| entry.same_meaning(remembered));
        same.or(found.last()).copied()
    }

    /// True if the server answers for the ARN as the entry says, whichever entry it takes: the last one of roles, but of users any that is the last of its
    /// spelling. False where the ARN has none.
    pub fn answers_as(&self, wanted: &Entry) -> bool {
        let there = self.find(wanted.section(), wanted.arn());
        let is_of_one_key = |one: &ReadEntry, other: &ReadEntry| {
            wanted.section() != Section::MapUsers || one.arn == other.arn
        };
        let answers = |entry: &ReadEntry| {
            let mut same_key = there
                .iter()
                .rev()
                .filter(|other| is_of_one_key(entry, other));
            same_key.next().is_none_or(|last| last.index == entry.index)
        };
        let mut answering = there.iter().filter(|entry| answers(entry));
        !there.is_empty() && answering.all(|entry| entry.same_meaning(wanted))
    }

    /// Whether a change of the section can be written at all.
    ///
    /// # Errors
    /// An immutable object, or a section under `binaryData`. What is wrong with a section's text is the editor's to say.
    pub fn check_writable(&self, section: Section) -> Result<(), Unwritable> {
        let Some(config_map) = &self.config_map else {
            return Ok(());
        };
        if config_map.immutable {
            return Err(Unwritable::Immutable);
        }
        if config_map
            .binary_keys
            .iter()
            .any(|key| key == section.key())
        {
            return Err(Unwritable::Binary { section });
        }
        Ok(())
    }

    /// The place of what empties the section for the server today, as `line L, column C: reason`; `None` where it parses.
    pub fn unparsed(&self, section: Section) -> Option<String> {
        if !self.reading.unparsed_sections().contains(&section) {
            return None;
        }
        let problem = self
            .reading
            .problems
            .iter()
            .find(|problem| problem.section == section);
        Some(problem.map_or_else(
            || "its text is no list".to_owned(),
            |problem| {
                format!(
                    "line {}, column {}: {}",
                    problem.line, problem.column, problem.text
                )
            },
        ))
    }

    /// Who a canonical ARN is by this document: roles are asked first, then users, then the accounts.
    pub fn mapping_of(&self, canonical_arn: &str, account: &str) -> Option<Mapping> {
        for section in [Section::MapRoles, Section::MapUsers] {
            if let Some(entry) = self.find(section, canonical_arn).last() {
                let mut groups = entry.groups.clone();
                groups.sort();
                groups.dedup();
                return Some(Mapping {
                    username: entry.username.clone(),
                    groups,
                });
            }
        }
        let admitted = !self.find(Section::MapAccounts, account).is_empty();
        admitted.then(|| Mapping {
            username: canonical_arn.to_owned(),
            groups: Vec::new(),
        })
    }

    /// What becomes of each entry of a section, by index.
    pub fn fates(&self, section: Section) -> HashMap<usize, EffectiveState> {
        let effective = self.reading.effective(section);
        effective
            .into_iter()
            .map(|fate| (fate.entry.index, fate.state))
            .collect()
    }
}

/// One spelling for all ARNs that the server holds equal.
pub(crate) fn key(arn: &str) -> String {
    fold_key(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_every_spelling_that_the_server_holds_equal() {
        let document = |name: &str| {
            let text = format!("- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: a\n");
            Document::new(Some(ConfigMap {
                data: [("mapRoles".to_owned(), text)].into(),
                ..ConfigMap::default()
            }))
        };
        let finds = |one: &str, other: &str| {
            let arn = format!("arn:aws:iam::111122223333:role/{other}");
            !document(one).find(Section::MapRoles, &arn).is_empty()
        };
        assert!(finds("K8S", "\u{212a}8\u{17f}"));
        assert!(finds("\u{39f}\u{3a3}", "\u{3bf}\u{3c3}"));
        assert!(!finds("\u{130}", "i\u{307}"));
    }
}
