//! The cluster whose aws-auth is followed: an EKS cluster by its name, or any API server by its address.
//!
//! What surprises: identities are read anew at each watch, because tokens of files and of AWS end while the server goes on; and EKS is asked
//! at each watch where the cluster is, because one of the same name may have taken its place, with another endpoint and another CA.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eksauth_cloud::ConfigMapWatch;
use eksauth_core::aws_auth;
use eksauth_provider::Client;
use eksauth_provider::clusters::FoundCluster;
use eksauth_provider::ports::ClusterAccess;
use eksauth_provider::ports::cloud::{Secret, UrlSetting};
use eksauth_provider::ports::eks::{Cluster, ClusterStatus};

use crate::command::ServerArguments;
use crate::failure::Failure;
use crate::{input, session};

/// A cluster that is followed.
pub(super) enum WatchedCluster {
    /// Of EKS.
    Eks(EksCluster),
    /// Any other.
    ApiServer(ApiServer),
}

/// A cluster of EKS by its name.
pub(super) struct EksCluster {
    client: Box<Client>,
    name: String,
    /// As it was when it could last be used.
    last: Mutex<Option<Arc<FoundCluster>>>,
}

/// An API server by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiServer {
    url: UrlSetting,
    ca: PathBuf,
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

/// A watch that can begin.
pub(super) struct OpenedWatch {
    /// The watch.
    pub(super) watch: ConfigMapWatch,
    /// What is worth a line in the log.
    pub(super) events: Vec<String>,
}

impl WatchedCluster {
    /// The cluster that the arguments name, if they name one. Nothing is asked of it.
    ///
    /// # Errors
    /// AWS settings that cannot be used, or an API server without an identity for it.
    pub(super) async fn from_arguments(
        arguments: &ServerArguments,
    ) -> Result<Option<Self>, Failure> {
        if let Some(name) = &arguments.cluster {
            let aws = session::beside_cluster(&arguments.aws, Some(name));
            let client = session::connect(&aws, None).await?;
            return Ok(Some(Self::Eks(EksCluster::new(client, name))));
        }
        let (Some(url), Some(ca)) = (&arguments.api_server, &arguments.ca) else {
            return Ok(None);
        };
        if arguments.token_file.is_none() && arguments.client_certificate.is_none() {
            return Err(Failure::new(
                "--api-server needs --token-file or --client-certificate",
            ));
        }
        Ok(Some(Self::ApiServer(ApiServer {
            url: url.as_str().into(),
            ca: ca.clone(),
            token_file: arguments.token_file.clone(),
            client_certificate: arguments.client_certificate.clone(),
            client_key: arguments.client_key.clone(),
        })))
    }

    /// How messages name what is followed.
    pub(super) fn source(&self) -> String {
        match self {
            Self::Eks(cluster) => format!("aws-auth of cluster `{}`", cluster.name),
            Self::ApiServer(server) => format!("aws-auth of {}", server.url),
        }
    }

    /// How long an identity lasts: tokens of EKS end after 15 minutes, and those of files are replaced after a while.
    pub(super) fn renew_after(&self) -> Duration {
        match self {
            Self::Eks(_) => Duration::from_secs(12 * 60),
            Self::ApiServer(_) => Duration::from_secs(30 * 60),
        }
    }

    /// The region of an EKS cluster.
    ///
    /// # Errors
    /// None is given anywhere.
    pub(super) fn region(&self) -> Result<Option<String>, Failure> {
        match self {
            Self::Eks(EksCluster { client, name, .. }) => {
                Ok(Some(session::reference(client, name)?.region))
            }
            Self::ApiServer(_) => Ok(None),
        }
    }

    /// A new watch with a fresh identity, at the place where the cluster is now.
    ///
    /// # Errors
    /// No such cluster, one that cannot be used yet, no credentials, files that cannot be read.
    pub(super) async fn open(&self) -> Result<OpenedWatch, Failure> {
        let (target, events) = match self {
            Self::Eks(cluster) => cluster.target().await?,
            Self::ApiServer(server) => (server.target().await?, Vec::new()),
        };
        let watch = ConfigMapWatch::new(
            &target.cluster,
            &target.access,
            aws_auth::NAMESPACE,
            aws_auth::NAME,
        )?;
        Ok(OpenedWatch { watch, events })
    }
}

/// An API server, and who asks it.
struct Target {
    cluster: Cluster,
    access: ClusterAccess,
}

impl EksCluster {
    pub(super) fn new(client: Client, name: &str) -> Self {
        Self {
            client: Box::new(client),
            name: name.to_owned(),
            last: Mutex::default(),
        }
    }

