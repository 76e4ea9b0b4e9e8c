//! Where the pods of service accounts run, and by which way they got their role.
//!
//! Sources: EKS user guide, "EKS Pod Identity restrictions" (Linux nodes of EC2, no Fargate, no Windows), "Configure add-ons for hybrid nodes" (the agent has a
//! DaemonSet of its own there); the well-known labels of nodes and of EKS.

use std::collections::{BTreeMap, BTreeSet};

use super::{NamespacedName, Obstacle};
use crate::legacy_pod_role::objects::KubernetesObject;
use crate::plural::counted;

/// The DaemonSets of the agent begin so: the usual one, and those for hybrid nodes.
const AGENT: &str = "eks-pod-identity-agent";
const COMPUTE: &str = "eks.amazonaws.com/compute-type";
const SYSTEM: &str = "kubernetes.io/os";
const FARGATE_PROFILE: &str = "eks.amazonaws.com/fargate-profile";

/// What a node is to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKind {
    /// Linux that needs the agent.
    Linux,
    /// EKS Auto Mode, which has the agent in it.
    Auto,
    Fargate,
    Windows,
    Hybrid,
}

/// The pods of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AccountPods {
    fargate: usize,
    windows: usize,
    nodes: BTreeSet<String>,
    /// How many came by a token, by role.
    by_token: BTreeMap<String, usize>,
}

/// What was read of pods and nodes. Its size follows accounts and nodes, not pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodSurvey {
    nodes: BTreeMap<String, NodeKind>,
    /// Nodes on which the agent runs.
    agents: BTreeSet<String>,
    accounts: BTreeMap<NamespacedName, AccountPods>,
}

impl PodSurvey {
    /// Takes a node.
    pub fn add_node(&mut self, node: &KubernetesObject) {
        let compute = node.label(COMPUTE);
        let is_windows = node.label(SYSTEM).as_deref() == Some("windows");
        let kind = match compute.as_deref() {
            Some("fargate") => NodeKind::Fargate,
            _ if is_windows => NodeKind::Windows,
            Some("hybrid") => NodeKind::Hybrid,
            Some("auto") => NodeKind::Auto,
            _ => NodeKind::Linux,
        };
        self.nodes.insert(node.name(), kind);
    }

    /// Takes a pod that has not ended.
    pub fn add_pod(&mut self, pod: &KubernetesObject) {
        let is_agent = pod
            .owner()
            .is_some_and(|owner| owner.kind == "DaemonSet" && owner.name.starts_with(AGENT));
        if let (true, Some(node)) = (is_agent, pod.node_name()) {
            self.agents.insert(node.to_owned());
        }
        let account = NamespacedName {
            namespace: pod.namespace(),
            name: pod.service_account(),
        };
        let pods = self.accounts.entry(account).or_default();
        pods.nodes.extend(pod.node_name().map(str::to_owned));
        if is_for_fargate(pod) {
            pods.fargate += 1;
        }
        if is_for_windows(pod) {
            pods.windows += 1;
        }
        for role in pod.web_identity_roles() {
            *pods.by_token.entry(role.to_owned()).or_default() += 1;
        }
    }

    /// How many pods of an account came to a role by their token.
    pub(super) fn by_token(&self, account: &NamespacedName, role_arn: &str) -> usize {
        let pods = self.accounts.get(account);
        let count = pods.and_then(|pods| pods.by_token.get(role_arn));
        count.copied().unwrap_or_default()
    }

    /// Whether a pod of an account shows where its pods run.
    pub(super) fn shows_where(&self, account: &NamespacedName) -> bool {
        let pods = self.accounts.get(account);
        pods.is_some_and(|pods| !pods.nodes.is_empty())
    }

    /// Why the pods of an account get nothing by Pod Identity where they run.
    pub(super) fn obstacle(&self, account: &NamespacedName) -> Option<Obstacle> {
        let none = AccountPods::default();
        let pods = self.accounts.get(account).unwrap_or(&none);
        let on = |kind: NodeKind| {
            let mut nodes = pods.nodes.iter();
            nodes.find(|node| self.nodes.get(*node) == Some(&kind))
        };
        let without_agent = |kind: NodeKind| {
            let mut nodes = pods.nodes.iter();
            nodes.find(|node| self.nodes.get(*node) == Some(&kind) && !self.agents.contains(*node))
        };
        if pods.fargate > 0 || on(NodeKind::Fargate).is_some() {
            return Some(fargate(pods.fargate));
        }
        if pods.windows > 0 || on(NodeKind::Windows).is_some() {
            return Some(windows());
        }
        if let Some(node) = without_agent(NodeKind::Hybrid) {
            return Some(hybrid(node));
        }
        if let Some(node) = without_agent(NodeKind::Linux) {
            return Some(no_agent(&format!(
                "a pod of it runs on node `{node}`, which has no agent of Pod Identity"
            )));
        }
        let is_waited_for = self.agents.is_empty()
            && self.nodes.values().any(|kind| *kind == NodeKind::Linux)
            && on(NodeKind::Auto).is_none();
        is_waited_for.then(|| no_agent("no node has the agent of Pod Identity"))
    }
}

fn is_for_fargate(pod: &KubernetesObject) -> bool {
    pod.scheduler() == Some("fargate-scheduler")
        || pod.label(FARGATE_PROFILE).is_some()
        || pod.selected(COMPUTE).as_deref() == Some("fargate")
}

fn is_for_windows(pod: &KubernetesObject) -> bool {
    pod.operating_system() == Some("windows") || pod.selected(SYSTEM).as_deref() == Some("windows")
}

fn fargate(pods: usize) -> Obstacle {
    let which = match pods {
        0 => "pods of it run".to_owned(),
        1 => "1 pod of it runs".to_owned(),
        _ => format!("{} of it run", counted(pods, "pod")),
    };
    Obstacle {
        id: "fargate",
        why: format!("{which} on Fargate, which has no agent of Pod Identity"),
        what_to_do: "Keep IRSA for it, or let its pods run on nodes, by a change of the Fargate profile's selectors."
            .to_owned(),
    }
}

fn windows() -> Obstacle {
    Obstacle {
        id: "windows",
        why: "pods of it run on Windows, which has no agent of Pod Identity".to_owned(),
        what_to_do:
            "Keep IRSA for it. Give the pods on Linux an account of their own, and move that one."
                .to_owned(),
    }
}

fn hybrid(node: &str) -> Obstacle {
    Obstacle {
        id: "hybrid_node",
        why: format!("a pod of it runs on the hybrid node `{node}`, which has no agent of Pod Identity"),
        what_to_do: "Keep IRSA for it, or set up the agent for hybrid nodes: the add-on eks-pod-identity-agent has a DaemonSet of its own for them, which is off unless it is switched on."
            .to_owned(),
    }
}

fn no_agent(why: &str) -> Obstacle {
    Obstacle {
        id: "no_agent",
        why: format!("{why}, and a pod that is made after the association asks nobody else"),
        what_to_do: "Install the EKS add-on eks-pod-identity-agent, with tolerations for every node, then look again."
            .to_owned(),
    }
}
