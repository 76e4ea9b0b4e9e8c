//! Namespaces of a cluster, as its administrator sees them.

use serde_json::{Value, json};

use super::{Cluster, unexpected};
use crate::{bed::json::text, failure::Outcome};

/// Where a story's objects lie in a namespace, beside RBAC's, which `forget_grants` removes.
const HELD: [&str; 3] = ["pods", "serviceaccounts", "configmaps"];

impl Cluster<'_> {
    /// A namespace is there.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn ensure_namespace(&self, name: &str) -> Outcome {
        self.ensure("/api/v1/namespaces", &json!({"metadata": {"name": name}}))
    }

    /// Takes away every namespace that a story made, with what it holds: a page that makes one finds it missing whichever story came before.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn forget_namespaces(&self) -> Outcome {
        let (status, found) = self.ask("GET", "/api/v1/namespaces", None)?;
        let Some(items) = found.get("items").and_then(Value::as_array) else {
            return Err(unexpected(status, &found));
        };
        for item in items {
            let name = text(item, "metadata.name")?;
            if name != "default" && !name.starts_with("kube-") {
                self.forget_namespace(&name)?;
            }
        }
        Ok(())
    }

    /// The bed runs no controller that would empty and finalize a namespace that is deleted.
    fn forget_namespace(&self, name: &str) -> Outcome {
        let path = format!("/api/v1/namespaces/{name}");
        for kind in HELD {
            self.gone("DELETE", &format!("{path}/{kind}"), None)?;
        }
        self.gone("DELETE", &path, None)?;
        let finalized = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {"finalizers": []}});
        self.gone("PUT", &format!("{path}/finalize"), Some(&finalized))
    }

    fn gone(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome {
        match self.ask(method, path, body)? {
            (200 | 404, _) => Ok(()),
            (status, answer) => Err(unexpected(status, &answer)),
        }
    }
}
