//! Which role each workload gets from kube2iam or kiam, whether its namespace permits it, and what stands in the way of web identity.
//!
//! What surprises: web identity gives a role to a service account, not to a pod. Workloads that share an account and want different roles, or
//! want none, need accounts of their own first.

use std::collections::BTreeMap;

use crate::access::severity::Severity;
use crate::plural::counted;
use crate::principal::arn::{Arn, iam_role_name};

use super::inventory::{Inventory, NamespaceRules, Origin, Workload};
use super::system::{LegacySystem, SetUp};

mod accounts;
mod findings;

pub use accounts::{AccountProposal, WEB_IDENTITY_ANNOTATION};

/// A finding and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanFinding {
    /// The stable id.
    pub id: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// `Deployment apps/web`, `namespace apps`, `the cluster`.
    pub object: String,
    /// The namespace, where it is about one or about something in it.
    pub namespace: Option<String>,
    /// What it is and what to do.
    pub text: String,
    /// Where it stands, for manifests.
    pub origin: Option<Origin>,
}

/// A workload and its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedWorkload {
    /// What runs the pods.
    pub workload: Workload,
    /// The role as the system resolves it, which may be no ARN; `None` for pods that get none.
    pub role: Option<String>,
    /// The same where it is the ARN of a role.
    pub role_arn: Option<String>,
    /// Whether the namespace permits it; `None` where that is not known.
    pub is_permitted: Option<bool>,
    /// The service account that its pods are to run as, so that web identity gives them the role and nobody else.
    pub target_account: String,
    /// Why nothing is given to its account.
    pub withheld: Option<Withheld>,
}

/// Why a workload's account is given no role: web identity would give its pods more than they have today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The namespace does not permit the role, as far as what is known of the system goes.
    NotPermitted,
    /// The namespace does not permit the role by rules that may not be those of the system.
    PerhapsNotPermitted,
    /// The namespace's rule cannot be judged, and the system gives nothing.
    RuleUnreadable,
    /// The pods have the node's network, so the system never sees them.
    HostNetwork,
    /// It is the system itself.
    System,
}

impl Withheld {
    /// The reason, as the end of a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotPermitted => "its namespace does not permit the role",
            Self::PerhapsNotPermitted => {
                "its namespace does not permit the role by rules that may not be those of the system"
            }
            Self::RuleUnreadable => "the rule of its namespace cannot be judged",
            Self::HostNetwork => "its pods have the node's network, and so the node's role today",
            Self::System => "it is the system itself",
        }
    }
}

impl ScannedWorkload {
    /// `Deployment apps/web`.
    pub fn describe(&self) -> String {
        describe(&self.workload)
    }

    /// How many of its pods were given this role by web identity when they were made.
    pub fn pods_with_web_identity(&self) -> usize {
        let roles = &self.workload.web_identity_roles;
        let own = self.role_arn.as_ref().and_then(|role| roles.get(role));
        own.copied().unwrap_or_default()
    }

    /// How many of its pods would lose the role with the old trust, if they have it.
    pub fn pods_by_old_way(&self) -> usize {
        let pods = self.workload.pods;
        pods.saturating_sub(self.pods_with_web_identity())
    }

    /// Whether its pods may have the role by the old way though its account is given nothing. What flags and rules say is never enough to take a role from pods
    /// that run and ask for it.
    pub fn may_have_role(&self) -> bool {
        match self.withheld {
            Some(Withheld::RuleUnreadable | Withheld::PerhapsNotPermitted | Withheld::System) => {
                true
            }
            Some(Withheld::NotPermitted) => self.pods_by_old_way() > 0,
            Some(Withheld::HostNetwork) | None => false,
        }
    }

    /// Why nothing is given to its account, as the end of a sentence.
    pub fn why_withheld(&self) -> Option<String> {
        let reason = self.withheld?.reason();
        let asks = self.withheld == Some(Withheld::NotPermitted) && self.pods_by_old_way() > 0;
        Some(match asks {
            true => format!(
                "{reason}, and {} for it all the same: permit the role, or take the annotation away",
                counted_asking(self.pods_by_old_way())
            ),
            false => reason.to_owned(),
        })
    }

    /// Whether it gets a role from the system, or asks for one in vain.
    pub fn has_role(&self) -> bool {
        self.role.is_some() || self.workload.template.role.is_some()
    }
}

