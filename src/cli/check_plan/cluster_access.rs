//! What a plan does to one cluster's access: aws-auth, access entries, mode, the cluster itself; every change together, whoever's resource it is.
//!
//! The order of a plan's changes is free, so removals are applied first and additions after them: a renamed `for_each` key ends where it began.

use std::collections::BTreeMap;

use serde_json::Value;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::cluster_access::ClusterView;
use eksauth_core::aws_auth::{self, ReadEntry, Section, data_of_manifest};
use eksauth_core::principal::arn::{canonical_role_arn, canonical_user_arn};

pub use super::gathered::After;
use super::gathered::Gathered;
use super::plan_file::{Change, PlanFile, Planned, ResourceChange, texts};

/// The access of `cluster` after the plan. `owns_kubernetes` says whether Kubernetes objects of the plan, which name no cluster, are this one's.
pub fn after(plan: &PlanFile, before: &ClusterView, cluster: &str, owns_kubernetes: bool) -> After {
    let mut gathered = Gathered::default();
    for change in plan
        .resource_changes
        .iter()
        .filter(|change| change.is_change())
    {
        if gathered.gather(change, cluster, owns_kubernetes) {
            gathered.counted.push(change.address.clone());
        }
    }
    gathered.apply(before)
}

impl Gathered {
    /// Takes one change in; false if it does not concern this cluster's access.
    fn gather(&mut self, resource: &ResourceChange, cluster: &str, owns_kubernetes: bool) -> bool {
        let change = &resource.change;
        match resource.kind.as_str() {
            "eksauth_aws_auth_role"
            | "eksauth_aws_auth_user"
            | "eksauth_aws_auth_account"
            | "eksauth_aws_auth"
            | "eksauth_access_entry"
            | "eksauth_access_policy_association"
            | "aws_eks_access_entry"
            | "aws_eks_access_policy_association" => {
                let named = change
                    .before_text("cluster_name")
                    .or_else(|| change.after("cluster_name").text());
                if change.after("cluster_name").is_unknown() && named.is_none() {
                    self.unknown
                        .push((resource.address.clone(), "cluster_name".to_owned()));
                    return false;
                }
                if named != Some(cluster) {
                    return false;
                }
                self.gather_grant(resource);
                true
            }
            "aws_eks_cluster" => self.gather_cluster(resource, cluster),
            "kubernetes_config_map"
            | "kubernetes_config_map_v1"
            | "kubernetes_config_map_v1_data"
            | "kubectl_manifest"
                if is_aws_auth(&change.before) || is_aws_auth(&change.after) =>
            {
                if owns_kubernetes {
                    self.gather_config_map(resource);
                } else {
                    self.unplaced.push(resource.address.clone());
                }
                owns_kubernetes
            }
            _ => false,
        }
    }

    fn gather_grant(&mut self, resource: &ResourceChange) {
        let change = &resource.change;
        match resource.kind.as_str() {
            "eksauth_aws_auth_role" => self.gather_entry(resource, Section::MapRoles, "rolearn"),
            "eksauth_aws_auth_user" => self.gather_entry(resource, Section::MapUsers, "userarn"),
            "eksauth_aws_auth_account" => {
                self.gather_entry(resource, Section::MapAccounts, "account_id")
            }
            "eksauth_aws_auth" => self.gather_whole_map(resource),
            "eksauth_access_entry" | "aws_eks_access_entry" => {
                self.entries_removed
                    .extend(change.before_text("principal_arn").map(str::to_owned));
                if let Some(arn) = self.known_text(resource, "principal_arn") {
                    self.entries_added.push(access_entry(change, arn));
                }
            }
            _ => {
                if let (Some(principal), Some(policy)) = (
                    change.before_text("principal_arn"),
                    change.before_text("policy_arn"),
                ) {
                    self.policies_removed
                        .push((principal.to_owned(), policy.to_owned()));
                }
                if let (Some(principal), Some(policy_arn)) = (
                    self.known_text(resource, "principal_arn"),
                    self.known_text(resource, "policy_arn"),
                ) {
                    self.policies_added.push((
                        principal,
                        AccessPolicy {
                            policy_arn,
                            namespaces: scope(change),
                        },
                    ));
                }
            }
        }
    }

    fn gather_entry(&mut self, resource: &ResourceChange, section: Section, subject: &str) {
        let change = &resource.change;
        if let Some(before) = change
            .before_text("canonical_arn")
            .or_else(|| change.before_text(subject))
        {
            self.removed.push((section, canonical(section, before)));
        }
        if change.after.is_null() {
            return;
        }
        let Some(written) = self.known_text(resource, subject) else {
            return;
        };
        let username = if section == Section::MapAccounts {
            Some(String::new())
        } else {
            self.known_text(resource, "username")
        };
        let groups = match change.after("groups") {
            Planned::Unknown => {
                self.unknown
                    .push((resource.address.clone(), "groups".to_owned()));
                return;
            }
            Planned::Known(value) => texts(value),
        };
        if let Some(username) = username {
            self.added.push(entry(
                section,
                canonical(section, &written),
                username,
                groups,
            ));
        }
    }

    fn gather_whole_map(&mut self, resource: &ResourceChange) {
        let change = &resource.change;
        if change.after.is_null() {
            // Destroying the whole map keeps the object and every entry in it.
            return;
        }
        let left: Vec<String> = texts(change.after.get("leave").unwrap_or(&Value::Null));
        for (section, name, subject) in [
            (Section::MapRoles, "map_roles", "rolearn"),
            (Section::MapUsers, "map_users", "userarn"),
            (Section::MapAccounts, "map_accounts", ""),
        ] {
            let before = listed(
                change.before(name).unwrap_or(&Value::Null),
                section,
                subject,
            );
            let after = match change.after(name) {
                Planned::Unknown => {
                    self.unknown
                        .push((resource.address.clone(), name.to_owned()));
                    continue;
                }
                Planned::Known(value) => listed(value, section, subject),
            };
            let dropped = before
                .iter()
                .filter(|entry| !left.iter().any(|arn| canonical(section, arn) == entry.arn));
            self.removed
                .extend(dropped.map(|entry| (section, entry.arn.clone())));
            self.added.extend(after);
        }
    }

