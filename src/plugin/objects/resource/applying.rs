//! Apply: the author's create, update or delete, and the promise that what is applied is what was planned.
//!
//! Whatever happens there is a state to save: the new one, what exists of it, or the one before.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::resource::{Applied, Kept, Order, Twin};
use crate::objects::{Place, Substitutes, bug, guarded};
use crate::plan;
use crate::resource::{Apply, Failed, Private, Resource, State};
use crate::value::Value;

impl<R: Resource> Twin<R> {
    pub(super) async fn made(&self, cx: &Context<R::Client>, order: Order) -> Applied {
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
        let substitutes = Substitutes {
            planned: &planned,
            prior: &prior,
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
            Ok(Ok(state)) => self.kept_promise(state, substitutes),
            Ok(Err(failed)) => self.half_done(failed, substitutes, before),
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
    fn kept_promise(&self, state: State<R::Model>, substitutes: Substitutes<'_>) -> Applied {
        let mut diagnostics = Diagnostics::new();
        let value = self.value_of_made(&state.model, substitutes, &mut diagnostics);
        let value = self.known(value, &mut diagnostics);
        let value = plan::restored(substitutes.planned, value, &self.held.r#type);
        for path in plan::applied_as_planned(&self.held.r#type, substitutes.planned, &value) {
            diagnostics
                .push(bug(self.held.name, "what it applied is not what it planned").at(path));
        }
        Applied {
            kept: Kept {
                value,
                private: state.private,
            },
            diagnostics,
        }
    }

    /// Failure: what exists is kept, with what is not known of it as null. A failure without a reason is a bug.
    fn half_done(
        &self,
        failed: Failed<R::Model>,
        substitutes: Substitutes<'_>,
        before: Kept,
    ) -> Applied {
        let mut diagnostics = failed.diagnostics;
        if !diagnostics.has_errors() {
            diagnostics.push(bug(self.held.name, "it failed and gave no reason"));
        }
        let Some(state) = failed.state else {
            return Applied {
                kept: before,
                diagnostics,
            };
        };
        let value = self.value_of_made(&state.model, substitutes, &mut diagnostics);
        let value = plan::restored(substitutes.planned, value, &self.held.r#type).unknown_as_null();
        Applied {
            kept: Kept {
                value,
                private: state.private,
            },
            diagnostics,
        }
    }

    pub(super) async fn removed(&self, cx: &Context<R::Client>, order: Order) -> Applied {
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
}
