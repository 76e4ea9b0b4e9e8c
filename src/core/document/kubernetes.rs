//! Objects of Kubernetes: ConfigMaps, lists of objects, and others by their kind and name.

use super::config_map::{ConfigMap, is_section};
use super::tree::{Tree, Value};
use super::{Content, Document, MOST_DOCUMENTS, Manifest, Place, unknown};
use crate::aws_auth::Section;
use crate::legacy_pod_role::objects::ObjectKind;
use crate::plural::counted;

/// Takes an object or a list of objects; false where it is none.
pub(super) fn classify(tree: &Tree<'_>, place: &Place, documents: &mut Vec<Document>) -> bool {
    let kind = tree.text_of("kind");
    if let Some(items) = tree.get("items").filter(|items| !items.items().is_empty()) {
        let is_list = kind.is_none_or(|kind| kind.ends_with("List"));
        if is_list {
            of_items(items, place, documents);
            return true;
        }
    }
    let content = match kind {
        Some("ConfigMap") => Content::ConfigMap(ConfigMap::from_object(tree)),
        Some(kind) => match ObjectKind::from_name(kind) {
            Some(object_kind) => Content::Workload(Manifest {
                kind: object_kind,
                description: of_kind(kind, tree),
                json: tree.json(),
            }),
            None => Content::Other(of_kind(kind, tree)),
        },
        None => match without_kind(tree) {
            Some(content) => content,
            None => return false,
        },
    };
    documents.push(Document {
        place: place.clone(),
        content,
    });
    true
}

fn of_items(items: &Tree<'_>, place: &Place, documents: &mut Vec<Document>) {
    for (index, item) in items.items().iter().enumerate().take(MOST_DOCUMENTS) {
        let name = format!("items[{index}]");
        let place = Place {
            item: Some(match &place.item {
                Some(outer) => format!("{outer}.{name}"),
                None => name,
            }),
            line: item.line,
            ..place.clone()
        };
        unknown::classify(item, place, documents);
    }
    let more = items.items().len().saturating_sub(MOST_DOCUMENTS);
    if more > 0 {
        documents.push(Document {
            place: place.clone(),
            content: Content::Other(format!(
                "{} at the end of a list, which are not looked at; put them into a file of their own",
                counted(more, "more object")
            )),
        });
    }
}

/// A manifest whose kind was lost, or `data` alone.
fn without_kind(tree: &Tree<'_>) -> Option<Content> {
    let has_sections = tree.members().iter().any(|member| is_section(&member.name));
    let has = |name: &str| tree.get(name).is_some();
    if has("server") && tree.at(&["server", "mapRoles"]).is_some() {
        return Some(Content::Other(
            "a configuration of the authenticator's server, not a ConfigMap".to_owned(),
        ));
    }
    if has_sections && !has("apiVersion") && !has("metadata") && !has("data") {
        return Some(Content::ConfigMap(ConfigMap::from_data(tree)));
    }
    let data_has_texts = tree.get("data").is_some_and(Tree::is_map);
    if data_has_texts || has_sections {
        return Some(Content::ConfigMap(ConfigMap::from_object(tree)));
    }
    has("apiVersion").then(|| Content::Other("an object of Kubernetes without a `kind`".to_owned()))
}

fn of_kind(kind: &str, tree: &Tree<'_>) -> String {
    let named = |what: &str| match tree.at(&["metadata", "name"]).and_then(Tree::text) {
        Some(name) => format!("{what} `{name}`"),
        None => what.to_owned(),
    };
    match kind {
        "Config" if tree.get("clusters").is_some() => "a kubeconfig".to_owned(),
        "Secret" => format!("{}, whose values are not looked at", named("the Secret")),
        "ExecCredential" => "a token in an ExecCredential; `verify` judges tokens".to_owned(),
        "Status" => {
            let message = tree.text_of("message").unwrap_or("without a message");
            format!("an error of the API server: {message}")
        }
        _ if kind.ends_with("List") && tree.get("items").is_some() => format!("an empty {kind}"),
        "ClusterConfig" => named("a ClusterConfig of eksctl"),
        "Kustomization" => "a Kustomization; render it with `kubectl kustomize`".to_owned(),
        _ => named(&format!("the {kind}")),
    }
}

/// The text of one section: a list of entries.
pub(super) fn section_of(tree: &Tree<'_>) -> Option<Section> {
    let Value::List(items) = &tree.value else {
        return None;
    };
    let has = |name: &str| {
        items.iter().any(|item| {
            item.members()
                .iter()
                .any(|member| member.name.eq_ignore_ascii_case(name))
        })
    };
    if has("rolearn") || has("sso") {
        Some(Section::MapRoles)
    } else if has("userarn") {
        Some(Section::MapUsers)
    } else {
        None
    }
}
