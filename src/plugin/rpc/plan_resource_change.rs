//! PlanResourceChange.

use crate::diagnostics::Diagnostics;
use crate::objects::resource::Change;
use crate::objects::{Place, private_from_bytes, private_to_bytes};
use crate::proto::tfplugin6::plan_resource_change::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let mut diagnostics = Diagnostics::new();
    match planned(server, request, &mut diagnostics).await {
        Ok(response) => Response {
            diagnostics: wire::diagnostics(diagnostics),
            ..response
        },
        Err(refused) => {
            diagnostics.extend(refused);
            Response {
                diagnostics: wire::diagnostics(diagnostics),
                ..Response::default()
            }
        }
    }
}

async fn planned<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<Response, Diagnostics> {
    let twin = server.resource(&request.type_name)?;
    let held = twin.held();
    let change = Change {
        config: held.decoded(request.config.as_ref(), Place::Config)?,
        prior: held.decoded(request.prior_state.as_ref(), Place::State)?,
        proposed: held.decoded(request.proposed_new_state.as_ref(), Place::Plan)?,
        private: private_from_bytes(&request.prior_private),
    };
    let cx = server.context(&request.type_name)?;
    let outcome = twin.plan(&cx, change).await;
    diagnostics.extend(cx.take_diagnostics());
    let planned = outcome?;
    Ok(Response {
        planned_state: Some(held.encoded(&planned.kept.value)?),
        requires_replace: wire::paths(&planned.requires_replace),
        planned_private: private_to_bytes(&planned.kept.private),
        ..Response::default()
    })
}
