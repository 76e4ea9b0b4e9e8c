//! GetProviderSchema: everything the provider offers, put together once.

use crate::proto::tfplugin6::get_provider_schema::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    server.schemas.get_or_init(|| response(server)).clone()
}

fn response<P: Provider>(server: &Server<P>) -> Response {
    let objects = &server.objects;
    let schemas = objects.resources.iter();
    Response {
        provider: Some(wire::schema(&server.block.held.schema)),
        resource_schemas: schemas
            .map(|(name, twin)| ((*name).to_owned(), wire::schema(&twin.held().schema)))
            .collect(),
        data_source_schemas: objects
            .data_sources
            .iter()
            .map(|(name, twin)| ((*name).to_owned(), wire::schema(&twin.held().schema)))
            .collect(),
        ephemeral_resource_schemas: objects
            .ephemerals
            .iter()
            .map(|(name, twin)| ((*name).to_owned(), wire::schema(&twin.held().schema)))
            .collect(),
        functions: objects
            .functions
            .iter()
            .map(|(name, twin)| ((*name).to_owned(), wire::function(twin.signature())))
            .collect(),
        server_capabilities: Some(server.capabilities()),
        ..Response::default()
    }
}
