//! A managed resource as its author writes it.
//!
//! One method per intent; `Result` says "did nothing", [`Failed`] says "half done", and the two are different types because Terraform keeps the
//! prior state for the first and saves the given one for the second.

use std::collections::BTreeMap;
use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};

use crate::context::Context;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::identity::Identity;
use crate::path::AttributePath;
use crate::schema::Schema;

/// Small facts kept beside the state, never shown: a JSON value by name. Lost when a tainted object is planned again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Private {
    /// The facts.
    pub entries: BTreeMap<String, serde_json::Value>,
}

/// A state with its private facts.
#[derive(Clone, Debug, PartialEq)]
pub struct State<M> {
    /// The attributes.
    pub model: M,
    /// The private facts.
    pub private: Private,
}

impl<M> From<M> for State<M> {
    fn from(model: M) -> Self {
        Self {
            model,
            private: Private::default(),
        }
    }
}

/// A change as it is planned. `prior` is `None` for a create, `planned` is `None` for a delete.
#[derive(Debug)]
pub struct Plan<M> {
    /// The state before.
    pub prior: Option<M>,
    /// The configuration as written; `None` for a delete.
    pub config: Option<M>,
    /// What will be: defaults filled, computed attributes unknown or kept. The hook may refine it.
    pub planned: Option<M>,
    /// Attributes whose change needs a new object, beside those the schema says.
    pub requires_replace: Vec<AttributePath>,
    /// Private facts; they reach apply.
    pub private: Private,
}

/// What create and update are given.
#[derive(Debug)]
pub struct Apply<M> {
    /// The state before; `None` for a create.
    pub prior: Option<M>,
    /// The configuration, write-only attributes included.
    pub config: M,
    /// What was promised.
    pub planned: M,
    /// Private facts of the plan.
    pub private: Private,
}

/// Why create or update did not finish, and what exists nevertheless.
#[derive(Debug)]
pub struct Failed<M> {
    /// What exists now; Terraform saves it (tainted after a create). `None`: nothing was done.
    pub state: Option<State<M>>,
    /// The reasons; at least one error.
    pub diagnostics: Diagnostics,
}

impl<M> From<Diagnostics> for Failed<M> {
    fn from(diagnostics: Diagnostics) -> Self {
        Self {
            state: None,
            diagnostics,
        }
    }
}

impl<M> From<Diagnostic> for Failed<M> {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            state: None,
            diagnostics: diagnostic.into(),
        }
    }
}

/// A state of an older schema version on its way to the present one.
pub struct Upgrade {
    /// The version it comes from.
    pub from_version: i64,
    /// Old attributes as JSON → present attributes as JSON.
    pub upgrade: fn(serde_json::Value) -> Result<serde_json::Value, Diagnostics>,
}

/// Another type's state that a `moved` block gives to this resource. The process is not configured: no cluster, no API.
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// Host, namespace and type of the provider it comes from: `registry.terraform.io/example/notebook`.
    pub provider_address: String,
    /// The type it has there.
    pub type_name: String,
    /// The schema version of that state.
    pub schema_version: i64,
    /// Its attributes.
    pub state: serde_json::Value,
    /// Its private bytes.
    pub private: Vec<u8>,
}

/// A managed resource.
pub trait Resource: Send + Sync + 'static {
    /// What the provider's `configure` makes.
    type Client: Send + Sync + 'static;
    /// The attributes in schema order; every field an [`Attr`](crate::Attr) (blocks: `Vec` or `Option` of a struct).
    type Model: Serialize
        + DeserializeOwned
        + Clone
        + PartialEq
        + std::fmt::Debug
        + Send
        + Sync
        + 'static;

    /// What names an object for good; [`NoIdentity`](crate::identity::NoIdentity) where nothing does.
    type Identity: Identity<Self::Model>;

    /// The type name with the provider's prefix.
    const NAME: &'static str;

    /// The schema, built once at start.
    fn schema(&self) -> Schema;

    /// Steps from older schema versions.
    fn upgrades(&self) -> Vec<Upgrade> {
        Vec::new()
    }

    /// Validates a configuration alone: no client, values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Fills in what follows from the rest of an object, such as its id. Called for every object that a plan or a state is made of, also for one of
    /// a state that an older version of the provider wrote; it asks nobody and must come to the same each time.
    fn complete(&self, _model: &mut Self::Model) {}

    /// Refines a plan. Called for create, update and delete (after the schema's own defaults, keeps and replaces).
    fn plan(
        &self,
        _cx: &Context<Self::Client>,
        _plan: &mut Plan<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        async { Ok(()) }
    }

    /// Makes the object; every unknown of the plan must be known in what is returned.
    fn create(
        &self,
        cx: &Context<Self::Client>,
        apply: Apply<Self::Model>,
    ) -> impl Future<Output = Result<State<Self::Model>, Failed<Self::Model>>> + Send;

    /// The object as it is; `None` if it is gone.
    fn read(
        &self,
        cx: &Context<Self::Client>,
        state: State<Self::Model>,
    ) -> impl Future<Output = Result<Option<State<Self::Model>>, Diagnostics>> + Send;

    /// Changes the object in place.
    fn update(
        &self,
        cx: &Context<Self::Client>,
        apply: Apply<Self::Model>,
    ) -> impl Future<Output = Result<State<Self::Model>, Failed<Self::Model>>> + Send;

    /// Removes the object; one that is gone already is success.
    fn delete(
        &self,
        cx: &Context<Self::Client>,
        state: State<Self::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Finds the object of an import id.
    fn import(
        &self,
        cx: &Context<Self::Client>,
        id: &str,
    ) -> impl Future<Output = Result<State<Self::Model>, Diagnostics>> + Send;

    /// Finds the object of an identity, of which an import may leave out what its schema does not require.
    fn import_identity(
        &self,
        _cx: &Context<Self::Client>,
        _identity: Self::Identity,
    ) -> impl Future<Output = Result<State<Self::Model>, Diagnostics>> + Send {
        async {
            Err(Diagnostic::error(
                "Import By Identity Not Supported",
                format!("`{}` is imported by its id only.", Self::NAME),
            )
            .into())
        }
    }

    /// Takes over another type's state; `None`: this source is not known here.
    fn move_from(&self, _source: MoveSource) -> Option<Result<State<Self::Model>, Diagnostics>> {
        None
    }

    /// True if [`move_from`](Self::move_from) knows any source.
    fn moves(&self) -> bool {
        false
    }
}
