//! PlanResourceChange.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::PlanRequest;
use crate::objects::{ValueOrigin, private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::plan_resource_change::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.resource(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let mut diagnostics = Diagnostics::new();
    let outcome = plan(server, request, &mut diagnostics).await;
    let response = diagnostics.note_errors(outcome).unwrap_or_default();
    Response {
        diagnostics: wire::diagnostics_on::<P>(schema, diagnostics),
        ..response
    }
}

async fn plan<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let meta = resource.meta();
    let change = PlanRequest {
        config: meta.decode(request.config.as_ref(), ValueOrigin::Config)?,
        prior: meta.decode(request.prior_state.as_ref(), ValueOrigin::State)?,
        proposed: meta.decode(request.proposed_new_state.as_ref(), ValueOrigin::Plan)?,
        private: private_from_bytes(&request.prior_private),
        identity: resource.decode_identity(request.prior_identity.as_ref())?,
    };
    let cx = server.context(&request.type_name)?;
    let outcome = resource.plan(&cx, change).await;
    diagnostics.extend(cx.take_diagnostics());
    let planned = outcome?;
    Ok(Response {
        planned_state: Some(meta.encode(&planned.state.value)?),
        requires_replace: wire::paths(&planned.requires_replace),
        planned_private: private_to_bytes(&planned.state.private),
        planned_identity: resource.encode_identity(&planned.state.identity)?,
        ..Response::default()
    })
}
