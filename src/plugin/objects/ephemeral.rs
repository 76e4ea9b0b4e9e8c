//! An ephemeral resource without its types.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::{EphemeralResource, Renewed};
use crate::objects::{Held, Place, bug, guarded, guarded_now, validate_config};
use crate::plan::{fill_defaults, restored};
use crate::resource::Private;
use crate::value::Value;

/// What was opened.
#[derive(Debug)]
pub(crate) struct OpenedValue {
    pub(crate) value: Value,
    pub(crate) private: Private,
    pub(crate) renew_at: Option<SystemTime>,
}

/// An ephemeral resource whose model is hidden.
pub(crate) trait AnyEphemeral<C>: Send + Sync {
    fn held(&self) -> &Held;

    fn check(&self) -> Vec<String>;

    fn validate(&self, config: &Value) -> Diagnostics;

    fn open<'a>(
        &'a self,
        cx: &'a Context<C>,
        config: Value,
    ) -> BoxFuture<'a, Result<OpenedValue, Diagnostics>>;

    fn renew<'a>(
        &'a self,
        cx: &'a Context<C>,
        private: Private,
    ) -> BoxFuture<'a, Result<Renewed, Diagnostics>>;

    fn close<'a>(
        &'a self,
        cx: &'a Context<C>,
        private: Private,
    ) -> BoxFuture<'a, Result<(), Diagnostics>>;
}

/// An ephemeral resource with what the layer knows of it.
pub(crate) struct Twin<E> {
    ephemeral: E,
    held: Held,
}

impl<E: EphemeralResource> Twin<E> {
    pub(crate) fn hidden(ephemeral: E) -> Arc<dyn AnyEphemeral<E::Client>> {
        let held = Held::new(E::NAME, ephemeral.schema());
        Arc::new(Self { ephemeral, held })
    }
}

impl<E: EphemeralResource> Twin<E> {
    fn opened_value(&self, config: &Value, model: &E::Model) -> Result<Value, Diagnostics> {
        let value = restored(config, self.held.value(model)?, &self.held.r#type);
        if value.is_wholly_known() {
            Ok(value)
        } else {
            Err(bug(self.held.name, "it answered with an unknown value").into())
        }
    }
}

impl<E: EphemeralResource> AnyEphemeral<E::Client> for Twin<E> {
    fn held(&self) -> &Held {
        &self.held
    }

    fn check(&self) -> Vec<String> {
        self.held.check::<E::Model>()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate_config(&self.held, config, true);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match self.held.model_unless_unknown(config, Place::Config) {
            Ok(Some(model)) => {
                let judged = guarded_now(self.held.name, "validate", || {
                    let mut diagnostics = Diagnostics::new();
                    self.ephemeral.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(misfit) => diagnostics.extend(misfit),
        }
        diagnostics
    }

    fn open<'a>(
        &'a self,
        cx: &'a Context<E::Client>,
        mut config: Value,
    ) -> BoxFuture<'a, Result<OpenedValue, Diagnostics>> {
        Box::pin(async move {
            let said = config.clone();
            fill_defaults(&self.held.schema, &said, &mut config);
            let model = self.held.model(&config, Place::Config)?;
            let opened = guarded(self.held.name, "open", self.ephemeral.open(cx, model)).await??;
            match self.opened_value(&config, &opened.model) {
                Ok(value) => Ok(OpenedValue {
                    value,
                    private: opened.private,
                    renew_at: opened.renew_at,
                }),
                // Terraform closes only what it was told is open.
                Err(mut diagnostics) => {
                    if let Err(more) = self.close(cx, opened.private).await {
                        diagnostics.extend(more);
                    }
                    Err(diagnostics)
                }
            }
        })
    }

    fn renew<'a>(
        &'a self,
        cx: &'a Context<E::Client>,
        private: Private,
    ) -> BoxFuture<'a, Result<Renewed, Diagnostics>> {
        Box::pin(async move {
            guarded(self.held.name, "renew", self.ephemeral.renew(cx, private)).await?
        })
    }

    fn close<'a>(
        &'a self,
        cx: &'a Context<E::Client>,
        private: Private,
    ) -> BoxFuture<'a, Result<(), Diagnostics>> {
        Box::pin(async move {
            guarded(self.held.name, "close", self.ephemeral.close(cx, private)).await?
        })
    }
}
