//! The provider block: its attributes, their rules, and what they become.

pub(crate) mod diagnostics;
mod empty_text;
mod expand;
mod lockout_acknowledgement;
mod model;
pub mod rules;
mod schema;
mod settings;
mod validation;

pub use lockout_acknowledgement::{Acknowledgements, VARIABLE as LOCKOUT_ACK_VARIABLE};
pub use model::{
    AssumeRoleModel, ClusterModel, DefaultTagsModel, EndpointsModel, IgnoreTagsModel,
    ProviderModel, WebIdentityModel,
};
pub use settings::{LockoutGuard, OnUnreadable, Recovery, Settings};

pub(crate) use empty_text::unset;
pub(crate) use expand::{aws_settings, settings};
pub(crate) use schema::schema;
pub(crate) use validation::{note, validate};
