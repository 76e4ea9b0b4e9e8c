//! How much of a role's room for inline policies this run is about to take, where several resources put one each on a role that none of them manages.
//!
//! Each of them alone would find room. So what each wants is noted, and counted for the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::recent::Recent;
use crate::ports::iam::{InlinePolicies, RoleDetails};
use crate::ports::{ApiError, Clock, IamApi};

type RecentRole = Recent<Result<Option<RoleDetails>, ApiError>>;

/// A policy that is wanted on a role.
pub(crate) struct WantedPolicy<'a> {
    /// ARN of the role.
    pub(crate) role: &'a str,
    /// Its name there.
    pub(crate) name: &'a str,
    /// Characters without white space.
    pub(crate) size: usize,
}

/// What is wanted of each role, by ARN.
#[derive(Default)]
pub(crate) struct PolicyRoom {
    wanted: Mutex<HashMap<String, BTreeMap<String, usize>>>,
    roles: Mutex<HashMap<String, Arc<RecentRole>>>,
}

impl PolicyRoom {
    /// Notes a policy that is there already and stays.
    pub(crate) fn note(&self, policy: &WantedPolicy<'_>) {
        lock(&self.wanted)
            .entry(policy.role.to_owned())
            .or_default()
            .insert(policy.name.to_owned(), policy.size);
    }

    /// Takes the room for a policy beside `others`, the characters of those that are there by name.
    ///
    /// # Errors
    /// The characters that the role would have, where that is more than `limit`. No room is taken then.
    pub(crate) fn take(
        &self,
        policy: &WantedPolicy<'_>,
        others: &BTreeMap<String, usize>,
        limit: usize,
    ) -> Result<(), usize> {
        let mut wanted = lock(&self.wanted);
        let of_role = wanted.entry(policy.role.to_owned()).or_default();
        of_role.remove(policy.name);
        let is_counted = |name: &String| name == policy.name || of_role.contains_key(name);
        let others = others.iter().filter(|(name, _)| !is_counted(name));
        let all = others.map(|(_, size)| size).chain(of_role.values());
        let total = policy.size + all.sum::<usize>();
        if total > limit {
            return Err(total);
        }
        of_role.insert(policy.name.to_owned(), policy.size);
        Ok(())
    }

    /// The role as it was a moment ago, by one reading for all who ask.
    pub(crate) async fn role(
        &self,
        clock: &dyn Clock,
        iam: &dyn IamApi,
        name: &str,
    ) -> Arc<Result<Option<RoleDetails>, ApiError>> {
        let recent = lock(&self.roles)
            .entry(name.to_owned())
            .or_default()
            .clone();
        recent
            .get(clock, || iam.role_details(name, InlinePolicies::Read))
            .await
    }
}

fn lock<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
