//! Access entries from files as the AWS CLI prints them, one after another or in a list.
//!
//! `describe-access-entry` prints no policies and `list-access-entries` nothing but ARNs: what is missing is not known, which is not the same as
//! none. `list-associated-access-policies` says the policies of a principal.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::access::access_entry::{AccessEntry, Defaults};
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::cluster_access::Principal;
use serde_json::Value;

use super::place::ClusterPlace;
use super::plan_file::texts;
use crate::failure::Failure;

/// What a file has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EntryFile {
    /// The entries, without what is not known of them.
    pub entries: Vec<AccessEntry>,
    /// Canonical ARNs of those whose policies are not known.
    pub without_policies: BTreeSet<String>,
    /// The list was cut (`nextToken`).
    pub is_cut: bool,
    /// Where the entries say that their cluster is.
    pub place: Option<ClusterPlace>,
}

/// Reads the entries of one cluster; those that say to be another one's are left out.
///
/// # Errors
/// What is no output of these commands.
pub fn parse(text: &str, cluster: &ClusterPlace) -> Result<EntryFile, Failure> {
    let mut reader = Reader {
        cluster,
        file: EntryFile::default(),
        policies: BTreeMap::new(),
    };
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        let value: Value = value.map_err(|_| unreadable())?;
        reader.take(&value)?;
    }
    Ok(reader.finish())
}

fn unreadable() -> Failure {
    Failure::new(
        "the access entries must be what `aws eks describe-access-entry`, `list-access-entries` or `list-associated-access-policies` prints, one after \
         another or in a JSON list",
    )
}

struct Reader<'c> {
    cluster: &'c ClusterPlace,
    file: EntryFile,
    /// By canonical ARN.
    policies: BTreeMap<String, Vec<AccessPolicy>>,
}

impl Reader<'_> {
    fn take(&mut self, value: &Value) -> Result<(), Failure> {
        if let Some(items) = value.as_array() {
            return items.iter().try_for_each(|item| self.take(item));
        }
        if let Some(arn) = value.as_str().filter(|text| text.starts_with("arn:")) {
            self.listed(arn);
            return Ok(());
        }
        if let Some(items) = value.get("accessEntries").and_then(Value::as_array) {
            self.file.is_cut |= value.get("nextToken").is_some_and(Value::is_string);
            return items.iter().try_for_each(|item| self.take(item));
        }
        let entry = value.get("accessEntry").unwrap_or(value);
        let policies = ["associatedAccessPolicies", "associatedPolicies"]
            .into_iter()
            .find_map(|name| value.get(name).or(entry.get(name))?.as_array());
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let Some(principal) = text("principalArn") else {
            return Err(unreadable());
        };
        if !self.is_of_cluster(text("clusterName"), text("accessEntryArn")) {
            return Ok(());
        }
        if let Some(policies) = policies {
            let policies = policies.iter().filter_map(policy).collect();
            self.policies
                .insert(Principal::from_arn(principal).arn, policies);
        }
        let is_policies_alone = policies.is_some()
            && text("type").is_none()
            && text("username").is_none()
            && entry.get("kubernetesGroups").is_none();
        if !is_policies_alone {
            let kind = text("type").filter(|kind| !kind.is_empty());
            self.file.entries.push(AccessEntry {
                created_at: None,
                principal_arn: principal.to_owned(),
                kind: kind.unwrap_or("STANDARD").to_owned(),
                username: text("username").unwrap_or_default().to_owned(),
                groups: texts(entry.get("kubernetesGroups").unwrap_or(&Value::Null)),
                policies: Vec::new(),
            });
        }
        Ok(())
    }

    /// An entry of which only the principal is known.
    fn listed(&mut self, principal: &str) {
        let is_there = |entry: &AccessEntry| entry.principal_arn == principal;
        if !self.file.entries.iter().any(is_there) {
            let Defaults { username, groups } = Defaults::for_type("STANDARD", principal);
            self.file.entries.push(AccessEntry {
                created_at: None,
                principal_arn: principal.to_owned(),
                kind: "STANDARD".to_owned(),
                username,
                groups,
                policies: Vec::new(),
            });
        }
    }

    fn is_of_cluster(&mut self, name: Option<&str>, arn: Option<&str>) -> bool {
        let of_name = name.is_none_or(|name| name == self.cluster.name);
        let place = arn
            .map(ClusterPlace::parse)
            .filter(|place| place.region.is_some());
        let is_there = of_name
            && place
                .as_ref()
                .is_none_or(|place| place.may_be(self.cluster));
        if is_there && self.file.place.is_none() {
            self.file.place = place;
        }
        is_there
    }

    /// An entry that was described stands for the same one in a list.
    fn finish(mut self) -> EntryFile {
        let mut entries: Vec<AccessEntry> = Vec::new();
        for entry in self.file.entries.drain(..) {
            let same = entries
                .iter()
                .position(|there| there.principal_arn == entry.principal_arn);
            match same {
                Some(position) => {
                    if let Some(there) = entries.get_mut(position) {
                        *there = entry;
                    }
                }
                None => entries.push(entry),
            }
        }
        for entry in &mut entries {
            let principal = entry.canonical_arn();
            match self.policies.get(&principal) {
                Some(policies) => entry.policies.clone_from(policies),
                // Nodes have none.
                None if entry.is_for_nodes() => {}
                None => drop(self.file.without_policies.insert(principal)),
            }
        }
        self.file.entries = entries;
        self.file
    }
}

