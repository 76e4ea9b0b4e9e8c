//! Kubernetes objects as far as a pod's role depends on them: what an API server's answer or a manifest says, everything else left out.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::annotations::Annotations;
use super::detection::is_part_of_system;
use super::inventory::{AnnotatedAccount, Owner, PodTemplate};
use super::kube2iam::AnnotationKeys;

/// Which objects are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// Its annotations say which roles its pods may have.
    Namespace,
    /// Its annotation says which role its pods get by web identity.
    ServiceAccount,
    /// A running pod.
    Pod,
    /// `apps/v1`.
    Deployment,
    /// `apps/v1`.
    StatefulSet,
    /// `apps/v1`.
    DaemonSet,
    /// `apps/v1`; one that a Deployment owns is looked at for its owner only.
    ReplicaSet,
    /// `v1`.
    ReplicationController,
    /// `batch/v1`; one that a CronJob owns is looked at for its owner only.
    Job,
    /// `batch/v1`.
    CronJob,
    /// Where pods run. No manifest has one, and kube2iam and kiam look at none.
    Node,
}

impl ObjectKind {
    /// Every kind that kube2iam and kiam look at. Whatever pods belong to comes before them.
    pub const ALL: [ObjectKind; 10] = [
        ObjectKind::Namespace,
        ObjectKind::ServiceAccount,
        ObjectKind::Deployment,
        ObjectKind::StatefulSet,
        ObjectKind::DaemonSet,
        ObjectKind::ReplicaSet,
        ObjectKind::ReplicationController,
        ObjectKind::Job,
        ObjectKind::CronJob,
        ObjectKind::Pod,
    ];

    /// The kind by its name.
    pub fn from_name(name: &str) -> Option<ObjectKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name, `Deployment`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Node => "Node",
        }
    }

    /// What it is called in a path and in RBAC, `deployments`.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::ServiceAccount => "serviceaccounts",
            Self::Pod => "pods",
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::ReplicaSet => "replicasets",
            Self::ReplicationController => "replicationcontrollers",
            Self::Job => "jobs",
            Self::CronJob => "cronjobs",
            Self::Node => "nodes",
        }
    }

    /// The API group; the empty text is the core group.
    pub fn api_group(self) -> &'static str {
        match self {
            Self::Namespace
            | Self::ServiceAccount
            | Self::Pod
            | Self::ReplicationController
            | Self::Node => "",
            Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::ReplicaSet => "apps",
            Self::Job | Self::CronJob => "batch",
        }
    }
}

/// An object; whatever is not looked at is not kept.
#[derive(Debug, Default, Deserialize)]
pub struct KubernetesObject {
    metadata: Option<Metadata>,
    spec: Option<Spec>,
}

/// One page of an API server's list.
#[derive(Debug, Default)]
pub struct ObjectPage {
    /// The objects.
    pub items: Vec<KubernetesObject>,
    continuation: Option<String>,
}

impl ObjectPage {
    /// A page with what asks for the next one; an empty text is none.
    pub fn new(items: Vec<KubernetesObject>, continuation: Option<String>) -> Self {
        Self {
            items,
            continuation: continuation.filter(|token| !token.is_empty()),
        }
    }

    /// What asks for the next page; `None` after the last.
    pub fn continuation(&self) -> Option<&str> {
        self.continuation.as_deref()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    generate_name: Option<String>,
    namespace: Option<String>,
    annotations: Option<Annotations>,
    labels: Option<Annotations>,
    owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Debug, Deserialize)]
struct OwnerReference {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    controller: Option<bool>,
}

/// The specification of a pod, or of what makes pods.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    service_account_name: Option<String>,
    service_account: Option<String>,
    host_network: Option<bool>,
    node_name: Option<String>,
    node_selector: Option<Annotations>,
    scheduler_name: Option<String>,
    os: Option<OperatingSystem>,
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    template: Option<Box<KubernetesObject>>,
    job_template: Option<Box<KubernetesObject>>,
}

#[derive(Debug, Default, Deserialize)]
struct OperatingSystem {
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Container {
    image: Option<String>,
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    env: Option<Vec<Variable>>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    #[serde(default)]
    name: String,
    value: Option<String>,
}

impl Container {
    /// The role that its environment gives it, with a token to take it with.
    fn web_identity_role(&self) -> Option<&str> {
        let value = |name: &str| {
            let mut variables = self.env.iter().flatten();
            let variable = variables.find(|variable| variable.name == name)?;
            variable.value.as_deref().filter(|value| !value.is_empty())
        };
        value("AWS_WEB_IDENTITY_TOKEN_FILE")?;
        value("AWS_ROLE_ARN")
    }

    /// A word of its command as Kubernetes expands it; a variable whose value stands elsewhere stays as it is written.
    fn expanded(&self, word: &str) -> String {
        let variables = self.env.iter().flatten();
        variables.fold(word.to_owned(), |word, variable| match &variable.value {
            Some(value) => word.replace(&format!("$({})", variable.name), value),
            None => word,
        })
    }
}

/// What a container runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) image: String,
    /// Command and arguments, with the variables whose values the container's environment has as texts.
    pub(super) words: Vec<String>,
}

impl KubernetesObject {
    /// An object of a manifest; the last of several members of one name counts.
    ///
    /// # Errors
    /// A field that is looked at has another type, such as an annotation that is a number.
    pub fn from_json(json: &str) -> Result<KubernetesObject, serde_json::Error> {
        let value: Value = serde_json::from_str(json)?;
        serde_json::from_value(value)
    }

