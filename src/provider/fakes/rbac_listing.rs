//! All RBAC objects of the API server in memory.

use async_trait::async_trait;
use eksauth_core::kubernetes::rbac::{BindingObject, RoleObject};

use super::FakeKube;
use crate::ports::ApiError;
use crate::ports::rbac_listing::{RbacListingApi, RbacScope};

impl FakeKube {
    /// Whether a list is permitted; `list roles everywhere` denies that of every namespace alone.
    fn permit_list(&self, resource: &str, scope: RbacScope<'_>) -> Result<(), ApiError> {
        let resource = match scope {
            RbacScope::Cluster => format!("cluster{resource}"),
            RbacScope::AllNamespaces | RbacScope::Namespace(_) => resource.to_owned(),
        };
        if scope == RbacScope::AllNamespaces {
            self.refuse_denied("list", &format!("{resource} everywhere"))?;
        }
        self.permit("list", &resource)
    }
}

fn is_in(scope: RbacScope<'_>, namespace: &str) -> bool {
    match scope {
        RbacScope::Cluster => namespace.is_empty(),
        RbacScope::AllNamespaces => !namespace.is_empty(),
        RbacScope::Namespace(wanted) => namespace == wanted,
    }
}

#[async_trait]
impl RbacListingApi for FakeKube {
    async fn role_objects(&self, scope: RbacScope<'_>) -> Result<Vec<RoleObject>, ApiError> {
        self.permit_list("roles", scope)?;
        let rbac = self.named_rbac();
        let all = rbac.cluster_roles.into_iter().chain(rbac.roles).flatten();
        Ok(all.filter(|role| is_in(scope, &role.namespace)).collect())
    }

    async fn binding_objects(&self, scope: RbacScope<'_>) -> Result<Vec<BindingObject>, ApiError> {
        self.permit_list("rolebindings", scope)?;
        let rbac = self.named_rbac();
        let listed = [rbac.cluster_role_bindings, rbac.role_bindings];
        let all = listed.into_iter().flatten().flatten();
        Ok(all
            .filter(|binding| is_in(scope, &binding.namespace))
            .collect())
    }
}
