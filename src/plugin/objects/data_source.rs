//! A data source without its types.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::context::Context;
use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::objects::{
    ObjectMeta, ValueOrigin, catch_panic, catch_panic_now, provider_bug, validate_config,
};
use crate::plan::{fill_defaults, restore_precision};
use crate::value::Value;

/// A data source whose model is hidden.
pub(crate) trait AnyDataSource<C>: Send + Sync {
    fn meta(&self) -> &ObjectMeta;

    fn check(&self) -> Vec<String>;

    fn validate(&self, config: &Value) -> Diagnostics;

    fn read<'a>(
        &'a self,
        cx: &'a Context<C>,
        config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>>;
}

/// A data source with what the layer knows of it.
pub(crate) struct ErasedDataSource<D> {
    data_source: D,
    meta: ObjectMeta,
}

impl<D: DataSource> ErasedDataSource<D> {
    pub(crate) fn erase(data_source: D) -> Arc<dyn AnyDataSource<D::Client>> {
        let meta = ObjectMeta::new(D::NAME, data_source.schema());
        Arc::new(Self { data_source, meta })
    }
}

impl<D: DataSource> AnyDataSource<D::Client> for ErasedDataSource<D> {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn check(&self) -> Vec<String> {
        self.meta.check::<D::Model>()
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
                    self.data_source.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(describe_value_error) => diagnostics.extend(describe_value_error),
        }
        diagnostics
    }

    fn read<'a>(
        &'a self,
        cx: &'a Context<D::Client>,
        mut config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>> {
        Box::pin(async move {
            let written = config.clone();
            fill_defaults(&self.meta.schema, &written, &mut config);
            let model = self.meta.to_model(&config, ValueOrigin::Config)?;
            let answer =
                catch_panic(self.meta.name, "read", self.data_source.read(cx, model)).await??;
            let value = restore_precision(&config, self.meta.to_value(&answer)?, &self.meta.r#type);
            if value.is_wholly_known() {
                Ok(value)
            } else {
                Err(provider_bug(self.meta.name, "it answered with an unknown value").into())
            }
        })
    }
}
