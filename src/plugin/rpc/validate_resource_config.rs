//! ValidateResourceConfig.

use crate::diagnostics::Diagnostics;
use crate::objects::Place;
use crate::proto::tfplugin6::validate_resource_config::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let diagnostics = validated(server, &request).unwrap_or_else(|refused| refused);
    Response {
        diagnostics: wire::diagnostics(diagnostics),
    }
}

fn validated<P: Provider>(
    server: &Server<P>,
    request: &Request,
) -> Result<Diagnostics, Diagnostics> {
    let twin = server.resource(&request.type_name)?;
    let config = twin
        .held()
        .decoded(request.config.as_ref(), Place::Config)?;
    let allowed = request
        .client_capabilities
        .as_ref()
        .is_some_and(|client| client.write_only_attributes_allowed);
    Ok(twin.validate(&config, allowed))
}
