//! The attributes of `eksauth_access_policy_association`.

use eksauth_core::access::access_entry::EntryPrincipal;
use eksauth_core::access::access_policy::{AccessPolicy, policy_arn, policy_name};
use eksauth_core::principal::partition::Partition;
use serde::{Deserialize, Serialize};
use tf_provider::schema::Invalid;
use tf_provider::{Attr, Attribute, Diagnostics, Schema, Validator, Value};

use crate::attributes::access_policy::{
    AccessScopeModel, access_scope_attribute, policy_arn_attribute,
};
use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;
use crate::diagnostics::access_policy::refused_scope;
use crate::diagnostics::api_failure::sentence;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessPolicyAssociationModel {
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Whose entry it is with.
    pub principal_arn: Attr<String>,
    /// The policy, by name or ARN.
    pub policy_arn: Attr<String>,
    /// Where it counts.
    pub access_scope: Attr<AccessScopeModel>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait.
    pub timeouts: Option<Timeouts>,
}

impl AccessPolicyAssociationModel {
    /// Which cluster it is in.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
            timeouts: self.timeouts.clone(),
        }
    }

    /// The same in the cluster of a placement.
    pub(super) fn placed(self, placement: Placement) -> Self {
        Self {
            cluster_name: placement.cluster_name,
            region: placement.region,
            cluster_arn: placement.cluster_arn,
            cluster_issuer: placement.cluster_issuer,
            timeouts: placement.timeouts,
            ..self
        }
    }

    /// The policy's name, once it is known.
    pub(super) fn policy(&self) -> Option<&str> {
        policy_name(self.policy_arn.known()?).ok()
    }

    /// Cluster, principal and policy, as an import takes them.
    pub(super) fn id(&self) -> Attr<String> {
        match (&self.principal_arn, &self.policy_arn) {
            (Attr::Known(principal), Attr::Known(policy)) => self
                .placement()
                .import_id(&format!("#{principal}#{policy}")),
            _ => Attr::Unknown,
        }
    }

    /// The association, once all of it is known.
    pub(super) fn expand(&self, partition: Partition) -> Option<AccessPolicy> {
        let scope = self.access_scope.known()?.expand()?.ok()?;
        Some(AccessPolicy {
            policy_arn: policy_arn(self.policy_arn.known()?, partition).ok()?,
            namespaces: scope.namespaces(),
        })
    }
}

pub(super) fn schema() -> Schema {
    let description = "An access policy that is associated with an access entry: what its principal may do in the cluster, beside what its groups are bound to. Every change is \
                       judged by the lock-out guard. `policies` of `eksauth_access_entry` do the same in one resource with the entry.";
    Schema::new(description)
        .attribute(
            "id",
            id_attribute("Cluster, principal and policy, as an import takes them: `cluster#principal_arn#policy_arn`, with `@region` where `region` is set."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute(
            "principal_arn",
            Attribute::string()
                .required()
                .replace()
                .validate(Validator::string(check_principal))
                .description("ARN of the role or user of the access entry, with its path. The entry has to be there, or to be made in the same apply: pass `eksauth_access_entry.this.principal_arn`."),
        )
        .attribute("policy_arn", policy_arn_attribute())
        .attribute("access_scope", access_scope_attribute())
        .attribute(
            "on_conflict",
            Attribute::string()
                .default(Value::String("error".to_owned()))
                .validate(Validator::one_of(&["error", "adopt"]))
                .description("What to do if the policy is associated already: `error`, with the import block, or `adopt` it with the scope from here. An adopted one survives destroy."),
        )
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description(
                "Whether the association was there before and was taken over. Destroy leaves it then.",
            ),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}

fn check_principal(arn: &str) -> Result<(), Invalid> {
    EntryPrincipal::parse(arn)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Principal", sentence(&error.to_string())))
}

pub(super) fn validate(config: &AccessPolicyAssociationModel, diagnostics: &mut Diagnostics) {
    if let Some(Err(invalid)) = config
        .access_scope
        .known()
        .and_then(AccessScopeModel::expand)
    {
        diagnostics.push(refused_scope(invalid, "access_scope"));
    }
}
