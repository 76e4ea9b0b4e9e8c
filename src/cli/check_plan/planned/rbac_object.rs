//! Roles and bindings of the kubernetes provider and of manifests, as far as they may decide who writes aws-auth or does everything.

use std::collections::BTreeMap;

use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth::NAMESPACE;
use eksauth_core::kubernetes::rbac::{
    Binding, LabelRequirement, LabelSelector, PolicyRule, Role, Subject,
};
use serde_json::{Map, Value, json};

use super::super::plan_file::{Deed, ResourceChange, texts};
use super::kubernetes_object::{Both, Object, metadata};
use super::{Collector, Order};

/// A side of a change of the kubernetes provider as a manifest.
pub(super) fn object(
    kind: &str,
    values: &Value,
    is_unknown: &dyn Fn(&str) -> bool,
) -> Option<Object> {
    let (kind, attributes): (&str, &'static [&'static str]) = match kind {
        "kubernetes_cluster_role" => ("ClusterRole", &["rule"]),
        "kubernetes_role" => ("Role", &["rule"]),
        "kubernetes_cluster_role_binding" => ("ClusterRoleBinding", &["role_ref", "subject"]),
        "kubernetes_role_binding" => ("RoleBinding", &["role_ref", "subject"]),
        _ => return None,
    };
    let items = |name: &str| values.get(name).and_then(Value::as_array).cloned();
    Some(Object {
        manifest: json!({
            "kind": kind,
            "metadata": metadata(values),
            "roleRef": items("role_ref").and_then(|items| items.first().cloned()),
            "subjects": items("subject"),
            "aggregationRule": aggregation_rule(values),
            "rules": items("rule").unwrap_or_default().iter().map(rule).collect::<Vec<_>>(),
        }),
        unknown: attributes
            .iter()
            .copied()
            .filter(|name| is_unknown(name))
            .collect(),
    })
}

/// A rule with Kubernetes' own spelling of its members.
fn rule(item: &Value) -> Value {
    let pairs = [
        ("apiGroups", "api_groups"),
        ("resources", "resources"),
        ("resourceNames", "resource_names"),
        ("verbs", "verbs"),
    ];
    let member =
        |(name, attribute): (&str, &str)| Some((name.to_owned(), item.get(attribute)?.clone()));
    Value::Object(pairs.into_iter().filter_map(member).collect::<Map<_, _>>())
}

/// Whether an object may decide anything: of another namespace it does not.
pub(super) fn concerns(kind: &str, object: &Object) -> bool {
    match kind {
        "ClusterRole" | "ClusterRoleBinding" => true,
        "Role" | "RoleBinding" => object.text("/metadata/namespace") == Some(NAMESPACE),
        _ => false,
    }
}

fn scope(object: &Object) -> RbacScope {
    match object.text("/kind") {
        Some("Role" | "RoleBinding") => RbacScope::KubeSystem,
        _ => RbacScope::Cluster,
    }
}

fn put(object: &Object) -> RbacChange {
    match is_role(object) {
        true => RbacChange::PutRole(scope(object), role(object)),
        false => RbacChange::PutBinding(scope(object), binding(object)),
    }
}

fn remove(object: &Object) -> RbacChange {
    match is_role(object) {
        true => RbacChange::RemoveRole(scope(object), role(object).name),
        false => RbacChange::RemoveBinding(scope(object), binding(object)),
    }
}

fn is_role(object: &Object) -> bool {
    matches!(object.text("/kind"), Some("Role" | "ClusterRole"))
}

fn role(object: &Object) -> Role {
    let rules = object.manifest.get("rules").and_then(Value::as_array);
    let list = |rule: &Value, name: &str| texts(rule.get(name).unwrap_or(&Value::Null));
    Role {
        name: object.text("/metadata/name").unwrap_or_default().to_owned(),
        rules: rules
            .into_iter()
            .flatten()
            .map(|rule| PolicyRule {
                verbs: list(rule, "verbs"),
                api_groups: list(rule, "apiGroups"),
                resources: list(rule, "resources"),
                resource_names: list(rule, "resourceNames"),
            })
            .collect(),
        labels: labels(object.manifest.pointer("/metadata/labels")),
        aggregation: selectors(object.manifest.pointer("/aggregationRule")),
    }
}

