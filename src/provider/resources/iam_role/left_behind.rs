//! Roles with generated names that a run was making when it was killed: they are in no state, and the next run chooses another name.

use tf_provider::Context;

use super::ManagedRole;
use super::being_made::BeingMade;
use super::diagnostics;
use super::name::name_prefix;
use crate::client::Client;
use crate::ports::IamApi;
use crate::ports::iam::NewRole;

/// Before a role with a generated name is made, names those that were left behind by a run that asked for the same. Another run may still be
/// making one of them, or another resource may want it, so none is gone on with.
pub(super) async fn warn(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    planned: &ManagedRole,
    new: &NewRole,
) {
    if planned.name.is_known() {
        return;
    }
    let notes = BeingMade::of(cx, None, &new.name);
    for begun in notes
        .left_of_prefix(name_prefix(planned.name_prefix.known()))
        .await
    {
        match iam.role(begun.role_name()).await {
            Ok(Some(role)) if begun.made(&role, new) => {
                cx.add(diagnostics::left_behind(&role));
            }
            Ok(None) => notes.forget(&begun, cx.client.clock().now()).await,
            Ok(Some(_)) => {}
            Err(error) => {
                tracing::debug!(%error, "whether a role was left behind is not known");
            }
        }
    }
}
