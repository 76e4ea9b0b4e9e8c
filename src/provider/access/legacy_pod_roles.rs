//! What kube2iam and kiam look at in a cluster, read page by page so that the number of pods takes no memory.
//!
//! Kubernetes verbs: `list` on namespaces and pods, and where granted on service accounts and on what makes pods. What may not be listed is named.

use eksauth_core::document::{Content, Document};
use eksauth_core::legacy_pod_role::detection::with_slash;
use eksauth_core::legacy_pod_role::inventory::{Inventory, Origin};
use eksauth_core::legacy_pod_role::kiam::ExpressionMode;
pub use eksauth_core::legacy_pod_role::kube2iam::is_valid_base_arn;
use eksauth_core::legacy_pod_role::kube2iam::{AnnotationKeys, Kube2iam, NamespaceRestriction};
use eksauth_core::legacy_pod_role::system::{Kiam, LegacySystem, SetUp, SystemName, system_of};

use crate::access::cluster_access::unreadable;
use crate::access::object_listing::gather;
use crate::clusters::FoundCluster;
use crate::ports::workload::{KubernetesObject, ObjectKind};
use crate::ports::{ApiError, ErrorKind, KubeApi};

/// What was read, and what may not be.
#[derive(Debug, Default)]
pub struct LegacyObjects {
    /// What was read.
    pub inventory: Inventory,
    /// What may not be listed, one sentence each.
    pub unread: Vec<String>,
}

/// Reads everything that counts for a pod's role, given by the system of a name, or by the one that runs where none is named. Which annotations count is
/// only known once kube2iam's flags are: where they are not the usual ones, everything is read again.
///
/// # Errors
/// The API server does not answer, or does not let namespaces or pods be listed.
pub async fn read_legacy_objects(
    kube: &dyn KubeApi,
    system: Option<SystemName>,
) -> Result<LegacyObjects, ApiError> {
    let read = read_by(kube, &AnnotationKeys::default()).await?;
    let keys = read.inventory.keys_of_system(system);
    match keys == *read.inventory.keys() {
        true => Ok(read),
        false => read_by(kube, &keys).await,
    }
}