/// Everything that follows from what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The system as it was judged.
    pub system: LegacySystem,
    /// How well its set-up is known.
    pub set_up: SetUp,
    /// Every workload, those without a role among them.
    pub workloads: Vec<ScannedWorkload>,
    /// The accounts that web identity needs, in the order of their names.
    pub accounts: Vec<AccountProposal>,
    /// What is worth saying, the gravest first.
    pub findings: Vec<ScanFinding>,
}

/// What a scan is made from.
#[derive(Clone, Copy, Debug)]
pub struct ScanRequest<'a> {
    /// What was read.
    pub inventory: &'a Inventory,
    /// The system.
    pub system: &'a LegacySystem,
    /// How well its set-up is known.
    pub set_up: SetUp,
    /// The account of the cluster; that of the base ARN unless given.
    pub account: Option<&'a str>,
}

impl Scan {
    /// Judges everything that was read.
    pub fn of(request: &ScanRequest<'_>) -> Scan {
        let mut workloads = resolved(request);
        let accounts = accounts::propose(&mut workloads, request.inventory);
        let mut scan = Scan {
            system: request.system.clone(),
            set_up: request.set_up,
            workloads,
            accounts,
            findings: Vec::new(),
        };
        scan.findings = findings::of(&scan, request);
        scan
    }

    /// The workloads that get a role, or ask for one in vain.
    pub fn with_roles(&self) -> impl Iterator<Item = &ScannedWorkload> {
        self.workloads.iter().filter(|workload| workload.has_role())
    }
}

/// What a namespace is judged for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    namespace: String,
    annotation: Option<String>,
    role: String,
}

/// `1 pod asks`, `2 pods ask`.
fn counted_asking(pods: usize) -> String {
    let ask = if pods == 1 { "asks" } else { "ask" };
    format!("{} {ask}", counted(pods, "pod"))
}

fn resolved(request: &ScanRequest<'_>) -> Vec<ScannedWorkload> {
    let nothing = NamespaceRules::default();
    let mut permitted: BTreeMap<Asked, Option<bool>> = BTreeMap::new();
    let mut resolve = |workload: Workload| {
        let role = request.system.role_of(workload.template.role.as_deref());
        let role = role.ok().flatten();
        let role_arn = role.clone().filter(|role| is_role_arn(role));
        let namespace = request.inventory.namespaces.get(&workload.namespace);
        // In manifests without the namespace nothing says what it permits.
        let is_known = request.set_up != SetUp::Inferred || namespace.is_some();
        let annotation = workload.template.role.clone();
        let is_permitted = role_arn.as_ref().filter(|_| is_known).and_then(|role| {
            let key = Asked {
                namespace: workload.namespace.clone(),
                annotation: annotation.clone(),
                role: role.clone(),
            };
            *permitted.entry(key).or_insert_with(|| {
                let rules = namespace.unwrap_or(&nothing);
                let asked = annotation.as_deref();
                request.system.is_permitted(rules, asked, role).ok()
            })
        });
        let template = &workload.template;
        let withheld = match (&role_arn, is_permitted) {
            (None, _) => None,
            (Some(_), _) if template.host_network => Some(Withheld::HostNetwork),
            (Some(_), _) if template.is_system => Some(Withheld::System),
            (Some(_), Some(false)) if request.set_up != SetUp::Known => {
                Some(Withheld::PerhapsNotPermitted)
            }
            (Some(_), Some(false)) => Some(Withheld::NotPermitted),
            (Some(_), None) if is_known => Some(Withheld::RuleUnreadable),
            (Some(_), _) => None,
        };
        ScannedWorkload {
            target_account: workload.template.service_account.clone(),
            workload,
            role,
            role_arn,
            is_permitted,
            withheld,
        }
    };
    let workloads = request.inventory.workloads();
    workloads.into_iter().map(&mut resolve).collect()
}

/// True for the ARN of a role as IAM writes it. A name with a slash before it, behind a base ARN with one after it, is none.
fn is_role_arn(text: &str) -> bool {
    let is_role = |arn: Arn| {
        let resource = arn.resource.strip_prefix("role/");
        arn.service == "iam" && resource.is_some_and(|path| !path.starts_with('/'))
    };
    Arn::parse(text).is_ok_and(is_role) && iam_role_name(text).is_ok()
}

/// The account of an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

fn describe(workload: &Workload) -> String {
    let Workload {
        kind,
        namespace,
        name,
        ..
    } = workload;
    match workload.differs_from_template {
        true => format!("{kind} {namespace}/{name} (pods that run already)"),
        false => format!("{kind} {namespace}/{name}"),
    }
}

#[cfg(test)]
mod tests;
