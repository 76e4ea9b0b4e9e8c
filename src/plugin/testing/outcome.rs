//! What the steps of a resource come to in a test.

use crate::claims::Claims;
use crate::diagnostics::Diagnostics;
use crate::objects::resource::ErasedState;
use crate::path::AttributePath;
use crate::resource::Private;
use crate::value::Value;

/// A state as Terraform stores it, with the model read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<M> {
    /// The attributes.
    pub model: M,
    /// The private facts.
    pub private: Private,
    pub(super) value: Value,
    pub(super) identity: Value,
}

impl<M> Stored<M> {
    /// The identity beside the state; null where there is none yet.
    pub fn identity(&self) -> &Value {
        &self.identity
    }

    /// The stored value, as it is compared and saved.
    pub fn value(&self) -> &Value {
        &self.value
    }

    pub(super) fn erased(&self) -> ErasedState {
        ErasedState {
            value: self.value.clone(),
            private: self.private.clone(),
            identity: self.identity.clone(),
        }
    }
}

/// What Terraform would do with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Make a new object.
    Create,
    /// Change it in place.
    Update,
    /// Remove it and make another.
    Replace,
    /// Remove it.
    Delete,
}

/// A plan.
#[derive(Clone, Debug)]
pub struct Planned<M> {
    /// The planned attributes; `None` for a delete, and where the model cannot hold what is unknown yet.
    pub model: Option<M>,
    /// What Terraform would do.
    pub action: Action,
    /// The attributes that need a new object.
    pub requires_replace: Vec<AttributePath>,
    /// Private facts for apply.
    pub private: Private,
    pub(super) claims: Claims,
    pub(super) config: Value,
    pub(super) prior: Value,
    pub(super) value: Value,
    pub(super) identity: Value,
}

impl<M> Planned<M> {
    /// The state before the plan, with the plan's private facts.
    pub(super) fn before(&self) -> ErasedState {
        ErasedState {
            value: self.prior.clone(),
            private: self.private.clone(),
            identity: self.identity.clone(),
        }
    }

    /// The planned value, unknowns and all; null for a delete.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// An apply that did not finish.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure<M> {
    /// What Terraform would save, where anything is there.
    pub state: Option<Stored<M>>,
    /// Why.
    pub diagnostics: Diagnostics,
}

impl<M> From<Diagnostics> for Failure<M> {
    fn from(diagnostics: Diagnostics) -> Self {
        Self {
            state: None,
            diagnostics,
        }
    }
}
