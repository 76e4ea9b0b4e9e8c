//! RBAC objects and nodes, read for the lock-out guard: plain GETs, the items flattened into the port's words.

use async_trait::async_trait;
use eksauth_core::aws_auth;
use eksauth_core::kubernetes::rbac::{LabelRequirement, LabelSelector};
use eksauth_provider::ports::rbac::{Binding, PolicyRule, RbacApi, Role, Subject};
use eksauth_provider::ports::{ApiError, RequestVerb};
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::api::rbac::v1 as rbac;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use kube::Resource;
use kube::api::{ListParams, PartialObjectMeta};
use serde::de::DeserializeOwned;

use super::client::KubeClient;
use super::failure::Operation;

#[async_trait]
impl RbacApi for KubeClient {
    async fn cluster_roles(&self) -> Result<Vec<Role>, ApiError> {
        let all = ListParams::default();
        self.list::<rbac::ClusterRole, _, _>(None, &all, flatten_cluster_role)
            .await
    }

    async fn cluster_role_bindings(&self) -> Result<Vec<Binding>, ApiError> {
        let keep = |binding: rbac::ClusterRoleBinding| {
            flatten_binding(binding.metadata, binding.role_ref, binding.subjects)
        };
        let all = ListParams::default();
        self.list::<rbac::ClusterRoleBinding, _, _>(None, &all, keep)
            .await
    }

    async fn kube_system_roles(&self) -> Result<Vec<Role>, ApiError> {
        let keep = |role: rbac::Role| flatten_role(role.metadata.name, role.rules);
        let (all, namespace) = (ListParams::default(), Some(aws_auth::NAMESPACE));
        self.list::<rbac::Role, _, _>(namespace, &all, keep).await
    }

    async fn kube_system_role_bindings(&self) -> Result<Vec<Binding>, ApiError> {
        let keep = |binding: rbac::RoleBinding| {
            flatten_binding(binding.metadata, binding.role_ref, binding.subjects)
        };
        let (all, namespace) = (ListParams::default(), Some(aws_auth::NAMESPACE));
        self.list::<rbac::RoleBinding, _, _>(namespace, &all, keep)
            .await
    }

    async fn has_nodes(&self) -> Result<bool, ApiError> {
        let one = ListParams::default().limit(1);
        // A node's many fields are nobody's business here.
        let nodes = self
            .list::<Node, _, _>(None, &one, |_: PartialObjectMeta<Node>| ())
            .await?;
        Ok(!nodes.is_empty())
    }
}

impl KubeClient {
    /// The objects of a kind, read as far as `Read` says, and what is kept of each.
    pub(super) async fn list<Kind, Read, Kept>(
        &self,
        namespace: Option<&str>,
        params: &ListParams,
        keep: impl Fn(Read) -> Kept + Copy + Send + Sync,
    ) -> Result<Vec<Kept>, ApiError>
    where
        Kind: Resource<DynamicType = ()>,
        Read: DeserializeOwned,
        Kept: Send,
    {
        let place = namespace.map(|namespace| format!(" {namespace}"));
        let operation = Operation {
            verb: RequestVerb::List,
            object: format!("{}{}", Kind::plural(&()), place.unwrap_or_default()),
        };
        let requests = kube::core::Request::new(Kind::url_path(&(), namespace));
        let request = operation.request(requests.list(params))?;
        Ok(self.list_page(&operation, &request, keep).await?.items)
    }
}

/// `rules` is null in an aggregated ClusterRole that matches nothing yet.
fn flatten_role(name: Option<String>, rules: Option<Vec<rbac::PolicyRule>>) -> Role {
    let rule = |rule: rbac::PolicyRule| PolicyRule {
        verbs: rule.verbs,
        api_groups: rule.api_groups.unwrap_or_default(),
        resources: rule.resources.unwrap_or_default(),
        resource_names: rule.resource_names.unwrap_or_default(),
    };
    Role {
        name: name.unwrap_or_default(),
        rules: rules.unwrap_or_default().into_iter().map(rule).collect(),
        ..Role::default()
    }
}

/// With what gathers ClusterRoles.
fn flatten_cluster_role(role: rbac::ClusterRole) -> Role {
    let selectors = |rule: rbac::AggregationRule| {
        let selectors = rule.cluster_role_selectors.unwrap_or_default();
        selectors.into_iter().map(flatten_selector).collect()
    };
    Role {
        labels: role.metadata.labels.unwrap_or_default(),
        aggregation: role.aggregation_rule.map(selectors),
        ..flatten_role(role.metadata.name, role.rules)
    }
}

fn flatten_selector(selector: meta::LabelSelector) -> LabelSelector {
    let requirement = |requirement: meta::LabelSelectorRequirement| LabelRequirement {
        key: requirement.key,
        operator: requirement.operator,
        values: requirement.values.unwrap_or_default(),
    };
    let requirements = selector.match_expressions.unwrap_or_default();
    LabelSelector {
        labels: selector.match_labels.unwrap_or_default(),
        requirements: requirements.into_iter().map(requirement).collect(),
    }
}

/// A service account without a namespace is one of the binding's own.
fn flatten_binding(
    metadata: meta::ObjectMeta,
    role_ref: rbac::RoleRef,
    subjects: Option<Vec<rbac::Subject>>,
) -> Binding {
    let own = metadata.namespace.unwrap_or_default();
    let subject = |subject: rbac::Subject| match subject.kind.as_str() {
        "Group" => Some(Subject::Group(subject.name)),
        "User" => Some(Subject::User(subject.name)),
        "ServiceAccount" => {
            let place = subject.namespace.filter(|place| !place.is_empty());
            Subject::service_account(place.as_ref().unwrap_or(&own), &subject.name)
        }
        _ => None,
    };
    Binding {
        refers_to_cluster_role: role_ref.kind == "ClusterRole",
        role: role_ref.name,
        subjects: subjects
            .unwrap_or_default()
            .into_iter()
            .filter_map(subject)
            .collect(),
    }
}
