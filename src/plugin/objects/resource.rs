//! A managed resource without its types: validate, upgrade, plan, apply, read, import, move.
//!
//! The layer's laws stand here: a plan is what was configured, what is applied is what was planned, nothing stays unknown, no state without
//! error is lost.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value as Json;

use crate::codec::json;
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::{Held, Place, bug, guarded, guarded_now, misfit, validate_config};
use crate::path::AttributePath;
use crate::plan;
use crate::resource::{Apply, Failed, MoveSource, Plan, Private, Resource, State};
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

    /// A state as Terraform may have it: nothing unknown, nothing write-only. What stayed unknown is null, and said.
    fn settled(
        &self,
        state: &State<R::Model>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Kept, Diagnostics> {
        let mut value = self.held.value(&state.model)?;
        plan::null_write_only(&self.held.schema, &mut value);
        if !value.is_wholly_known() {
            for path in unknown_paths(&value) {
                diagnostics
                    .push(bug(self.held.name, "it left a value unknown in its state").at(path));
            }
            value = value.unknown_as_null();
        }
        Ok(Kept {
            value,
            private: state.private.clone(),
        })
    }

    /// A state that no plan made, with its defaults: so that a configuration that says nothing plans nothing.
    fn completed(&self, mut kept: Kept) -> Kept {
        let found = kept.value.clone();
        plan::fill_defaults(&self.held.schema, &found, &mut kept.value);
        kept
    }

    async fn refined(
        &self,
        cx: &Context<R::Client>,
        change: &Change,
        prepared: &Value,
    ) -> Result<Plan<R::Model>, Diagnostics> {
        let model = |value: &Value, place| {
            (!value.is_null())
                .then(|| self.held.model::<R::Model>(value, place))
                .transpose()
        };
        let mut plan = Plan {
            prior: model(&change.prior, Place::State)?,
            config: model(&change.config, Place::Config)?,
            planned: model(prepared, Place::Plan)?,
            requires_replace: Vec::new(),
            private: change.private.clone(),
        };
        let deletes = plan.planned.is_none();
        guarded(self.held.name, "plan", self.resource.plan(cx, &mut plan)).await??;
        if plan.planned.is_none() != deletes {
            return Err(bug(
                self.held.name,
                "its plan turned a delete into something else, or something else into a delete",
            )
            .into());
        }
        Ok(plan)
    }

    async fn planned(
        &self,
        cx: &Context<R::Client>,
        change: Change,
    ) -> Result<Planned, Diagnostics> {
        let schema = &self.held.schema;
        let prepared = if change.proposed.is_null() {
            Value::Null
        } else {
            plan::prepare(
                schema,
                &change.config,
                &change.prior,
                change.proposed.clone(),
            )
        };
        let holds_all = [&change.prior, &change.config, &prepared]
            .into_iter()
            .filter(|value| !value.is_null())
            .map(|value| {
                self.held
                    .model_unless_unknown::<R::Model>(value, Place::Plan)
            })
            .collect::<Result<Option<Vec<_>>, _>>();
        // A model that cannot hold what is unknown has nothing to say about it yet.
        if let Ok(None) = holds_all {
            let requires_replace = plan::replaced(schema, &change.config, &change.prior, &prepared);
            return Ok(Planned {
                kept: Kept {
                    value: prepared,
                    private: change.private,
                },
                requires_replace,
            });
        }
        let refined = self.refined(cx, &change, &prepared).await?;
        let Some(model) = refined.planned else {
            return Ok(Planned {
                kept: Kept {
                    value: Value::Null,
                    private: refined.private,
                },
                requires_replace: Vec::new(),
            });
        };
        let value = plan::restored(&prepared, self.held.value(&model)?, &self.held.r#type);
        let mut broken = Diagnostics::new();
        for (path, why) in
            plan::planned_as_configured(schema, &change.config, &change.prior, &value)
        {
            broken.push(bug(self.held.name, why).at(path));
        }
        broken.into_result()?;
        let mut requires_replace = plan::replaced(schema, &change.config, &change.prior, &value);
        if !change.prior.is_null() {
            requires_replace.extend(refined.requires_replace);
        }
        requires_replace.sort();
        requires_replace.dedup();
        Ok(Planned {
            kept: Kept {
                value,
                private: refined.private,
            },
            requires_replace,
        })
    }

    async fn made(&self, cx: &Context<R::Client>, order: Order) -> Applied {
        let (prior, planned) = (order.prior.clone(), order.planned.clone());
        // What Terraform keeps where nothing better is known: the state before.
        let before = Kept {
            value: prior.clone(),
            private: if prior.is_null() {
                Private::default()
            } else {
                order.private.clone()
            },
        };
        let nothing_done = |diagnostics| Applied {
            kept: before.clone(),
            diagnostics,
        };
        let apply = match self.models(order) {
            Ok(apply) => apply,
            Err(diagnostics) => return nothing_done(diagnostics),
        };
        let outcome = if prior.is_null() {
            guarded(self.held.name, "create", self.resource.create(cx, apply)).await
        } else {
            guarded(self.held.name, "update", self.resource.update(cx, apply)).await
        };
        match outcome {
            Ok(Ok(state)) => self.kept_promise(&state, &planned, &before),
            Ok(Err(failed)) => self.half_done(failed, &planned, &before),
            Err(diagnostics) => nothing_done(diagnostics),
        }
    }

    fn models(&self, order: Order) -> Result<Apply<R::Model>, Diagnostics> {
        Ok(Apply {
            prior: if order.prior.is_null() {
                None
            } else {
                Some(self.held.model(&order.prior, Place::State)?)
            },
            config: self.held.model(&order.config, Place::Config)?,
            planned: self.held.model(&order.planned, Place::Plan)?,
            private: order.private,
        })
    }

    /// Success: the state must be what was planned. A broken promise is an error, and the state is kept all the same.
    fn kept_promise(&self, state: &State<R::Model>, planned: &Value, before: &Kept) -> Applied {
        let mut diagnostics = Diagnostics::new();
        let kept = match self.settled(state, &mut diagnostics) {
            Ok(kept) => kept,
            Err(diagnostics) => {
                return Applied {
                    kept: before.clone(),
                    diagnostics,
                };
            }
        };
        let value = plan::restored(planned, kept.value, &self.held.r#type);
        for path in plan::applied_as_planned(&self.held.r#type, planned, &value) {
            diagnostics
                .push(bug(self.held.name, "what it applied is not what it planned").at(path));
        }
        Applied {
            kept: Kept {
                value,
                private: kept.private,
            },
            diagnostics,
        }
    }

    /// Failure: what exists is kept, with what is not known of it as null. A failure without a reason is a bug.
    fn half_done(&self, failed: Failed<R::Model>, planned: &Value, before: &Kept) -> Applied {
        let mut diagnostics = failed.diagnostics;
        if !diagnostics.has_errors() {
            diagnostics.push(bug(self.held.name, "it failed and gave no reason"));
        }
        let Some(state) = failed.state else {
            return Applied {
                kept: before.clone(),
                diagnostics,
            };
        };
        let kept = match self.held.value(&state.model) {
            Ok(mut value) => {
                plan::null_write_only(&self.held.schema, &mut value);
                let value = plan::restored(planned, value, &self.held.r#type).unknown_as_null();
                Kept {
                    value,
                    private: state.private,
                }
            }
            Err(more) => {
                diagnostics.extend(more);
                before.clone()
            }
        };
        Applied { kept, diagnostics }
    }

    async fn removed(&self, cx: &Context<R::Client>, order: Order) -> Applied {
        let before = Kept {
            value: order.prior.clone(),
            private: order.private.clone(),
        };
        let outcome = match self.held.model(&order.prior, Place::State) {
            Ok(model) => {
                let state = State {
                    model,
                    private: order.private,
                };
                guarded(self.held.name, "delete", self.resource.delete(cx, state))
                    .await
                    .and_then(|outcome| outcome)
            }
            Err(diagnostics) => Err(diagnostics),
        };
        match outcome {
            Ok(()) => Applied {
                kept: Kept {
                    value: Value::Null,
                    private: Private::default(),
                },
                diagnostics: Diagnostics::new(),
            },
            Err(mut diagnostics) => {
                if !diagnostics.has_errors() {
                    diagnostics.push(bug(self.held.name, "it failed and gave no reason"));
                }
                Applied {
                    kept: before,
                    diagnostics,
                }
            }
        }
    }

    fn decoded(&self, text: &str) -> Result<Value, Diagnostics> {
        let mut value = json::decode(text, &self.held.r#type)
            .map_err(|error| misfit(self.held.name, Place::State, &error))?;
        self.held.schema.level().complete_blocks(&mut value);
        Ok(value)
    }

    fn stepped(&self, version: i64, state: &str) -> Result<String, Diagnostics> {
        let unreadable = |detail: String| {
            Diagnostics::from(crate::Diagnostic::error("Unreadable State", detail))
        };
        let name = self.held.name;
        let mut json: Json = serde_json::from_str(state)
            .map_err(|error| unreadable(format!("The state of `{name}` is no JSON: {error}.")))?;
        let mut at = version;
        let mut upgrades = self.resource.upgrades();
        upgrades.sort_by_key(|upgrade| upgrade.from_version);
        for upgrade in upgrades {
            if upgrade.from_version == at {
                json = guarded_now(name, "upgrade", || (upgrade.upgrade)(json))??;
                at = at.saturating_add(1);
            }
        }
        if at != self.held.schema.state_version() {
            return Err(bug(name, &format!("it cannot upgrade a state of version {at}")).into());
        }
        Ok(json.to_string())
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

fn unknown_paths(value: &Value) -> Vec<AttributePath> {
    fn collect(value: &Value, path: &AttributePath, paths: &mut Vec<AttributePath>) {
        match value {
            Value::Unknown(_) => paths.push(path.clone()),
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    collect(element, &path.clone().index(index), paths);
                }
            }
            Value::Map(fields) => {
                for (name, field) in fields {
                    collect(field, &path.clone().at(name.clone()), paths);
                }
            }
            Value::Dynamic(pair) => collect(&pair.1, path, paths),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut paths = Vec::new();
    collect(value, &AttributePath::root(), &mut paths);
    paths
}
