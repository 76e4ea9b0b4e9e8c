//! A managed resource without its types: validate, upgrade, plan, apply, read, import, move.
//!
//! The layer's laws stand below: a plan is what was configured (`planning`), what is applied is what was planned and no state is lost
//! (`applying`), nothing stays unknown (`states`).

mod applying;
mod identities;
mod planning;
mod reading;
mod states;

pub(crate) use identities::no_identity;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::causes::{Question, Rpc};
use crate::claims;
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::identity::Identity;
use crate::objects::{AnyObject, IdentityMeta, ObjectMeta, catch_panic_sync};
use crate::path::AttributePath;
use crate::resource::{MoveSource, Private, Resource};
use crate::value::Value;

/// A change as Terraform proposes it. Null stands for "is not".
pub(crate) struct PlanRequest {
    pub(crate) config: Value,
    pub(crate) prior: Value,
    pub(crate) proposed: Value,
    pub(crate) private: Private,
    pub(crate) identity: Value,
}

/// A change as it was planned and is to be made now.
pub(crate) struct ApplyRequest {
    pub(crate) config: Value,
    pub(crate) prior: Value,
    pub(crate) planned: Value,
    pub(crate) private: Private,
    pub(crate) identity: Value,
}

/// A state without its types; null stands for "is not".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErasedState {
    pub(crate) value: Value,
    pub(crate) private: Private,
    pub(crate) identity: Value,
}

/// What an import names its object by.
pub(crate) enum ImportTarget<'a> {
    Id(&'a str),
    /// By the schema; what the practitioner left out is null.
    Identity(&'a Value),
}

/// What a plan comes to.
#[derive(Debug)]
pub(crate) struct PlanResponse {
    pub(crate) state: ErasedState,
    pub(crate) requires_replace: Vec<AttributePath>,
}

/// Why there is no plan, and what can be said all the same: the plan without what could not be found out.
pub(crate) struct PlanFailed {
    pub(crate) diagnostics: Diagnostics,
    pub(crate) kept: Option<PlanResponse>,
}

impl From<Diagnostics> for PlanFailed {
    fn from(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostics,
            kept: None,
        }
    }
}

/// What apply comes to; the state counts also beside errors.
pub(crate) struct ApplyResponse {
    pub(crate) state: ErasedState,
    pub(crate) diagnostics: Diagnostics,
}

/// A resource whose model is hidden.
pub(crate) trait AnyResource<C>: AnyObject {
    fn moves(&self) -> bool;

    /// `None`: its objects have no identity.
    fn identity(&self) -> Option<&IdentityMeta>;

    /// The identity of a version, given as JSON text, in the present version; null for none and for another provider's.
    fn upgrade_identity(&self, version: i64, identity: &str) -> Result<Value, Diagnostics>;

    /// The state of a version, given as JSON text, in the present version.
    fn upgrade(&self, version: i64, state: &str) -> Result<Value, Diagnostics>;

    fn plan<'a>(
        &'a self,
        cx: &'a Context<C>,
        request: PlanRequest,
    ) -> BoxFuture<'a, Result<PlanResponse, Diagnostics>>;

    fn apply<'a>(
        &'a self,
        cx: &'a Context<C>,
        request: ApplyRequest,
    ) -> BoxFuture<'a, ApplyResponse>;

    /// Null if it is gone.
    fn read<'a>(
        &'a self,
        cx: &'a Context<C>,
        state: ErasedState,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>>;

    fn import<'a>(
        &'a self,
        cx: &'a Context<C>,
        target: ImportTarget<'a>,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>>;

    fn move_from(&self, source: MoveSource) -> Result<ErasedState, Diagnostics>;
}

/// A resource with what the layer knows of it.
pub(crate) struct ErasedResource<R> {
    resource: R,
    meta: ObjectMeta,
    identity: Option<IdentityMeta>,
}

impl<R: Resource> ErasedResource<R> {
    pub(crate) fn erase(resource: R) -> Arc<dyn AnyResource<R::Client>> {
        let meta = ObjectMeta::new(R::NAME, resource.schema());
        let identity = <R::Identity as Identity<R::Model>>::schema();
        let identity = identity.map(|schema| IdentityMeta::new(R::NAME, schema, resource.moves()));
        Arc::new(Self {
            resource,
            meta,
            identity,
        })
    }
}

