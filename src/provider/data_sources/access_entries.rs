//! The access entries of a cluster, or those with one policy: principals alone by a list, or each with what it gives.

use std::collections::BTreeMap;

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::{policy_arn, policy_name};
use eksauth_core::principal::partition::Partition;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use tf_provider::schema::Invalid;
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Validator};

use super::computed::{objects, text, texts};
use crate::access::cluster_access::{PARALLEL_CALLS, authentication_mode, read_access_entry};
use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::attributes::values::to_list;
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, FoundCluster, LIST_CLUSTERS};
use crate::diagnostics::access_policy::refused_policy;
use crate::diagnostics::api_failure::{self, sentence};
use crate::permissions::{AwsResource, AwsStatement, DeclaresPermissions, Need, Permissions, Step};
use crate::ports::ApiError;

/// The data source `eksauth_access_entries`.
pub struct AccessEntriesDataSource;

/// A policy of an entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryPolicy {
    /// Its ARN.
    pub policy_arn: Attr<String>,
    /// The namespaces; none: the whole cluster.
    pub namespaces: Attr<Vec<Attr<String>>>,
}

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryModel {
    /// Whose.
    pub principal_arn: Attr<String>,
    /// STANDARD, EC2_LINUX, …
    #[serde(rename = "type")]
    pub entry_type: Attr<String>,
    /// The user name template.
    pub user_name: Attr<String>,
    /// The groups.
    pub kubernetes_groups: Attr<Vec<Attr<String>>>,
    /// The policies.
    pub policies: Attr<Vec<EntryPolicy>>,
    /// When it was made, RFC 3339.
    pub created_at: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessEntriesModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Only those with this policy.
    pub associated_policy_arn: Attr<String>,
    /// Whether each is described.
    pub details: Attr<bool>,
    /// The principals.
    pub principal_arns: Attr<Vec<Attr<String>>>,
    /// The entries by principal.
    pub access_entries: Attr<Vec<EntryModel>>,
}

impl DeclaresPermissions for AccessEntriesDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["eks:ListAccessEntries"],
                resource: AwsResource::CLUSTER,
                need: Need::Required { step: Step::Plan },
            },
            AwsStatement {
                actions: &[
                    "eks:DescribeAccessEntry",
                    "eks:ListAssociatedAccessPolicies",
                ],
                resource: AwsResource::ACCESS_ENTRIES,
                need: Need::RequiredFor {
                    step: Step::Plan,
                    what: "`details = true`",
                },
            },
        ],
        ..Permissions::NONE
    };
}

impl DataSource for AccessEntriesDataSource {
    type Client = Client;
    type Model = AccessEntriesModel;

    const NAME: &'static str = "eksauth_access_entries";

