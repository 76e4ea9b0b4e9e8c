//! A managed resource without its types: validate, upgrade, plan, apply, read, import, move.
//!
//! The layer's laws stand below: a plan is what was configured (`planning`), what is applied is what was planned and no state is lost
//! (`applying`), nothing stays unknown (`states`).

mod applying;
mod planning;
mod states;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::{Held, Place, guarded, guarded_now, validate_config};
use crate::path::AttributePath;
use crate::plan;
use crate::resource::{MoveSource, Private, Resource, State};
use crate::value::Value;

/// A change as Terraform proposes it. Null stands for "is not".
pub(crate) struct Change {
    pub(crate) config: Value,
    pub(crate) prior: Value,
    pub(crate) proposed: Value,
    pub(crate) private: Private,
}

/// A change as it was planned and is to be made now.
pub(crate) struct Order {
    pub(crate) config: Value,
    pub(crate) prior: Value,
    pub(crate) planned: Value,
    pub(crate) private: Private,
}

/// A state without its types; null stands for "is not".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) value: Value,
    pub(crate) private: Private,
}

/// What a plan comes to.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) kept: Kept,
    pub(crate) requires_replace: Vec<AttributePath>,
}

/// What apply comes to; the state counts also beside errors.
pub(crate) struct Applied {
    pub(crate) kept: Kept,
    pub(crate) diagnostics: Diagnostics,
}

/// A resource whose model is hidden.
pub(crate) trait AnyResource<C>: Send + Sync {
    fn held(&self) -> &Held;

    fn moves(&self) -> bool;

    fn check(&self) -> Vec<String>;

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics;

    /// The state of a version, given as JSON text, in the present version.
    fn upgrade(&self, version: i64, state: &str) -> Result<Value, Diagnostics>;

    fn plan<'a>(
        &'a self,
        cx: &'a Context<C>,
        change: Change,
    ) -> BoxFuture<'a, Result<Planned, Diagnostics>>;

    fn apply<'a>(&'a self, cx: &'a Context<C>, order: Order) -> BoxFuture<'a, Applied>;

    /// Null if it is gone.
    fn read<'a>(
        &'a self,
        cx: &'a Context<C>,
        state: Kept,
    ) -> BoxFuture<'a, Result<Kept, Diagnostics>>;

    fn import<'a>(
        &'a self,
        cx: &'a Context<C>,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Kept, Diagnostics>>;

    fn move_from(&self, source: MoveSource) -> Result<Kept, Diagnostics>;
}

/// A resource with what the layer knows of it.
pub(crate) struct Twin<R> {
    resource: R,
    held: Held,
}

impl<R: Resource> Twin<R> {
    pub(crate) fn hidden(resource: R) -> Arc<dyn AnyResource<R::Client>> {
        let held = Held::new(R::NAME, resource.schema());
        Arc::new(Self { resource, held })
    }
}

impl<R: Resource> AnyResource<R::Client> for Twin<R> {
    fn held(&self) -> &Held {
        &self.held
    }

    fn moves(&self) -> bool {
        self.resource.moves()
    }

    fn check(&self) -> Vec<String> {
        let mut faults = self.held.check::<R::Model>();
        for version in 0..self.held.schema.state_version() {
            let steps = self.resource.upgrades();
            let count = steps
                .iter()
                .filter(|upgrade| upgrade.from_version == version)
                .count();
            if count != 1 {
                faults.push(format!(
                    "{}: version {version} has {count} upgrades instead of one",
                    self.held.name
                ));
            }
        }
        faults
    }

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics {
        let mut diagnostics = validate_config(&self.held, config, write_only_allowed);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match self.held.model_unless_unknown(config, Place::Config) {
            Ok(Some(model)) => {
                let judged = guarded_now(self.held.name, "validate", || {
                    let mut diagnostics = Diagnostics::new();
                    self.resource.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(misfit) => diagnostics.extend(misfit),
        }
        diagnostics
    }

    fn upgrade(&self, version: i64, state: &str) -> Result<Value, Diagnostics> {
        let present = self.held.schema.state_version();
        if version > present {
            return Err(crate::Diagnostic::error(
                "State Of A Newer Provider",
                format!(
                    "The state of `{}` has version {version}, and this provider knows versions up to {present}. Use the provider's version that wrote it, or a newer one.",
                    self.held.name
                ),
            )
            .into());
        }
        if version == present {
            return self.decoded(state);
        }
        self.decoded(&self.stepped(version, state)?)
    }

    fn plan<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        change: Change,
    ) -> BoxFuture<'a, Result<Planned, Diagnostics>> {
        Box::pin(self.planned(cx, change))
    }

    fn apply<'a>(&'a self, cx: &'a Context<R::Client>, order: Order) -> BoxFuture<'a, Applied> {
        if order.planned.is_null() {
            Box::pin(self.removed(cx, order))
        } else {
            Box::pin(self.made(cx, order))
        }
    }

    fn read<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        state: Kept,
    ) -> BoxFuture<'a, Result<Kept, Diagnostics>> {
        Box::pin(async move {
            let old = state.value;
            let state = State {
                model: self.held.model(&old, Place::State)?,
                private: state.private,
            };
            let Some(state) =
                guarded(self.held.name, "read", self.resource.read(cx, state)).await??
            else {
                return Ok(Kept {
                    value: Value::Null,
                    private: Private::default(),
                });
            };
            let mut diagnostics = Diagnostics::new();
            let mut kept = self.settled(&state, &mut diagnostics)?;
            kept.value = plan::restored(&old, kept.value, &self.held.r#type);
            diagnostics.into_result()?;
            Ok(kept)
        })
    }

    fn import<'a>(
        &'a self,
        cx: &'a Context<R::Client>,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Kept, Diagnostics>> {
        Box::pin(async move {
            let state = guarded(self.held.name, "import", self.resource.import(cx, id)).await??;
            let mut diagnostics = Diagnostics::new();
            let kept = self.settled(&state, &mut diagnostics)?;
            diagnostics.into_result()?;
            Ok(self.completed(kept))
        })
    }

    fn move_from(&self, source: MoveSource) -> Result<Kept, Diagnostics> {
        let (from, address) = (source.type_name.clone(), source.provider_address.clone());
        let moved = guarded_now(self.held.name, "move", || self.resource.move_from(source))?;
        let state = moved.unwrap_or_else(|| {
            Err(crate::Diagnostic::error(
                "Move Not Supported",
                format!(
                    "`{}` cannot take over a `{from}` of the provider `{address}`. Remove it from the state there and import it here.",
                    self.held.name
                ),
            )
            .into())
        })?;
        let mut diagnostics = Diagnostics::new();
        let kept = self.settled(&state, &mut diagnostics)?;
        diagnostics.into_result()?;
        Ok(self.completed(kept))
    }
}

#[cfg(test)]
mod tests;
