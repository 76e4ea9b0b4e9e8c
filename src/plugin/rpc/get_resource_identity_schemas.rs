//! GetResourceIdentitySchemas: of the resources whose objects have an identity.

use crate::proto::tfplugin6::get_resource_identity_schemas::{Request, Response};
use crate::provider::Provider;
use crate::rpc::{Server, wire};

pub(super) async fn handle<P: Provider>(server: &Server<P>, _request: Request) -> Response {
    let resources = server.objects.resources.iter();
    Response {
        identity_schemas: resources
            .filter_map(|(name, resource)| {
                let schema = wire::identity_schema(resource.identity()?);
                Some(((*name).to_owned(), schema))
            })
            .collect(),
        ..Response::default()
    }
}
