//! Serves a provider to Terraform: go-plugin's handshake, mutual TLS, the services beside the provider's own, logs.
//!
//! Source: go-plugin and the environment Terraform gives its plugins.

mod accept;
mod auxiliary_services;
mod endpoint;
mod handshake;
mod hclog;
mod listen;
mod reattach;
mod tls;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server as Transport;

use crate::proto::health::health_server::HealthServer;
use crate::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::provider::Provider;
use crate::rpc::{self, Server};
use auxiliary_services::AuxiliaryServices;
use endpoint::Endpoint;
use handshake::{Handshake, HandshakeError};
use listen::{ListenError, Listener};
use tls::ServerCertificate;

/// How long open streams may hold up the end; the host kills after two seconds.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);
/// How often to check that the host still lives.
#[cfg(unix)]
const HOST_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How to serve.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    debug: bool,
    log_targets: Vec<String>,
}

impl ServeOptions {
    /// Serve without Terraform having started the process, and print what to export for Terraform to come (`TF_REATTACH_PROVIDERS`).
    #[must_use]
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = debug;
        self
    }

    /// A crate whose log lines go to Terraform's log. Others are left out, because they may log requests with secrets in them.
    #[must_use]
    pub fn log_target(mut self, target: impl Into<String>) -> Self {
        self.log_targets.push(target.into());
        self
    }
}

/// Why a provider could not be served.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    HandshakeRequest(#[from] HandshakeError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("the certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    #[error("the runtime cannot be started: {0}")]
    Runtime(std::io::Error),
    #[error("the handshake cannot be written: {0}")]
    HandshakeLine(std::io::Error),
    #[error("the server stopped: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// True if Terraform started this process (its cookie is there). If not, a person did: show them something better than an error.
pub fn started_by_terraform() -> bool {
    handshake::has_cookie(handshake::environment)
}

/// Serves until Terraform shuts it down, on a runtime of its own. The process should end with the code that is returned.
pub fn serve<P: Provider>(provider: P, options: ServeOptions) -> ExitCode {
    if !options.debug && !started_by_terraform() {
        eprintln!(
            "This binary is a plugin: Terraform starts it by itself.\nWrite a configuration that requires the provider `{}` and run `terraform init`.",
            P::ADDRESS
        );
        return ExitCode::FAILURE;
    }
    hclog::install(&options.log_targets);
    let served = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)
        .and_then(|runtime| {
            let served = runtime.block_on(run(provider, &options));
            // Whatever still runs has been cancelled; nobody waits for it.
            runtime.shutdown_background();
            served
        });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The provider `{}` cannot be served: {error}.", P::ADDRESS);
            ExitCode::FAILURE
        }
    }
}

async fn run<P: Provider>(provider: P, options: &ServeOptions) -> Result<(), ServeError> {
    let end = CancellationToken::new();
    watch_signals(&end, options.debug)?;
    #[cfg(unix)]
    if !options.debug {
        watch_host(&end);
    }
    let handshake = if options.debug {
        Handshake::for_debugging()
    } else {
        Handshake::from_environment(handshake::environment)?
    };
    let certificate = handshake
        .host_certificate
        .as_ref()
        .map(|_| ServerCertificate::new())
        .transpose()?;
    let acceptor = match (&handshake.host_certificate, &certificate) {
        (Some(host), Some(certificate)) => Some(tls::acceptor(certificate, host.clone())?),
        _ => None,
    };
    let listener = Listener::bind(&handshake)?;
    announce::<P>(
        &handshake,
        options,
        &listener.endpoint,
        certificate.as_ref(),
    )?;
    serve_until(Server::new(provider), listener, acceptor, end).await
}

fn announce<P: Provider>(
    handshake: &Handshake,
    options: &ServeOptions,
    endpoint: &Endpoint,
    certificate: Option<&ServerCertificate>,
) -> Result<(), ServeError> {
    let text = if options.debug {
        reattach::instructions(P::ADDRESS, std::process::id(), endpoint)
    } else {
        handshake.line(endpoint, certificate.map(ServerCertificate::der))
    };
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(ServeError::HandshakeLine)
}

/// Serves until the end is cancelled, and at most [`SHUTDOWN_GRACE`] longer.
async fn serve_until<P: Provider>(
    server: Server<P>,
    listener: Listener,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
    end: CancellationToken,
) -> Result<(), ServeError> {
    let (incoming, _socket) = listener.incoming(acceptor, end.clone());
    let services = AuxiliaryServices::new(end.clone());
    let serving = Transport::builder()
        .add_service(rpc::service(server))
        .add_service(GrpcControllerServer::new(services.clone()))
        .add_service(GrpcStdioServer::new(services.clone()))
        .add_service(GrpcBrokerServer::new(services.clone()))
        .add_service(HealthServer::new(services))
        .serve_with_incoming_shutdown(incoming, end.clone().cancelled_owned());
    let after_grace = async {
        end.cancelled().await;
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        served = serving => served.map_err(ServeError::Transport),
        () = after_grace => Ok(()),
    }
}

/// Ctrl-C reaches the whole process group: Terraform hears it too and says StopProvider, so here it is ignored (it ends debugging).
#[cfg(unix)]
fn watch_signals(end: &CancellationToken, debug: bool) -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Runtime)?;
    let end = end.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => if debug { end.cancel() },
                _ = terminate.recv() => end.cancel(),
                () = end.cancelled() => break,
            }
        }
    });
    Ok(())
}

/// A host that was killed says no goodbye: it is gone when another process has become our parent.
#[cfg(unix)]
fn watch_host(end: &CancellationToken) {
    let (host, end) = (std::os::unix::process::parent_id(), end.clone());
    tokio::spawn(async move {
        while std::os::unix::process::parent_id() == host {
            tokio::select! {
                () = tokio::time::sleep(HOST_CHECK_INTERVAL) => {}
                () = end.cancelled() => return,
            }
        }
        tracing::warn!("Terraform ended without stopping the provider, so the provider ends too");
        end.cancel();
    });
}

/// The same for a console of Windows.
#[cfg(windows)]
fn watch_signals(end: &CancellationToken, debug: bool) -> Result<(), ServeError> {
    let mut interrupt = tokio::signal::windows::ctrl_c().map_err(ServeError::Runtime)?;
    let end = end.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => if debug { end.cancel() },
                () = end.cancelled() => break,
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
