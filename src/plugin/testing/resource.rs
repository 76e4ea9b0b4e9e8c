//! A resource in a test: every step as Terraform takes it.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::claims::Claims;
use crate::context::Context;
use crate::diagnostics::{Diagnostics, Severity};
use crate::objects::ValueOrigin;
use crate::objects::resource::{
    AnyResource, ApplyRequest, ErasedResource, ErasedState, PlanRequest,
};
use crate::resource::{MoveSource, Private, Resource};
use crate::testing::literal;
use crate::testing::outcome::{Action, Failure, Planned, Stored};
use crate::testing::proposed::proposed;
use crate::value::Value;

/// A resource, its client and what they said so far.
pub struct Harness<R: Resource> {
    resource: Arc<dyn AnyResource<R::Client>>,
    client: Arc<R::Client>,
    cancel: CancellationToken,
    terraform_version: String,
    claims: Option<Claims>,
    warnings: Mutex<Diagnostics>,
}

impl<R: Resource> Harness<R> {
    /// A resource with its client.
    pub fn new(resource: R, client: impl Into<Arc<R::Client>>) -> Self {
        Self {
            resource: ErasedResource::erase(resource),
            client: client.into(),
            cancel: CancellationToken::new(),
            terraform_version: "1.11.4".to_owned(),
            claims: None,
            warnings: Mutex::default(),
        }
    }

    /// The same in a walk whose claims these are: other objects of the walk share them. Without, each plan is a walk of its own, with its apply.
    #[must_use]
    pub fn with_claims(self, claims: Claims) -> Self {
        Self {
            claims: Some(claims),
            ..self
        }
    }

    /// The token that StopProvider would cancel.
    pub fn cancel_token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The warnings of all steps so far, and none of them again.
    pub fn take_warnings(&self) -> Diagnostics {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every fault of the schema and of its fit with the model.
    pub fn check(&self) -> Vec<String> {
        self.resource.check()
    }

    /// ValidateResourceConfig.
    pub fn validate(&self, config: Json) -> Diagnostics {
        literal::validate(self.resource.as_ref(), &config)
    }

    /// Validates a configuration and plans to create it.
    ///
    /// # Errors
    /// What validate or plan refuses.
    pub async fn plan_create(&self, config: Json) -> Result<Planned<R::Model>, Diagnostics> {
        let config = self.validated_config(&config)?;
        self.plan(config, Value::Null, Private::default()).await
    }

    /// Validates a configuration and plans to change a state into it.
    ///
    /// # Errors
    /// What validate or plan refuses.
    pub async fn plan_update(
        &self,
        state: &Stored<R::Model>,
        config: Json,
    ) -> Result<Planned<R::Model>, Diagnostics> {
        let config = self.validated_config(&config)?;
        self.plan(config, state.value.clone(), state.private.clone())
            .await
    }

    /// Plans to remove a state.
    ///
    /// # Errors
    /// What plan refuses.
    pub async fn plan_delete(
        &self,
        state: &Stored<R::Model>,
    ) -> Result<Planned<R::Model>, Diagnostics> {
        self.plan(Value::Null, state.value.clone(), state.private.clone())
            .await
    }

    /// The removal of a state that was not planned and has these private facts: the first half of a replacement, which has those of the second.
    pub fn removal_with(&self, state: &Stored<R::Model>, private: Private) -> Planned<R::Model> {
        Planned {
            model: None,
            action: Action::Delete,
            requires_replace: Vec::new(),
            private,
            claims: self.claims(),
            config: Value::Null,
            prior: state.value.clone(),
            value: Value::Null,
        }
    }

    /// Applies a plan as it stands. A replacement removes the old object first and plans the new one again, as Terraform does.
    ///
    /// `None` after a delete.
    ///
    /// # Errors
    /// What apply refuses, with what Terraform would save.
    pub async fn apply(
        &self,
        planned: Planned<R::Model>,
    ) -> Result<Option<Stored<R::Model>>, Failure<R::Model>> {
        let planned = match planned.action {
            Action::None => return Ok(self.stored(planned.prior, planned.private)?),
            Action::Replace => {
                let private = planned.private;
                let delete = self
                    .plan(Value::Null, planned.prior, private.clone())
                    .await?;
                self.apply_planned(delete).await?;
                self.plan(planned.config, Value::Null, Private::default())
                    .await?
            }
            Action::Create | Action::Update | Action::Delete => planned,
        };
        self.apply_planned(planned).await
    }

    /// Plans and applies a create.
    ///
    /// # Errors
    /// What any step refuses, with what Terraform would save.
    pub async fn create(&self, config: Json) -> Result<Stored<R::Model>, Failure<R::Model>> {
        let planned = self.plan_create(config).await?;
        self.apply(planned)
            .await?
            .ok_or_else(|| Diagnostics::from(no_state()).into())
    }

    /// Plans and applies a change; a replacement where the plan needs one.
    ///
    /// # Errors
    /// What any step refuses, with what Terraform would save.
    pub async fn update(
        &self,
        state: &Stored<R::Model>,
        config: Json,
    ) -> Result<Stored<R::Model>, Failure<R::Model>> {
        let planned = self.plan_update(state, config).await?;
        self.apply(planned)
            .await?
            .ok_or_else(|| Diagnostics::from(no_state()).into())
    }

    /// Reads the object; `None` if it is gone.
    ///
    /// # Errors
    /// What read refuses.
    pub async fn read(
        &self,
        state: &Stored<R::Model>,
    ) -> Result<Option<Stored<R::Model>>, Diagnostics> {
        let cx = self.context();
        let state = ErasedState {
            value: state.value.clone(),
            private: state.private.clone(),
        };
        let outcome = self.resource.read(&cx, state).await;
        let state = self.record_warnings(&cx, outcome)?;
        self.stored(state.value, state.private)
    }

    /// Plans and applies a delete.
    ///
    /// # Errors
    /// What any step refuses, with what Terraform would save.
    pub async fn delete(&self, state: &Stored<R::Model>) -> Result<(), Failure<R::Model>> {
        let planned = self.plan_delete(state).await?;
        self.apply_planned(planned).await.map(drop)
    }

    /// Imports an id and reads it, as Terraform does; `None` if the read finds nothing.
    ///
    /// # Errors
    /// What import or read refuses.
    pub async fn import(&self, id: &str) -> Result<Option<Stored<R::Model>>, Diagnostics> {
        let cx = self.context();
        let outcome = self.resource.import(&cx, id).await;
        let state = self.record_warnings(&cx, outcome)?;
        let Some(state) = self.stored(state.value, state.private)? else {
            return Ok(None);
        };
        self.read(&state).await
    }

    /// Reads a saved state of a schema version.
    ///
    /// # Errors
    /// A state that cannot be read or upgraded.
    pub fn upgrade(&self, version: i64, state: &Json) -> Result<Stored<R::Model>, Diagnostics> {
        let value = self.resource.upgrade(version, &state.to_string())?;
        self.stored(value, Private::default())?
            .ok_or_else(|| no_state().into())
    }

    /// Takes over another type's state.
    ///
    /// # Errors
    /// A source the resource does not know or cannot read.
    pub fn move_from(&self, source: MoveSource) -> Result<Stored<R::Model>, Diagnostics> {
        let state = self.resource.move_from(source)?;
        self.stored(state.value, state.private)?
            .ok_or_else(|| no_state().into())
    }

    /// The claims of the walk, else those of a plan that has its apply to itself.
    fn claims(&self) -> Claims {
        self.claims.clone().unwrap_or_else(Claims::in_memory)
    }

    fn context(&self) -> Context<R::Client> {
        Context::new(
            Arc::clone(&self.client),
            self.cancel.clone(),
            self.terraform_version.clone(),
        )
        .with_claims(self.claims())
    }

    /// Keeps the warnings of a step; errors among its notes refuse it.
    fn record_warnings<T>(
        &self,
        cx: &Context<R::Client>,
        outcome: Result<T, Diagnostics>,
    ) -> Result<T, Diagnostics> {
        let mut diagnostics = cx.take_diagnostics();
        let value = match outcome {
            Ok(value) => Some(value),
            Err(more) => {
                diagnostics.extend(more);
                None
            }
        };
        match value {
            Some(value) if !diagnostics.has_errors() => {
                self.keep_warnings(diagnostics);
                Ok(value)
            }
            _ => Err(diagnostics),
        }
    }

    fn keep_warnings(&self, diagnostics: Diagnostics) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        for diagnostic in diagnostics {
            if diagnostic.severity == Severity::Warning {
                warnings.push(diagnostic);
            }
        }
    }

