//! ReadDataSource.

use crate::diagnostics::Diagnostics;
use crate::objects::ValueOrigin;
use crate::proto::tfplugin6::DynamicValue;
use crate::proto::tfplugin6::read_data_source::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, request: Request) -> Response {
    let object = server.data_source(&request.type_name).ok();
    let schema = object.as_ref().map(|object| &object.meta().schema);
    let mut diagnostics = Diagnostics::new();
    let outcome = read(server, request, &mut diagnostics).await;
    let state = diagnostics.note_errors(outcome);
    Response {
        state,
        diagnostics: wire::diagnostics_on::<P>(schema, diagnostics),
        ..Response::default()
    }
}

async fn read<P: Provider>(
    server: &Server<P>,
    request: Request,
    diagnostics: &mut Diagnostics,
) -> Result<DynamicValue, Diagnostics> {
    let data_source = server.data_source(&request.type_name)?;
    let config = data_source
        .meta()
        .decode(request.config.as_ref(), ValueOrigin::Config)?;
    let cx = server.context(&request.type_name)?;
    let outcome = data_source.read(&cx, config).await;
    diagnostics.extend(cx.take_diagnostics());
    data_source.meta().encode(&outcome?)
}
