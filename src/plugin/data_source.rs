//! A data source as its author writes it.

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::schema::Schema;

/// A data source: a configuration in, the same with its computed attributes out.
pub trait DataSource: Send + Sync + 'static {
    /// What the provider's `configure` makes.
    type Client: Send + Sync + 'static;
    /// The attributes in schema order.
    type Model: Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync + 'static;

    /// The type name with the provider's prefix.
    const NAME: &'static str;

    /// The schema, built once at start.
    fn schema(&self) -> Schema;

    /// Validates a configuration alone.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Answers.
    fn read(
        &self,
        cx: &Context<Self::Client>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;
}
