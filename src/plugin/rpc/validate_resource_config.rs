//! ValidateResourceConfig.

use crate::proto::tfplugin6::validate_resource_config::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.resource(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let write_only_allowed = request
        .client_capabilities
        .is_some_and(|client| client.write_only_attributes_allowed);
    let validated = server.resource(&request.type_name).and_then(|object| {
        wire::validate(object.as_ref(), request.config.as_ref(), write_only_allowed)
    });
    Response {
        diagnostics: wire::diagnostics_on::<P>(schema, validated.unwrap_or_else(|refused| refused)),
    }
}
