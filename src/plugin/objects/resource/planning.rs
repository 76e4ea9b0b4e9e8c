//! A plan: the layer's steps, the author's hook, and the promise that the plan is what was configured.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::resource::{Change, Kept, Planned, Twin};
use crate::objects::{Place, bug, guarded};
use crate::plan;
use crate::resource::{Plan, Private, Resource};
use crate::value::Value;

impl<R: Resource> Twin<R> {
    pub(super) async fn planned(
        &self,
        cx: &Context<R::Client>,
        change: Change,
    ) -> Result<Planned, Diagnostics> {
        let prepared = if change.proposed.is_null() {
            Value::Null
        } else {
            let (config, prior) = (&change.config, &change.prior);
            plan::prepare(&self.held.schema, config, prior, change.proposed.clone())
        };
        // A model that cannot hold what is unknown has nothing to say about it yet.
        if self.is_beyond_model(&change, &prepared) {
            return Ok(self.outcome(&change, prepared, change.private.clone()));
        }
        let refined = self.refined(cx, &change, &prepared).await?;
        let Some(model) = refined.planned else {
            return Ok(self.outcome(&change, Value::Null, refined.private));
        };
        let value = plan::restored(&prepared, self.held.value(&model)?, &self.held.r#type);
        self.judged(&change, &value)?;
        let mut planned = self.outcome(&change, value, refined.private);
        if !change.prior.is_null() {
            planned.requires_replace.extend(refined.requires_replace);
            planned.requires_replace.sort();
            planned.requires_replace.dedup();
        }
        Ok(planned)
    }

    fn outcome(&self, change: &Change, value: Value, private: Private) -> Planned {
        let (config, prior) = (&change.config, &change.prior);
        Planned {
            requires_replace: plan::replaced(&self.held.schema, config, prior, &value),
            kept: Kept { value, private },
        }
    }

    fn is_beyond_model(&self, change: &Change, prepared: &Value) -> bool {
        [&change.prior, &change.config, prepared]
            .into_iter()
            .filter(|value| !value.is_null())
            .any(|value| {
                let held = self
                    .held
                    .model_unless_unknown::<R::Model>(value, Place::Plan);
                matches!(held, Ok(None))
            })
    }

    fn judged(&self, change: &Change, value: &Value) -> Result<(), Diagnostics> {
        let (config, prior) = (&change.config, &change.prior);
        let mut broken = Diagnostics::new();
        for (path, why) in plan::planned_as_configured(&self.held.schema, config, prior, value) {
            broken.push(bug(self.held.name, why).at(path));
        }
        broken.into_result()
    }

    /// The author's hook.
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
}
