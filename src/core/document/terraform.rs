//! Terraform plans and states in JSON: the resources whose objects can be judged, each named by its address.
//!
//! `terraform show -json` of a plan has `planned_values` and `resource_changes`, of a state `values`; a `terraform.tfstate` has `resources`
//! with `instances`. What a plan decides only during apply is not there, so it is not judged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::config_map::ConfigMap;
use super::tree::Tree;
use super::{Content, Document, Place, TrustPolicy, policy, stream, unknown};
use crate::aws_auth::Section;
use crate::principal::arn::canonical_role_arn;

/// Modules in modules; more is not looked into.
const MOST_MODULES_DEEP: usize = 64;

/// Takes a plan or a state; false where it is none.
pub(super) fn classify(tree: &Tree<'_>, place: &Place, documents: &mut Vec<Document>) -> bool {
    let mut resources = Resources {
        place,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    let has = |name: &str| tree.get(name).is_some();
    let what = if has("resource_changes") || has("planned_values") {
        if let Some(root) = tree.at(&["planned_values", "root_module"]) {
            resources.module(root, 0);
        }
        resources.changes(tree.get("resource_changes"));
        "a Terraform plan"
    } else if has("terraform_version") && (has("values") || has("format_version")) {
        if let Some(root) = tree.at(&["values", "root_module"]) {
            resources.module(root, 0);
        }
        "a Terraform state"
    } else if has("terraform_version") && has("lineage") {
        resources.instances(tree.get("resources"));
        "a Terraform state"
    } else {
        return false;
    };
    if resources.found.is_empty() {
        resources.found.push(Document {
            place: place.clone(),
            content: Content::Other(format!(
                "{what} whose values hold no aws-auth and no trust policy of a role"
            )),
        });
    }
    documents.append(&mut resources.found);
    true
}

struct Resources<'p> {
    place: &'p Place,
    /// Addresses that were taken.
    seen: BTreeSet<String>,
    found: Vec<Document>,
}

/// A resource as it will be, or is.
struct Resource<'a, 't> {
    address: String,
    kind: &'a str,
    values: &'a Tree<'t>,
}

impl Resources<'_> {
    fn module(&mut self, module: &Tree<'_>, depth: usize) {
        for resource in module.get("resources").map(Tree::items).unwrap_or_default() {
            if let Some(values) = resource.get("values") {
                self.take_member(resource, values);
            }
        }
        let children = module.get("child_modules").map(Tree::items);
        for child in children.unwrap_or_default() {
            if depth < MOST_MODULES_DEEP {
                self.module(child, depth + 1);
            }
        }
    }

    /// What is planned, where a plan has no planned values.
    fn changes(&mut self, changes: Option<&Tree<'_>>) {
        for resource in changes.map(Tree::items).unwrap_or_default() {
            if let Some(after) = resource
                .at(&["change", "after"])
                .filter(|after| after.is_map())
            {
                self.take_member(resource, after);
            }
        }
    }

    fn take_member(&mut self, resource: &Tree<'_>, values: &Tree<'_>) {
        let (Some(address), Some(kind)) = (resource.text_of("address"), resource.text_of("type"))
        else {
            return;
        };
        if resource
            .text_of("mode")
            .is_none_or(|mode| mode == "managed")
        {
            self.take(&Resource {
                address: address.to_owned(),
                kind,
                values,
            });
        }
    }

    /// The resources of a `terraform.tfstate`.
    fn instances(&mut self, resources: Option<&Tree<'_>>) {
        for resource in resources.map(Tree::items).unwrap_or_default() {
            let text = |name: &str| resource.text_of(name);
            let (Some(kind), Some(name)) = (text("type"), text("name")) else {
                continue;
            };
            if text("mode").is_some_and(|mode| mode != "managed") {
                continue;
            }
            let module = text("module").map(|module| format!("{module}."));
            for instance in resource
                .get("instances")
                .map(Tree::items)
                .unwrap_or_default()
            {
                let Some(values) = instance.get("attributes") else {
                    continue;
                };
                let index = instance
                    .get("index_key")
                    .map(|key| format!("[{}]", key.json()));
                self.take(&Resource {
                    address: format!(
                        "{}{kind}.{name}{}",
                        module.as_deref().unwrap_or_default(),
                        index.unwrap_or_default()
                    ),
                    kind,
                    values,
                });
            }
        }
    }

    fn take(&mut self, resource: &Resource<'_, '_>) {
        if !self.seen.insert(resource.address.clone()) {
            return;
        }
        let found = contents(resource).into_iter().map(|content| Document {
            place: Place {
                address: Some(resource.address.clone()),
                line: line(resource),
                ..self.place.clone()
            },
            content,
        });
        self.found.extend(found);
    }
}

