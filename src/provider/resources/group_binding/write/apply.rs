//! One object of a group binding, applied: its namespace is waited for, and a failed apply is explained by what is there then.

use std::time::Duration;

use tf_provider::Diagnostics;

use super::super::objects::WantedObject;
use super::super::{conflicts, diagnostics, escalation};
use super::Writing;
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::ports::rbac_objects::{AppliedRbac, AppliedRbacObject, RbacObject};
use crate::ports::{ApiError, ErrorKind};

/// How long a namespace is waited for where nothing is configured: it is more often a slip than one to come.
const NAMESPACE_FOR: Duration = Duration::from_secs(120);
/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

impl Writing<'_> {
    pub(super) async fn apply(
        &self,
        wanted: &WantedObject,
        found: Option<&RbacObject>,
        is_known: bool,
    ) -> Result<AppliedRbac, Diagnostics> {
        let applied = AppliedRbacObject {
            key: wanted.key.clone(),
            uid: found.map(|object| object.uid.clone()),
            fields: conflicts::as_sent(&wanted.fields, found),
            is_forced: self.adopts(),
        };
        match self.apply_once_namespace_is_there(&applied).await {
            Ok(done) => Ok(done),
            Err(Stopped::Told(told)) => Err(told),
            Err(Stopped::ByError(error)) => {
                let failed = FailedApply {
                    wanted,
                    is_there: found.is_some(),
                    is_known,
                    error,
                };
                self.after_error(failed).await
            }
        }
    }

    async fn apply_once_namespace_is_there(
        &self,
        applied: &AppliedRbacObject,
    ) -> Result<AppliedRbac, Stopped> {
        let clock = self.cx.client.clock();
        let limit = self.namespace_limit();
        let began = clock.now();
        let namespace = &applied.key.namespace;
        loop {
            let error = match self.kube.apply_rbac_object(applied).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if error.kind != ErrorKind::NotFound || namespace.is_empty() {
                return Err(Stopped::ByError(error));
            }
            let waited = clock.now().duration_since(began).unwrap_or_default();
            let left = limit.saturating_sub(waited);
            if left.is_zero() {
                let told = diagnostics::no_namespace(&self.about, namespace, waited.as_secs());
                return Err(Stopped::Told(told.into()));
            }
            tracing::info!(%namespace, waited_seconds = waited.as_secs(), "waiting for the namespace");
            self.pause(INTERVAL.min(left))
                .await
                .map_err(Stopped::Told)?;
        }
    }

    fn namespace_limit(&self) -> Duration {
        let timeouts = self.planned.timeouts.as_ref();
        let is_set = timeouts.is_some_and(|timeouts| match self.operation {
            Operation::Create => timeouts.create.is_known(),
            Operation::Update | Operation::Delete => timeouts.update.is_known(),
        });
        match is_set {
            true => Timeouts::or_default(timeouts, self.operation),
            false => NAMESPACE_FOR,
        }
    }

    /// What a failed apply means, by what is there now: done after all, held by somebody, or changed meanwhile.
    async fn after_error(&self, failed: FailedApply<'_>) -> Result<AppliedRbac, Diagnostics> {
        let FailedApply {
            wanted,
            is_there,
            is_known,
            error,
        } = failed;
        let key = &wanted.key;
        let title = match self.operation {
            Operation::Create => "Cannot Create Role Or Binding",
            Operation::Update | Operation::Delete => "Cannot Change Role Or Binding",
        };
        if let Some(lacking) = escalation::lacking(&error) {
            return Err(diagnostics::escalation(&self.about, key, &lacking).into());
        }
        let is_conflict = error.kind == ErrorKind::Conflict;
        if !is_conflict && !error.may_have_been_carried_out() {
            return Err(self.failed(title, key, &error).await);
        }
        // A second failure here is less telling than the first, which is reported.
        let now = self.find(key).await.ok().flatten();
        let Some(now) = now else {
            return Err(match is_conflict {
                true => diagnostics::changed_meanwhile(&self.about, key, &error).into(),
                false => self.failed(title, key, &error).await,
            });
        };
        if is_conflict {
            self.check_conflicts(&now, wanted, is_known)?;
            return Err(diagnostics::changed_meanwhile(&self.about, key, &error).into());
        }
        match conflicts::is_as_wanted(&now, wanted) {
            true => Ok(AppliedRbac {
                is_new: !is_there && now.is_own_alone(),
                object: now,
            }),
            false => Err(self.failed(title, key, &error).await),
        }
    }
}

/// An apply that came to nothing, as far as is known.
struct FailedApply<'a> {
    wanted: &'a WantedObject,
    is_there: bool,
    is_known: bool,
    error: ApiError,
}

/// Why an apply came to nothing.
enum Stopped {
    /// It was told already.
    Told(Diagnostics),
    /// The call failed.
    ByError(ApiError),
}
