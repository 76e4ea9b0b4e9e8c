//! A cluster that exists, with the way to its API server.

use std::sync::{Arc, OnceLock};

use eksauth_core::principal::arn::Arn;

use super::reference::ClusterRef;
use crate::ports::cloud::Secret;
use crate::ports::eks::{Cluster, ClusterStatus};
use crate::ports::{
    ApiError, Cloud, ClusterAccess, EksApi, ErrorKind, FreshConnections, KubeApi, TokenSts,
};

/// A cluster as DescribeCluster showed it.
pub struct FoundCluster {
    /// What the service said.
    pub cluster: Cluster,
    /// How it was asked for.
    pub reference: ClusterRef,
    /// Its account, twelve digits, from its ARN.
    pub account: String,
    /// Its partition's id, from its ARN.
    pub partition: String,
    /// How to reach it where its name alone is not enough.
    pub access: ClusterAccess,
    cloud: Arc<dyn Cloud>,
    kubernetes: OnceLock<Arc<dyn KubeApi>>,
}

impl FoundCluster {
    pub(crate) fn new(
        cluster: Cluster,
        reference: ClusterRef,
        access: ClusterAccess,
        cloud: Arc<dyn Cloud>,
    ) -> Result<Self, ApiError> {
        let unreadable =
            |reason: String| ApiError::new(ErrorKind::Service, "eks:DescribeCluster", reason);
        let arn = Arn::parse(&cluster.arn).map_err(|error| unreadable(error.to_string()))?;
        let account = arn.account.ok_or_else(|| {
            unreadable(format!(
                "the cluster's ARN `{}` has no account",
                cluster.arn
            ))
        })?;
        Ok(Self {
            account: account.to_string(),
            partition: arn.partition.to_string(),
            cluster,
            reference,
            access,
            cloud,
            kubernetes: OnceLock::new(),
        })
    }

    /// Its API server, as the configuration's identity. One client per cluster and configuration.
    ///
    /// # Errors
    /// It has no endpoint or CA yet, or one that cannot be used.
    pub fn kubernetes(&self) -> Result<Arc<dyn KubeApi>, ApiError> {
        if let Some(api) = self.kubernetes.get() {
            return Ok(api.clone());
        }
        let api = self
            .cloud
            .kubernetes(&self.cluster, &self.reference.region, &self.access)?;
        Ok(self.kubernetes.get_or_init(|| api).clone())
    }

    /// Its API server as the owner of a token that was made for it.
    ///
    /// # Errors
    /// As [`kubernetes`](Self::kubernetes).
    pub(crate) fn kubernetes_with_token(
        &self,
        token: Secret,
    ) -> Result<Arc<dyn KubeApi>, ApiError> {
        let access = ClusterAccess {
            token: Some(token),
            kubernetes_role_arn: None,
            client_certificate: None,
            client_key: None,
            ..self.access.clone()
        };
        self.cloud
            .kubernetes(&self.cluster, &self.reference.region, &access)
    }

    /// Fresh connections to its API server; `None` where a token or a certificate of the provider block acts.
    pub fn fresh_connections(&self) -> Option<Arc<dyn FreshConnections>> {
        let region = &self.reference.region;
        self.cloud
            .fresh_connections(&self.cluster, region, &self.access)
    }

    /// STS as it vouches for tokens.
    ///
    /// # Errors
    /// An address that cannot be used.
    pub fn token_sts(&self) -> Result<Arc<dyn TokenSts>, ApiError> {
        self.cloud.token_sts()
    }

    /// EKS as it is asked about this cluster: in its region, and as the role that the provider block names for it.
    pub fn eks(&self) -> Arc<dyn EksApi> {
        let role = self.access.assume_role_arn.as_deref();
        self.cloud.eks(&self.reference.region, role)
    }

    /// Its OIDC issuer URL, once it has one.
    pub fn issuer(&self) -> Option<&str> {
        self.cluster.issuer.as_deref()
    }

    /// True if its API server can be used: active or updating.
    pub fn is_usable(&self) -> bool {
        matches!(
            self.cluster.status,
            ClusterStatus::Active | ClusterStatus::Updating
        )
    }

    /// True if nothing of ours can be in it: one that is being made has nothing in it yet, one that is being deleted takes it along.
    pub fn is_without_content(&self) -> bool {
        matches!(
            self.cluster.status,
            ClusterStatus::Creating | ClusterStatus::Deleting
        )
    }
}
