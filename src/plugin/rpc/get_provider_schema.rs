//! GetProviderSchema: everything the provider offers, put together once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::objects::{AnyObject, schemas};
use crate::proto::tfplugin6::Schema;
use crate::proto::tfplugin6::get_provider_schema::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    server.schemas.get_or_init(|| response(server)).clone()
}

pub(super) fn response<P: Provider>(server: &Server<P>) -> Response {
    let objects = &server.objects;
    Response {
        provider: Some(wire::schema(&server.block.meta.schema)),
        resource_schemas: on_wire(&objects.resources),
        data_source_schemas: on_wire(&objects.data_sources),
        ephemeral_resource_schemas: on_wire(&objects.ephemerals),
        functions: wire::functions(&objects.functions),
        server_capabilities: Some(server.capabilities()),
        ..Response::default()
    }
}

fn on_wire<O: AnyObject + ?Sized>(
    objects: &BTreeMap<&'static str, Arc<O>>,
) -> BTreeMap<String, Schema> {
    schemas(objects)
        .map(|(name, schema)| (name, wire::schema(schema)))
        .collect()
}
