//! `server`: the token webhook that a kube-apiserver asks, on TLS, fed by the aws-auth of a cluster or by files.
//!
//! Paths: `/authenticate`, `/healthz` (the process serves), `/readyz` (everything was read), `/metrics`. Nothing is cached: every token is asked of STS, so none outlives its end. Stops gently at
//! SIGTERM and SIGINT, reads files again at SIGHUP and when they change. Rules: `eksauth_core::webhook`.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use eksauth_cloud::SystemClock;
use eksauth_core::authenticator::identity_mapping::SsoRoleMatch;
use eksauth_core::authenticator::identity_mapping::UserIdStrict;
use eksauth_core::authenticator::server_config::{ServerConfig, server_config};
use eksauth_core::aws_auth::Reading;
use eksauth_core::token::Verifier;
use eksauth_provider::attributes::cluster::NamedCluster;
use eksauth_provider::ports::Clock;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::command::{BackendName, ServerArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::sts::{Sts, region, verifier};
use access_log::AccessLog;
use authenticate::Authenticator;
use certificate::Certificate;
use cluster::WatchedCluster;
use connections::{ConnectionServer, Limits};
use feed::Feed;
use files::{FeedFile, FileKind, WatchedFiles};
use http::Service;
use mapper::{Mapper, Part};
use metrics::Metrics;
use readiness::Readiness;

mod access_log;
mod authenticate;
mod certificate;
mod cluster;
mod connections;
mod feed;
mod files;
mod http;
mod mapper;
mod metrics;
mod places;
mod readiness;

/// Serves until a signal ends it.
///
/// # Errors
/// Arguments, files or a port that cannot be used.
pub async fn run(arguments: &ServerArguments) -> Result<Outcome, Failure> {
    let setup = Setup {
        limits: Limits::default(),
        clock: Arc::new(SystemClock),
        cluster: WatchedCluster::from_arguments(arguments).await?,
    };
    let server = Server::prepare(arguments, setup, std::io::stderr()).await?;
    let (stop, reload) = (CancellationToken::new(), server.reload());
    let signals = |kind| {
        signal(kind).map_err(|error| Failure::new(format!("signals cannot be handled: {error}")))
    };
    let (mut term, mut interrupt, mut hangup) = (
        signals(SignalKind::terminate())?,
        signals(SignalKind::interrupt())?,
        signals(SignalKind::hangup())?,
    );
    let stopping = stop.clone();
    let listen = tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = term.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => reload.notify_one(),
            }
        }
        stopping.cancel();
    });
    server.serve(stop).await;
    listen.abort();
    Ok(Outcome::new("", Verdict::Yes))
}

/// What a server has beside its arguments.
struct Setup {
    limits: Limits,
    clock: Arc<dyn Clock>,
    cluster: Option<WatchedCluster>,
}

/// A server that is ready and does not serve yet.
struct Server {
    connections: ConnectionServer,
    service: Arc<Service>,
    feed: Feed,
    files: WatchedFiles,
    cluster: Option<(WatchedCluster, usize)>,
    reload: Arc<Notify>,
}

impl Server {
    /// Reads everything and takes the port.
    async fn prepare(
        arguments: &ServerArguments,
        setup: Setup,
        log: impl Write + Send + 'static,
    ) -> Result<Self, Failure> {
        let Setup {
            limits,
            clock,
            cluster,
        } = setup;
        let config = config(arguments)?;
        let verifier = verifier_of(arguments, &config, cluster.as_ref())?;
        let backends = backends(arguments, cluster.is_some())?;
        let certificate = Arc::new(Certificate::read(&arguments.state_dir)?);
        let files = WatchedFiles::new(
            files(arguments, &backends),
            Arc::clone(&certificate),
            arguments.state_dir.clone(),
        );
        let mapper = Arc::new(mapper(arguments, &backends, &files)?);
        let metrics = Arc::new(Metrics::default());
        let log = AccessLog::start(log, Arc::clone(&metrics));
        let listener = listen(SocketAddr::new(arguments.address, arguments.port)).await?;
        let mut scrubbed_accounts = config.scrubbed_accounts;
        scrubbed_accounts.extend(arguments.scrubbed_accounts.iter().cloned());
        let authenticator = Authenticator {
            verifier,
            sts: Sts::new(&arguments.sts).await?,
            mapper: Arc::clone(&mapper),
            scrubbed_accounts,
            clock: Arc::clone(&clock),
            metrics: Arc::clone(&metrics),
        };
        let watched = backends
            .iter()
            .position(|backend| *backend == BackendName::EksConfigMap);
        let cluster = cluster.zip(watched);
        let source = cluster.as_ref().map(|(cluster, _)| cluster.source());
        let readiness = Arc::new(Readiness::new(source));
        Ok(Self {
            connections: ConnectionServer {
                listener,
                acceptor: TlsAcceptor::from(certificate::tls(certificate)?),
                max_connections: connections::fitting(arguments.max_connections),
                limits,
                metrics: Arc::clone(&metrics),
            },
            service: Arc::new(Service::new(
                authenticator,
                Arc::clone(&readiness),
                log.clone(),
                limits,
            )),
            feed: Feed {
                mapper,
                metrics,
                readiness,
                log,
                clock,
            },
            files,
            cluster,
            reload: Arc::default(),
        })
    }

