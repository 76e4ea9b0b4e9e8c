//! MoveResourceState: takes over another type's state, without a configured provider.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::objects::private_to_bytes;
use crate::proto::tfplugin6::move_resource_state::{Request, Response};
use crate::provider::Provider;
use crate::resource::MoveSource;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    move_state(server, request).unwrap_or_else(|refused| Response {
        diagnostics: wire::diagnostics::<P>(refused),
        ..Response::default()
    })
}

fn move_state<P: Provider>(server: &Server<P>, request: Request) -> Result<Response, Diagnostics> {
    let resource = server.resource(&request.target_type_name)?;
    let json = request.source_state.unwrap_or_default().json;
    let state = serde_json::from_slice(&json).map_err(|error| {
        Diagnostic::error(
            "Unreadable State",
            format!(
                "The state of the `{}` to take over is not valid JSON: {error}.",
                request.source_type_name
            ),
        )
    })?;
    let state = resource.move_from(MoveSource {
        provider_address: request.source_provider_address,
        type_name: request.source_type_name,
        schema_version: request.source_schema_version,
        state,
        private: request.source_private,
    })?;
    Ok(Response {
        target_state: Some(resource.meta().encode(&state.value)?),
        target_private: private_to_bytes(&state.private),
        target_identity: resource.encode_identity(&state.identity)?,
        ..Response::default()
    })
}
