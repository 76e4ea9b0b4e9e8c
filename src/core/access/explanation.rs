//! A principal and what a cluster makes of it, with the entries that were probably meant where nothing admits it.

use crate::access::cluster_access::{Access, ClusterView, Principal, PrincipalAccess};
use crate::access::near_miss::{NearMiss, near_misses};

/// What a cluster makes of a principal, and why.
#[derive(Clone, Debug)]
pub struct AccessExplanation {
    /// Who.
    pub principal: Principal,
    /// What it gets.
    pub principal_access: PrincipalAccess,
    /// Why not, the surest first; empty where it enters.
    pub near_misses: Vec<NearMiss>,
}

impl AccessExplanation {
    /// Looks a principal up in a cluster.
    pub fn from_view(view: &ClusterView, principal: Principal) -> Self {
        let principal_access = view.access_of(&principal.arn, &principal.account);
        let near_misses = match principal_access.access {
            Access::None => near_misses(view, &principal.arn),
            _ => Vec::new(),
        };
        Self {
            principal,
            principal_access,
            near_misses,
        }
    }

    /// `Some(true)`: it enters; `Some(false)`: it does not; `None`: it could not be found out.
    pub fn enters(&self) -> Option<bool> {
        match self.principal_access.access {
            Access::Granted(_) | Access::Random(_) => Some(true),
            Access::None => Some(false),
            Access::Unknown(_) => None,
        }
    }
}
