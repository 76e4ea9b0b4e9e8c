//! EKS: clusters, their access entries, the policies associated with these, and Pod Identity associations.

mod access_entries;
mod authentication_mode;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use aws_sdk_eks::types::{Cluster as SdkCluster, ClusterStatus as SdkStatus};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eksauth_provider::ports::eks::AccessEntriesApi;
use eksauth_provider::ports::eks::{
    AccessEntry, AccessPolicy, AuthenticationMode, Cluster, ClusterStatus, FirstAccessEntries,
};
use eksauth_provider::ports::iam::Tags;
use eksauth_provider::ports::{ApiError, EksApi, ErrorKind};

use super::call::{Call, CallContext, Effect, absent, gone, send};
use super::config::Connection;

mod pod_identity;

/// EKS in one region as one identity.
pub(crate) struct Eks {
    client: aws_sdk_eks::Client,
    context: CallContext,
}

impl Eks {
    /// A client that has asked nothing yet.
    pub(crate) fn new(connection: &Connection, region: &str, role_arn: Option<&str>) -> Self {
        let client = aws_sdk_eks::Client::from_conf(connection.eks_config(region, role_arn));
        Self {
            client,
            context: connection.context.clone(),
        }
    }

    fn read(&self, operation: &'static str) -> Call {
        self.context.begin(operation, Effect::Read)
    }

    fn write(&self, operation: &'static str) -> Call {
        self.context.begin(operation, Effect::Write)
    }
}

#[async_trait]
impl EksApi for Eks {
    async fn describe_cluster(&self, name: &str) -> Result<Option<Cluster>, ApiError> {
        let answer = send!(
            self.read("eks:DescribeCluster"),
            self.client.describe_cluster().name(name)
        );
        match absent(answer)?.and_then(|answer| answer.cluster) {
            Some(found) => flatten_cluster(name, found).map(Some),
            None => Ok(None),
        }
    }

    async fn list_clusters(&self) -> Result<Vec<String>, ApiError> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_clusters().set_next_token(token);
            let page = send!(self.read("eks:ListClusters"), request)?;
            names.extend(page.clusters.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    async fn list_access_entries(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        let all = self.first_access_entries(cluster, None, usize::MAX).await?;
        Ok(all.principals)
    }

    async fn first_access_entries(
        &self,
        cluster: &str,
        policy_arn: Option<&str>,
        enough: usize,
    ) -> Result<FirstAccessEntries, ApiError> {
        let (mut principals, mut token) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .list_access_entries()
                .cluster_name(cluster)
                .set_associated_policy_arn(policy_arn.map(str::to_owned))
                .set_next_token(token);
            let page = send!(self.read("eks:ListAccessEntries"), request)?;
            principals.extend(page.access_entries.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            let are_all = token.is_none();
            if are_all || principals.len() >= enough {
                return Ok(FirstAccessEntries {
                    principals,
                    are_all,
                });
            }
        }
    }

    async fn describe_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Option<AccessEntry>, ApiError> {
        let found = self.access_entry(cluster, principal_arn).await?;
        Ok(found.map(|found| found.entry))
    }

    async fn list_associated_policies(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Vec<AccessPolicy>, ApiError> {
        let (mut policies, mut token) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .list_associated_access_policies()
                .cluster_name(cluster)
                .principal_arn(principal_arn);
            let page = send!(
                self.read("eks:ListAssociatedAccessPolicies"),
                request.set_next_token(token)
            )?;
            policies.extend(
                page.associated_access_policies
                    .unwrap_or_default()
                    .into_iter()
                    .map(|policy| AccessPolicy {
                        policy_arn: policy.policy_arn.unwrap_or_default(),
                        namespaces: policy
                            .access_scope
                            .and_then(|scope| scope.namespaces)
                            .unwrap_or_default(),
                    }),
            );
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(policies);
            }
        }
    }

    async fn tag_resource(&self, arn: &str, tags: &Tags) -> Result<(), ApiError> {
        let request = self
            .client
            .tag_resource()
            .resource_arn(arn)
            .set_tags(Some(tags.clone().into_iter().collect()));
        send!(self.write("eks:TagResource"), request).map(drop)
    }

    async fn untag_resource(&self, arn: &str, keys: &[String]) -> Result<(), ApiError> {
        let request = self
            .client
            .untag_resource()
            .resource_arn(arn)
            .set_tag_keys(Some(keys.to_vec()));
        gone(send!(self.write("eks:UntagResource"), request))
    }
}

fn flatten_cluster(name: &str, found: SdkCluster) -> Result<Cluster, ApiError> {
    let authority = found
        .certificate_authority
        .and_then(|authority| authority.data);
    let certificate_authority = authority
        .map(|data| decode_authority(name, &data))
        .transpose()?;
    Ok(Cluster {
        name: found.name.unwrap_or_else(|| name.to_owned()),
        arn: found.arn.unwrap_or_default(),
        status: found
            .status
            .map_or_else(|| ClusterStatus::Other(String::new()), flatten_status),
        endpoint: found.endpoint.filter(|endpoint| !endpoint.is_empty()),
        certificate_authority,
        issuer: found
            .identity
            .and_then(|identity| identity.oidc)
            .and_then(|oidc| oidc.issuer)
            .filter(|issuer| !issuer.is_empty()),
        authentication_mode: found
            .access_config
            .and_then(|config| config.authentication_mode)
            .and_then(|mode| AuthenticationMode::parse(mode.as_str())),
        version: found.version,
        created_at: found.created_at.map(|time| time.secs()),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
    })
}

fn decode_authority(name: &str, data: &str) -> Result<String, ApiError> {
    let bytes = STANDARD.decode(data.trim()).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            let message =
                format!("the certificate authority of cluster `{name}` is not base64 of PEM");
            ApiError::new(ErrorKind::Service, "eks:DescribeCluster", message)
        })
}

fn flatten_status(status: SdkStatus) -> ClusterStatus {
    match status {
        SdkStatus::Creating => ClusterStatus::Creating,
        SdkStatus::Active => ClusterStatus::Active,
        SdkStatus::Deleting => ClusterStatus::Deleting,
        SdkStatus::Failed => ClusterStatus::Failed,
        SdkStatus::Updating => ClusterStatus::Updating,
        other => ClusterStatus::Other(other.as_str().to_owned()),
    }
}
