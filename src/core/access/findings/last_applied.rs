//! The manifest that `kubectl apply` left in an annotation: applied again, it overwrites what was written since.
//!
//! Source: kubectl's three-way merge sets every key of `data` that the manifest has to the manifest's text, and leaves other keys alone.

use std::collections::BTreeMap;

use super::mapping_finding::MappingFinding;
use crate::access::severity::Severity;
use crate::aws_auth::{ReadEntry, Section, data_of_manifest, read};
use crate::principal::case_folding::equal_fold;

/// Where kubectl keeps the manifest.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Entries that are named; the rest is counted.
const MOST_NAMED: usize = 10;

/// What the manifest would do to each section, if it were applied again; nothing where it says what the document says.
pub fn last_applied_findings(
    annotations: &BTreeMap<String, String>,
    data: &BTreeMap<String, String>,
) -> Vec<MappingFinding> {
    let manifest = annotations.get(LAST_APPLIED);
    let Some(applied) = manifest.and_then(|text| data_of_manifest(text).ok()) else {
        return Vec::new();
    };
    let (old, now) = (read(&applied), read(data));
    let sections = Section::ALL.into_iter().filter(|section| {
        let text = applied.get(section.key());
        text.is_some() && text != data.get(section.key())
    });
    sections
        .filter_map(|section| {
            let effect = Effect::between(old.section(section), now.section(section));
            effect.text().map(|text| finding(section, text))
        })
        .collect()
}

fn finding(section: Section, text: String) -> MappingFinding {
    MappingFinding {
        id: "mapping.stale_last_applied",
        severity: Severity::Warning,
        section,
        misspelt_key: None,
        index: None,
        line: 1,
        column: 1,
        text,
    }
}

/// What applying again would do, by ARN.
struct Effect<'a> {
    takes_away: Vec<&'a str>,
    changes: Vec<&'a str>,
    brings_back: Vec<&'a str>,
}

impl<'a> Effect<'a> {
    fn between(old: &'a [ReadEntry], now: &'a [ReadEntry]) -> Self {
        let mut effect = Self {
            takes_away: Vec::new(),
            changes: Vec::new(),
            brings_back: Vec::new(),
        };
        for entry in now {
            let same_arn = |other: &&ReadEntry| is_same_principal(entry, other);
            let is_kept = |other: &ReadEntry| match entry.to_entry() {
                Some(entry) => other.same_meaning(&entry),
                None => other.sso == entry.sso && other.username == entry.username,
            };
            if !old.iter().any(|other| same_arn(&other)) {
                effect.takes_away.push(name(entry));
            } else if !old.iter().any(is_kept) {
                effect.changes.push(name(entry));
            }
        }
        let is_gone = |other: &&ReadEntry| !now.iter().any(|entry| is_same_principal(entry, other));
        effect.brings_back = old.iter().filter(is_gone).map(name).collect();
        effect
    }

    fn text(&self) -> Option<String> {
        let parts = [
            ("take away", &self.takes_away),
            ("change", &self.changes),
            ("bring back", &self.brings_back),
        ];
        let sentences: Vec<String> = parts
            .iter()
            .filter(|(_, arns)| !arns.is_empty())
            .map(|(verb, arns)| format!("{verb} {}", listed(arns)))
            .collect();
        (!sentences.is_empty()).then(|| {
            format!(
                "the manifest of the last `kubectl apply`, which the annotation `{LAST_APPLIED}` keeps, is older than this section: applied \
                 again it would {}",
                sentences.join("; ")
            )
        })
    }
}

fn is_same_principal(one: &ReadEntry, other: &ReadEntry) -> bool {
    one.sso == other.sso && equal_fold(&one.arn, &other.arn)
}

fn name(entry: &ReadEntry) -> &str {
    match &entry.sso {
        Some(sso) => &sso.permission_set_name,
        None => &entry.arn,
    }
}

fn listed(arns: &[&str]) -> String {
    let named: Vec<String> = arns
        .iter()
        .take(MOST_NAMED)
        .map(|arn| format!("`{arn}`"))
        .collect();
    let more = arns.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    named.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, group: &str) -> String {
        format!(
            "- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {name}\n  groups: [{group}]\n"
        )
    }

    fn data(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
        let texts = texts.iter();
        texts
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
            .collect()
    }

    fn annotated(applied: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let manifest = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth"}, "data": applied});
        BTreeMap::from([(LAST_APPLIED.to_owned(), manifest.to_string() + "\n")])
    }

    #[test]
    fn what_a_later_apply_would_do_is_named_by_entry() {
        let applied = data(&[(
            "mapRoles",
            &(role("old", "a") + &role("same", "a") + &role("changed", "a")),
        )]);
        let now = data(&[
            (
                "mapRoles",
                &(role("same", "a") + &role("changed", "b") + &role("new", "a")),
            ),
            (
                "mapUsers",
                "- userarn: arn:aws:iam::111122223333:user/eve\n  username: eve\n",
            ),
        ]);
        let found = last_applied_findings(&annotated(&applied), &now);
        let texts: Vec<(&str, Section, &str)> = found
            .iter()
            .map(|finding| {
                (
                    finding.id,
                    finding.section,
                    finding.text.split("it would ").nth(1).unwrap(),
                )
            })
            .collect();
        assert_eq!(
            texts,
            [(
                "mapping.stale_last_applied",
                Section::MapRoles,
                "take away `arn:aws:iam::111122223333:role/new`; change `arn:aws:iam::111122223333:role/changed`; bring back \
                 `arn:aws:iam::111122223333:role/old`"
            )],
            "a section that the manifest does not have stays as it is"
        );
    }

    #[test]
    fn a_manifest_that_says_the_same_is_not_stale() {
        let now = data(&[("mapRoles", &role("same", "a"))]);
        assert_eq!(last_applied_findings(&annotated(&now), &now), []);
        let spelt = data(&[("mapRoles", &format!("# a comment\n{}", role("same", "a")))]);
        assert_eq!(last_applied_findings(&annotated(&spelt), &now), []);
        assert_eq!(last_applied_findings(&BTreeMap::new(), &now), []);
        let none = BTreeMap::from([(LAST_APPLIED.to_owned(), "no manifest".to_owned())]);
        assert_eq!(last_applied_findings(&none, &now), []);
    }

    #[test]
    fn many_entries_are_counted() {
        let many: String = (0..12)
            .map(|number| role(&format!("r{number:02}"), "a"))
            .collect();
        let applied = data(&[("mapRoles", "")]);
        let found = last_applied_findings(&annotated(&applied), &data(&[("mapRoles", &many)]));
        assert!(
            found[0].text.ends_with("role/r09` and 2 more"),
            "{}",
            found[0].text
        );
    }
}