    fn schema(&self) -> Schema {
        let policy = vec![
            ("policy_arn", text("ARN of the policy.")),
            (
                "namespaces",
                texts("Namespaces in which it counts; none: the whole cluster."),
            ),
        ];
        let entry = vec![
            (
                "principal_arn",
                text("ARN of the role or user, with its path."),
            ),
            ("type", text("Type, such as `STANDARD`.")),
            (
                "user_name",
                text("User name in Kubernetes, with its placeholders."),
            ),
            ("kubernetes_groups", texts("Groups in Kubernetes, sorted.")),
            (
                "policies",
                objects(policy, "Associated access policies, by ARN."),
            ),
            (
                "created_at",
                text(
                    "When it was made, in RFC 3339: it counts for the principal that had the ARN then.",
                ),
            ),
        ];
        Schema::new("The access entries of a cluster: the principals by a list of a hundred a call, or with `details` what each of them gives, by two calls more each.")
            .attribute(
                "cluster_name",
                Attribute::string()
                    .optional()
                    .computed()
                    .validate(Validator::string(check_cluster_name))
                    .description("Name of the cluster, or its ARN; the provider's `cluster_name` unless set."),
            )
            .attribute("region", region_attribute().computed())
            .attribute(
                "associated_policy_arn",
                Attribute::string()
                    .optional()
                    .validate(Validator::string(check_policy))
                    .description("Only entries with this access policy, in whatever scope; its name or its ARN."),
            )
            .attribute(
                "details",
                Attribute::bool()
                    .optional()
                    .description("Whether each entry is read too; `access_entries` is null unless it is `true`."),
            )
            .attribute("principal_arns", texts("ARNs of the principals, sorted. None in mode CONFIG_MAP."))
            .attribute("access_entries", objects(entry, "The entries by principal; null unless `details` is `true`."))
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: AccessEntriesModel,
    ) -> Result<AccessEntriesModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let policy = wanted_policy(&cluster, &config)?;
        let about = format!("The access entries of cluster `{}`", cluster.reference.name);
        let failed = api_failure::failure("Cannot List Access Entries", &about);
        let mut principals = list(&cluster, policy.as_deref()).await.map_err(&failed)?;
        principals.sort();
        let access_entries = match config.details {
            Attr::Known(true) => {
                let entries = describe(&cluster, &principals).await.map_err(&failed)?;
                Attr::Known(entries.into_values().map(flatten).collect())
            }
            _ => Attr::Null,
        };
        Ok(AccessEntriesModel {
            cluster_name: cluster.reference.named_as(&config.cluster_name),
            region: Attr::Known(cluster.reference.region.clone()),
            principal_arns: to_list(principals),
            access_entries,
            ..config
        })
    }
}

fn check_policy(given: &str) -> Result<(), Invalid> {
    policy_name(given)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Access Policy", sentence(&error.to_string())))
}

fn wanted_policy(
    cluster: &FoundCluster,
    config: &AccessEntriesModel,
) -> Result<Option<String>, Diagnostics> {
    let Some(given) = config.associated_policy_arn.known() else {
        return Ok(None);
    };
    let partition = Partition::parse(&cluster.partition).unwrap_or(Partition::Aws);
    match policy_arn(given, partition) {
        Ok(arn) => Ok(Some(arn)),
        Err(error) => Err(refused_policy(&error).into()),
    }
}

/// A mode without access entries has none.
async fn list(cluster: &FoundCluster, policy: Option<&str>) -> Result<Vec<String>, ApiError> {
    if !authentication_mode(cluster).reads_access_entries() {
        return Ok(Vec::new());
    }
    let eks = cluster.eks();
    let name = &cluster.reference.name;
    let all = eks.first_access_entries(name, policy, usize::MAX).await?;
    Ok(all.principals)
}

/// One that was deleted since it was listed is left out.
async fn describe(
    cluster: &FoundCluster,
    principals: &[String],
) -> Result<BTreeMap<String, AccessEntry>, ApiError> {
    let entries: Vec<Option<AccessEntry>> = stream::iter(principals.to_vec())
        .map(|principal| read_access_entry(cluster.eks(), &cluster.reference.name, principal))
        .buffered(PARALLEL_CALLS)
        .try_collect()
        .await?;
    let found = entries.into_iter().flatten();
    Ok(found
        .map(|entry| (entry.principal_arn.clone(), entry))
        .collect())
}

fn flatten(entry: AccessEntry) -> EntryModel {
    let mut groups = entry.groups;
    groups.sort();
    let mut policies = entry.policies;
    policies.sort();
    let created_at = entry
        .created_at
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let policies = policies.into_iter().map(|policy| EntryPolicy {
        policy_arn: Attr::Known(policy.policy_arn),
        namespaces: to_list(policy.namespaces),
    });
    EntryModel {
        principal_arn: Attr::Known(entry.principal_arn),
        entry_type: Attr::Known(entry.kind),
        user_name: Attr::Known(entry.username),
        kubernetes_groups: to_list(groups),
        policies: Attr::Known(policies.collect()),
        created_at: created_at.map(|time| time.to_string()).into(),
    }
}

#[cfg(test)]
mod tests;
