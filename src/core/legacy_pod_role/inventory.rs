//! What a cluster or its manifests hold that counts: namespaces, service accounts, workloads, and pods gathered by what makes them.

use std::collections::BTreeMap;

use super::detection::{DetectedSystem, detect, differences};
use super::kube2iam::AnnotationKeys;
use super::objects::{KubernetesObject, ObjectKind};
use super::system::SystemName;

/// Where an object stands in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The number of the file, from 0.
    pub file: usize,
    /// The line, from 1.
    pub line: usize,
}

/// What of a pod counts for its role.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodTemplate {
    /// `iam.amazonaws.com/role`.
    pub role: Option<String>,
    /// `iam.amazonaws.com/external-id`.
    pub external_id: Option<String>,
    /// `iam.amazonaws.com/session-name`.
    pub session_name: Option<String>,
    /// The service account, `default` unless set.
    pub service_account: String,
    /// Whether it has the node's network.
    pub host_network: bool,
    /// Whether it runs kube2iam or kiam itself.
    pub is_system: bool,
}

/// Which controller made an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// `ReplicaSet`.
    pub kind: String,
    /// Its name, in the namespace of the object.
    pub name: String,
}

/// Something that runs pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// `Deployment`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What its pods ask for.
    pub template: PodTemplate,
    /// Whether this is about pods that run already and differ from what the workload would make today.
    pub differs_from_template: bool,
    /// How many of its pods run.
    pub pods: usize,
    /// The roles that its pods were given by web identity when they were made, and how many pods each.
    pub web_identity_roles: BTreeMap<String, usize>,
    /// Where it stands, for manifests.
    pub origin: Option<Origin>,
}

/// What a namespace says of roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceRules {
    /// `iam.amazonaws.com/allowed-roles`, kube2iam's.
    pub allowed_roles: Option<String>,
    /// `iam.amazonaws.com/permitted`, kiam's.
    pub permitted: Option<String>,
    /// Where it stands, for manifests.
    pub origin: Option<Origin>,
}

/// What the webhook of EKS reads of a service account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnotatedAccount {
    /// `eks.amazonaws.com/role-arn`.
    pub role: Option<String>,
    /// `eks.amazonaws.com/audience`, the audience of its tokens where it is not the usual one.
    pub audience: Option<String>,
}

/// A namespace and a name in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamespacedName {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// Pods that were made by one controller from one template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PodGroup {
    namespace: String,
    owner: Owner,
    template: PodTemplate,
}

#[derive(Clone, Debug, Default)]
struct PodCount {
    pods: usize,
    web_identity_roles: BTreeMap<String, usize>,
    origin: Option<Origin>,
}

/// Everything that was read. Its size follows the number of workloads, not that of pods.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Namespaces by name.
    pub namespaces: BTreeMap<String, NamespaceRules>,
    /// Service accounts, with what each is annotated with.
    pub accounts: BTreeMap<NamespacedName, AnnotatedAccount>,
    /// kube2iam and kiam as they run there, each way of running once.
    pub detected: Vec<DetectedSystem>,
    keys: AnnotationKeys,
    workloads: Vec<Workload>,
    groups: BTreeMap<PodGroup, PodCount>,
    /// What owns a ReplicaSet or a Job.
    owners: BTreeMap<(String, Owner), Owner>,
}

impl Inventory {
    /// An empty one that reads other annotations than the usual ones.
    pub fn with_keys(keys: AnnotationKeys) -> Self {
        Self {
            keys,
            ..Self::default()
        }
    }

    /// The annotations that it was read by.
    pub fn keys(&self) -> &AnnotationKeys {
        &self.keys
    }

    /// The annotations that the system which runs reads.
    pub fn keys_of_system(&self, name: Option<SystemName>) -> AnnotationKeys {
        let first = self.running(name).next();
        first.map_or_else(AnnotationKeys::default, |found| found.keys.clone())
    }

    /// The system of a name as it runs, or the first one where none is named; several where its parts run in different ways.
    pub fn running(&self, name: Option<SystemName>) -> impl Iterator<Item = &DetectedSystem> {
        let name = name.or_else(|| Some(self.detected.first()?.system.name()));
        let all = self.detected.iter();
        all.filter(move |found| Some(found.system.name()) == name)
    }

    /// Which settings of a system are in doubt, so that nothing may be taken away on their word, one sentence each.
    pub fn doubts(&self, name: Option<SystemName>) -> Vec<String> {
        let running: Vec<&DetectedSystem> = self.running(name).collect();
        let unread = running
            .iter()
            .flat_map(|found| found.unread.iter().cloned());
        let mut doubts: Vec<String> = unread.collect();
        doubts.dedup();
        doubts.extend(differences(&running));
        doubts
    }

    fn detect(&mut self, pod: &KubernetesObject) {
        for found in pod.programs().filter_map(detect) {
            self.note(found);
        }
    }

    fn note(&mut self, found: DetectedSystem) {
        if !self.detected.contains(&found) {
            self.detected.push(found);
        }
    }

