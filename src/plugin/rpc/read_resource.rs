//! ReadResource. Where it fails, the state stays as it is.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::ErasedState;
use crate::objects::{ValueOrigin, private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::DynamicValue;
use crate::proto::tfplugin6::read_resource::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let mut diagnostics = Diagnostics::new();
    let (before, private) = (request.current_state.clone(), request.private.clone());
    match read(server, request, &mut diagnostics).await {
        Ok((state, private)) => Response {
            new_state: Some(state),
            private,
            diagnostics: wire::diagnostics(diagnostics),
            ..Response::default()
        },
        Err(refused) => {
            diagnostics.extend(refused);
            Response {
                new_state: before,
                private,
                diagnostics: wire::diagnostics(diagnostics),
                ..Response::default()
            }
        }
    }
}

async fn read<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<(DynamicValue, Vec<u8>), Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let state = ErasedState {
        value: resource
            .meta()
            .decode(request.current_state.as_ref(), ValueOrigin::State)?,
        private: private_from_bytes(&request.private),
    };
    let cx = server.context(&request.type_name)?;
    let outcome = resource.read(&cx, state).await;
    diagnostics.extend(cx.take_diagnostics());
    let state = outcome?;
    Ok((
        resource.meta().encode(&state.value)?,
        private_to_bytes(&state.private),
    ))
}
