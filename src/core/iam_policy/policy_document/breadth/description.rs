//! From the subjects that are admitted to who they are, and that in words.

use std::collections::BTreeSet;
use std::fmt;

use super::super::document::{Condition, PolicyDocument};
use super::super::wildcard::Token;
use super::{Admitted, Breadth, service_account};
use crate::kubernetes::service_account::SUBJECT_PREFIX;

/// How many names a sentence lists.
const MOST_NAMES: usize = 5;

/// A namespace and a name of which the policy does not speak.
pub(super) struct FreshNames {
    pub(super) namespace: String,
    pub(super) name: String,
}

pub(super) fn fresh_names(document: &PolicyDocument) -> FreshNames {
    let is_spoken_of = |name: &str| values(document).any(|value| value.contains(name));
    let fresh = |first: &str| {
        (0_u32..)
            .map(|number| format!("{first}{number}"))
            .find(|name| !is_spoken_of(name))
            .unwrap_or_default()
    };
    FreshNames {
        namespace: fresh("namespace"),
        name: fresh("name"),
    }
}

/// A letter or digit that no pattern names, where there is one.
pub(super) fn fresh_character(patterns: &[Vec<Token>]) -> char {
    let is_named = |character: &char| {
        patterns
            .iter()
            .flatten()
            .any(|token| *token == Token::Character(*character))
    };
    ('a'..='z')
        .rev()
        .chain('0'..='9')
        .find(|character| !is_named(character))
        .unwrap_or('z')
}

/// Characters in the conditions, which decide how much there is to try.
pub(super) fn length(document: &PolicyDocument) -> usize {
    values(document).map(String::len).sum()
}

pub(super) fn describe(document: &PolicyDocument, admitted: &Admitted) -> Breadth {
    let subjects = &admitted.subjects;
    let fresh = &admitted.fresh;
    if subjects.is_empty() {
        return Breadth::Nobody;
    }
    let subject_of = |namespace: &str, name: &str| format!("{SUBJECT_PREFIX}{namespace}:{name}");
    if subjects.contains(&subject_of(&fresh.namespace, &fresh.name)) {
        return Breadth::Cluster;
    }
    let accounts: Vec<_> = subjects
        .iter()
        .filter_map(|subject| service_account(subject))
        .collect();
    let namespaces: BTreeSet<String> = accounts
        .iter()
        .map(|account| account.namespace().to_owned())
        .collect();
    let is_written = |namespace: &String| {
        let between_colons = format!(":{namespace}:");
        values(document).any(|value| value.to_lowercase().contains(&between_colons))
    };
    if !namespaces.iter().all(is_written) {
        return Breadth::AnyNamespace;
    }
    let whole: Vec<String> = namespaces
        .iter()
        .filter(|namespace| subjects.contains(&subject_of(namespace, &fresh.name)))
        .cloned()
        .collect();
    if !whole.is_empty() {
        return Breadth::Namespaces(whole);
    }
    by_name_or_pattern(document, subjects)
}

/// Subjects that are all written out, or that are of a pattern.
fn by_name_or_pattern(document: &PolicyDocument, subjects: &BTreeSet<String>) -> Breadth {
    let is_named = |subject: &&String| {
        values(document).any(|value| value.to_lowercase() == **subject || value == *subject)
    };
    let of_pattern: Vec<&String> = subjects
        .iter()
        .filter(|subject| !is_named(subject))
        .collect();
    if of_pattern.is_empty() {
        return Breadth::Subjects(subjects.iter().cloned().collect());
    }
    let namespaces: BTreeSet<String> = of_pattern
        .into_iter()
        .filter_map(|subject| service_account(subject))
        .map(|account| account.namespace().to_owned())
        .collect();
    match namespaces.is_empty() {
        true => Breadth::SubjectsOfPattern,
        false => Breadth::SomeOfNamespaces(namespaces.into_iter().collect()),
    }
}

fn values(document: &PolicyDocument) -> impl Iterator<Item = &String> {
    let conditions = document
        .statements
        .iter()
        .flat_map(|statement| &statement.conditions);
    conditions.flat_map(|condition: &Condition| &condition.values)
}

/// Who may, as the subject of a sentence.
impl fmt::Display for Breadth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Breadth::Nobody => write!(f, "nobody"),
            Breadth::Subjects(subjects) => {
                let names: Vec<String> = subjects
                    .iter()
                    .map(|subject| match service_account(subject) {
                        Some(account) => account.to_string(),
                        None => subject.clone(),
                    })
                    .collect();
                write!(f, "only {}", listed(&names))
            }
            Breadth::SubjectsOfPattern => write!(f, "whoever has a subject of the pattern"),
            Breadth::SomeOfNamespaces(namespaces) => {
                write!(f, "service accounts of {}", in_namespaces(namespaces))
            }
            Breadth::Namespaces(namespaces) => {
                write!(f, "every service account of {}", in_namespaces(namespaces))
            }
            Breadth::AnyNamespace => write!(f, "service accounts of namespaces that are not named"),
            Breadth::Cluster => write!(f, "every service account of the cluster"),
            Breadth::Everybody => write!(f, "everybody who has an account of AWS"),
        }
    }
}

fn in_namespaces(namespaces: &[String]) -> String {
    let word = match namespaces {
        [_] => "the namespace",
        _ => "the namespaces",
    };
    format!("{word} {}", listed(namespaces))
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MOST_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let rest = names.len().saturating_sub(MOST_NAMES);
    match rest {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
