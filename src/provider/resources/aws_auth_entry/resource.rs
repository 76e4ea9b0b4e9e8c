//! The resource of one entry: every noun's life is the same, and its model says what differs.

use std::marker::PhantomData;

use tf_provider::resource::{Apply, Failed, Plan, State};
use tf_provider::{Context, Diagnostics, Resource, Schema};

use super::{EntryModel, create, delete, import, import_identity, plan, read, update, validate};
use crate::client::Client;
use crate::permissions::{DeclaresPermissions, Permissions};

/// The resource of the entries that `M` describes; `AwsAuthRoleResource` and the like are names for it.
pub struct EntryResource<M> {
    model: PhantomData<fn() -> M>,
}

impl<M> EntryResource<M> {
    /// The resource. It holds nothing.
    pub const fn new() -> Self {
        Self { model: PhantomData }
    }
}

impl<M> Default for EntryResource<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: EntryModel> DeclaresPermissions for EntryResource<M> {
    const PERMISSIONS: Permissions = M::PERMISSIONS;
}

impl<M: EntryModel> Resource for EntryResource<M> {
    type Client = Client;
    type Model = M;
    type Identity = M::Identity;

    const NAME: &'static str = M::KIND.resource();

    fn schema(&self) -> Schema {
        M::schema()
    }

    fn validate(&self, config: &M, diagnostics: &mut Diagnostics) {
        validate(M::KIND, &config.to_fields(), diagnostics);
    }

    fn complete(&self, model: &mut M) {
        *model = M::from_fields(model.to_fields());
    }

    async fn plan(&self, cx: &Context<Client>, planned: &mut Plan<M>) -> Result<(), Diagnostics> {
        plan(cx, planned).await
    }

    async fn create(&self, cx: &Context<Client>, apply: Apply<M>) -> Result<State<M>, Failed<M>> {
        create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<M>,
    ) -> Result<Option<State<M>>, Diagnostics> {
        read(cx, state).await
    }

    async fn update(&self, cx: &Context<Client>, apply: Apply<M>) -> Result<State<M>, Failed<M>> {
        update(cx, apply).await
    }

    async fn delete(&self, cx: &Context<Client>, state: State<M>) -> Result<(), Diagnostics> {
        delete(cx, state).await
    }

    async fn import(&self, cx: &Context<Client>, id: &str) -> Result<State<M>, Diagnostics> {
        import(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: M::Identity,
    ) -> Result<State<M>, Diagnostics> {
        import_identity(cx, identity).await
    }
}
