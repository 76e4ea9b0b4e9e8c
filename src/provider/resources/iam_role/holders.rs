//! Which addresses of a configuration stand for one role.

use tf_provider::{AttributePath, Context, Diagnostic};

use super::ManagedRole;
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
        cx.add(two_resources(planned, &other.label));
    }
}

fn two_resources(planned: &ManagedRole, other: &str) -> Diagnostic {
    let arn = planned.arn.known().map_or("", String::as_str);
    Diagnostic::warning(
        "Two Resources For One Role",
        format!(
            "Two resources of this configuration have role `{arn}` in the state: this `{}`, and another `{other}`. There can be only one: each apply undoes what the \
             other has made. Set everything in one of them, and remove the other: the role stays, because one still holds it.",
            planned.resource_type
        ),
    )
    .at(AttributePath::attribute("name"))
}
