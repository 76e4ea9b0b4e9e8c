//! Roles and bindings as a cluster's administrator sees them, and as this provider has applied them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Cluster, unexpected};
use crate::{bed::json::text, failure::Outcome};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const KINDS: [(&str, &str); 4] = [
    ("clusterroles", "ClusterRole"),
    ("clusterrolebindings", "ClusterRoleBinding"),
    ("roles", "Role"),
    ("rolebindings", "RoleBinding"),
];

impl Cluster<'_> {
    /// The roles and bindings, of the cluster and of namespaces, whose names begin so.
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn rbac_objects(&self, prefix: &str) -> Outcome<Vec<Value>> {
        let mut found = Vec::new();
        for (plural, kind) in KINDS {
            let (status, list) = self.ask("GET", &format!("{RBAC}/{plural}"), None)?;
            let Some(items) = list.get("items").and_then(Value::as_array) else {
                return Err(unexpected(status, &list));
            };
            for item in items {
                if text(item, "metadata.name")?.starts_with(prefix) {
                    let mut item = item.clone();
                    if let Some(members) = item.as_object_mut() {
                        members.insert("kind".to_owned(), json!(kind));
                    }
                    found.push(item);
                }
            }
        }
        Ok(found)
    }

    /// These and no others are there, as this provider's; their new ids by the old ones.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn put_rbac_objects(
        &self,
        prefix: &str,
        objects: &[Value],
    ) -> Outcome<BTreeMap<String, String>> {
        for there in self.rbac_objects(prefix)? {
            let path = path(&there)?;
            let (status, answer) = self.ask("DELETE", &path, None)?;
            if status != 200 {
                return Err(unexpected(status, &answer));
            }
        }
        let mut renewed = BTreeMap::new();
        for object in objects {
            let mut fields = object.clone();
            if let Some(members) = fields.as_object_mut() {
                members.insert(
                    "apiVersion".to_owned(),
                    json!("rbac.authorization.k8s.io/v1"),
                );
            }
            if let Some(metadata) = fields
                .pointer_mut("/metadata")
                .and_then(Value::as_object_mut)
            {
                metadata
                    .retain(|field, _| matches!(field.as_str(), "name" | "namespace" | "labels"));
            }
            let path = format!(
                "{}?fieldManager=terraform-provider-eksauth&force=true",
                path(object)?
            );
            let (status, made) = self.answer(
                &json!({"name": self.name, "method": "PATCH", "path": path, "body": fields,
                "content_type": "application/apply-patch+yaml"}),
            )?;
            if !matches!(status, 200 | 201) {
                return Err(unexpected(status, &made));
            }
            renewed.insert(text(object, "metadata.uid")?, text(&made, "metadata.uid")?);
        }
        Ok(renewed)
    }
}

fn path(object: &Value) -> Outcome<String> {
    let kind = text(object, "kind")?;
    let plural = KINDS.iter().find(|(_, one)| *one == kind);
    let plural = plural.map_or("clusterroles", |(plural, _)| plural);
    let place = object
        .pointer("/metadata/namespace")
        .and_then(Value::as_str);
    let place = place.map_or(String::new(), |namespace| {
        format!("/namespaces/{namespace}")
    });
    Ok(format!(
        "{RBAC}{place}/{plural}/{}",
        text(object, "metadata.name")?
    ))
}
