//! What this plan will make of roles and OIDC providers, so that what is planned beside them is judged by that and not by what IAM has still.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use tf_provider::Attr;

/// The roles and OIDC providers that were planned so far, by ARN.
#[derive(Debug, Default)]
pub struct PlannedIdentities {
    /// The trust policy; `None` while it is not known.
    roles: Mutex<BTreeMap<String, Option<String>>>,
    /// The client ids; `None` while they are not known.
    providers: Mutex<BTreeMap<String, Option<BTreeSet<String>>>>,
}

impl PlannedIdentities {
    /// Notes a role.
    pub(crate) fn note_role(&self, arn: &Attr<String>, trust_policy: &Attr<String>) {
        if let Some(arn) = arn.known() {
            let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
            roles.insert(arn.clone(), trust_policy.known().cloned());
        }
    }

    /// Notes an OIDC provider.
    pub(crate) fn note_provider(&self, arn: &Attr<String>, client_ids: Option<BTreeSet<String>>) {
        if let Some(arn) = arn.known() {
            let mut providers = self
                .providers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            providers.insert(arn.clone(), client_ids);
        }
    }

    /// The trust policy of a planned role; `None`: no such role was planned.
    pub(crate) fn role(&self, arn: &str) -> Option<Option<String>> {
        let roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        roles.get(arn).cloned()
    }

    /// The client ids of a planned OIDC provider; `None`: no such provider was planned.
    pub(crate) fn provider(&self, arn: &str) -> Option<Option<BTreeSet<String>>> {
        let providers = self
            .providers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        providers.get(arn).cloned()
    }
}
