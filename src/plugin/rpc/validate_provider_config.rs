//! ValidateProviderConfig.

use crate::diagnostics::Diagnostics;
use crate::objects::ValueOrigin;
use crate::proto::tfplugin6::validate_provider_config::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    server.note_validated();
    let diagnostics = validate(server, &request).unwrap_or_else(|refused| refused);
    Response {
        diagnostics: wire::diagnostics_on::<P>(Some(&server.block.meta.schema), diagnostics),
    }
}

fn validate<P: Provider>(
    server: &Server<P>,
    request: &Request,
) -> Result<Diagnostics, Diagnostics> {
    let config = server
        .block
        .meta
        .decode(request.config.as_ref(), ValueOrigin::Config)?;
    Ok(server.block.validate(&server.provider, &config))
}
