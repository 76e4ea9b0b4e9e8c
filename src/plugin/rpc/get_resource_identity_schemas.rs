//! GetResourceIdentitySchemas: no resource has an identity yet.

use crate::proto::tfplugin6::get_resource_identity_schemas::{Request, Response};
use crate::provider::Provider;
use crate::rpc::Server;

pub(super) async fn handle<P: Provider>(_server: &Server<P>, _request: Request) -> Response {
    Response::default()
}
