//! Read and import: a state as the author finds it, in the shape that Terraform may have.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::objects::resource::{ErasedResource, ErasedState, ImportTarget};
use crate::objects::{ValueOrigin, catch_panic};
use crate::plan;
use crate::resource::{Private, Resource, State};
use crate::value::Value;

impl<R: Resource> ErasedResource<R> {
    /// Null if it is gone.
    pub(super) async fn read_state(
        &self,
        cx: &Context<R::Client>,
        state: ErasedState,
    ) -> Result<ErasedState, Diagnostics> {
        let (old, identity) = (state.value, state.identity);
        let state = State {
            model: self.meta.to_model(&old, ValueOrigin::State)?,
            private: state.private,
        };
        let Some(state) =
            catch_panic(self.meta.name, "read", self.resource.read(cx, state)).await??
        else {
            return Ok(ErasedState {
                value: Value::Null,
                private: Private::default(),
                identity: Value::Null,
            });
        };
        let mut diagnostics = Diagnostics::new();
        let identity = self.identity_after(&identity, &state.model)?;
        let mut state = self.to_storable(&state, identity, &mut diagnostics)?;
        state.value = plan::restore_precision(&old, state.value, &self.meta.r#type);
        diagnostics.into_result()?;
        Ok(state)
    }

    pub(super) async fn import_state(
        &self,
        cx: &Context<R::Client>,
        target: ImportTarget<'_>,
    ) -> Result<ErasedState, Diagnostics> {
        let state = self.call_import(cx, target).await?;
        let mut diagnostics = Diagnostics::new();
        let identity = self.identity_after(&Value::Null, &state.model)?;
        let mut state = self.to_storable(&state, identity, &mut diagnostics)?;
        diagnostics.into_result()?;
        cx.claims.end_import(&mut state.private.entries);
        Ok(self.with_defaults(state))
    }
}
