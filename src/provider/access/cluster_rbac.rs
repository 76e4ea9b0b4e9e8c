//! The RBAC objects of a cluster, as far as they may be read. Kubernetes verb: `list` on roles, bindings, cluster roles and cluster role bindings.
//!
//! Whoever may not list a kind in every namespace is asked for the one namespace that the question is about.

use eksauth_core::kubernetes::rbac::{ClusterRbac, Listed};
use futures_util::Future;

use crate::access::cluster_access::unreadable;
use crate::ports::rbac_listing::RbacScope;
use crate::ports::{ApiError, ErrorKind, KubeApi};

/// The objects of the whole cluster; of one namespace where those of all may not be listed and one is given. Four calls, at once.
pub async fn read_rbac(kube: &dyn KubeApi, namespace: &str) -> ClusterRbac {
    let (cluster_roles, cluster_role_bindings, roles, role_bindings) = tokio::join!(
        kube.role_objects(RbacScope::Cluster),
        kube.binding_objects(RbacScope::Cluster),
        everywhere_or_in(namespace, |scope| kube.role_objects(scope)),
        everywhere_or_in(namespace, |scope| kube.binding_objects(scope)),
    );
    let is_of_one = roles.is_of_one || role_bindings.is_of_one;
    ClusterRbac {
        cluster_roles: listed("ClusterRoles", cluster_roles),
        cluster_role_bindings: listed("ClusterRoleBindings", cluster_role_bindings),
        roles: listed("Roles", roles.objects),
        role_bindings: listed("RoleBindings", role_bindings.objects),
        namespace: match is_of_one {
            true => namespace.to_owned(),
            false => String::new(),
        },
    }
}

/// What a list of a kind gave.
struct Read<T> {
    objects: Result<Vec<T>, ApiError>,
    is_of_one: bool,
}

async fn everywhere_or_in<'a, T, List>(
    namespace: &'a str,
    list: impl Fn(RbacScope<'a>) -> List,
) -> Read<T>
where
    List: Future<Output = Result<Vec<T>, ApiError>>,
{
    let objects = list(RbacScope::AllNamespaces).await;
    match &objects {
        Err(error) if error.kind == ErrorKind::AccessDenied && !namespace.is_empty() => Read {
            objects: list(RbacScope::Namespace(namespace)).await,
            is_of_one: true,
        },
        _ => Read {
            objects,
            is_of_one: false,
        },
    }
}

fn listed<T>(what: &str, found: Result<Vec<T>, ApiError>) -> Listed<T> {
    found.map_err(|error| unreadable(what, &error))
}
