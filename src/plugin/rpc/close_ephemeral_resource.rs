//! CloseEphemeralResource.

use crate::diagnostics::Diagnostics;
use crate::objects::private_from_bytes;
use crate::proto::tfplugin6::close_ephemeral_resource::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let mut diagnostics = Diagnostics::new();
    let outcome = close(server, request, &mut diagnostics).await;
    diagnostics.note_errors(outcome);
    Response {
        diagnostics: wire::diagnostics::<P>(diagnostics),
    }
}

async fn close<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<(), Diagnostics> {
    let ephemeral = server.ephemeral(&request.type_name)?;
    let private = private_from_bytes(request.private.as_deref().unwrap_or_default());
    let cx = server.context(&request.type_name)?;
    let outcome = ephemeral.close(&cx, private).await;
    diagnostics.extend(cx.take_diagnostics());
    outcome
}
