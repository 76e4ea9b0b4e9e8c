//! A principal and what a cluster makes of it, with the entries that were probably meant where nothing admits it.

use crate::access::cluster_access::{Access, ClusterView, Principal, PrincipalAccess};
use crate::access::near_miss::{NearMiss, near_misses};

/// What a cluster makes of a principal.
#[derive(Clone, Debug)]
pub struct AccessExplanation {
    /// Who.
    pub principal: Principal,
    /// What it gets.
    pub outcome: PrincipalAccess,
    /// Why not, the surest first; empty where it enters.
    pub near_misses: Vec<NearMiss>,
}

impl AccessExplanation {
    /// Asks a cluster's aws-auth and access entries.
    pub fn new(view: &ClusterView, principal: Principal) -> Self {
        let outcome = view.standing(&principal.arn, &principal.account);
        let near_misses = match outcome.access {
            Access::None => near_misses(view, &principal.arn),
            _ => Vec::new(),
        };
        Self {
            principal,
            outcome,
            near_misses,
        }
    }

    /// `Some(true)`: it enters; `Some(false)`: it does not; `None`: it could not be found out.
    pub fn enters(&self) -> Option<bool> {
        match self.outcome.access {
            Access::Granted(_) | Access::Random(_) => Some(true),
            Access::None => Some(false),
            Access::Unknown(_) => None,
        }
    }
}