    fn gather_cluster(&mut self, resource: &ResourceChange, cluster: &str) -> bool {
        let change = &resource.change;
        if change
            .before_text("name")
            .or_else(|| change.after("name").text())
            != Some(cluster)
        {
            return false;
        }
        if resource.deletes() {
            self.destroyed_by = Some(resource.address.clone());
        }
        let mode = change
            .after
            .pointer("/access_config/0/authentication_mode")
            .and_then(Value::as_str);
        self.mode = mode.and_then(AuthenticationMode::parse);
        true
    }

    fn gather_config_map(&mut self, resource: &ResourceChange) {
        let change = &resource.change;
        if resource.kind == "kubectl_manifest" {
            self.gather_manifest(resource);
            return;
        }
        match change.after("data") {
            Planned::Unknown => self
                .unknown
                .push((resource.address.clone(), "data".to_owned())),
            Planned::Known(after) => {
                let mut data = self.data.take().unwrap_or_default();
                for key in change
                    .before
                    .get("data")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flat_map(|members| members.keys())
                {
                    data.insert(key.clone(), String::new());
                }
                for (key, text) in after.as_object().into_iter().flatten() {
                    data.insert(key.clone(), text.as_str().unwrap_or_default().to_owned());
                }
                self.data = Some(data);
            }
        }
    }

    /// A manifest writes every section; what it leaves out goes.
    fn gather_manifest(&mut self, resource: &ResourceChange) {
        let sections = Section::ALL
            .iter()
            .map(|section| (section.key().to_owned(), String::new()));
        let mut data: BTreeMap<String, String> = sections.collect();
        if !resource.change.after.is_null() {
            let Some(text) = self.known_text(resource, "yaml_body") else {
                return;
            };
            match data_of_manifest(&text) {
                Ok(written) => data.extend(written),
                Err(_) => {
                    return self
                        .unknown
                        .push((resource.address.clone(), "yaml_body".to_owned()));
                }
            }
        }
        self.data = Some(data);
    }

    /// A text after the change; remembers an unknown one.
    fn known_text(&mut self, resource: &ResourceChange, name: &str) -> Option<String> {
        match resource.change.after(name) {
            Planned::Known(value) => value.as_str().map(str::to_owned),
            Planned::Unknown => {
                self.unknown
                    .push((resource.address.clone(), name.to_owned()));
                None
            }
        }
    }
}

/// Whether a Kubernetes object, by its metadata or a manifest's own names, is aws-auth.
fn is_aws_auth(object: &Value) -> bool {
    let named = |name: &str| {
        object
            .pointer(&format!("/metadata/0/{name}"))
            .or_else(|| object.get(name))
            .and_then(Value::as_str)
    };
    (named("namespace"), named("name")) == (Some(aws_auth::NAMESPACE), Some(aws_auth::NAME))
}

fn access_entry(change: &Change, principal_arn: String) -> AccessEntry {
    let text = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| change.after(name).text())
            .unwrap_or_default()
            .to_owned()
    };
    let groups = match change.after("kubernetes_groups") {
        Planned::Known(value) => texts(value),
        Planned::Unknown => Vec::new(),
    };
    let kind = match text(["type", "type"]) {
        kind if kind.is_empty() => "STANDARD".to_owned(),
        kind => kind,
    };
    AccessEntry {
        principal_arn,
        kind,
        username: text(["user_name", "username"]),
        groups,
        policies: Vec::new(),
    }
}

/// The namespaces a policy association is limited to; empty for the whole cluster.
fn scope(change: &Change) -> Vec<String> {
    let scope = change.after.get("access_scope").unwrap_or(&Value::Null);
    let scope = scope.get(0).unwrap_or(scope);
    match scope.get("type").and_then(Value::as_str) {
        Some("namespace") => texts(scope.get("namespaces").unwrap_or(&Value::Null)),
        _ => Vec::new(),
    }
}

/// The ARN as it stands in the document once the resource wrote it.
fn canonical(section: Section, written: &str) -> String {
    match section {
        Section::MapRoles => canonical_role_arn(written).unwrap_or_else(|_| written.to_owned()),
        Section::MapUsers => canonical_user_arn(written).unwrap_or_else(|_| written.to_owned()),
        Section::MapAccounts => written.to_owned(),
    }
}

fn listed(value: &Value, section: Section, subject: &str) -> Vec<ReadEntry> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| {
            if section == Section::MapAccounts {
                return Some(entry(
                    section,
                    item.as_str()?.to_owned(),
                    String::new(),
                    Vec::new(),
                ));
            }
            let username = item
                .get("username")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let groups = texts(item.get("groups").unwrap_or(&Value::Null));
            Some(entry(
                section,
                canonical(section, item.get(subject)?.as_str()?),
                username,
                groups,
            ))
        })
        .collect()
}

/// An entry that the plan writes; it has no place in a document yet.
fn entry(section: Section, arn: String, username: String, groups: Vec<String>) -> ReadEntry {
    ReadEntry {
        section,
        index: 0,
        line: 0,
        arn,
        username,
        groups,
        sso: None,
        user_id: String::new(),
        has_unknown_fields: false,
    }
}
