//! A principal and what a cluster makes of it, with the entries that were probably meant where nothing admits it.

use eksauth_core::access::cluster_access::{Access, ClusterView, Principal, PrincipalAccess};
use eksauth_core::access::near_miss::{NearMiss, near_misses};

/// A principal's standing in a cluster.
#[derive(Clone, Debug)]
pub struct AccessExplanation {
    /// Who.
    pub principal: Principal,
    /// What it gets.
    pub standing: PrincipalAccess,
    /// Why not, the surest first; empty where it enters.
    pub near_misses: Vec<NearMiss>,
}

impl AccessExplanation {
    /// Asks a cluster's doors.
    pub fn of(view: &ClusterView, principal: Principal) -> Self {
        let standing = view.standing(&principal.arn, &principal.account);
        let near_misses = match standing.access {
            Access::None => near_misses(view, &principal.arn),
            _ => Vec::new(),
        };
        Self {
            principal,
            standing,
            near_misses,
        }
    }

    /// `Some(true)`: it enters; `Some(false)`: it does not; `None`: it could not be found out.
    pub fn enters(&self) -> Option<bool> {
        match self.standing.access {
            Access::Granted(_) | Access::Random(_) => Some(true),
            Access::None => Some(false),
            Access::Unknown(_) => None,
        }
    }
}
