//! ReadDataSource.

use crate::diagnostics::Diagnostics;
use crate::objects::Place;
use crate::proto::tfplugin6::DynamicValue;
use crate::proto::tfplugin6::read_data_source::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let mut diagnostics = Diagnostics::new();
    let state = match read(server, request, &mut diagnostics).await {
        Ok(state) => Some(state),
        Err(refused) => {
            diagnostics.extend(refused);
            None
        }
    };
    Response {
        state,
        diagnostics: wire::diagnostics(diagnostics),
        ..Response::default()
    }
}

async fn read<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<DynamicValue, Diagnostics> {
    let twin = server.data_source(&request.type_name)?;
    let config = twin
        .held()
        .decoded(request.config.as_ref(), Place::Config)?;
    let cx = server.context(&request.type_name)?;
    let outcome = twin.read(&cx, config).await;
    diagnostics.extend(cx.take_diagnostics());
    twin.held().encoded(&outcome?)
}
