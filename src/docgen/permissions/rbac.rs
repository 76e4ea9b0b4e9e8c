//! An RBAC manifest to paste: a Role with its binding for each namespace, a ClusterRole with its own for what has none.

use eksauth_provider::permissions::KubernetesRule;

use super::GROUP;

/// One rule of a role.
struct Rule {
    api_group: &'static str,
    resources: Vec<&'static str>,
    names: &'static [&'static str],
    verbs: Vec<&'static str>,
}

/// The documents, set apart by `---`, with a line end at the end.
pub(super) fn manifest(name: &str, rules: &[&KubernetesRule]) -> String {
    let mut namespaces: Vec<Option<&str>> = rules.iter().map(|rule| rule.namespace).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let documents: Vec<String> = namespaces
        .into_iter()
        .flat_map(|namespace| {
            let here: Vec<&KubernetesRule> = rules
                .iter()
                .copied()
                .filter(|rule| rule.namespace == namespace)
                .collect();
            [
                role(name, namespace, &merged(&here)),
                binding(name, namespace),
            ]
        })
        .collect();
    documents.join("---\n")
}

/// First verbs on the same objects, then kinds of object with the same verbs.
fn merged(rules: &[&KubernetesRule]) -> Vec<Rule> {
    let mut by_object: Vec<Rule> = Vec::new();
    for rule in rules {
        let same = by_object.iter_mut().find(|known| {
            known.api_group == rule.api_group
                && known.resources == [rule.resource]
                && known.names == rule.names
        });
        match same {
            Some(known) => {
                for verb in rule.verbs {
                    if !known.verbs.contains(verb) {
                        known.verbs.push(verb);
                    }
                }
            }
            None => by_object.push(Rule {
                api_group: rule.api_group,
                resources: vec![rule.resource],
                names: rule.names,
                verbs: rule.verbs.to_vec(),
            }),
        }
    }
    let mut merged: Vec<Rule> = Vec::new();
    for rule in by_object {
        let same = merged.iter_mut().find(|known| {
            known.api_group == rule.api_group
                && known.names.is_empty()
                && rule.names.is_empty()
                && known.verbs == rule.verbs
        });
        match same {
            Some(known) => known.resources.extend(rule.resources),
            None => merged.push(rule),
        }
    }
    merged
}

fn role(name: &str, namespace: Option<&str>, rules: &[Rule]) -> String {
    let kind = if namespace.is_some() {
        "Role"
    } else {
        "ClusterRole"
    };
    let mut text = format!("{}rules:\n", head(kind, name, namespace));
    for rule in rules {
        text.push_str(&format!(
            "  - apiGroups: [\"{}\"]\n    resources: [{}]\n",
            rule.api_group,
            rule.resources.join(", ")
        ));
        if !rule.names.is_empty() {
            text.push_str(&format!("    resourceNames: [{}]\n", rule.names.join(", ")));
        }
        text.push_str(&format!("    verbs: [{}]\n", rule.verbs.join(", ")));
    }
    text
}

fn binding(name: &str, namespace: Option<&str>) -> String {
    let (kind, role) = match namespace {
        Some(_) => ("RoleBinding", "Role"),
        None => ("ClusterRoleBinding", "ClusterRole"),
    };
    format!(
        "{}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {name}\nsubjects:\n  - apiGroup: rbac.authorization.k8s.io\n    \
         kind: Group\n    name: {GROUP}\n",
        head(kind, name, namespace)
    )
}

fn head(kind: &str, name: &str, namespace: Option<&str>) -> String {
    let namespace = namespace
        .map(|namespace| format!("  namespace: {namespace}\n"))
        .unwrap_or_default();
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\n{namespace}"
    )
}
