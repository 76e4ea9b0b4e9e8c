//! ConfigureProvider: makes the client that operations starting from now on are given.

use crate::diagnostics::Diagnostics;
use crate::objects::ValueOrigin;
use crate::proto::tfplugin6::configure_provider::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let mut diagnostics = Diagnostics::new();
    let version = request.terraform_version.clone();
    let outcome = configure(server, request, &mut diagnostics).await;
    let client = diagnostics.note_errors(outcome);
    server.configure(client.filter(|_| !diagnostics.has_errors()), version);
    Response {
        diagnostics: wire::diagnostics_on::<P>(Some(&server.block.meta.schema), diagnostics),
    }
}

async fn configure<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<P::Client, Diagnostics> {
    let config = server
        .block
        .meta
        .decode(request.config.as_ref(), ValueOrigin::Config)?;
    server
        .block
        .configure(
            &server.provider,
            request.terraform_version,
            &config,
            diagnostics,
        )
        .await
}
