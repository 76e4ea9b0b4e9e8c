//! The access policies that EKS has in a region, listed once for all who ask within a moment. API action: `eks:ListAccessPolicies`, where granted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use eksauth_core::nearness::nearest;

use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::ports::eks::ListedAccessPolicy;
use crate::session::Session;
use crate::session::recent::Recent;

type Listed = Recent<Result<Vec<ListedAccessPolicy>, ApiError>>;

/// The lists of one provider configuration.
pub struct AccessPolicies {
    session: Arc<Session>,
    regions: Mutex<HashMap<String, Arc<Listed>>>,
}

/// A policy that EKS does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownPolicy {
    pub(crate) name: String,
    /// The one that was probably meant.
    pub(crate) nearest: Option<String>,
}

impl AccessPolicies {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            regions: Mutex::default(),
        }
    }

    /// A policy's name, if EKS does not have it. Where the list may not be read nothing is said: EKS refuses it at apply.
    pub(crate) async fn unknown(
        &self,
        cluster: &FoundCluster,
        name: &str,
    ) -> Option<UnknownPolicy> {
        let slot = {
            let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
            let region = cluster.reference.region.clone();
            regions.entry(region).or_default().clone()
        };
        let clock = self.session.clock().as_ref();
        let listed = slot
            .get(clock, || async { cluster.eks().access_policies().await })
            .await;
        let names: Vec<String> = match listed.as_ref() {
            Ok(listed) => listed.iter().map(|policy| policy.name.clone()).collect(),
            Err(error) => {
                tracing::info!(%error, "access policies are not compared with those of EKS, because they cannot be listed");
                return None;
            }
        };
        (!names.is_empty() && !names.iter().any(|there| there == name)).then(|| UnknownPolicy {
            nearest: nearest(name, &names).map(str::to_owned),
            name: name.to_owned(),
        })
    }
}
