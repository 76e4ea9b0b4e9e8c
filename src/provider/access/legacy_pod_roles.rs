//! What kube2iam and kiam look at in a cluster, read page by page so that the number of pods takes no memory.
//!
//! Kubernetes verbs: `list` on namespaces and pods, and where granted on service accounts and on what makes pods. What may not be listed is named.

use eksauth_core::legacy_pod_role::detection::with_slash;
use eksauth_core::legacy_pod_role::inventory::Inventory;
use eksauth_core::legacy_pod_role::system::{LegacySystem, SetUp, system_of};

use crate::access::cluster_access::unreadable;
use crate::ports::workload::ObjectKind;
use crate::ports::{ApiError, ErrorKind, KubeApi};

/// How often a list is begun, because the server forgets where it was in a long one.
const MOST_STARTS: usize = 3;

/// The status of a list that can no longer be continued.
const EXPIRED: &str = "410";

/// What was read, and what may not be.
#[derive(Debug, Default)]
pub struct LegacyObjects {
    /// What was read.
    pub inventory: Inventory,
    /// What may not be listed, one sentence each.
    pub unread: Vec<String>,
}

/// Reads everything that counts for a pod's role.
///
/// # Errors
/// The API server does not answer, or does not let namespaces or pods be listed.
pub async fn read_legacy_objects(kube: &dyn KubeApi) -> Result<LegacyObjects, ApiError> {
    let beside_pods = async {
        let mut read = LegacyObjects::default();
        for kind in ObjectKind::ALL {
            if kind == ObjectKind::Pod {
                continue;
            }
            match list(kube, kind).await {
                Ok(found) => read.inventory.merge(found),
                Err(error)
                    if error.kind == ErrorKind::AccessDenied && kind != ObjectKind::Namespace =>
                {
                    let what = format!("the {}", kind.plural());
                    read.unread.push(unreadable(&what, &error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    };
    let (mut read, pods) = tokio::try_join!(beside_pods, list(kube, ObjectKind::Pod))?;
    read.inventory.merge(pods);
    Ok(read)
}

/// All objects of a kind.
async fn list(kube: &dyn KubeApi, kind: ObjectKind) -> Result<Inventory, ApiError> {
    let mut starts = 1;
    let mut inventory = Inventory::default();
    let mut continuation: Option<String> = None;
    loop {
        let page = match kube.object_page(kind, continuation.as_deref()).await {
            Ok(page) => page,
            Err(error)
                if error.code.as_deref() == Some(EXPIRED)
                    && continuation.is_some()
                    && starts < MOST_STARTS =>
            {
                starts += 1;
                (inventory, continuation) = (Inventory::default(), None);
                continue;
            }
            Err(error) => return Err(error),
        };
        for object in &page.items {
            inventory.add(kind, object, None);
        }
        match page.continuation() {
            Some(token) => continuation = Some(token.to_owned()),
            None => return Ok(inventory),
        }
    }
}

/// The system of a cluster as it runs there. Where its flags name no base ARN it takes that of the nodes, which is the account's.
pub fn system_in_cluster(
    inventory: &Inventory,
    account_base: &str,
) -> Option<(LegacySystem, SetUp)> {
    let (system, set_up) = system_of(inventory)?;
    Some(match system.base_arn().is_empty() {
        true => (system.with_base_arn(with_slash(account_base)), set_up),
        false => (system, set_up),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fakes::FakeKube;

    fn pod(name: &str) -> serde_json::Value {
        json!({"kind": "Pod", "metadata": {"name": name, "namespace": "apps", "annotations": {"iam.amazonaws.com/role": "reader"},
            "ownerReferences": [{"kind": "StatefulSet", "name": "db", "controller": true}]}, "spec": {}})
    }

    fn cluster() -> FakeKube {
        let kube = FakeKube::default();
        for number in 0..5 {
            kube.put_object(pod(&format!("db-{number}")));
        }
        kube.put_object(json!({"kind": "Namespace", "metadata": {"name": "apps"}}));
        kube
    }

    #[tokio::test]
    async fn every_page_is_read() {
        let read = read_legacy_objects(&cluster()).await.unwrap();
        assert_eq!(read.unread, [] as [&str; 0]);
        let workloads = read.inventory.workloads();
        let counts: Vec<usize> = workloads.iter().map(|workload| workload.pods).collect();
        assert_eq!(counts, [5]);
        assert!(read.inventory.namespaces.contains_key("apps"));
    }

    #[tokio::test]
    async fn what_may_not_be_listed_is_named_and_pods_and_namespaces_must_be() {
        let kube = cluster();
        kube.deny("list", "deployments");
        let read = read_legacy_objects(&kube).await.unwrap();
        assert_eq!(
            read.unread,
            ["the deployments could not be read: `list deployments` is missing"]
        );
        for required in ["pods", "namespaces"] {
            let kube = cluster();
            kube.deny("list", required);
            let error = read_legacy_objects(&kube).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::AccessDenied);
        }
    }
}
