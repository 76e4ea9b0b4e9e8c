//! Apply: the author's create, update or delete, and the promise that what is applied is what was planned.
//!
//! Whatever happens there is a state to save: the new one, what exists of it, or the one before.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::resource::states::known_or_before;
use crate::objects::resource::{ApplyRequest, ApplyResponse, ErasedResource, ErasedState};
use crate::objects::{Substitutes, ValueOrigin, catch_panic, provider_bug};
use crate::plan;
use crate::resource::{Apply, Failed, Private, Resource, State};
use crate::value::Value;

impl<R: Resource> ErasedResource<R> {
    pub(super) async fn create_or_update(
        &self,
        cx: &Context<R::Client>,
        request: ApplyRequest,
    ) -> ApplyResponse {
        let (prior, planned) = (request.prior.clone(), request.planned.clone());
        // What Terraform keeps where nothing better is known: the state before.
        let before = ErasedState {
            value: prior.clone(),
            private: if prior.is_null() {
                Private::default()
            } else {
                request.private.clone()
            },
            identity: request.identity.clone(),
        };
        let nothing_done = |diagnostics| ApplyResponse {
            state: before.clone(),
            diagnostics,
        };
        let substitutes = Substitutes {
            planned: &planned,
            prior: &prior,
        };
        let apply = match self.apply_arguments(request) {
            Ok(apply) => apply,
            Err(diagnostics) => return nothing_done(diagnostics),
        };
        let outcome = if prior.is_null() {
            catch_panic(self.meta.name, "create", self.resource.create(cx, apply)).await
        } else {
            catch_panic(self.meta.name, "update", self.resource.update(cx, apply)).await
        };
        match outcome {
            Ok(Ok(state)) => self.respond_to_success(state, substitutes, &before),
            Ok(Err(failed)) => self.respond_to_failure(failed, substitutes, before),
            Err(diagnostics) => nothing_done(diagnostics),
        }
    }

    fn apply_arguments(&self, request: ApplyRequest) -> Result<Apply<R::Model>, Diagnostics> {
        Ok(Apply {
            prior: if request.prior.is_null() {
                None
            } else {
                Some(self.meta.to_model(&request.prior, ValueOrigin::State)?)
            },
            config: self.meta.to_model(&request.config, ValueOrigin::Config)?,
            planned: self.meta.to_model(&request.planned, ValueOrigin::Plan)?,
            private: request.private,
        })
    }

    /// Success: the state must be what was planned. A broken promise is an error, and the state is kept all the same.
    fn respond_to_success(
        &self,
        state: State<R::Model>,
        substitutes: Substitutes<'_>,
        before: &ErasedState,
    ) -> ApplyResponse {
        let mut diagnostics = Diagnostics::new();
        let identity = self.identity_of_applied(&before.identity, &state.model, &mut diagnostics);
        let value = self.applied_value(&state.model, substitutes, &mut diagnostics);
        let value = self.settle_unknowns(value, substitutes.prior, &mut diagnostics);
        let value = plan::restore_precision(substitutes.planned, value, &self.meta.r#type);
        for path in plan::apply_violations(&self.meta.r#type, substitutes.planned, &value) {
            diagnostics.push(
                provider_bug(self.meta.name, "what it applied is not what it planned").at(path),
            );
        }
        ApplyResponse {
            state: ErasedState {
                value,
                private: state.private,
                identity,
            },
            diagnostics,
        }
    }

    /// Failure: what exists is kept, with what is not known of it as it was before. A failure without a reason is a bug.
    fn respond_to_failure(
        &self,
        failed: Failed<R::Model>,
        substitutes: Substitutes<'_>,
        before: ErasedState,
    ) -> ApplyResponse {
        let mut diagnostics = failed.diagnostics;
        if !diagnostics.has_errors() {
            diagnostics.push(provider_bug(self.meta.name, "it failed and gave no reason"));
        }
        let Some(state) = failed.state else {
            return ApplyResponse {
                state: before,
                diagnostics,
            };
        };
        let value = self.applied_value(&state.model, substitutes, &mut diagnostics);
        let value = plan::restore_precision(substitutes.planned, value, &self.meta.r#type);
        let value = known_or_before(value, substitutes.prior);
        let identity = self.identity_of_applied(&before.identity, &state.model, &mut diagnostics);
        ApplyResponse {
            state: ErasedState {
                value,
                private: state.private,
                identity,
            },
            diagnostics,
        }
    }

    pub(super) async fn delete(
        &self,
        cx: &Context<R::Client>,
        request: ApplyRequest,
    ) -> ApplyResponse {
        let mut before = ErasedState {
            value: request.prior.clone(),
            private: request.private.clone(),
            identity: request.identity.clone(),
        };
        let outcome = match self.meta.to_model(&request.prior, ValueOrigin::State) {
            Ok(model) => {
                let state = State {
                    model,
                    private: request.private,
                };
                catch_panic(self.meta.name, "delete", self.resource.delete(cx, state))
                    .await
                    .and_then(|outcome| outcome)
            }
            Err(diagnostics) => Err(diagnostics),
        };
        match outcome {
            Ok(()) => ApplyResponse {
                state: ErasedState {
                    value: Value::Null,
                    private: Private::default(),
                    identity: Value::Null,
                },
                diagnostics: Diagnostics::new(),
            },
            Err(mut diagnostics) => {
                if !diagnostics.has_errors() {
                    diagnostics.push(provider_bug(self.meta.name, "it failed and gave no reason"));
                }
                before.private.entries.extend(cx.take_kept());
                ApplyResponse {
                    state: before,
                    diagnostics,
                }
            }
        }
    }
}