async fn read_by(kube: &dyn KubeApi, keys: &AnnotationKeys) -> Result<LegacyObjects, ApiError> {
    let beside_pods = async {
        let mut read = LegacyObjects {
            inventory: Inventory::with_keys(keys.clone()),
            unread: Vec::new(),
        };
        for kind in ObjectKind::ALL {
            if kind == ObjectKind::Pod {
                continue;
            }
            match list(kube, kind, keys).await {
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
    let (mut read, pods) = tokio::try_join!(beside_pods, list(kube, ObjectKind::Pod, keys))?;
    read.inventory.merge(pods);
    Ok(read)
}

/// All objects of a kind.
async fn list(
    kube: &dyn KubeApi,
    kind: ObjectKind,
    keys: &AnnotationKeys,
) -> Result<Inventory, ApiError> {
    let begin = || Inventory::with_keys(keys.clone());
    gather(kube, kind, begin, |inventory, object| {
        inventory.add(kind, object, None);
    })
    .await
}

/// Reads the objects of files as [`read_legacy_objects`] reads those of a cluster, and says which of them cannot be read.
pub fn read_manifests<'d>(
    files: impl Iterator<Item = &'d [Document]> + Clone,
    system: Option<SystemName>,
) -> LegacyObjects {
    let read = |keys| {
        let mut objects = LegacyObjects {
            inventory: Inventory::with_keys(keys),
            unread: Vec::new(),
        };
        for (index, documents) in files.clone().enumerate() {
            add_manifests(documents, index, &mut objects);
        }
        objects
    };
    let first = read(AnnotationKeys::default());
    let keys = first.inventory.keys_of_system(system);
    match keys == *first.inventory.keys() {
        true => first,
        false => read(keys),
    }
}

fn add_manifests(documents: &[Document], file: usize, objects: &mut LegacyObjects) {
    for document in documents {
        let Document { place, content } = document;
        let Content::Workload(manifest) = content else {
            continue;
        };
        let origin = Origin {
            file,
            line: place.line,
        };
        match KubernetesObject::from_json(&manifest.json) {
            Ok(object) => objects.inventory.add(manifest.kind, &object, Some(origin)),
            Err(error) => objects.unread.push(format!(
                "{place} is {}, which cannot be read: {error}",
                manifest.description
            )),
        }
    }
}

/// What is said of the system instead of what is found out about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemSettings {
    /// Which system it is.
    pub system: Option<SystemName>,
    /// What names of roles are appended to.
    pub base_role_arn: Option<String>,
    /// kube2iam's default role.
    pub default_role: Option<String>,
    /// How namespaces restrict roles, kube2iam's.
    pub restriction: Option<NamespaceRestriction>,
    /// How namespaces' expressions are compared, kiam's.
    pub mode: Option<ExpressionMode>,
}

impl SystemSettings {
    /// The system as it is set up: what was given, else what its flags say, else what is usual. `account_base` is the base ARN of a system that
    /// looks for it itself. `None` where nothing shows a system.
    pub fn system(
        &self,
        inventory: &Inventory,
        account_base: Option<&str>,
    ) -> Option<(LegacySystem, SetUp)> {
        let found = system_of(inventory, self.system);
        let (system, set_up) = match (self.system, found) {
            (Some(name), Some((system, set_up))) if system.name() == name => (system, set_up),
            (Some(name), _) => (usual(name), SetUp::Inferred),
            (None, found) => found?,
        };
        let base = self.base_role_arn.as_deref().map(with_slash);
        let base = base.or_else(|| account_base.map(with_slash));
        let is_given = self.base_role_arn.is_some();
        let system = match base {
            Some(base) if is_given || system.base_arn().is_empty() => system.with_base_arn(base),
            _ => system,
        };
        let has_flags = self.restriction.is_some() || self.mode.is_some();
        let set_up = match has_flags {
            true => SetUp::Known,
            false => set_up,
        };
        Some((self.with_flags(system), set_up))
    }

    fn with_flags(&self, system: LegacySystem) -> LegacySystem {
        match system {
            LegacySystem::Kube2iam(kube2iam) => LegacySystem::Kube2iam(Kube2iam {
                default_role: self.default_role.clone().unwrap_or(kube2iam.default_role),
                restriction: self.restriction.unwrap_or(kube2iam.restriction),
                ..kube2iam
            }),
            LegacySystem::Kiam(kiam) => LegacySystem::Kiam(Kiam {
                mode: self.mode.unwrap_or(kiam.mode),
                ..kiam
            }),
        }
    }
}

/// The base ARN of a system that looks for it itself: that of the nodes' account.
pub fn account_base(cluster: &FoundCluster) -> String {
    format!("arn:{}:iam::{}:role/", cluster.partition, cluster.account)
}

/// A system without flags.
fn usual(name: SystemName) -> LegacySystem {
    match name {
        SystemName::Kube2iam => LegacySystem::Kube2iam(Kube2iam {
            base_arn: String::new(),
            default_role: String::new(),
            restriction: NamespaceRestriction::Off,
        }),
        SystemName::Kiam => LegacySystem::Kiam(Kiam {
            prefix: String::new(),
            mode: ExpressionMode::Strict,
        }),
    }
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
        let read = read_legacy_objects(&cluster(), None).await.unwrap();
        assert_eq!(read.unread, [] as [&str; 0]);
        let workloads = read.inventory.workloads();
        let counts: Vec<usize> = workloads.iter().map(|workload| workload.pods).collect();
        assert_eq!(counts, [5]);
        assert!(read.inventory.namespaces.contains_key("apps"));
    }

    #[tokio::test]
    async fn the_annotations_that_kube2iam_is_told_to_read_are_read() {
        let kube = cluster();
        kube.put_object(json!({"kind": "DaemonSet", "metadata": {"name": "kube2iam", "namespace": "kube-system"}, "spec": {"template": {"spec": {
            "containers": [{"image": "jtblin/kube2iam:0.15.0", "args": ["--iam-role-key=example.com/role"]}]}}}}));
        kube.put_object(json!({"kind": "Pod", "metadata": {"name": "web", "namespace": "apps", "annotations": {"example.com/role": "writer"}}, "spec": {}}));
        let roles = |read: &LegacyObjects| -> Vec<Option<String>> {
            let workloads = read.inventory.workloads().into_iter();
            let apps = workloads.filter(|workload| workload.namespace == "apps");
            apps.map(|workload| workload.template.role).collect()
        };
        let read = read_legacy_objects(&kube, Some(SystemName::Kube2iam)).await;
        assert_eq!(roles(&read.unwrap()), [Some("writer".to_owned()), None]);
        let of_kiam = read_legacy_objects(&kube, Some(SystemName::Kiam)).await;
        assert_eq!(roles(&of_kiam.unwrap()), [None, Some("reader".to_owned())]);
    }

    #[tokio::test]
    async fn what_may_not_be_listed_is_named_and_pods_and_namespaces_must_be() {
        let kube = cluster();
        kube.deny("list", "deployments");
        let read = read_legacy_objects(&kube, None).await.unwrap();
        assert_eq!(
            read.unread,
            ["the deployments could not be read: `list deployments` is missing"]
        );
        for required in ["pods", "namespaces"] {
            let kube = cluster();
            kube.deny("list", required);
            let error = read_legacy_objects(&kube, None).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::AccessDenied);
        }
    }
}
