//! A managed resource without its types: validate, upgrade, plan, apply, read, import, move.
//!
//! The layer's laws stand below: a plan is what was configured (`planning`), what is applied is what was planned and no state is lost
//! (`applying`), nothing stays unknown (`states`).

mod applying;
mod identities;
mod planning;
mod states;

pub(crate) use identities::no_identity;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::claims;
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::identity::Identity;
use crate::objects::{
    AnyObject, IdentityMeta, ObjectMeta, ValueOrigin, catch_panic, catch_panic_sync,
};
use crate::path::AttributePath;
use crate::plan;
use crate::resource::{MoveSource, Private, Resource, State};
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
        if version == present {
            return self.decode_json_state(state);
        }
        self.decode_json_state(&self.run_upgrades(version, state)?)
    }

    fn plan<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        request: PlanRequest,
    ) -> BoxFuture<'a, Result<PlanResponse, Diagnostics>> {
        Box::pin(self.plan_change(cx, request))
    }

    fn apply<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        request: ApplyRequest,
    ) -> BoxFuture<'a, ApplyResponse> {
        Box::pin(async move {
            cx.claims.begin_apply(&request.private.entries);
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
            response
        })
    }

    fn read<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        state: ErasedState,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>> {
        Box::pin(async move {
            let (old, identity) = (state.value, state.identity);
            let state = State {
                model: self.meta.to_model(&old, ValueOrigin::State)?,
                private: state.private,
            };
            let Some(state) =
                catch_panic(self.meta.name, "read", self.resource.read(cx, state)).await??
            else {
                return Ok(ErasedState {
                    value: Value::Null,
                    private: Private::default(),
                    identity: Value::Null,
                });
            };
            let mut diagnostics = Diagnostics::new();
            let identity = self.identity_after(&identity, &state.model)?;
            let mut state = self.to_storable(&state, identity, &mut diagnostics)?;
            state.value = plan::restore_precision(&old, state.value, &self.meta.r#type);
            diagnostics.into_result()?;
            Ok(state)
        })
    }

    fn import<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        target: ImportTarget<'a>,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>> {
        Box::pin(async move {
            let state = self.call_import(cx, target).await?;
            let mut diagnostics = Diagnostics::new();
            let identity = self.identity_after(&Value::Null, &state.model)?;
            let mut state = self.to_storable(&state, identity, &mut diagnostics)?;
            diagnostics.into_result()?;
            cx.claims.end_import(&mut state.private.entries);
            Ok(self.with_defaults(state))
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
