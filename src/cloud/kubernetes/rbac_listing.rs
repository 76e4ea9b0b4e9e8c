//! All RBAC objects with their names: plain GETs, the items flattened into the port's words.

use async_trait::async_trait;
use eksauth_core::kubernetes::rbac::{
    BindingObject, BoundSubject, PolicyRule, RoleObject, RoleRef, UrlRule,
};
use eksauth_provider::ports::ApiError;
use eksauth_provider::ports::rbac_listing::{RbacListingApi, RbacScope};
use k8s_openapi::api::rbac::v1 as rbac;
use kube::api::{ListParams, ObjectMeta};

use super::client::KubeClient;

#[async_trait]
impl RbacListingApi for KubeClient {
    async fn role_objects(&self, scope: RbacScope<'_>) -> Result<Vec<RoleObject>, ApiError> {
        let all = ListParams::default();
        if scope == RbacScope::Cluster {
            let flatten = |role: rbac::ClusterRole| RoleObject {
                is_aggregated: role.aggregation_rule.is_some(),
                ..role_object(role.metadata, role.rules)
            };
            let found = self.list::<rbac::ClusterRole, _, _>(None, &all, flatten);
            return found.await;
        }
        let flatten = |role: rbac::Role| role_object(role.metadata, role.rules);
        let found = self.list::<rbac::Role, _, _>(namespace(scope), &all, flatten);
        found.await
    }

    async fn binding_objects(&self, scope: RbacScope<'_>) -> Result<Vec<BindingObject>, ApiError> {
        let all = ListParams::default();
        if scope == RbacScope::Cluster {
            let flatten = |found: rbac::ClusterRoleBinding| {
                binding_object(found.metadata, found.role_ref, found.subjects)
            };
            let found = self.list::<rbac::ClusterRoleBinding, _, _>(None, &all, flatten);
            return found.await;
        }
        let flatten = |found: rbac::RoleBinding| {
            binding_object(found.metadata, found.role_ref, found.subjects)
        };
        let found = self.list::<rbac::RoleBinding, _, _>(namespace(scope), &all, flatten);
        found.await
    }
}

fn namespace(scope: RbacScope<'_>) -> Option<&str> {
    match scope {
        RbacScope::Namespace(namespace) => Some(namespace),
        RbacScope::Cluster | RbacScope::AllNamespaces => None,
    }
}

/// A rule is on objects or on paths, never on both: the API server holds that.
fn role_object(metadata: ObjectMeta, rules: Option<Vec<rbac::PolicyRule>>) -> RoleObject {
    let mut role = RoleObject {
        namespace: metadata.namespace.unwrap_or_default(),
        name: metadata.name.unwrap_or_default(),
        ..RoleObject::default()
    };
    for rule in rules.unwrap_or_default() {
        match rule.non_resource_urls {
            Some(paths) if !paths.is_empty() => role.url_rules.push(UrlRule {
                verbs: rule.verbs,
                paths,
            }),
            _ => role.rules.push(PolicyRule {
                verbs: rule.verbs,
                api_groups: rule.api_groups.unwrap_or_default(),
                resources: rule.resources.unwrap_or_default(),
                resource_names: rule.resource_names.unwrap_or_default(),
            }),
        }
    }
    role
}

fn binding_object(
    metadata: ObjectMeta,
    role_ref: rbac::RoleRef,
    subjects: Option<Vec<rbac::Subject>>,
) -> BindingObject {
    let subject = |subject: rbac::Subject| match subject.kind.as_str() {
        "Group" => Some(BoundSubject::Group(subject.name)),
        "User" => Some(BoundSubject::User(subject.name)),
        "ServiceAccount" => Some(BoundSubject::ServiceAccount {
            namespace: subject.namespace.unwrap_or_default(),
            name: subject.name,
        }),
        _ => None,
    };
    BindingObject {
        namespace: metadata.namespace.unwrap_or_default(),
        name: metadata.name.unwrap_or_default(),
        role: RoleRef {
            is_cluster_role: role_ref.kind == "ClusterRole",
            name: role_ref.name,
        },
        subjects: subjects
            .unwrap_or_default()
            .into_iter()
            .filter_map(subject)
            .collect(),
    }
}
