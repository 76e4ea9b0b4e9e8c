//! RBAC objects and nodes of the API server in memory.

use async_trait::async_trait;

use super::FakeKube;
use super::kubernetes::failed_request;
use crate::ports::rbac::{RbacApi, RbacObjects};
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

#[async_trait]
impl RbacApi for FakeKube {
    async fn cluster_rbac(&self) -> Result<RbacObjects, ApiError> {
        for resource in ["clusterroles", "clusterrolebindings"] {
            self.permit("list", resource)?;
        }
        let mut objects = self.rbac().objects;
        let found = objects.as_mut();
        let found = found.ok_or_else(|| forbidden("list clusterroles"))?;
        let made = self.rbac_objects_for_the_guard();
        found.cluster_roles.extend(made.cluster_roles);
        found
            .cluster_role_bindings
            .extend(made.cluster_role_bindings);
        Ok(RbacObjects {
            roles: Vec::new(),
            role_bindings: Vec::new(),
            ..objects.unwrap_or_default()
        })
    }

    async fn kube_system_rbac(&self) -> Result<RbacObjects, ApiError> {
        for resource in ["roles", "rolebindings"] {
            self.permit("list", resource)?;
        }
        let mut objects = self.rbac().objects;
        let found = objects.as_mut();
        let found = found.ok_or_else(|| forbidden("list roles"))?;
        let made = self.rbac_objects_for_the_guard();
        found.roles.extend(made.roles);
        found.role_bindings.extend(made.role_bindings);
        Ok(RbacObjects {
            cluster_roles: Vec::new(),
            cluster_role_bindings: Vec::new(),
            ..objects.unwrap_or_default()
        })
    }

    async fn has_nodes(&self) -> Result<bool, ApiError> {
        self.permit("list", "nodes")?;
        self.rbac().has_nodes.ok_or_else(|| forbidden("list nodes"))
    }
}
