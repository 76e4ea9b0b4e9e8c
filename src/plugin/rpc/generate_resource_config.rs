//! GenerateResourceConfig: the configuration that a state would come from, for `-generate-config-out` and `query`.

use crate::diagnostics::Diagnostics;
use crate::objects::ValueOrigin;
use crate::plan::generated_config;
use crate::proto::tfplugin6::DynamicValue;
use crate::proto::tfplugin6::generate_resource_config::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    match generate(server, &request) {
        Ok(config) => Response {
            config: Some(config),
            ..Response::default()
        },
        Err(refused) => Response {
            diagnostics: wire::diagnostics::<P>(refused),
            ..Response::default()
        },
    }
}

fn generate<P: Provider>(
    server: &Server<P>,
    request: &Request,
) -> Result<DynamicValue, Diagnostics> {
    let meta = server.resource(&request.type_name)?.meta();
    let state = meta.decode(request.state.as_ref(), ValueOrigin::State)?;
    meta.encode(&generated_config(meta.schema.level(), &state))
}
