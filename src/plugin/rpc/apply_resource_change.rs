//! ApplyResourceChange. Whatever happens, the answer carries a state: the new one, or where nothing was changed the one before.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::Order;
use crate::objects::{Place, Substitutes, private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::apply_resource_change::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let before = Response {
        new_state: request.prior_state.clone(),
        private: request.planned_private.clone(),
        ..Response::default()
    };
    let mut diagnostics = Diagnostics::new();
    let response = applied(server, request, &mut diagnostics)
        .await
        .unwrap_or_else(|refused| {
            diagnostics.extend(refused);
            before
        });
    Response {
        diagnostics: wire::diagnostics(diagnostics),
        ..response
    }
}

async fn applied<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let twin = server.resource(&request.type_name)?;
    let held = twin.held();
    let order = Order {
        config: held.decoded(request.config.as_ref(), Place::Config)?,
        prior: held.decoded(request.prior_state.as_ref(), Place::State)?,
        planned: held.decoded(request.planned_state.as_ref(), Place::Plan)?,
        private: private_from_bytes(&request.planned_private),
    };
    let (planned, prior) = (order.planned.clone(), order.prior.clone());
    let cx = server.context(&request.type_name)?;
    let applied = twin.apply(&cx, order).await;
    diagnostics.extend(cx.take_diagnostics());
    diagnostics.extend(applied.diagnostics);
    let substitutes = Substitutes {
        planned: &planned,
        prior: &prior,
    };
    let state = held.encoded_of_made(&applied.kept.value, substitutes, diagnostics)?;
    Ok(Response {
        new_state: Some(state),
        private: private_to_bytes(&applied.kept.private),
        ..Response::default()
    })
}
