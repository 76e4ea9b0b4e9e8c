//! UpgradeResourceIdentity: a stored identity in the present version. Null is answered as a value, which OpenTofu demands.

use crate::diagnostics::Diagnostics;
use crate::objects::no_identity;
use crate::proto::tfplugin6::ResourceIdentityData;
use crate::proto::tfplugin6::upgrade_resource_identity::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    match upgrade(server, &request) {
        Ok(identity) => Response {
            upgraded_identity: Some(identity),
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
) -> Result<ResourceIdentityData, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let meta = resource
        .identity()
        .ok_or_else(|| no_identity(&request.type_name))?;
    let stored = request.raw_identity.as_ref();
    // A state of an older version has none: no bytes at all.
    let stored = stored.map_or(&[][..], |raw| raw.json.as_slice());
    let identity = resource.upgrade_identity(
        request.version,
        std::str::from_utf8(stored).unwrap_or_default(),
    )?;
    meta.encode(&identity)
}
