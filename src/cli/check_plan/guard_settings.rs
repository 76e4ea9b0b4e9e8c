//! What the provider blocks of a plan say of the guard, in constants and root variables.

use std::collections::BTreeSet;

use eksauth_core::access::cluster_access::Principal;
use serde_json::Value;

use super::configuration::{Expression, ProviderBlock, expression};
use super::plan_file::{PlanFile, texts};

/// How the guard of the plan's provider treats what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Treatment {
    /// It refuses what is grave.
    #[default]
    Refuses,
    /// It only warns, or is off.
    Lenient,
    /// It refuses, and what was not read counts against the change.
    Strict,
}

/// The guard's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// `lockout_guard`.
    pub treatment: Treatment,
    /// `suppress_findings`.
    pub suppressed: BTreeSet<String>,
    /// `protected_principals`.
    pub protected: Vec<Principal>,
    /// `apply_principal_arns`.
    pub applying: Vec<Principal>,
    /// `kubernetes_role_arn` of the cluster, else the role of `assume_role`: who acts in place of whoever runs Terraform.
    pub acting: Vec<Principal>,
    /// Whether apply asks the API server what whoever acts may do; `confirm_access`.
    pub confirms: bool,
    /// Why it is not known who applies.
    pub unknown_applier: Option<String>,
    /// Why it is not known who must keep its access.
    pub unknown_protected: Option<String>,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            treatment: Treatment::default(),
            suppressed: BTreeSet::new(),
            protected: Vec::new(),
            applying: Vec::new(),
            acting: Vec::new(),
            confirms: true,
            unknown_applier: None,
            unknown_protected: None,
        }
    }
}

impl GuardSettings {
    /// The settings of the blocks that have our resources among `addresses`, for a cluster. A removed resource is in no configuration any more. Of several blocks the strictest counts, and what all of
    /// them suppress.
    pub fn from_plan(plan: &PlanFile, addresses: &[String], cluster: &str) -> Self {
        let of_ours: BTreeSet<&str> = plan
            .resource_changes
            .iter()
            .filter(|resource| resource.kind.starts_with("eksauth_"))
            .map(|resource| resource.address.as_str())
            .collect();
        let is_ours = |address: &&String| of_ours.contains(address.as_str());
        let ours = addresses
            .iter()
            .filter(is_ours)
            .flat_map(|address| blocks_of(plan, address));
        let mut all: Vec<Self> = Vec::new();
        for block in ours {
            let settings = Block { plan, block }.settings(cluster);
            if !all.contains(&settings) {
                all.push(settings);
            }
        }
        let is_of_others = !addresses.iter().all(|address| is_ours(&address));
        let mut settings = all.into_iter().reduce(Self::both).unwrap_or_default();
        if is_of_others && settings.treatment == Treatment::Lenient {
            // The setting is about our own writes.
            settings.treatment = Treatment::Refuses;
        }
        settings
    }

    fn both(mut self, other: Self) -> Self {
        self.treatment = match (self.treatment, other.treatment) {
            (Treatment::Strict, _) | (_, Treatment::Strict) => Treatment::Strict,
            (Treatment::Lenient, Treatment::Lenient) => Treatment::Lenient,
            _ => Treatment::Refuses,
        };
        self.suppressed.retain(|id| other.suppressed.contains(id));
        self.protected.extend(other.protected);
        self.applying.extend(other.applying);
        self.acting.extend(other.acting);
        self.confirms |= other.confirms;
        self.unknown_applier = self.unknown_applier.or(other.unknown_applier);
        self.unknown_protected = self.unknown_protected.or(other.unknown_protected);
        self
    }
}

/// The block of one of our resources; of one that left the configuration it may be any of our blocks.
fn blocks_of<'p>(plan: &'p PlanFile, address: &str) -> Vec<&'p ProviderBlock> {
    match plan.configuration.provider_of(address) {
        Some(block) => vec![block],
        None if plan.configuration.resource(address).is_some() => Vec::new(),
        None => plan.configuration.providers("eksauth").collect(),
    }
}

struct Block<'p> {
    plan: &'p PlanFile,
    block: &'p ProviderBlock,
}

impl Block<'_> {
    fn settings(&self, cluster: &str) -> GuardSettings {
        let treatment = match self.attribute("lockout_guard").text() {
            Some("warn" | "off") => Treatment::Lenient,
            Some("strict") => Treatment::Strict,
            _ => Treatment::Refuses,
        };
        let mut settings = GuardSettings {
            treatment,
            suppressed: self.list("suppress_findings").into_iter().collect(),
            protected: principals(self.list("protected_principals")),
            applying: principals(self.list("apply_principal_arns")),
            acting: Vec::new(),
            confirms: self.attribute("confirm_access") != Expression::Known(&Value::Bool(false)),
            unknown_applier: self.untold("apply_principal_arns"),
            unknown_protected: self.untold("protected_principals"),
        };
        self.add_who_acts(&mut settings, cluster);
        settings
    }

    /// Who acts on Kubernetes where it is not whoever runs Terraform.
    fn add_who_acts(&self, settings: &mut GuardSettings, cluster: &str) {
        let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let of_cluster = match self.attribute("clusters") {
            Expression::Known(clusters) => clusters.get(cluster),
            Expression::Absent => None,
            Expression::Computed => {
                let untold = self.untold("clusters");
                settings.unknown_applier = settings.unknown_applier.take().or(untold);
                None
            }
        };
        if let Some(role) = of_cluster.and_then(|access| text(access, "kubernetes_role_arn")) {
            settings.acting.extend(principals(vec![role]));
            return;
        }
        let has = |name: &str| {
            of_cluster.is_some_and(|access| access.get(name).is_some_and(|value| !value.is_null()))
        };
        if has("token") || has("client_certificate") {
            settings.unknown_applier = Some(format!(
                "the provider block acts on cluster `{cluster}` with a token or certificate, and whose it is cannot be told from here"
            ));
            return;
        }
        let blocks = self.block.expressions.get("assume_role");
        let last = blocks.and_then(|blocks| match blocks {
            Value::Array(blocks) => blocks.last(),
            block => Some(block),
        });
        let Some(assumed) = last else { return };
        match expression(assumed, "role_arn", &self.plan.variables) {
            Expression::Known(Value::String(role)) => {
                settings.acting.extend(principals(vec![role.clone()]));
            }
            Expression::Computed => {
                settings.unknown_applier = Some(
                    "the role of the provider's `assume_role` cannot be told from the plan"
                        .to_owned(),
                );
            }
            Expression::Known(_) | Expression::Absent => {}
        }
    }

    fn attribute(&self, name: &str) -> Expression<'_> {
        expression(&self.block.expressions, name, &self.plan.variables)
    }

    /// Why a setting is not known, where the plan does not say what it becomes.
    fn untold(&self, name: &str) -> Option<String> {
        (self.attribute(name) == Expression::Computed)
            .then(|| format!("the provider's `{name}` cannot be told from the plan"))
    }

    fn list(&self, name: &str) -> Vec<String> {
        match self.attribute(name) {
            Expression::Known(value) => texts(value),
            Expression::Absent | Expression::Computed => Vec::new(),
        }
    }
}

fn principals(arns: Vec<String>) -> Vec<Principal> {
    arns.iter().map(|arn| Principal::from_arn(arn)).collect()
}
