//! ApplyResourceChange. Whatever happens, the answer carries a state: the new one, or where nothing was changed the one before.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::ApplyRequest;
use crate::objects::{Substitutes, ValueOrigin, private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::apply_resource_change::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.resource(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let before = Response {
        new_state: request.prior_state.clone(),
        private: request.planned_private.clone(),
        new_identity: request.planned_identity.clone(),
        ..Response::default()
    };
    let mut diagnostics = Diagnostics::new();
    let outcome = apply(server, request, &mut diagnostics).await;
    let response = diagnostics.note_errors(outcome).unwrap_or(before);
    Response {
        diagnostics: wire::diagnostics_on::<P>(schema, diagnostics),
        ..response
    }
}

async fn apply<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let meta = resource.meta();
    let apply = ApplyRequest {
        config: meta.decode(request.config.as_ref(), ValueOrigin::Config)?,
        prior: meta.decode(request.prior_state.as_ref(), ValueOrigin::State)?,
        planned: meta.decode(request.planned_state.as_ref(), ValueOrigin::Plan)?,
        private: private_from_bytes(&request.planned_private),
        identity: resource.decode_identity(request.planned_identity.as_ref())?,
    };
    let (planned, prior) = (apply.planned.clone(), apply.prior.clone());
    let cx = server.context(&request.type_name)?;
    let applied = resource.apply(&cx, apply).await;
    diagnostics.extend(cx.take_diagnostics());
    diagnostics.extend(applied.diagnostics);
    let substitutes = Substitutes {
        planned: &planned,
        prior: &prior,
    };
    let state = meta.encode_applied(&applied.state.value, substitutes, diagnostics)?;
    Ok(Response {
        new_state: Some(state),
        private: private_to_bytes(&applied.state.private),
        new_identity: resource.encode_identity(&applied.state.identity)?,
        ..Response::default()
    })
}