    async fn target(&self) -> Result<(Target, Vec<String>), Failure> {
        let mut events = Vec::new();
        let found = self.find(&mut events).await?;
        let mut access = found.access.clone();
        if access.token.is_none() && access.client_certificate.is_none() {
            let cloud = self
                .client
                .cloud()
                .ok_or_else(|| Failure::new("there are no clients"))?;
            let (reference, role) = (&found.reference, access.kubernetes_role_arn.as_deref());
            let token = cloud
                .cluster_token(&reference.name, &reference.region, role)
                .await?;
            access.token = Some(token.token);
        }
        let cluster = found.cluster.clone();
        Ok((Target { cluster, access }, events))
    }

    /// The cluster as EKS shows it now; as it was, where EKS does not answer.
    async fn find(&self, events: &mut Vec<String>) -> Result<Arc<FoundCluster>, Failure> {
        let reference = session::reference(&self.client, &self.name)?;
        let last = self.last().clone();
        let found = match (self.client.clusters().find_now(&reference).await, last) {
            (Ok(Some(found)), _) => found,
            (Ok(None), _) => {
                let name = &self.name;
                let region = &reference.region;
                return Err(Failure::new(format!(
                    "there is no cluster `{name}` in region `{region}`"
                )));
            }
            (Err(error), Some(last)) => {
                events.push(format!(
                    "EKS does not say where cluster `{}` is, so it is looked for where it was: {}",
                    self.name,
                    Failure::from(error)
                ));
                return Ok(last);
            }
            (Err(error), None) => return Err(error.into()),
        };
        if !found.is_usable() {
            let name = &self.name;
            let state = state(&found.cluster.status);
            return Err(Failure::new(format!("cluster `{name}` {state}")));
        }
        let before = self.last().replace(Arc::clone(&found));
        if before.is_none_or(|before| !is_same_server(&before.cluster, &found.cluster)) {
            let endpoint = found.cluster.endpoint.as_deref().unwrap_or("no endpoint");
            events.push(format!("cluster `{}` is at {endpoint}", self.name));
        }
        Ok(found)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Arc<FoundCluster>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of a cluster that cannot be used, as the end of a sentence.
fn state(status: &ClusterStatus) -> String {
    match status {
        ClusterStatus::Creating => "is being created".to_owned(),
        ClusterStatus::Deleting => "is being deleted".to_owned(),
        ClusterStatus::Failed => "has failed".to_owned(),
        ClusterStatus::Active | ClusterStatus::Updating => "can be used".to_owned(),
        ClusterStatus::Other(status) => format!("has the status {status}"),
    }
}

/// Whether both are reached in the same way.
fn is_same_server(one: &Cluster, other: &Cluster) -> bool {
    one.endpoint == other.endpoint && one.certificate_authority == other.certificate_authority
}

impl ApiServer {
    async fn target(&self) -> Result<Target, Failure> {
        let server = self.clone();
        let read = tokio::task::spawn_blocking(move || server.read()).await;
        read.map_err(|error| Failure::new(format!("files could not be read: {error}")))?
    }

    fn read(&self) -> Result<Target, Failure> {
        let text = |path: &Option<PathBuf>| -> Result<Option<String>, Failure> {
            path.as_deref()
                .map(|path: &Path| input::text(path))
                .transpose()
        };
        let cluster = Cluster {
            name: self.url.to_string(),
            arn: String::new(),
            status: ClusterStatus::Active,
            endpoint: Some(self.url.expose().to_owned()),
            certificate_authority: Some(input::text(&self.ca)?),
            issuer: None,
            authentication_mode: None,
            version: None,
            created_at: None,
            tags: BTreeMap::new(),
        };
        let access = ClusterAccess {
            token: text(&self.token_file)?.map(|token| Secret::new(token.trim())),
            client_certificate: text(&self.client_certificate)?,
            client_key: text(&self.client_key)?.map(Secret::new),
            ..ClusterAccess::default()
        };
        Ok(Target { cluster, access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_in_the_address_of_an_api_server_is_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, "no PEM").unwrap();
        let server = ApiServer {
            url: "https://me:hunter2@api.example:6443".into(),
            ca,
            token_file: None,
            client_certificate: None,
            client_key: None,
        };
        let name = server.read().unwrap().cluster.name;
        let shown = format!("{server:?}");
        let source = WatchedCluster::ApiServer(server).source();
        assert_eq!(source, "aws-auth of https://(redacted)@api.example:6443");
        for text in [source, name, shown] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
