//! ValidateResourceConfig.

use crate::diagnostics::Diagnostics;
use crate::objects::ValueOrigin;
use crate::proto::tfplugin6::validate_resource_config::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let diagnostics = validate(server, &request).unwrap_or_else(|refused| refused);
    Response {
        diagnostics: wire::diagnostics(diagnostics),
    }
}

fn validate<P: Provider>(
    server: &Server<P>,
    request: &Request,
) -> Result<Diagnostics, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let config = resource
        .meta()
        .decode(request.config.as_ref(), ValueOrigin::Config)?;
    let allowed = request
        .client_capabilities
        .as_ref()
        .is_some_and(|client| client.write_only_attributes_allowed);
    Ok(resource.validate(&config, allowed))
}
