//! GetFunctions: the functions alone, for OpenTofu.

use crate::proto::tfplugin6::get_functions::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    let functions = server.objects.functions.iter();
    Response {
        functions: functions
            .map(|(name, object)| ((*name).to_owned(), wire::function(object.signature())))
            .collect(),
        diagnostics: Vec::new(),
    }
}
