//! StopProvider: cancels what runs; the process goes on serving.

use crate::proto::tfplugin6::stop_provider::{Request, Response};
use crate::provider::Provider;
use crate::rpc::Server;

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    tracing::info!("asked to stop: running operations are cancelled");
    server.stop();
    Response::default()
}
