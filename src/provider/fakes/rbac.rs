//! RBAC objects and nodes of the API server in memory.

use async_trait::async_trait;

use super::FakeKube;
use super::kubernetes::failed_request;
use crate::ports::rbac::{Binding, RbacApi, RbacObjects, Role};
use crate::ports::{ApiError, ErrorKind};

/// What the server says of RBAC and nodes; nothing may be read unless a test says so.
#[derive(Clone, Debug, Default)]
pub struct FakeRbac {
    /// The objects; `None`: forbidden.
    pub objects: Option<RbacObjects>,
    /// Whether there are nodes; `None`: forbidden.
    pub has_nodes: Option<bool>,
}

fn forbidden(request: &str) -> ApiError {
    ApiError {
        missing_permission: Some(request.to_owned()),
        ..failed_request(ErrorKind::AccessDenied, request, "forbidden")
    }
}

impl FakeKube {
    /// Every role and binding, where the caller may list those of a resource.
    fn listed(&self, resource: &str) -> Result<RbacObjects, ApiError> {
        self.permit("list", resource)?;
        let refused = || forbidden(&format!("list {resource}"));
        let mut objects = self.rbac().objects.ok_or_else(refused)?;
        let made = self.rbac_objects_for_the_guard();
        objects.cluster_roles.extend(made.cluster_roles);
        objects
            .cluster_role_bindings
            .extend(made.cluster_role_bindings);
        objects.roles.extend(made.roles);
        objects.role_bindings.extend(made.role_bindings);
        Ok(objects)
    }
}

#[async_trait]
impl RbacApi for FakeKube {
    async fn cluster_roles(&self) -> Result<Vec<Role>, ApiError> {
        Ok(self.listed("clusterroles")?.cluster_roles)
    }

    async fn cluster_role_bindings(&self) -> Result<Vec<Binding>, ApiError> {
        Ok(self.listed("clusterrolebindings")?.cluster_role_bindings)
    }

    async fn kube_system_roles(&self) -> Result<Vec<Role>, ApiError> {
        Ok(self.listed("roles")?.roles)
    }

    async fn kube_system_role_bindings(&self) -> Result<Vec<Binding>, ApiError> {
        Ok(self.listed("rolebindings")?.role_bindings)
    }

    async fn has_nodes(&self) -> Result<bool, ApiError> {
        self.permit("list", "nodes")?;
        self.rbac().has_nodes.ok_or_else(|| forbidden("list nodes"))
    }
}