    /// Asks for a reload.
    fn reload(&self) -> Arc<Notify> {
        Arc::clone(&self.reload)
    }

    /// Where it listens.
    fn address(&self) -> Option<SocketAddr> {
        self.connections.listener.local_addr().ok()
    }

    /// Serves until it is stopped.
    async fn serve(self, stop: CancellationToken) {
        if let Some(address) = self.address() {
            let text = format!("listening on https://{address}/authenticate");
            self.feed.log.event(self.feed.clock.now(), &text);
        }
        for finding in self.feed.mapper.findings() {
            self.feed.log.event(self.feed.clock.now(), &finding);
        }
        let files = self.feed.clone().follow_files(self.files, self.reload);
        let files = tokio::spawn(files);
        let log = self.feed.log.clone();
        let cluster = self
            .cluster
            .map(|(cluster, position)| tokio::spawn(self.feed.follow_cluster(cluster, position)));
        self.connections.serve(self.service, stop).await;
        files.abort();
        if let Some(cluster) = cluster {
            cluster.abort();
        }
        log.flush().await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::new(format!("{address} cannot be listened on: {error}")))
}

fn config(arguments: &ServerArguments) -> Result<ServerConfig, Failure> {
    let Some(path) = &arguments.config else {
        return Ok(ServerConfig::default());
    };
    server_config(&crate::input::text(path)?)
        .map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))
}

fn verifier_of(
    arguments: &ServerArguments,
    config: &ServerConfig,
    cluster: Option<&WatchedCluster>,
) -> Result<Verifier, Failure> {
    let cluster_id = arguments
        .cluster_id
        .as_ref()
        .or(config.cluster_id.as_ref())
        .or(arguments.cluster.as_ref())
        .ok_or_else(|| Failure::new("give the cluster id: --cluster-id, --cluster or --config"))?;
    let of_cluster = match cluster {
        Some(cluster) => cluster.region()?,
        None => None,
    };
    let named = NamedCluster::parse(cluster_id);
    let given = arguments.aws.region.as_deref().or(named.region);
    let region = of_cluster.or_else(|| region(given));
    verifier(named.name, arguments.partition.as_deref(), region)
}

/// The backends in order: those that are named, else those that have a source.
fn backends(arguments: &ServerArguments, has_cluster: bool) -> Result<Vec<BackendName>, Failure> {
    let has = |backend: &BackendName| match backend {
        BackendName::MountedFile => arguments.config.is_some(),
        BackendName::DynamicFile => arguments.dynamic_file.is_some(),
        BackendName::EksConfigMap => has_cluster || arguments.aws_auth.is_some(),
    };
    if arguments.backend_mode.is_empty() {
        let all = [
            BackendName::MountedFile,
            BackendName::DynamicFile,
            BackendName::EksConfigMap,
        ];
        let found: Vec<BackendName> = all.into_iter().filter(has).collect();
        return match found.is_empty() {
            true => Err(Failure::new(
                "there are no mappings: give --cluster, --api-server, --aws-auth, --config or --dynamic-file",
            )),
            false => Ok(found),
        };
    }
    let distinct: BTreeSet<String> = arguments
        .backend_mode
        .iter()
        .map(|backend| format!("{backend:?}"))
        .collect();
    if distinct.len() != arguments.backend_mode.len() {
        return Err(Failure::new("--backend-mode names a backend twice"));
    }
    match arguments.backend_mode.iter().find(|backend| !has(backend)) {
        Some(BackendName::MountedFile) => Err(Failure::new("MountedFile needs --config")),
        Some(BackendName::DynamicFile) => Err(Failure::new("DynamicFile needs --dynamic-file")),
        Some(BackendName::EksConfigMap) => Err(Failure::new(
            "EKSConfigMap needs --cluster, --api-server or --aws-auth",
        )),
        None => Ok(arguments.backend_mode.clone()),
    }
}

/// The files of the backends that have one.
fn files(arguments: &ServerArguments, backends: &[BackendName]) -> Vec<FeedFile> {
    let strict = match arguments.dynamic_file_user_id_strict {
        true => UserIdStrict::Yes,
        false => UserIdStrict::No,
    };
    let file = |(position, backend): (usize, &BackendName)| {
        let (path, kind) = match backend {
            BackendName::MountedFile => (arguments.config.clone(), FileKind::Config),
            BackendName::DynamicFile => (arguments.dynamic_file.clone(), FileKind::Dynamic(strict)),
            BackendName::EksConfigMap => (arguments.aws_auth.clone(), FileKind::AwsAuth),
        };
        Some(FeedFile {
            path: path?,
            kind,
            position,
        })
    };
    backends.iter().enumerate().filter_map(file).collect()
}

fn mapper(
    arguments: &ServerArguments,
    backends: &[BackendName],
    files: &WatchedFiles,
) -> Result<Mapper, Failure> {
    let mut parts = vec![Part::ConfigMap(Reading::default()); backends.len()];
    for file in files.of_backends() {
        if let Some(part) = parts.get_mut(file.position) {
            *part = file.part()?;
        }
    }
    let sso = match arguments.sso_role_match {
        true => SsoRoleMatch::On,
        false => SsoRoleMatch::Off,
    };
    Mapper::new(parts, arguments.reserved_prefixes.clone(), sso)
        .map_err(|error| Failure::new(error.to_string()))
}

#[cfg(test)]
mod tests;
