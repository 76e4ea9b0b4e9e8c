//! A resource in a test: every step as Terraform takes it.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::causes::Causes;
use crate::claims::Claims;
use crate::context::Context;
use crate::diagnostics::{Diagnostics, Severity};
use crate::objects::ValueOrigin;
use crate::objects::resource::{
    AnyResource, ApplyRequest, ErasedResource, ErasedState, ImportTarget, PlanRequest,
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
    causes: Option<Causes>,
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
            causes: None,
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

    /// The same beside other objects of the configuration, which meet the same causes. Without, each step tells its causes in full.
    #[must_use]
    pub fn with_causes(self, causes: Causes) -> Self {
        Self {
            causes: Some(causes),
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
        self.plan(config, nothing()).await
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
        self.plan(config, state.erased()).await
    }

    /// Plans to remove a state.
    ///
    /// # Errors
    /// What plan refuses.
    pub async fn plan_delete(
        &self,
        state: &Stored<R::Model>,
    ) -> Result<Planned<R::Model>, Diagnostics> {
        self.plan(Value::Null, state.erased()).await
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
            identity: state.identity.clone(),
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
            Action::None => return Ok(self.stored(planned.before())?),
            Action::Replace => {
                let delete = self.plan(Value::Null, planned.before()).await?;
                self.apply_planned(delete).await?;
                self.plan(planned.config, nothing()).await?
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
        let outcome = self.resource.read(&cx, state.erased()).await;
        let state = self.record_warnings(&cx, outcome)?;
        self.stored(state)
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
        self.import_and_read(ImportTarget::Id(id)).await
    }

    /// As [`import`](Self::import) by an identity, of which what is left out is null.
    ///
    /// # Errors
    /// As there, and an identity that is not of the schema.
    pub async fn import_identity(
        &self,
        identity: Json,
    ) -> Result<Option<Stored<R::Model>>, Diagnostics> {
        let identity = match self.resource.identity() {
            Some(meta) => literal::identity(meta, &identity)?,
            None => Value::Null,
        };
        self.import_and_read(ImportTarget::Identity(&identity))
            .await
    }

    async fn import_and_read(
        &self,
        target: ImportTarget<'_>,
    ) -> Result<Option<Stored<R::Model>>, Diagnostics> {
        let cx = self.context();
        let outcome = self.resource.import(&cx, target).await;
        let state = self.record_warnings(&cx, outcome)?;
        match self.stored(state)? {
            Some(state) => self.read(&state).await,
            None => Ok(None),
        }
    }

    /// Reads a saved state of a schema version.
    ///
    /// # Errors
    /// A state that cannot be read or upgraded.
    pub fn upgrade(&self, version: i64, state: &Json) -> Result<Stored<R::Model>, Diagnostics> {
        let value = self.resource.upgrade(version, &state.to_string())?;
        self.stored(ErasedState { value, ..nothing() })?
            .ok_or_else(|| no_state().into())
    }

    /// Takes over another type's state.
    ///
    /// # Errors
    /// A source the resource does not know or cannot read.
    pub fn move_from(&self, source: MoveSource) -> Result<Stored<R::Model>, Diagnostics> {
        let state = self.resource.move_from(source)?;
        self.stored(state)?.ok_or_else(|| no_state().into())
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
        .with_causes(self.causes.clone().unwrap_or_default())
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
        before: ErasedState,
    ) -> Result<Planned<R::Model>, Diagnostics> {
        let prior = before.value;
        let cx = self.context();
        let claims = cx.claims.clone();
        let proposed = proposed(self.resource.meta().schema.level(), &prior, &config);
        let request = PlanRequest {
            config: config.clone(),
            prior: prior.clone(),
            proposed,
            private: before.private,
            identity: before.identity,
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
            identity: planned.state.identity,
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
            identity: planned.identity,
        };
        let applied = self.resource.apply(&cx, request).await;
        let mut diagnostics = cx.take_diagnostics();
        diagnostics.extend(applied.diagnostics);
        let state = match self.stored(applied.state) {
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

    fn stored(&self, state: ErasedState) -> Result<Option<Stored<R::Model>>, Diagnostics> {
        if state.value.is_null() {
            return Ok(None);
        }
        let meta = self.resource.meta();
        Ok(Some(Stored {
            model: meta.to_model(&state.value, ValueOrigin::State)?,
            private: state.private,
            value: state.value,
            identity: state.identity,
        }))
    }
}

/// The state of what is not there.
fn nothing() -> ErasedState {
    ErasedState {
        value: Value::Null,
        private: Private::default(),
        identity: Value::Null,
    }
}

fn no_state() -> crate::Diagnostic {
    crate::Diagnostic::error("No State", "The step left no state behind.")
}
