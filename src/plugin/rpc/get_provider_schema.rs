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
        provider: Some(wire::schema(&server.block.meta.schema)),
        resource_schemas: schemas
            .map(|(name, object)| ((*name).to_owned(), wire::schema(&object.meta().schema)))
            .collect(),
        data_source_schemas: objects
            .data_sources
            .iter()
            .map(|(name, object)| ((*name).to_owned(), wire::schema(&object.meta().schema)))
            .collect(),
        ephemeral_resource_schemas: objects
            .ephemerals
            .iter()
            .map(|(name, object)| ((*name).to_owned(), wire::schema(&object.meta().schema)))
            .collect(),
        functions: objects
            .functions
            .iter()
            .map(|(name, object)| ((*name).to_owned(), wire::function(object.signature())))
            .collect(),
        server_capabilities: Some(server.capabilities()),
        ..Response::default()
    }
}