impl<R: Resource> AnyObject for ErasedResource<R> {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn check(&self) -> Vec<String> {
        let mut faults = self.meta.check::<R::Model>();
        for version in 0..self.meta.schema.state_version() {
            let steps = self.resource.upgrades();
            let count = steps
                .iter()
                .filter(|upgrade| upgrade.from_version == version)
                .count();
            if count != 1 {
                faults.push(format!(
                    "{}: version {version} has {count} upgrades instead of one",
                    self.meta.name
                ));
            }
        }
        let identity = self.identity.as_ref();
        faults.extend(
            identity
                .into_iter()
                .flat_map(|meta| meta.check::<R::Identity>()),
        );
        faults
    }

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics {
        self.meta
            .validate(config, write_only_allowed, |model, diagnostics| {
                self.resource.validate(model, diagnostics);
            })
    }
}

impl<R: Resource> AnyResource<R::Client> for ErasedResource<R> {
    fn moves(&self) -> bool {
        self.resource.moves()
    }

    fn identity(&self) -> Option<&IdentityMeta> {
        self.identity.as_ref()
    }

    fn upgrade_identity(&self, version: i64, identity: &str) -> Result<Value, Diagnostics> {
        match &self.identity {
            Some(meta) => self.upgraded_identity(meta, version, identity),
            None => Ok(Value::Null),
        }
    }

    fn upgrade(&self, version: i64, state: &str) -> Result<Value, Diagnostics> {
        let present = self.meta.schema.state_version();
        if version > present {
            return Err(crate::Diagnostic::error(
                "State Of A Newer Provider",
                format!(
                    "The state of `{}` has version {version}, and this provider knows versions up to {present}. Use the provider's version that wrote it, or a newer one.",
                    self.meta.name
                ),
            )
            .into());
        }
        let value = if version == present {
            self.decode_json_state(state)?
        } else {
            self.decode_json_state(&self.run_upgrades(version, state)?)?
        };
        self.completed_value(value)
    }

    fn plan<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        request: PlanRequest,
    ) -> BoxFuture<'a, Result<PlanResponse, Diagnostics>> {
        Box::pin(async move {
            cx.causes().note(Rpc::Plan);
            let prior = request.prior.clone();
            let question = Question::new(Rpc::Plan, self.meta.name, &prior);
            match self.plan_change(cx, request).await {
                Ok(planned) => cx.settle(&question, Ok(planned), None),
                Err(PlanFailed { diagnostics, kept }) => {
                    cx.settle(&question, Err(diagnostics), kept)
                }
            }
        })
    }

    fn apply<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        request: ApplyRequest,
    ) -> BoxFuture<'a, ApplyResponse> {
        Box::pin(async move {
            cx.causes().note(Rpc::Apply);
            cx.claims.begin_apply(&request.private.entries);
            let prior = request.prior.clone();
            let question = Question::new(Rpc::Apply, self.meta.name, &prior);
            let (is_new, is_removal) = (request.prior.is_null(), request.planned.is_null());
            let mut response = if is_removal {
                self.delete(cx, request).await
            } else {
                self.create_or_update(cx, request).await
            };
            let facts = &mut response.state.private.entries;
            claims::unmark(facts);
            if response.state.value.is_null() {
                cx.claims.end_removal();
            } else if !is_removal {
                cx.claims.end_apply(is_new, facts);
            }
            let failed = Err(response.diagnostics);
            response.diagnostics = cx
                .settle::<()>(&question, failed, None)
                .err()
                .unwrap_or_default();
            response
        })
    }

    fn read<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        state: ErasedState,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>> {
        Box::pin(async move {
            cx.causes().note(Rpc::Read);
            let before = state.clone();
            let question = Question::new(Rpc::Read, self.meta.name, &before.value);
            let outcome = self.read_state(cx, state).await;
            cx.settle(&question, outcome, Some(before.clone()))
        })
    }

    fn import<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        target: ImportTarget<'a>,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>> {
        Box::pin(async move {
            cx.causes().note(Rpc::Import);
            let question = Question::new(Rpc::Import, self.meta.name, &Value::Null);
            let outcome = self.import_state(cx, target).await;
            cx.settle(&question, outcome, None)
        })
    }

    fn move_from(&self, source: MoveSource) -> Result<ErasedState, Diagnostics> {
        let (from, address) = (source.type_name.clone(), source.provider_address.clone());
        let moved = catch_panic_sync(self.meta.name, "move", || self.resource.move_from(source))?;
        let state = moved.unwrap_or_else(|| {
            Err(crate::Diagnostic::error(
                "Move Not Supported",
                format!(
                    "`{}` cannot take over a `{from}` of the provider `{address}`. Remove it from the state there and import it here.",
                    self.meta.name
                ),
            )
            .into())
        })?;
        let mut diagnostics = Diagnostics::new();
        let identity = self.identity_after(&Value::Null, &state.model)?;
        let state = self.to_storable(&state, identity, &mut diagnostics)?;
        diagnostics.into_result()?;
        Ok(self.with_defaults(state))
    }
}

#[cfg(test)]
mod tests;
