//! GetFunctions: the functions alone, for OpenTofu.

use crate::proto::tfplugin6::get_functions::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    Response {
        functions: wire::functions(&server.objects.functions),
        diagnostics: Vec::new(),
    }
}
