//! OpenEphemeralResource.

use crate::diagnostics::Diagnostics;
use crate::objects::{ValueOrigin, private_to_bytes};
use crate::proto::tfplugin6::open_ephemeral_resource::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.ephemeral(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let mut diagnostics = Diagnostics::new();
    let outcome = open(server, request, &mut diagnostics).await;
    let response = diagnostics.note_errors(outcome).unwrap_or_default();
    Response {
        diagnostics: wire::diagnostics_on::<P>(schema, diagnostics),
        ..response
    }
}

async fn open<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let ephemeral = server.ephemeral(&request.type_name)?;
    let config = ephemeral
        .meta()
        .decode(request.config.as_ref(), ValueOrigin::Config)?;
    let cx = server.context(&request.type_name)?;
    let outcome = ephemeral.open(&cx, config).await;
    diagnostics.extend(cx.take_diagnostics());
    let opened = outcome?;
    let result = ephemeral.meta().encode(&opened.value);
    // Terraform closes only what it was told is open without an error.
    if result.is_err() || diagnostics.has_errors() {
        let closed = ephemeral.close(&cx, opened.private).await;
        diagnostics.extend(cx.take_diagnostics());
        return result.and(closed).map(|()| Response::default());
    }
    Ok(Response {
        result: Some(result?),
        private: Some(private_to_bytes(&opened.private)),
        renew_at: opened.renew_at.map(Into::into),
        ..Response::default()
    })
}
