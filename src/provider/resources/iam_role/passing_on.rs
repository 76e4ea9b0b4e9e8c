//! A role that passes from one address of a configuration to another, with the policies that the old one has put on it.

use tf_provider::resource::Private;
use tf_provider::{Attr, Context};

use super::ManagedRole;
use crate::attributes::values::{known_map, known_set};
use crate::client::Client;
use crate::session::object_claim::{self, Origin};

/// A managed policy as it is noted.
pub(super) fn attached(arn: &str) -> String {
    format!("policy {arn}")
}

/// An inline policy as it is noted.
pub(super) fn inline(name: &str) -> String {
    format!("inline {name}")
}

/// Notes at plan that an address gives its role up.
pub(super) fn give_up(cx: &Context<Client>, private: &mut Private, state: &ManagedRole) {
    let policies = known_set(&state.policy_arns).unwrap_or_default();
    let names = known_map(&state.inline_policies).unwrap_or_default();
    let policies = policies.iter().map(|arn| attached(arn));
    let parts = policies.chain(names.keys().map(|name| inline(name)));
    let origin = match state.adopted {
        Attr::Known(true) => Origin::Adopted,
        _ => Origin::Made,
    };
    object_claim::give_up(cx, private, &state.arn, origin, parts);
}
