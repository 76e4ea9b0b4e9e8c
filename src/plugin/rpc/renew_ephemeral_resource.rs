//! RenewEphemeralResource.

use crate::diagnostics::Diagnostics;
use crate::objects::{private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::renew_ephemeral_resource::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let mut diagnostics = Diagnostics::new();
    let outcome = renew(server, request, &mut diagnostics).await;
    let response = diagnostics.note_errors(outcome).unwrap_or_default();
    Response {
        diagnostics: wire::diagnostics::<P>(diagnostics),
        ..response
    }
}

async fn renew<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let ephemeral = server.ephemeral(&request.type_name)?;
    let private = private_from_bytes(request.private.as_deref().unwrap_or_default());
    let cx = server.context(&request.type_name)?;
    let outcome = ephemeral.renew(&cx, private).await;
    diagnostics.extend(cx.take_diagnostics());
    let renewed = outcome?;
    Ok(Response {
        private: Some(private_to_bytes(&renewed.private)),
        renew_at: renewed.renew_at.map(Into::into),
        ..Response::default()
    })
}
