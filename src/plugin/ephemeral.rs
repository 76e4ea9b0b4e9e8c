//! An ephemeral resource as its author writes it: values that reach no state and no plan.

use std::future::Future;
use std::time::SystemTime;

use serde::{Serialize, de::DeserializeOwned};

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::resource::Private;
use crate::schema::Schema;

/// What `open` gives.
#[derive(Debug)]
pub struct Opened<M> {
    /// The attributes.
    pub model: M,
    /// Facts for `renew` and `close`.
    pub private: Private,
    /// When Terraform shall call `renew`.
    pub renew_at: Option<SystemTime>,
}

/// What `renew` gives.
#[derive(Debug, Default)]
pub struct Renewed {
    /// Facts for the next `renew` and `close`.
    pub private: Private,
    /// When Terraform shall call `renew` again.
    pub renew_at: Option<SystemTime>,
}

/// An ephemeral resource.
pub trait EphemeralResource: Send + Sync + 'static {
    /// What the provider's `configure` makes.
    type Client: Send + Sync + 'static;
    /// The attributes in schema order.
    type Model: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The type name with the provider's prefix.
    const NAME: &'static str;

    /// The schema, built once at start.
    fn schema(&self) -> Schema;

    /// Validates a configuration alone.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Makes the values.
    fn open(
        &self,
        cx: &Context<Self::Client>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Opened<Self::Model>, Diagnostics>> + Send;

    /// Keeps what was opened alive.
    fn renew(
        &self,
        _cx: &Context<Self::Client>,
        private: Private,
    ) -> impl Future<Output = Result<Renewed, Diagnostics>> + Send {
        async {
            Ok(Renewed {
                private,
                renew_at: None,
            })
        }
    }

    /// Gives up what was opened; nothing to do unless it is held somewhere.
    fn close(
        &self,
        _cx: &Context<Self::Client>,
        _private: Private,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        async { Ok(()) }
    }
}