/// Where the policy of a role stands, else the resource.
fn line(resource: &Resource<'_, '_>) -> usize {
    let policy = resource.values.get("assume_role_policy");
    policy.unwrap_or(resource.values).line
}

fn contents(resource: &Resource<'_, '_>) -> Vec<Content> {
    let values = resource.values;
    match resource.kind {
        "aws_iam_role" | "eksauth_irsa_role" | "eksauth_node_assumed_role" => {
            trust_policy(values).into_iter().collect()
        }
        "kubernetes_config_map" | "kubernetes_config_map_v1" | "kubernetes_config_map_v1_data" => {
            vec![Content::ConfigMap(of_kubernetes(values))]
        }
        "kubernetes_manifest" => {
            let object = values
                .get("manifest")
                .or(values.get("object"))
                .filter(|object| object.is_map());
            object.map(of_manifest).unwrap_or_default()
        }
        "kubectl_manifest" => {
            let text = values.text_of("yaml_body").unwrap_or_default();
            let documents = stream::read(text);
            documents
                .into_iter()
                .map(|document| document.content)
                .filter(|content| matches!(content, Content::ConfigMap(_) | Content::Broken(_)))
                .collect()
        }
        kind => of_ours(kind, values)
            .map(|data| Content::ConfigMap(ConfigMap::from_entries(data, values.line)))
            .into_iter()
            .collect(),
    }
}

fn trust_policy(values: &Tree<'_>) -> Option<Content> {
    let policy = values
        .get("assume_role_policy")
        .filter(|policy| !policy.is_null())?;
    let text = |name: &str| values.text_of(name).map(str::to_owned);
    Some(Content::TrustPolicy(TrustPolicy {
        role_arn: text("arn"),
        role_name: text("name"),
        ..policy::embedded(policy)
    }))
}

/// `metadata` is a block, and a block is a list.
fn of_kubernetes(values: &Tree<'_>) -> ConfigMap {
    let metadata = values
        .get("metadata")
        .and_then(|metadata| metadata.items().first());
    let mut map = ConfigMap::from_metadata(metadata);
    if let Some(data) = values.get("data") {
        map.add_data(data);
    }
    map
}

fn of_manifest(object: &Tree<'_>) -> Vec<Content> {
    let mut documents = Vec::new();
    unknown::classify(object, Place::default(), &mut documents);
    documents
        .into_iter()
        .map(|document| document.content)
        .filter(|content| matches!(content, Content::ConfigMap(_)))
        .collect()
}

/// What our own resources write, under the ARN that is written.
fn of_ours(kind: &str, values: &Tree<'_>) -> Option<BTreeMap<String, String>> {
    let sections: Vec<(Section, Vec<Json>)> = match kind {
        "eksauth_aws_auth" => Section::ALL
            .into_iter()
            .filter_map(|section| {
                let name = match section {
                    Section::MapRoles => "map_roles",
                    Section::MapUsers => "map_users",
                    Section::MapAccounts => "map_accounts",
                };
                let entries = values.get(name)?.items();
                let entries: Vec<_> = entries
                    .iter()
                    .filter_map(|one| entry(section, one))
                    .collect();
                (!entries.is_empty()).then_some((section, entries))
            })
            .collect(),
        "eksauth_aws_auth_role" => {
            vec![(Section::MapRoles, vec![entry(Section::MapRoles, values)?])]
        }
        "eksauth_aws_auth_user" => {
            vec![(Section::MapUsers, vec![entry(Section::MapUsers, values)?])]
        }
        "eksauth_aws_auth_account" => vec![(
            Section::MapAccounts,
            vec![Json::from(values.text_of("account_id")?)],
        )],
        _ => return None,
    };
    let text = |(section, entries): (Section, Vec<Json>)| {
        (section.key().to_owned(), Json::from(entries).to_string())
    };
    Some(sections.into_iter().map(text).collect())
}

fn entry(section: Section, values: &Tree<'_>) -> Option<Json> {
    let Some(field) = section.arn_field() else {
        return Some(Json::from(values.text()?));
    };
    let written = values
        .text_of("canonical_arn")
        .or_else(|| values.text_of(field))?;
    let arn = match section {
        Section::MapRoles => canonical_role_arn(written).unwrap_or_else(|_| written.to_owned()),
        Section::MapUsers | Section::MapAccounts => written.to_owned(),
    };
    let groups = values.get("groups").map(Tree::items).unwrap_or_default();
    let groups: Vec<&str> = groups.iter().filter_map(Tree::text).collect();
    Some(json!({field: arn, "username": values.text_of("username"), "groups": groups}))
}