/// The labels of an object or of a selector.
pub(super) fn labels(values: Option<&Value>) -> BTreeMap<String, String> {
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let pairs = values.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(pair).collect()
}

/// Which ClusterRoles a role gathers its rules from.
fn selectors(rule: Option<&Value>) -> Option<Vec<LabelSelector>> {
    let rule = rule.filter(|rule| !rule.is_null())?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let requirement = |item: &Value| LabelRequirement {
        key: text(item.get("key")),
        operator: text(item.get("operator")),
        values: texts(item.get("values").unwrap_or(&Value::Null)),
    };
    let selector = |item: &Value| LabelSelector {
        labels: labels(item.get("matchLabels")),
        requirements: items(item.get("matchExpressions"))
            .iter()
            .map(requirement)
            .collect(),
    };
    let found = items(rule.get("clusterRoleSelectors"));
    Some(found.iter().map(selector).collect())
}

fn items(list: Option<&Value>) -> Vec<Value> {
    list.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// An aggregation rule with Kubernetes' own spelling of its members.
fn aggregation_rule(values: &Value) -> Value {
    let selector = |item: &Value| {
        json!({
            "matchLabels": item.get("match_labels"),
            "matchExpressions": item.get("match_expressions"),
        })
    };
    match items(values.get("aggregation_rule")).first() {
        Some(rule) => {
            let selectors = items(rule.get("cluster_role_selectors"));
            json!({"clusterRoleSelectors": selectors.iter().map(selector).collect::<Vec<_>>()})
        }
        None => Value::Null,
    }
}

fn binding(object: &Object) -> Binding {
    let subjects = object.manifest.get("subjects").and_then(Value::as_array);
    let subject = |subject: &Value| {
        let name = subject.get("name")?.as_str()?.to_owned();
        match subject.get("kind")?.as_str()? {
            "Group" => Some(Subject::Group(name)),
            "User" => Some(Subject::User(name)),
            "ServiceAccount" => {
                let own = subject.get("namespace").and_then(Value::as_str);
                let place = own.filter(|place| !place.is_empty());
                let place = place.or_else(|| object.text("/metadata/namespace"));
                Subject::service_account(place.unwrap_or_default(), &name)
            }
            _ => None,
        }
    };
    Binding {
        refers_to_cluster_role: object.text("/roleRef/kind") == Some("ClusterRole"),
        role: object.text("/roleRef/name").unwrap_or_default().to_owned(),
        subjects: subjects.into_iter().flatten().filter_map(subject).collect(),
    }
}

fn name_of(object: &Object) -> String {
    let text = |pointer| object.text(pointer).unwrap_or_default();
    format!("{} {}", text("/kind"), text("/metadata/name"))
}

impl<'p> Collector<'p> {
    pub(super) fn collect_rbac(&mut self, resource: &ResourceChange, deed: Deed, both: &Both) {
        let unknown = both.after.as_ref().map_or(&[][..], |after| &after.unknown);
        for name in unknown {
            self.unknown(resource, name, both.before.is_some());
        }
        if !unknown.is_empty() {
            return;
        }
        let is_refused = deed == Deed::CreateThenDelete
            && both.before.as_ref().map(name_of) == both.after.as_ref().map(name_of);
        if is_refused {
            return self.found.notes.push(format!(
                "`{}` is made before the old one goes, which Kubernetes refuses: nothing changes",
                resource.address
            ));
        }
        if let Some(before) = &both.before {
            let change = ClusterChange::Rbac(remove(before));
            self.push(resource, Order::Removal, change, Some(name_of(before)));
            if deed == Deed::DeleteThenCreate && both.after.is_some() {
                self.mark_remade();
            }
        }
        if let Some(after) = &both.after {
            let change = ClusterChange::Rbac(put(after));
            self.push(resource, Order::Addition, change, Some(name_of(after)));
        }
    }
}
