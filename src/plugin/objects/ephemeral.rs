//! An ephemeral resource without its types.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;

use crate::causes::{Question, Rpc};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::{EphemeralResource, Renewed};
use crate::objects::{AnyObject, ObjectMeta, ValueOrigin, catch_panic};
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
pub(crate) trait AnyEphemeral<C>: AnyObject {
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

    async fn opened(
        &self,
        cx: &Context<E::Client>,
        config: Value,
    ) -> Result<OpenedValue, Diagnostics> {
        let config = self.meta.with_defaults(config);
        let model = self.meta.to_model(&config, ValueOrigin::Config)?;
        let opened = catch_panic(self.meta.name, "open", self.ephemeral.open(cx, model)).await??;
        match self.meta.to_known_value(&config, &opened.model) {
            Ok(value) => Ok(OpenedValue {
                value,
                private: opened.private,
                renew_at: opened.renew_at,
            }),
            // Terraform closes only what it was told is open.
            Err(mut diagnostics) => {
                diagnostics.note_errors(self.close(cx, opened.private).await);
                Err(diagnostics)
            }
        }
    }
}

impl<E: EphemeralResource> AnyObject for ErasedEphemeral<E> {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn check(&self) -> Vec<String> {
        self.meta.check::<E::Model>()
    }

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics {
        self.meta
            .validate(config, write_only_allowed, |model, diagnostics| {
                self.ephemeral.validate(model, diagnostics);
            })
    }
}

impl<E: EphemeralResource> AnyEphemeral<E::Client> for ErasedEphemeral<E> {
    fn open<'a>(
        &'a self,
        cx: &'a Context<E::Client>,
        config: Value,
    ) -> BoxFuture<'a, Result<OpenedValue, Diagnostics>> {
        Box::pin(async move {
            let question = Question::new(Rpc::Data, self.meta.name, &Value::Null);
            let opened = self.opened(cx, config).await;
            cx.settle(&question, opened, None)
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
