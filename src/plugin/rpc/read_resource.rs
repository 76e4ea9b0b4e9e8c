//! ReadResource. Where it fails, the state stays as it is.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::Kept;
use crate::objects::{Place, private_from_bytes, private_to_bytes};
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
    let twin = server.resource(&request.type_name)?;
    let state = Kept {
        value: twin
            .held()
            .decoded(request.current_state.as_ref(), Place::State)?,
        private: private_from_bytes(&request.private),
    };
    let cx = server.context(&request.type_name)?;
    let outcome = twin.read(&cx, state).await;
    diagnostics.extend(cx.take_diagnostics());
    let kept = outcome?;
    Ok((
        twin.held().encoded(&kept.value)?,
        private_to_bytes(&kept.private),
    ))
}
