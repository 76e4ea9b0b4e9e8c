//! A plan: the layer's steps, the author's hook, and the promise that the plan is what was configured.

use crate::claims;
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::resource::{
    ErasedResource, ErasedState, PlanFailed, PlanRequest, PlanResponse,
};
use crate::objects::{ValueOrigin, catch_panic, provider_bug};
use crate::plan;
use crate::resource::{Plan, Private, Resource};
use crate::value::Value;

impl<R: Resource> ErasedResource<R> {
    pub(super) async fn plan_change(
        &self,
        cx: &Context<R::Client>,
        mut request: PlanRequest,
    ) -> Result<PlanResponse, PlanFailed> {
        claims::unmark(&mut request.private.entries);
        cx.claims.begin_plan(&mut request.private.entries);
        let prepared = if request.proposed.is_null() {
            Value::Null
        } else {
            let (config, prior) = (&request.config, &request.prior);
            plan::prepare(&self.meta.schema, config, prior, request.proposed.clone())
        };
        // A model that cannot hold what is unknown has nothing to say about it yet.
        if self.exceeds_model(&request, &prepared) {
            return Ok(self.plan_response(&request, prepared, request.private.clone()));
        }
        let mut refined = self.hook_argument(&request, &prepared)?;
        if let Err(diagnostics) = self.call_plan_hook(cx, &mut refined).await {
            let kept = self.plan_without_answer(&request, &prepared, refined);
            return Err(PlanFailed {
                diagnostics,
                kept: Some(kept),
            });
        }
        Ok(self.plan_of(&request, &prepared, refined)?)
    }

    /// What the author's hook made of a plan, as a promise to Terraform.
    fn plan_of(
        &self,
        request: &PlanRequest,
        prepared: &Value,
        refined: Plan<R::Model>,
    ) -> Result<PlanResponse, Diagnostics> {
        let Some(model) = refined.planned else {
            return Ok(self.plan_response(request, Value::Null, refined.private));
        };
        let model = self.completed(model)?;
        let value =
            plan::restore_precision(prepared, self.meta.to_value(&model)?, &self.meta.r#type);
        self.check_plan(request, &value)?;
        let mut planned = self.plan_response(request, value, refined.private);
        if !request.prior.is_null() {
            planned.requires_replace.extend(refined.requires_replace);
            planned.requires_replace.sort();
            planned.requires_replace.dedup();
        }
        Ok(planned)
    }

    /// The plan of a hook that did not get to its end. Of an object that is there: what the schema alone makes of it, which is the state before
    /// where nothing is configured otherwise. Of a new one: what the hook found out until then, where that is a plan.
    fn plan_without_answer(
        &self,
        request: &PlanRequest,
        prepared: &Value,
        refined: Plan<R::Model>,
    ) -> PlanResponse {
        let is_new = request.prior.is_null() && refined.planned.is_some();
        let planned = is_new
            .then(|| self.plan_of(request, prepared, refined).ok())
            .flatten();
        planned.unwrap_or_else(|| {
            self.plan_response(request, prepared.clone(), request.private.clone())
        })
    }

    fn plan_response(&self, request: &PlanRequest, value: Value, private: Private) -> PlanResponse {
        let (config, prior) = (&request.config, &request.prior);
        PlanResponse {
            requires_replace: plan::paths_requiring_replace(
                &self.meta.schema,
                config,
                prior,
                &value,
            ),
            // A plan promises no new identity: what is made has one once it is there, and what is changed keeps its own until then.
            state: ErasedState {
                value,
                private,
                identity: if prior.is_null() {
                    Value::Null
                } else {
                    request.identity.clone()
                },
            },
        }
    }

    fn exceeds_model(&self, request: &PlanRequest, prepared: &Value) -> bool {
        [&request.prior, &request.config, prepared]
            .into_iter()
            .filter(|value| !value.is_null())
            .any(|value| {
                let meta = self
                    .meta
                    .to_model_unless_unknown::<R::Model>(value, ValueOrigin::Plan);
                matches!(meta, Ok(None))
            })
    }

    fn check_plan(&self, request: &PlanRequest, value: &Value) -> Result<(), Diagnostics> {
        let (config, prior) = (&request.config, &request.prior);
        let mut broken = Diagnostics::new();
        for (path, why) in plan::plan_violations(&self.meta.schema, config, prior, value) {
            broken.push(provider_bug(self.meta.name, why).at(path));
        }
        broken.into_result()
    }

    fn hook_argument(
        &self,
        request: &PlanRequest,
        prepared: &Value,
    ) -> Result<Plan<R::Model>, Diagnostics> {
        let model = |value: &Value, origin| {
            (!value.is_null())
                .then(|| self.meta.to_model::<R::Model>(value, origin))
                .transpose()
        };
        Ok(Plan {
            prior: model(&request.prior, ValueOrigin::State)?,
            config: model(&request.config, ValueOrigin::Config)?,
            planned: model(prepared, ValueOrigin::Plan)?,
            requires_replace: Vec::new(),
            private: request.private.clone(),
        })
    }

    /// The author's hook.
    async fn call_plan_hook(
        &self,
        cx: &Context<R::Client>,
        plan: &mut Plan<R::Model>,
    ) -> Result<(), Diagnostics> {
        let deletes = plan.planned.is_none();
        catch_panic(self.meta.name, "plan", self.resource.plan(cx, plan)).await??;
        if plan.planned.is_none() != deletes {
            return Err(provider_bug(
                self.meta.name,
                "its plan turned a delete into something else, or something else into a delete",
            )
            .into());
        }
        Ok(())
    }
}
