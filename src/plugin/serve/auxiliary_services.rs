//! The services that stand beside the provider's own: controller, output, broker, health.

use std::pin::Pin;

use futures_util::stream::{self, Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::health::health_check_response::ServingStatus;
use crate::proto::health::health_server::Health;
use crate::proto::health::{HealthCheckRequest, HealthCheckResponse};
use crate::proto::plugin::grpc_broker_server::GrpcBroker;
use crate::proto::plugin::grpc_controller_server::GrpcController;
use crate::proto::plugin::grpc_stdio_server::GrpcStdio;
use crate::proto::plugin::{ConnInfo, Empty, StdioData};

/// All four; they share the end.
#[derive(Clone)]
pub(super) struct AuxiliaryServices {
    end: CancellationToken,
}

impl AuxiliaryServices {
    pub(super) fn new(end: CancellationToken) -> Self {
        Self { end }
    }

    /// A stream that says nothing and stays open until the end.
    fn silent_stream<T: Send + 'static>(&self) -> SilentStream<T> {
        let end = self.end.clone().cancelled_owned();
        Box::pin(stream::pending().take_until(end))
    }
}

type SilentStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl GrpcController for AuxiliaryServices {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.end.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for AuxiliaryServices {
    async fn stream_stdio(
        &self,
        _request: Request<()>,
    ) -> Result<Response<SilentStream<StdioData>>, Status> {
        Ok(Response::new(self.silent_stream()))
    }
}

#[tonic::async_trait]
impl GrpcBroker for AuxiliaryServices {
    async fn start_stream(
        &self,
        _request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<SilentStream<ConnInfo>>, Status> {
        Ok(Response::new(self.silent_stream()))
    }
}

#[tonic::async_trait]
impl Health for AuxiliaryServices {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            "" | "plugin" => Ok(Response::new(serving())),
            other => Err(Status::not_found(format!("there is no service `{other}`"))),
        }
    }

    async fn watch(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<SilentStream<HealthCheckResponse>>, Status> {
        let first = stream::iter([Ok(serving())]);
        Ok(Response::new(Box::pin(first.chain(self.silent_stream()))))
    }
}

fn serving() -> HealthCheckResponse {
    HealthCheckResponse {
        status: ServingStatus::Serving.into(),
    }
}
