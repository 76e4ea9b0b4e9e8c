//! ReadResource. Where it fails, the state stays as it is.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::ErasedState;
use crate::objects::{ValueOrigin, private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::read_resource::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.resource(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let before = Response {
        new_state: request.current_state.clone(),
        private: request.private.clone(),
        new_identity: request.current_identity.clone(),
        ..Response::default()
    };
    let mut diagnostics = Diagnostics::new();
    let outcome = read(server, request, &mut diagnostics).await;
    let response = diagnostics.note_errors(outcome).unwrap_or(before);
    Response {
        diagnostics: wire::diagnostics_on::<P>(schema, diagnostics),
        ..response
    }
}

async fn read<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let meta = resource.meta();
    let state = ErasedState {
        value: meta.decode(request.current_state.as_ref(), ValueOrigin::State)?,
        private: private_from_bytes(&request.private),
        identity: resource.decode_identity(request.current_identity.as_ref())?,
    };
    let cx = server.context(&request.type_name)?;
    let outcome = resource.read(&cx, state).await;
    diagnostics.extend(cx.take_diagnostics());
    let state = outcome?;
    Ok(Response {
        new_state: Some(meta.encode(&state.value)?),
        private: private_to_bytes(&state.private),
        new_identity: resource.encode_identity(&state.identity)?,
        ..Response::default()
    })
}
