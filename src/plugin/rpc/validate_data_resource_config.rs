//! ValidateDataResourceConfig.

use crate::proto::tfplugin6::validate_data_resource_config::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let validated = server
        .data_source(&request.type_name)
        .and_then(|object| wire::validate(object.as_ref(), request.config.as_ref(), true));
    Response {
        diagnostics: wire::diagnostics::<P>(validated.unwrap_or_else(|refused| refused)),
    }
}