    /// Takes an object.
    pub fn add(&mut self, kind: ObjectKind, object: &KubernetesObject, origin: Option<Origin>) {
        match kind {
            ObjectKind::Namespace => {
                let rules = NamespaceRules {
                    allowed_roles: object.allowed_roles(&self.keys),
                    permitted: object.permitted(),
                    origin,
                };
                self.namespaces.insert(object.name(), rules);
            }
            ObjectKind::ServiceAccount => {
                let account = NamespacedName {
                    namespace: object.namespace(),
                    name: object.name(),
                };
                self.accounts.insert(account, object.annotated_account());
            }
            ObjectKind::Pod => self.add_pod(object, origin),
            _ => self.add_workload(kind, object, origin),
        }
    }

    /// Takes what was read beside this.
    pub fn merge(&mut self, other: Inventory) {
        self.namespaces.extend(other.namespaces);
        self.accounts.extend(other.accounts);
        other
            .detected
            .into_iter()
            .for_each(|found| self.note(found));
        self.workloads.extend(other.workloads);
        self.owners.extend(other.owners);
        for (group, counted) in other.groups {
            let count = self.groups.entry(group).or_default();
            count.pods += counted.pods;
            add_all(&mut count.web_identity_roles, &counted.web_identity_roles);
            count.origin = count.origin.or(counted.origin);
        }
    }

    fn add_workload(
        &mut self,
        kind: ObjectKind,
        object: &KubernetesObject,
        origin: Option<Origin>,
    ) {
        let namespace = object.namespace();
        let this = Owner {
            kind: kind.name().to_owned(),
            name: object.name(),
        };
        if let Some(owner) = object.owner() {
            self.owners.insert((namespace, this), owner);
            return;
        }
        let Some(pod) = object.pod(kind) else {
            return;
        };
        self.detect(pod);
        self.workloads.push(Workload {
            kind: this.kind,
            namespace,
            name: this.name,
            template: pod.template(&self.keys),
            origin,
            ..Workload::default()
        });
    }

    fn add_pod(&mut self, pod: &KubernetesObject, origin: Option<Origin>) {
        // Pods may run with other flags than what makes them has today, and what makes them may be nothing that is looked at.
        self.detect(pod);
        let itself = || Owner {
            kind: ObjectKind::Pod.name().to_owned(),
            name: pod.name(),
        };
        let group = PodGroup {
            namespace: pod.namespace(),
            owner: pod.owner().unwrap_or_else(itself),
            template: pod.template(&self.keys),
        };
        let count = self.groups.entry(group).or_default();
        count.pods += 1;
        if let Some(role) = pod.injected_role() {
            *count.web_identity_roles.entry(role).or_default() += 1;
        }
        count.origin = count.origin.or(origin);
    }

    /// Every workload with the number of its pods. Pods that are made from another template than their controller has today, and pods of a
    /// controller that is not looked at, are workloads of their own.
    pub fn workloads(&self) -> Vec<Workload> {
        let mut workloads = self.workloads.clone();
        let known: BTreeMap<(&str, &str, &str), usize> = self
            .workloads
            .iter()
            .enumerate()
            .map(|(index, workload)| (key_of(workload), index))
            .collect();
        for (group, count) in &self.groups {
            let owner = self.root_of(&group.namespace, &group.owner);
            let key = (group.namespace.as_str(), &*owner.kind, &*owner.name);
            let controller = known.get(&key).and_then(|index| workloads.get_mut(*index));
            match controller {
                Some(controller) if controller.template == group.template => {
                    controller.pods += count.pods;
                    add_all(
                        &mut controller.web_identity_roles,
                        &count.web_identity_roles,
                    );
                }
                other => {
                    let differs_from_template = other.is_some();
                    workloads.push(Workload {
                        kind: owner.kind.clone(),
                        namespace: group.namespace.clone(),
                        name: owner.name.clone(),
                        template: group.template.clone(),
                        differs_from_template,
                        pods: count.pods,
                        web_identity_roles: count.web_identity_roles.clone(),
                        origin: count.origin,
                    });
                }
            }
        }
        workloads.sort_by(|left, right| key_of(left).cmp(&key_of(right)));
        workloads
    }

    /// The Deployment of a ReplicaSet, the CronJob of a Job. Owners of owners are followed as far as anybody nests them.
    fn root_of<'a>(&'a self, namespace: &str, owner: &'a Owner) -> &'a Owner {
        let mut root = owner;
        for _ in 0..8 {
            match self.owners.get(&(namespace.to_owned(), root.clone())) {
                Some(owner) => root = owner,
                None => break,
            }
        }
        root
    }
}

fn add_all(counts: &mut BTreeMap<String, usize>, more: &BTreeMap<String, usize>) {
    for (role, count) in more {
        *counts.entry(role.clone()).or_default() += count;
    }
}

fn key_of(workload: &Workload) -> (&str, &str, &str) {
    (&workload.namespace, &workload.kind, &workload.name)
}
