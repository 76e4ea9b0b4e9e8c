//! An ephemeral resource without its types.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::{EphemeralResource, Renewed};
use crate::objects::{
    ObjectMeta, ValueOrigin, catch_panic, catch_panic_now, provider_bug, validate_config,
};
use crate::plan::{fill_defaults, restore_precision};
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
    fn meta(&self) -> &ObjectMeta;

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
pub(crate) struct ErasedEphemeral<E> {
    ephemeral: E,
    meta: ObjectMeta,
}

impl<E: EphemeralResource> ErasedEphemeral<E> {
    pub(crate) fn erase(ephemeral: E) -> Arc<dyn AnyEphemeral<E::Client>> {
        let meta = ObjectMeta::new(E::NAME, ephemeral.schema());
        Arc::new(Self { ephemeral, meta })
    }
}

impl<E: EphemeralResource> ErasedEphemeral<E> {
    fn opened_value(&self, config: &Value, model: &E::Model) -> Result<Value, Diagnostics> {
        let value = restore_precision(config, self.meta.to_value(model)?, &self.meta.r#type);
        if value.is_wholly_known() {
            Ok(value)
        } else {
            Err(provider_bug(self.meta.name, "it answered with an unknown value").into())
        }
    }
}

impl<E: EphemeralResource> AnyEphemeral<E::Client> for ErasedEphemeral<E> {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn check(&self) -> Vec<String> {
        self.meta.check::<E::Model>()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate_config(&self.meta, config, true);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match self
            .meta
            .to_model_unless_unknown(config, ValueOrigin::Config)
        {
            Ok(Some(model)) => {
                let judged = catch_panic_now(self.meta.name, "validate", || {
                    let mut diagnostics = Diagnostics::new();
                    self.ephemeral.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(describe_value_error) => diagnostics.extend(describe_value_error),
        }
        diagnostics
    }

    fn open<'a>(
        &'a self,
        cx: &'a Context<E::Client>,
        mut config: Value,
    ) -> BoxFuture<'a, Result<OpenedValue, Diagnostics>> {
        Box::pin(async move {
            let written = config.clone();
            fill_defaults(&self.meta.schema, &written, &mut config);
            let model = self.meta.to_model(&config, ValueOrigin::Config)?;
            let opened =
                catch_panic(self.meta.name, "open", self.ephemeral.open(cx, model)).await??;
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
            catch_panic(self.meta.name, "renew", self.ephemeral.renew(cx, private)).await?
        })
    }

    fn close<'a>(
        &'a self,
        cx: &'a Context<E::Client>,
        private: Private,
    ) -> BoxFuture<'a, Result<(), Diagnostics>> {
        Box::pin(async move {
            catch_panic(self.meta.name, "close", self.ephemeral.close(cx, private)).await?
        })
    }
}