    fn validated_config(&self, config: &Json) -> Result<Value, Diagnostics> {
        let config = literal::config(self.resource.meta(), config)?;
        let diagnostics = self.resource.validate(&config, true);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        self.keep_warnings(diagnostics);
        Ok(config)
    }

    async fn plan(
        &self,
        config: Value,
        prior: Value,
        private: Private,
    ) -> Result<Planned<R::Model>, Diagnostics> {
        let cx = self.context();
        let claims = cx.claims.clone();
        let proposed = proposed(self.resource.meta().schema.level(), &prior, &config);
        let request = PlanRequest {
            config: config.clone(),
            prior: prior.clone(),
            proposed,
            private,
        };
        let outcome = self.resource.plan(&cx, request).await;
        let planned = self.record_warnings(&cx, outcome)?;
        let value = planned.state.value;
        let model = if value.is_null() {
            None
        } else {
            self.resource
                .meta()
                .to_model_unless_unknown(&value, ValueOrigin::Plan)?
        };
        let action = match (prior.is_null(), value.is_null()) {
            (_, true) => Action::Delete,
            (true, false) => Action::Create,
            (false, false) if value == prior => Action::None,
            (false, false) if planned.requires_replace.is_empty() => Action::Update,
            (false, false) => Action::Replace,
        };
        Ok(Planned {
            model,
            action,
            requires_replace: planned.requires_replace,
            private: planned.state.private,
            claims,
            config,
            prior,
            value,
        })
    }

    async fn apply_planned(
        &self,
        planned: Planned<R::Model>,
    ) -> Result<Option<Stored<R::Model>>, Failure<R::Model>> {
        let claims = self.claims.clone().unwrap_or(planned.claims);
        let cx = self.context().with_claims(claims);
        let request = ApplyRequest {
            config: planned.config,
            prior: planned.prior,
            planned: planned.value,
            private: planned.private,
        };
        let applied = self.resource.apply(&cx, request).await;
        let mut diagnostics = cx.take_diagnostics();
        diagnostics.extend(applied.diagnostics);
        let state = match self.stored(applied.state.value, applied.state.private) {
            Ok(state) => state,
            Err(unreadable) => {
                diagnostics.extend(unreadable);
                None
            }
        };
        if diagnostics.has_errors() {
            return Err(Failure { state, diagnostics });
        }
        self.keep_warnings(diagnostics);
        Ok(state)
    }

    fn stored(
        &self,
        value: Value,
        private: Private,
    ) -> Result<Option<Stored<R::Model>>, Diagnostics> {
        if value.is_null() {
            return Ok(None);
        }
        Ok(Some(Stored {
            model: self.resource.meta().to_model(&value, ValueOrigin::State)?,
            private,
            value,
        }))
    }
}

fn no_state() -> crate::Diagnostic {
    crate::Diagnostic::error("No State", "The step left no state behind.")
}
