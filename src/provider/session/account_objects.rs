//! What one run has seen of an account's objects, so that nobody is asked twice and nothing of the configuration's own is taken for somebody else's.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tf_provider::Context;

use super::cancellable_wait::wait;
use super::policy_room::PolicyRoom;
use super::recent::Recent;
use super::{Session, object_claim};
use crate::ports::ApiError;

/// How often, and after how long each time, it is looked whether an object that exists turns out to be in the state: nothing orders its refresh or
/// removal before the plan of whoever is to make it.
const LOOKS: usize = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Roles, OIDC providers and managed policies, each by its ARN.
#[derive(Default)]
pub(crate) struct AccountObjects {
    in_state: Mutex<HashSet<String>>,
    policies: Mutex<HashSet<String>>,
    policy_room: PolicyRoom,
    oidc_providers: Recent<Result<Vec<String>, ApiError>>,
}

impl AccountObjects {
    /// Notes that an object is in the state: whoever plans to make it finds what this configuration has made.
    pub(crate) fn note_in_state(&self, arn: &str) {
        insert(&self.in_state, arn);
    }

    /// True if an object is in the state, as far as this run was asked about it.
    pub(crate) fn is_in_state(&self, arn: &str) -> bool {
        contains(&self.in_state, arn)
    }

    /// True if an object that exists is this configuration's own: in the state, also under another address.
    pub(crate) async fn is_own<C: AsRef<Session>>(&self, cx: &Context<C>, arn: &str) -> bool {
        if object_claim::given_up(cx, arn).is_some() {
            return true;
        }
        let session: &Session = C::as_ref(&cx.client);
        for _ in 0..LOOKS {
            if self.is_in_state(arn) {
                return true;
            }
            if wait(session.clock().as_ref(), &cx.cancel, BETWEEN_LOOKS)
                .await
                .is_err()
            {
                return true;
            }
        }
        self.is_in_state(arn)
    }

    /// Whether the account has an OIDC provider, by one list for all who ask within a moment.
    ///
    /// # Errors
    /// The list failed; all who ask within the moment are told.
    pub(crate) async fn has_oidc_provider(
        &self,
        session: &Session,
        arn: &str,
    ) -> Result<bool, ApiError> {
        let read = || async { session.iam().await?.list_oidc_providers().await };
        let listed = self
            .oidc_providers
            .get(session.clock().as_ref(), read)
            .await;
        match listed.as_ref() {
            Ok(arns) => Ok(arns.iter().any(|listed| listed == arn)),
            Err(error) => Err(error.clone()),
        }
    }

    /// What is wanted of roles' room for inline policies.
    pub(crate) fn policy_room(&self) -> &PolicyRoom {
        &self.policy_room
    }

    /// Notes that a managed policy exists.
    pub(crate) fn note_policy(&self, arn: &str) {
        insert(&self.policies, arn);
    }

    /// True if a managed policy was there when this run asked for it.
    pub(crate) fn has_policy(&self, arn: &str) -> bool {
        contains(&self.policies, arn)
    }
}

fn insert(set: &Mutex<HashSet<String>>, arn: &str) {
    let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
    set.insert(arn.to_owned());
}

fn contains(set: &Mutex<HashSet<String>>, arn: &str) -> bool {
    let set = set.lock().unwrap_or_else(PoisonError::into_inner);
    set.contains(arn)
}
