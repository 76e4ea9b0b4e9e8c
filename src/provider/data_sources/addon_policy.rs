//! The least policy that a well-known add-on needs: AWS's own by ARN where AWS keeps one, a text otherwise. Nobody is asked.
//!
//! What surprises: a newer version of a policy is never taken by itself. `version` is the first unless it is set, so a newer provider plans the
//! same. The policies are those of `eksauth_core::iam_policy::addon_policy`.

use std::collections::BTreeSet;

use eksauth_core::iam_policy::addon_policy::{Addon, AddonPolicy};
use eksauth_core::principal::partition::Partition;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::attributes::values::to_list;
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::permissions::{DeclaresPermissions, Permissions};

mod arguments;
mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_addon_policy`.
pub struct AddonPolicyDataSource;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AddonPolicyModel {
    /// The add-on, by one of its names.
    pub name: Attr<String>,
    /// The version of its policy.
    pub version: Attr<String>,
    /// Whether its own text is wanted where AWS keeps a policy.
    pub narrow: Attr<bool>,
    /// The partition of the ARNs.
    pub partition: Attr<String>,
    /// `access_logs` of the catalogue.
    pub access_logs: Attr<bool>,
    /// `certificate_arns` of the catalogue.
    pub certificate_arns: Attr<BTreeSet<Attr<String>>>,
    /// `certificate_authority_arns` of the catalogue.
    pub certificate_authority_arns: Attr<BTreeSet<Attr<String>>>,
    /// `cloud_map` of the catalogue.
    pub cloud_map: Attr<bool>,
    /// `cloudwatch_logs` of the catalogue.
    pub cloudwatch_logs: Attr<bool>,
    /// `cluster_name` of the catalogue.
    pub cluster_name: Attr<String>,
    /// `cluster_names` of the catalogue.
    pub cluster_names: Attr<BTreeSet<Attr<String>>>,
    /// `db_cluster_arns` of the catalogue.
    pub db_cluster_arns: Attr<BTreeSet<Attr<String>>>,
    /// `db_instance_arns` of the catalogue.
    pub db_instance_arns: Attr<BTreeSet<Attr<String>>>,
    /// `directory_bucket_arns` of the catalogue.
    pub directory_bucket_arns: Attr<BTreeSet<Attr<String>>>,
    /// `file_system_arns` of the catalogue.
    pub file_system_arns: Attr<BTreeSet<Attr<String>>>,
    /// `hosted_zone_arns` of the catalogue.
    pub hosted_zone_arns: Attr<BTreeSet<Attr<String>>>,
    /// `ip_family` of the catalogue.
    pub ip_family: Attr<String>,
    /// `kms_key_arns` of the catalogue.
    pub kms_key_arns: Attr<BTreeSet<Attr<String>>>,
    /// `mesh_arns` of the catalogue.
    pub mesh_arns: Attr<BTreeSet<Attr<String>>>,
    /// `node_role_arns` of the catalogue.
    pub node_role_arns: Attr<BTreeSet<Attr<String>>>,
    /// `push_secrets` of the catalogue.
    pub push_secrets: Attr<bool>,
    /// `read_only` of the catalogue.
    pub read_only: Attr<bool>,
    /// `region` of the catalogue.
    pub region: Attr<String>,
    /// `s3_bucket_arns` of the catalogue.
    pub s3_bucket_arns: Attr<BTreeSet<Attr<String>>>,
    /// `s3_prefixes` of the catalogue.
    pub s3_prefixes: Attr<BTreeSet<Attr<String>>>,
    /// `secrets_manager_arns` of the catalogue.
    pub secrets_manager_arns: Attr<BTreeSet<Attr<String>>>,
    /// `sqs_queue_arns` of the catalogue.
    pub sqs_queue_arns: Attr<BTreeSet<Attr<String>>>,
    /// `ssm_parameter_arns` of the catalogue.
    pub ssm_parameter_arns: Attr<BTreeSet<Attr<String>>>,
    /// `target_group_arns` of the catalogue.
    pub target_group_arns: Attr<BTreeSet<Attr<String>>>,
    /// `workspace_arns` of the catalogue.
    pub workspace_arns: Attr<BTreeSet<Attr<String>>>,
    /// The add-on's name in the catalogue.
    pub addon: Attr<String>,
    /// ARNs of AWS's own policies.
    pub policy_arns: Attr<Vec<Attr<String>>>,
    /// The document, if there is just one.
    pub json: Attr<String>,
    /// All documents.
    pub documents: Attr<Vec<Attr<String>>>,
    /// Characters that count against the quotas.
    pub size: Attr<i64>,
    /// What is wider than it could be.
    pub notes: Attr<Vec<Attr<String>>>,
    /// Who says what the add-on needs.
    pub source: Attr<String>,
    /// When that was read.
    pub source_date: Attr<String>,
    /// The newest version that there is.
    pub latest_version: Attr<String>,
}

impl DeclaresPermissions for AddonPolicyDataSource {
    const PERMISSIONS: Permissions = Permissions::NONE;
}

impl DataSource for AddonPolicyDataSource {
    type Client = Client;
    type Model = AddonPolicyModel;

    const NAME: &'static str = "eksauth_addon_policy";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &AddonPolicyModel, diagnostics: &mut Diagnostics) {
        let partition = config
            .partition
            .known()
            .map(|given| Partition::parse(given));
        let errors = config.choice().errors(partition.and_then(Result::ok));
        diagnostics.extend(diagnostics::refused(errors));
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: AddonPolicyModel,
    ) -> Result<AddonPolicyModel, Diagnostics> {
        let region = provider_region(cx);
        let choice = config.choice().in_region(&region.clone().into());
        let refused = |error| diagnostics::refused(vec![error]);
        let Some((addon, _)) = choice.version().map_err(refused)? else {
            return Err(api_failure::not_known_at_apply("policy").into());
        };
        let given = config.partition.known();
        let partition = match given.map(|given| Partition::parse(given)) {
            Some(partition) => partition.ok(),
            None => choice.arguments.partition(),
        };
        let of_provider = || region.as_deref().and_then(Partition::of_region);
        let partition = match partition.or_else(of_provider) {
            Some(partition) => partition,
            None if cx.client.cloud().is_none() => return Err(diagnostics::no_partition().into()),
            None => Partition::Aws,
        };
        match choice.build(partition).map_err(diagnostics::refused)? {
            Some(policy) => Ok(flatten(config, addon, policy)),
            None => Err(api_failure::not_known_at_apply("policy").into()),
        }
    }
}

fn provider_region(cx: &Context<Client>) -> Option<String> {
    let configured = cx.client.settings().region.known().cloned();
    configured.or_else(|| cx.client.cloud()?.region())
}

fn flatten(config: AddonPolicyModel, addon: &Addon, policy: AddonPolicy) -> AddonPolicyModel {
    let known = |text: &str| Attr::Known(text.to_owned());
    AddonPolicyModel {
        version: known(policy.version),
        partition: known(policy.partition.id()),
        addon: known(policy.name),
        json: policy.document().map(str::to_owned).into(),
        size: Attr::Known(i64::try_from(policy.size()).unwrap_or(i64::MAX)),
        source: known(policy.source),
        source_date: known(policy.as_of),
        latest_version: addon
            .versions
            .last()
            .map(|version| version.version.to_owned())
            .into(),
        policy_arns: to_list(policy.managed_policy_arns),
        documents: to_list(policy.documents),
        notes: to_list(policy.notes),
        ..config
    }
}
