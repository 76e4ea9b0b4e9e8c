//! The provider itself: its block, its client and its lists of objects.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::EphemeralResource;
use crate::function::{Function, Signature};
use crate::identity::IdentitySchema;
use crate::objects::data_source::{AnyDataSource, ErasedDataSource};
use crate::objects::ephemeral::{AnyEphemeral, ErasedEphemeral};
use crate::objects::function::{AnyFunction, ErasedFunction};
use crate::objects::resource::{AnyResource, ErasedResource};
use crate::objects::{AnyObject, schemas};
use crate::resource::Resource;
use crate::schema::Schema;
use crate::value::Value;

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

    /// The block as it is understood, before anything is validated.
    fn understood(&self, config: Value) -> Value {
        config
    }

    /// Validates the block alone; values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Makes the client. Values may be unknown here too. Warnings go to `diagnostics`.
    fn configure(
        &self,
        request: Configure<Self::Model>,
        diagnostics: &mut Diagnostics,
    ) -> impl Future<Output = Result<Self::Client, Diagnostics>> + Send;

    /// The folder in which plans note what their objects hold, for the apply that comes in another process: one below Terraform's data folder.
    /// `None`: they note it nowhere, see [`Claims`](crate::Claims).
    fn claims_folder(&self) -> Option<PathBuf> {
        None
    }

    /// The address of the page about errors of a title, which stands below their text; `None`: the text says everything.
    fn page_about(_title: &str) -> Option<String> {
        None
    }

    /// The table of contents.
    fn objects(&self) -> Objects<Self::Client>;
}

/// What a provider offers, collected by kind. Schemas are built when an object is added, and only then.
pub struct Objects<C> {
    pub(crate) resources: BTreeMap<&'static str, Arc<dyn AnyResource<C>>>,
    pub(crate) data_sources: BTreeMap<&'static str, Arc<dyn AnyDataSource<C>>>,
    pub(crate) ephemerals: BTreeMap<&'static str, Arc<dyn AnyEphemeral<C>>>,
    pub(crate) functions: BTreeMap<&'static str, Arc<dyn AnyFunction>>,
    duplicates: Vec<String>,
}

impl<C: Send + Sync + 'static> Objects<C> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            ephemerals: BTreeMap::new(),
            functions: BTreeMap::new(),
            duplicates: Vec::new(),
        }
    }

    /// Adds a resource.
    #[must_use]
    pub fn resource<R: Resource<Client = C>>(mut self, resource: R) -> Self {
        let object = ErasedResource::erase(resource);
        let before = self.resources.insert(R::NAME, object);
        self.record_duplicate(before.is_some(), R::NAME);
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source<D: DataSource<Client = C>>(mut self, data_source: D) -> Self {
        let object = ErasedDataSource::erase(data_source);
        let before = self.data_sources.insert(D::NAME, object);
        self.record_duplicate(before.is_some(), D::NAME);
        self
    }

    /// Adds an ephemeral resource.
    #[must_use]
    pub fn ephemeral_resource<E: EphemeralResource<Client = C>>(mut self, ephemeral: E) -> Self {
        let object = ErasedEphemeral::erase(ephemeral);
        let before = self.ephemerals.insert(E::NAME, object);
        self.record_duplicate(before.is_some(), E::NAME);
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function<F: Function>(mut self, function: F) -> Self {
        let object = ErasedFunction::erase(function);
        let before = self.functions.insert(F::NAME, object);
        self.record_duplicate(before.is_some(), F::NAME);
        self
    }

    fn record_duplicate(&mut self, duplicate: bool, name: &str) {
        if duplicate {
            self.duplicates
                .push(format!("{name}: the name appears twice"));
        }
    }

    /// The schemas of the resources by type name.
    pub fn resource_schemas(&self) -> BTreeMap<String, Schema> {
        cloned_schemas(&self.resources)
    }

    /// The schemas of the identities by type name of the resource.
    pub fn identity_schemas(&self) -> BTreeMap<String, IdentitySchema> {
        let resources = self.resources.iter();
        resources
            .filter_map(|(name, object)| {
                Some(((*name).to_owned(), object.identity()?.schema.clone()))
            })
            .collect()
    }

    /// The schemas of the data sources by type name.
    pub fn data_source_schemas(&self) -> BTreeMap<String, Schema> {
        cloned_schemas(&self.data_sources)
    }

    /// The schemas of the ephemeral resources by type name.
    pub fn ephemeral_schemas(&self) -> BTreeMap<String, Schema> {
        cloned_schemas(&self.ephemerals)
    }

    /// The signatures of the functions by name.
    pub fn function_signatures(&self) -> BTreeMap<String, Signature> {
        let objects = self.functions.iter();
        objects
            .map(|(name, object)| ((*name).to_owned(), object.signature().clone()))
            .collect()
    }

    /// Every rule of Terraform's that a schema breaks, and every difference between a schema and its model; empty if all is sound. A
    /// provider's own test calls this.
    pub fn check(&self) -> Vec<String> {
        let mut faults = self.duplicates.clone();
        faults.extend(self.resources.values().flat_map(|object| object.check()));
        faults.extend(self.data_sources.values().flat_map(|object| object.check()));
        faults.extend(self.ephemerals.values().flat_map(|object| object.check()));
        faults.extend(self.functions.values().flat_map(|object| object.check()));
        faults
    }
}

fn cloned_schemas<O: AnyObject + ?Sized>(
    objects: &BTreeMap<&'static str, Arc<O>>,
) -> BTreeMap<String, Schema> {
    schemas(objects)
        .map(|(name, schema)| (name, schema.clone()))
        .collect()
}

impl<C: Send + Sync + 'static> Default for Objects<C> {
    fn default() -> Self {
        Self::new()
    }
}
