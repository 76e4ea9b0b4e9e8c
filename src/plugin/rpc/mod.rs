//! The protocol's service: one file per RPC, each the same sentence: look up, decode, do, encode.
//!
//! RPCs without a file (lists, actions, state stores) answer UNIMPLEMENTED, as Terraform expects.

mod apply_resource_change;
mod call_function;
mod close_ephemeral_resource;
mod configure_provider;
mod generate_resource_config;
mod get_functions;
mod get_metadata;
mod get_provider_schema;
mod get_resource_identity_schemas;
mod import_resource_state;
mod move_resource_state;
mod open_ephemeral_resource;
mod plan_resource_change;
mod read_data_source;
mod read_resource;
mod renew_ephemeral_resource;
mod server;
mod stop_provider;
mod upgrade_resource_identity;
mod upgrade_resource_state;
mod validate_data_resource_config;
mod validate_ephemeral_resource_config;
mod validate_provider_config;
mod validate_resource_config;
mod wire;

use prost::Message as _;
use tonic::{Request, Response, Status};

pub(crate) use server::Server;

use crate::cancellation::cancelled_by;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::provider_server::{Provider as Service, ProviderServer};
use crate::provider::Provider;

/// The bytes of GetProviderSchema's answer.
pub(crate) fn schema_size<P: Provider>(provider: P) -> usize {
    get_provider_schema::response(&Server::new(provider)).encoded_len()
}

/// What Terraform's own server allows a message to be, both ways.
const MESSAGE_BYTES: usize = 256 << 20;

/// The RPCs that are served, for one definition per RPC.
macro_rules! each_rpc {
    ($define:ident) => {
        $define! {
            get_metadata,
            get_provider_schema,
            validate_provider_config,
            validate_resource_config,
            validate_data_resource_config,
            upgrade_resource_state,
            get_resource_identity_schemas,
            upgrade_resource_identity,
            configure_provider,
            read_resource,
            plan_resource_change,
            apply_resource_change,
            import_resource_state,
            move_resource_state,
            generate_resource_config,
            read_data_source,
            validate_ephemeral_resource_config,
            open_ephemeral_resource,
            renew_ephemeral_resource,
            close_ephemeral_resource,
            get_functions,
            call_function,
            stop_provider,
        }
    };
}

macro_rules! served {
    ($($method:ident,)*) => {
        #[tonic::async_trait]
        impl<P: Provider> Service for Server<P> {
            $(async fn $method(
                &self,
                request: Request<proto::$method::Request>,
            ) -> Result<Response<proto::$method::Response>, Status> {
                tracing::trace!(rpc = stringify!($method), "asked");
                let answer = $method::handle(self, request.into_inner());
                let response = cancelled_by(self.cancellation(), answer).await;
                tracing::trace!(rpc = stringify!($method), "answered");
                Ok(Response::new(response))
            })*
        }
    };
}

each_rpc!(served);

/// The service with its limits.
pub(crate) fn service<S: Service>(server: S) -> ProviderServer<S> {
    ProviderServer::new(server)
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES)
}

#[cfg(test)]
mod tests;
