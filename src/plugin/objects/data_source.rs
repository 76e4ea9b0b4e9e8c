//! A data source without its types.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::context::Context;
use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::objects::{Held, Place, bug, guarded, guarded_now, validate_config};
use crate::plan::{fill_defaults, restored};
use crate::value::Value;

/// A data source whose model is hidden.
pub(crate) trait AnyDataSource<C>: Send + Sync {
    fn held(&self) -> &Held;

    fn check(&self) -> Vec<String>;

    fn validate(&self, config: &Value) -> Diagnostics;

    fn read<'a>(
        &'a self,
        cx: &'a Context<C>,
        config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>>;
}

/// A data source with what the layer knows of it.
pub(crate) struct Twin<D> {
    data_source: D,
    held: Held,
}

impl<D: DataSource> Twin<D> {
    pub(crate) fn hidden(data_source: D) -> Arc<dyn AnyDataSource<D::Client>> {
        let held = Held::new(D::NAME, data_source.schema());
        Arc::new(Self { data_source, held })
    }
}

impl<D: DataSource> AnyDataSource<D::Client> for Twin<D> {
    fn held(&self) -> &Held {
        &self.held
    }

    fn check(&self) -> Vec<String> {
        self.held.check::<D::Model>()
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
                    self.data_source.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(misfit) => diagnostics.extend(misfit),
        }
        diagnostics
    }

    fn read<'a>(
        &'a self,
        cx: &'a Context<D::Client>,
        mut config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>> {
        Box::pin(async move {
            let said = config.clone();
            fill_defaults(&self.held.schema, &said, &mut config);
            let model = self.held.model(&config, Place::Config)?;
            let answer =
                guarded(self.held.name, "read", self.data_source.read(cx, model)).await??;
            let value = restored(&config, self.held.value(&answer)?, &self.held.r#type);
            if value.is_wholly_known() {
                Ok(value)
            } else {
                Err(bug(self.held.name, "it answered with an unknown value").into())
            }
        })
    }
}
