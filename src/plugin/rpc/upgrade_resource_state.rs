//! UpgradeResourceState: a stored state in the present schema, also where the version is the present one.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::proto::tfplugin6::DynamicValue;
use crate::proto::tfplugin6::upgrade_resource_state::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    match upgrade(server, &request) {
        Ok(state) => Response {
            upgraded_state: Some(state),
            ..Response::default()
        },
        Err(refused) => Response {
            diagnostics: wire::diagnostics::<P>(refused),
            ..Response::default()
        },
    }
}

fn upgrade<P: Provider>(
    server: &Server<P>,
    request: &Request,
) -> Result<DynamicValue, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let json = request
        .raw_state
        .as_ref()
        .map(|raw| raw.json.as_slice())
        .filter(|json| !json.is_empty())
        .and_then(|json| std::str::from_utf8(json).ok())
        .ok_or_else(|| {
            Diagnostic::error(
                "Unreadable State",
                format!(
                    "The state of `{}` is not JSON, as Terraform writes it since 0.12. Remove the object from the state and import it again.",
                    request.type_name
                ),
            )
        })?;
    let value = resource.upgrade(request.version, json)?;
    resource.meta().encode(&value)
}
