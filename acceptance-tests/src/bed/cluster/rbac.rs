//! What RBAC gives beside what the API server made itself.

use serde_json::{Value, json};

use super::{Cluster, unexpected};
use crate::{bed::json::text, failure::Outcome};

/// Without the objects that the API server makes when it starts.
const OTHERS: &str = "labelSelector=kubernetes.io%2Fbootstrapping%21%3Drbac-defaults";

impl Cluster<'_> {
    /// Lets a group list pods everywhere. The API server's own `view` has no rules here: a controller of EKS fills it.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn let_group_list_pods(&self, group: &str) -> Outcome {
        let role = "pod-lister";
        self.ensure(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            &json!({"metadata": {"name": role}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}),
        )?;
        self.bind_group(group, role)
    }

    /// Binds a ClusterRole to a group in the whole cluster.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn bind_group(&self, group: &str, cluster_role: &str) -> Outcome {
        let of_rbac = "rbac.authorization.k8s.io";
        self.ensure(
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            &json!({
                "metadata": {"name": format!("{group}-{cluster_role}")},
                "roleRef": {"apiGroup": of_rbac, "kind": "ClusterRole", "name": cluster_role},
                "subjects": [{"apiGroup": of_rbac, "kind": "Group", "name": group}],
            }),
        )
    }

    /// Takes away every grant that a story made, so that none decides in the story after it: a user or group that RBAC names may be one there too.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn forget_grants(&self) -> Outcome {
        for kind in [
            "clusterrolebindings",
            "rolebindings",
            "clusterroles",
            "roles",
        ] {
            let list = format!("/apis/rbac.authorization.k8s.io/v1/{kind}?{OTHERS}");
            let (status, found) = self.ask("GET", &list, None)?;
            let Some(items) = found.get("items").and_then(Value::as_array) else {
                return Err(unexpected(status, &found));
            };
            for item in items {
                self.forget_grant(kind, item)?;
            }
        }
        Ok(())
    }

    fn forget_grant(&self, kind: &str, item: &Value) -> Outcome {
        let metadata = item.get("metadata").unwrap_or(&Value::Null);
        let name = text(metadata, "name")?;
        // A story that took one of the API server's own away may have made it again without its label.
        if name.starts_with("system:") {
            return Ok(());
        }
        let place = match metadata.get("namespace").and_then(Value::as_str) {
            Some(namespace) => format!("namespaces/{namespace}/{kind}"),
            None => kind.to_owned(),
        };
        let path = format!("/apis/rbac.authorization.k8s.io/v1/{place}/{name}");
        match self.ask("DELETE", &path, None)? {
            (200 | 404, _) => Ok(()),
            (status, answer) => Err(unexpected(status, &answer)),
        }
    }
}
