//! ImportResourceState: by id or by identity.

use crate::diagnostics::Diagnostics;
use crate::objects::private_to_bytes;
use crate::objects::resource::ImportTarget;
use crate::proto::tfplugin6::import_resource_state::{ImportedResource, Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.resource(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let mut diagnostics = Diagnostics::new();
    let outcome = import(server, request, &mut diagnostics).await;
    let imported = diagnostics.note_errors(outcome);
    Response {
        imported_resources: imported.into_iter().collect(),
        diagnostics: wire::diagnostics_on::<P>(schema, diagnostics),
        ..Response::default()
    }
}

async fn import<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<ImportedResource, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let cx = server.context(&request.type_name)?;
    let identity = resource.decode_identity(request.identity.as_ref())?;
    let target = if identity.is_null() {
        ImportTarget::Id(&request.id)
    } else {
        ImportTarget::Identity(&identity)
    };
    let outcome = resource.import(&cx, target).await;
    diagnostics.extend(cx.take_diagnostics());
    let state = outcome?;
    Ok(ImportedResource {
        state: Some(resource.meta().encode(&state.value)?),
        private: private_to_bytes(&state.private),
        identity: resource.encode_identity(&state.identity)?,
        type_name: request.type_name,
    })
}