fn policy(value: &Value) -> Option<AccessPolicy> {
    let scope = value.get("accessScope").unwrap_or(&Value::Null);
    let namespaces = match scope.get("type").and_then(Value::as_str) {
        Some("cluster") => Vec::new(),
        _ => texts(scope.get("namespaces").unwrap_or(&Value::Null)),
    };
    Some(AccessPolicy {
        policy_arn: value.get("policyArn")?.as_str()?.to_owned(),
        namespaces,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "arn:aws:iam::111122223333:role/people/admins";
    const POLICY: &str = r#"{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", "accessScope": {"type": "cluster", "namespaces": []}}"#;

    fn described(more: &str) -> String {
        format!(
            r#"{{"accessEntry": {{"clusterName": "prod", "principalArn": "{ADMIN}", "kubernetesGroups": [], "username": "admin", "type": "STANDARD",
            "accessEntryArn": "arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/admins/1"}}{more}}}"#
        )
    }

    fn of(text: &str) -> EntryFile {
        parse(text, &ClusterPlace::parse("prod")).unwrap()
    }

    /// How many entries, of them with a policy, and without known ones.
    fn counts(file: &EntryFile) -> [usize; 3] {
        let with = file
            .entries
            .iter()
            .filter(|entry| !entry.policies.is_empty());
        [
            file.entries.len(),
            with.count(),
            file.without_policies.len(),
        ]
    }

    #[test]
    fn policies_that_a_command_does_not_print_are_not_none() {
        let with = described(&format!(r#", "associatedAccessPolicies": [{POLICY}]"#));
        let none = described(r#", "associatedAccessPolicies": []"#);
        let of_principal = format!(
            r#"{{"clusterName": "prod", "principalArn": "{ADMIN}", "associatedAccessPolicies": [{POLICY}]}}"#
        );
        let listed = format!(r#"{{"accessEntries": ["{ADMIN}"]}}"#);
        for (text, wanted) in [
            (described(""), [1, 0, 1]),
            (format!("[{}]", described("")), [1, 0, 1]),
            (with.clone(), [1, 1, 0]),
            (none, [1, 0, 0]),
            (format!("{}\n{of_principal}", described("")), [1, 1, 0]),
            (listed.clone(), [1, 0, 1]),
            (format!("{listed}{with}"), [1, 1, 0]),
            (format!("{with}{listed}"), [1, 1, 0]),
            (r#"[]"#.to_owned(), [0, 0, 0]),
            (r#"{"accessEntries": []}"#.to_owned(), [0, 0, 0]),
        ] {
            assert_eq!(counts(&of(&text)), wanted, "{text}");
        }
        let place = of(&described("")).place.unwrap();
        assert_eq!(place.region.as_deref(), Some("eu-central-1"));
    }

    #[test]
    fn entries_of_another_cluster_and_other_files_are_told_apart() {
        let elsewhere = ClusterPlace {
            region: Some("us-east-1".to_owned()),
            ..ClusterPlace::parse("prod")
        };
        assert_eq!(parse(&described(""), &elsewhere).unwrap().entries, []);
        let stage = ClusterPlace::parse("stage");
        assert_eq!(parse(&described(""), &stage).unwrap().entries, []);
        let cut = format!(r#"{{"accessEntries": ["{ADMIN}"], "nextToken": "x"}}"#);
        assert!(of(&cut).is_cut);
        for text in ["{}", "[1]", "no json", r#"{"Role": {}}"#] {
            assert!(parse(text, &stage).is_err(), "{text}");
        }
    }
}
