//! A cluster as EKS describes it: what is needed to reach it, and its OIDC provider's ARN in the caller's account.
//!
//! No token is among its values.

use std::collections::BTreeMap;

use eksauth_core::principal::oidc_issuer::Issuer;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Type, Validator};

use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::attributes::values::to_map;
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, FoundCluster, LIST_CLUSTERS};
use crate::permissions::{DeclaresPermissions, Permissions};

/// The data source `eksauth_cluster`.
pub struct ClusterDataSource;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterDataModel {
    /// The name.
    pub cluster_name: Attr<String>,
    /// The region.
    pub region: Attr<String>,
    /// The ARN.
    pub cluster_arn: Attr<String>,
    /// Twelve digits.
    pub account_id: Attr<String>,
    /// `ACTIVE` and so on.
    pub status: Attr<String>,
    /// `https://…`.
    pub endpoint: Attr<String>,
    /// PEM.
    pub cluster_ca_certificate: Attr<String>,
    /// `https://…`.
    pub issuer: Attr<String>,
    /// The ARN that the issuer's provider has or would have.
    pub oidc_provider_arn: Attr<String>,
    /// `CONFIG_MAP`, `API_AND_CONFIG_MAP` or `API`.
    pub authentication_mode: Attr<String>,
    /// `1.34`.
    pub version: Attr<String>,
    /// RFC 3339.
    pub created_at: Attr<String>,
    /// All tags.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
}

impl DeclaresPermissions for ClusterDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[DESCRIBE_CLUSTER, LIST_CLUSTERS],
        ..Permissions::NONE
    };
}

impl DataSource for ClusterDataSource {
    type Client = Client;
    type Model = ClusterDataModel;

    const NAME: &'static str = "eksauth_cluster";

    fn schema(&self) -> Schema {
        let computed = |description: &str| Attribute::string().computed().description(description);
        Schema::new("An EKS cluster: how it is reached, how it decides who may enter, and its OIDC issuer. While it is being created, what it has not yet is null.")
            .attribute(
                "cluster_name",
                Attribute::string()
                    .optional()
                    .computed()
                    .validate(Validator::string(check_cluster_name))
                    .description("Name of the cluster, or its ARN; the provider's `cluster_name` unless set."),
            )
            .attribute("region", region_attribute().computed())
            .attribute("cluster_arn", computed("ARN of the cluster."))
            .attribute("account_id", computed("Account of the cluster."))
            .attribute("status", computed("State of the cluster, such as `ACTIVE`."))
            .attribute("endpoint", computed("Address of the API server."))
            .attribute("cluster_ca_certificate", computed("Certificate authority of the API server, in PEM."))
            .attribute("issuer", computed("OIDC issuer URL, as it is in service accounts' tokens."))
            .attribute(
                "oidc_provider_arn",
                computed("ARN that the issuer's OIDC provider has in the caller's account, whether or not there is one."),
            )
            .attribute(
                "authentication_mode",
                computed("How the cluster finds its mappings: `CONFIG_MAP`, `API_AND_CONFIG_MAP` or `API`. Null where EKS does not say, which means `CONFIG_MAP`."),
            )
            .attribute("version", computed("Kubernetes version, such as `1.34`."))
            .attribute("created_at", computed("When the cluster was made, in RFC 3339."))
            .attribute("tags", Attribute::map(Type::String).computed().description("Tags of the cluster."))
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: ClusterDataModel,
    ) -> Result<ClusterDataModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let oidc_provider_arn = oidc_provider_arn(cx, &cluster).await?;
        Ok(ClusterDataModel {
            cluster_name: cluster.reference.named_as(&config.cluster_name),
            ..flatten(&cluster, oidc_provider_arn)
        })
    }
}

fn flatten(found: &FoundCluster, oidc_provider_arn: Attr<String>) -> ClusterDataModel {
    let cluster = &found.cluster;
    let created_at = cluster
        .created_at
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    ClusterDataModel {
        cluster_name: Attr::Known(cluster.name.clone()),
        region: Attr::Known(found.reference.region.clone()),
        cluster_arn: Attr::Known(cluster.arn.clone()),
        account_id: Attr::Known(found.account.clone()),
        status: Attr::Known(cluster.status.as_str().to_owned()),
        endpoint: cluster.endpoint.clone().into(),
        cluster_ca_certificate: cluster.certificate_authority.clone().into(),
        issuer: cluster.issuer.clone().into(),
        oidc_provider_arn,
        authentication_mode: cluster
            .authentication_mode
            .map(|mode| mode.id().to_owned())
            .into(),
        version: cluster.version.clone().into(),
        created_at: created_at.map(|time| time.to_string()).into(),
        tags: to_map(cluster.tags.clone()),
    }
}

/// Of the caller's account: that is where roles that trust it are.
async fn oidc_provider_arn(
    cx: &Context<Client>,
    cluster: &FoundCluster,
) -> Result<Attr<String>, Diagnostics> {
    let Some(issuer) = cluster.issuer().and_then(|url| Issuer::parse(url).ok()) else {
        return Ok(Attr::Null);
    };
    let caller = cx.client.caller_account().await?;
    Ok(Attr::Known(
        issuer.provider_arn(caller.partition, &caller.id),
    ))
}

#[cfg(test)]
mod tests;
