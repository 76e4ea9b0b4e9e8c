//! RBAC objects and nodes, read for the lock-out guard: plain GETs, the items flattened into the port's words.

use async_trait::async_trait;
use eksauth_provider::ports::rbac::{Binding, PolicyRule, RbacApi, RbacObjects, Role, Subject};
use eksauth_provider::ports::{ApiError, ErrorKind};
use http::{Method, Request, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::KubeClient;
use super::failure::Operation;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct FoundRole {
    metadata: Metadata,
    // An aggregated ClusterRole that matches nothing yet has `rules: null`.
    rules: Option<Vec<FoundRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct FoundRule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FoundBinding {
    role_ref: RoleRef,
    #[serde(default)]
    subjects: Option<Vec<FoundSubject>>,
}

#[derive(Deserialize)]
struct RoleRef {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
struct FoundSubject {
    kind: String,
    name: String,
}

#[async_trait]
impl RbacApi for KubeClient {
    async fn rbac_objects(&self) -> Result<RbacObjects, ApiError> {
        let cluster_roles = format!("{RBAC}/clusterroles");
        let cluster_role_bindings = format!("{RBAC}/clusterrolebindings");
        let roles = format!("{RBAC}/namespaces/kube-system/roles");
        let role_bindings = format!("{RBAC}/namespaces/kube-system/rolebindings");
        let (cluster_roles, cluster_role_bindings, roles, role_bindings) = tokio::try_join!(
            self.list::<FoundRole>("clusterroles", &cluster_roles),
            self.list::<FoundBinding>("clusterrolebindings", &cluster_role_bindings),
            self.list::<FoundRole>("roles kube-system", &roles),
            self.list::<FoundBinding>("rolebindings kube-system", &role_bindings),
        )?;
        Ok(RbacObjects {
            cluster_roles: cluster_roles.into_iter().map(flatten_role).collect(),
            cluster_role_bindings: cluster_role_bindings
                .into_iter()
                .map(flatten_binding)
                .collect(),
            roles: roles.into_iter().map(flatten_role).collect(),
            role_bindings: role_bindings.into_iter().map(flatten_binding).collect(),
        })
    }

    async fn has_nodes(&self) -> Result<bool, ApiError> {
        let nodes: Vec<serde::de::IgnoredAny> = self.list("nodes", "/api/v1/nodes?limit=1").await?;
        Ok(!nodes.is_empty())
    }
}

impl KubeClient {
    async fn list<T: DeserializeOwned>(
        &self,
        object: &str,
        path: &str,
    ) -> Result<Vec<T>, ApiError> {
        let operation = Operation {
            verb: "list",
            object: object.to_owned(),
        };
        let request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| operation.failed(ErrorKind::Invalid, error.to_string()))?;
        let answer = self.send(&operation, &request).await?;
        let list: List<T> = serde_json::from_slice(&answer.body).map_err(|error| {
            operation.failed(
                ErrorKind::Service,
                format!("the answer cannot be read: {error}"),
            )
        })?;
        Ok(list.items)
    }
}

fn flatten_role(found: FoundRole) -> Role {
    let rule = |rule: FoundRule| PolicyRule {
        verbs: rule.verbs,
        api_groups: rule.api_groups,
        resources: rule.resources,
        resource_names: rule.resource_names,
    };
    Role {
        name: found.metadata.name,
        rules: found
            .rules
            .unwrap_or_default()
            .into_iter()
            .map(rule)
            .collect(),
    }
}

fn flatten_binding(found: FoundBinding) -> Binding {
    let subject = |subject: FoundSubject| match subject.kind.as_str() {
        "Group" => Some(Subject::Group(subject.name)),
        "User" => Some(Subject::User(subject.name)),
        _ => None,
    };
    Binding {
        refers_to_cluster_role: found.role_ref.kind == "ClusterRole",
        role: found.role_ref.name,
        subjects: found
            .subjects
            .unwrap_or_default()
            .into_iter()
            .filter_map(subject)
            .collect(),
    }
}
