//! A data source without its types.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::causes::{Question, Rpc};
use crate::context::Context;
use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::objects::{AnyObject, ObjectMeta, ValueOrigin, catch_panic};
use crate::value::Value;

/// A data source whose model is hidden.
pub(crate) trait AnyDataSource<C>: AnyObject {
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

    async fn answer(&self, cx: &Context<D::Client>, config: Value) -> Result<Value, Diagnostics> {
        let config = self.meta.with_defaults(config);
        let model = self.meta.to_model(&config, ValueOrigin::Config)?;
        let answer =
            catch_panic(self.meta.name, "read", self.data_source.read(cx, model)).await??;
        self.meta.to_known_value(&config, &answer)
    }
}

impl<D: DataSource> AnyObject for ErasedDataSource<D> {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn check(&self) -> Vec<String> {
        self.meta.check::<D::Model>()
    }

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics {
        self.meta
            .validate(config, write_only_allowed, |model, diagnostics| {
                self.data_source.validate(model, diagnostics);
            })
    }
}

impl<D: DataSource> AnyDataSource<D::Client> for ErasedDataSource<D> {
    fn read<'a>(
        &'a self,
        cx: &'a Context<D::Client>,
        config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>> {
        Box::pin(async move {
            let question = Question::new(Rpc::Data, self.meta.name, &Value::Null);
            let answer = self.answer(cx, config).await;
            cx.settle(&question, answer, None)
        })
    }
}
