//! GetMetadata: names without schemas.

use crate::proto::tfplugin6::get_metadata::{
    DataSourceMetadata, EphemeralMetadata, FunctionMetadata, Request, ResourceMetadata, Response,
};
use crate::provider::Provider;
use crate::rpc::Server;

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    let objects = &server.objects;
    let owned = |name: &&'static str| (*name).to_owned();
    Response {
        server_capabilities: Some(server.capabilities()),
        data_sources: objects
            .data_sources
            .keys()
            .map(|name| DataSourceMetadata {
                type_name: owned(name),
            })
            .collect(),
        resources: objects
            .resources
            .keys()
            .map(|name| ResourceMetadata {
                type_name: owned(name),
            })
            .collect(),
        functions: objects
            .functions
            .keys()
            .map(|name| FunctionMetadata { name: owned(name) })
            .collect(),
        ephemeral_resources: objects
            .ephemerals
            .keys()
            .map(|name| EphemeralMetadata {
                type_name: owned(name),
            })
            .collect(),
        ..Response::default()
    }
}