    /// Its name; empty where it has none.
    pub fn name(&self) -> String {
        let metadata = self.metadata.as_ref();
        let name = metadata.and_then(|metadata| {
            let generated = metadata.generate_name.as_ref();
            metadata.name.as_ref().or(generated)
        });
        name.cloned().unwrap_or_default()
    }

    /// That of the metadata; objects without one are in `default` where they are applied without more ado.
    pub(crate) fn namespace(&self) -> String {
        let metadata = self.metadata.as_ref();
        let namespace = metadata.and_then(|metadata| metadata.namespace.clone());
        namespace.unwrap_or_else(|| "default".to_owned())
    }

    /// Who made it and will make it again.
    pub(crate) fn owner(&self) -> Option<Owner> {
        let owners = self.metadata.as_ref()?.owner_references.as_ref()?;
        let owner = owners.iter().find(|owner| owner.controller == Some(true))?;
        Some(Owner {
            kind: owner.kind.clone(),
            name: owner.name.clone(),
        })
    }

    /// A label of the object.
    pub(crate) fn label(&self, key: &str) -> Option<String> {
        self.metadata.as_ref()?.labels.as_ref()?.get(key)
    }

    /// The node that a pod is bound to.
    pub(crate) fn node_name(&self) -> Option<&str> {
        let node = self.spec.as_ref()?.node_name.as_deref();
        node.filter(|name| !name.is_empty())
    }

    /// What a pod asks of a label of its node.
    pub(crate) fn selected(&self, key: &str) -> Option<String> {
        self.spec.as_ref()?.node_selector.as_ref()?.get(key)
    }

    /// The scheduler of a pod.
    pub(crate) fn scheduler(&self) -> Option<&str> {
        self.spec.as_ref()?.scheduler_name.as_deref()
    }

    /// The operating system that a pod says it is for.
    pub(crate) fn operating_system(&self) -> Option<&str> {
        self.spec.as_ref()?.os.as_ref()?.name.as_deref()
    }

    /// The service account of a pod, `default` unless set.
    pub(crate) fn service_account(&self) -> String {
        let spec = self.spec.as_ref();
        let account = spec.and_then(|spec| {
            let older = spec.service_account.as_ref();
            spec.service_account_name.as_ref().or(older)
        });
        let account = account.filter(|name| !name.is_empty());
        account.map_or_else(|| "default".to_owned(), String::clone)
    }

    fn annotation(&self, key: &str) -> Option<String> {
        self.metadata.as_ref()?.annotations.as_ref()?.get(key)
    }

    pub(super) fn allowed_roles(&self, keys: &AnnotationKeys) -> Option<String> {
        self.annotation(&keys.namespace)
    }

    pub(super) fn permitted(&self) -> Option<String> {
        self.annotation("iam.amazonaws.com/permitted")
    }

    /// What the webhook of EKS reads of a service account.
    pub(super) fn annotated_account(&self) -> AnnotatedAccount {
        AnnotatedAccount {
            role: self.annotation("eks.amazonaws.com/role-arn"),
            audience: self.annotation("eks.amazonaws.com/audience"),
        }
    }

    /// The pod that this is, or that this makes; `None` for what makes none.
    pub(super) fn pod(&self, kind: ObjectKind) -> Option<&KubernetesObject> {
        match kind {
            ObjectKind::Namespace | ObjectKind::ServiceAccount | ObjectKind::Node => None,
            ObjectKind::Pod => Some(self),
            ObjectKind::CronJob => {
                let job = self.spec.as_ref()?.job_template.as_deref()?;
                job.spec.as_ref()?.template.as_deref()
            }
            _ => self.spec.as_ref()?.template.as_deref(),
        }
    }

    /// What of a pod counts for its role.
    pub(super) fn template(&self, keys: &AnnotationKeys) -> PodTemplate {
        let spec = self.spec.as_ref();
        PodTemplate {
            role: self.annotation(&keys.role),
            external_id: self.annotation(&keys.external_id),
            session_name: self.annotation("iam.amazonaws.com/session-name"),
            service_account: self.service_account(),
            host_network: spec.and_then(|spec| spec.host_network).unwrap_or_default(),
            is_system: self.programs().any(|program| is_part_of_system(&program)),
        }
    }

    /// The role that the webhook of EKS has given a pod by its service account: that of every container, the init containers too. A container that was
    /// skipped, or has a role or a token file of its own making missing, still gets its role by the old way, and so the pod counts as one that does.
    pub(super) fn injected_role(&self) -> Option<String> {
        let init = self.spec.as_ref()?.init_containers.as_deref();
        let mut all = self.containers().iter().chain(init.unwrap_or_default());
        let role = all.next()?.web_identity_role()?;
        all.all(|container| container.web_identity_role() == Some(role))
            .then(|| role.to_owned())
    }

    /// The roles that containers of a pod take with a token of their service account, whoever has set it: each stands in its environment.
    pub(crate) fn web_identity_roles(&self) -> BTreeSet<&str> {
        let spec = self.spec.as_ref();
        let init = spec.and_then(|spec| spec.init_containers.as_deref());
        let all = self.containers().iter().chain(init.unwrap_or_default());
        all.filter_map(Container::web_identity_role).collect()
    }

    pub(super) fn programs(&self) -> impl Iterator<Item = Program> {
        self.containers().iter().map(|container| {
            let words = container.command.iter().chain(&container.args).flatten();
            Program {
                image: container.image.clone().unwrap_or_default(),
                words: words.map(|word| container.expanded(word)).collect(),
            }
        })
    }

    fn containers(&self) -> &[Container] {
        let spec = self.spec.as_ref();
        let containers = spec.and_then(|spec| spec.containers.as_deref());
        containers.unwrap_or_default()
    }
}
