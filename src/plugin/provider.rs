//! The provider itself: its block, its client and its lists of objects.

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};

use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::EphemeralResource;
use crate::function::Function;
use crate::resource::Resource;
use crate::schema::Schema;

/// What Terraform says of itself at ConfigureProvider.
#[derive(Clone, Debug)]
pub struct Configure<M> {
    /// Its version.
    pub terraform_version: String,
    /// The provider block.
    pub config: M,
}

/// A provider.
pub trait Provider: Send + Sync + 'static {
    /// What `configure` makes for the objects; it belongs to one ConfigureProvider call.
    type Client: Send + Sync + 'static;
    /// The provider block's attributes.
    type Model: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The source address without the registry's host, `namespace/type`.
    const ADDRESS: &'static str;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// Judges the block alone; values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Makes the client. Values may be unknown here too. Warnings go to `diagnostics`.
    fn configure(
        &self,
        request: Configure<Self::Model>,
        diagnostics: &mut Diagnostics,
    ) -> impl Future<Output = Result<Self::Client, Diagnostics>> + Send;

    /// The table of contents.
    fn objects(&self) -> Objects<Self::Client>;
}

/// What a provider offers, collected by kind.
pub struct Objects<C> {
    client: std::marker::PhantomData<fn() -> C>,
}

impl<C: Send + Sync + 'static> Objects<C> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            client: std::marker::PhantomData,
        }
    }

    /// Adds a resource.
    #[must_use]
    pub fn resource<R: Resource<Client = C>>(self, _resource: R) -> Self {
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source<D: DataSource<Client = C>>(self, _data_source: D) -> Self {
        self
    }

    /// Adds an ephemeral resource.
    #[must_use]
    pub fn ephemeral_resource<E: EphemeralResource<Client = C>>(self, _ephemeral: E) -> Self {
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function<F: Function>(self, _function: F) -> Self {
        self
    }
}

impl<C: Send + Sync + 'static> Default for Objects<C> {
    fn default() -> Self {
        Self::new()
    }
}
