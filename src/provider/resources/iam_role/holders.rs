//! Which addresses of a configuration stand for one role.

use tf_provider::Context;

use super::{ManagedRole, diagnostics};
use crate::client::Client;
use crate::session::object_claim::{self, SoleHolder};

/// Notes that a plan stands for its role. Where two addresses of the state do, each apply undoes what the other has made: that is told, and no refusal, which
/// would stop a destroy too.
pub(super) fn note(cx: &Context<Client>, prior: Option<&ManagedRole>, planned: &ManagedRole) {
    let holder = SoleHolder {
        object: &planned.arn,
        label: planned.resource_type.to_owned(),
        is_in_state: prior.is_some_and(|prior| prior.arn == planned.arn),
        mark: None,
    };
    if let Some(other) = object_claim::hold_alone(cx, holder)
        && other.is_in_state_too
    {
        cx.add(diagnostics::two_resources(planned, &other.label));
    }
}
