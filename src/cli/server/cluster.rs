//! The cluster whose aws-auth is followed: an EKS cluster by its name, or any API server by its address.
//!
//! What surprises: identities are read anew at each watch, because tokens of files and of AWS end while the server goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eksauth_cloud::ConfigMapWatch;
use eksauth_provider::Client;
use eksauth_provider::ports::ClusterAccess;
use eksauth_provider::ports::cloud::Secret;
use eksauth_provider::ports::eks::{Cluster, ClusterStatus};

use crate::command::ServerArguments;
use crate::failure::Failure;
use crate::{input, session};

const NAMESPACE: &str = "kube-system";
const NAME: &str = "aws-auth";

/// A cluster that is followed.
pub(super) enum WatchedCluster {
    /// Of EKS.
    Eks {
        /// The clients.
        client: Box<Client>,
        /// The cluster's name.
        name: String,
    },
    /// Any other.
    ApiServer(ApiServer),
}

/// An API server by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiServer {
    url: String,
    ca: PathBuf,
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

impl WatchedCluster {
    /// The place that the arguments name, if they name one.
    ///
    /// # Errors
    /// AWS settings that cannot be used, or an API server without an identity for it.
    pub(super) async fn of(arguments: &ServerArguments) -> Result<Option<Self>, Failure> {
        if let Some(name) = &arguments.cluster {
            return Ok(Some(Self::Eks {
                client: Box::new(session::connect(&arguments.aws, None).await?),
                name: name.clone(),
            }));
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
            url: url.clone(),
            ca: ca.clone(),
            token_file: arguments.token_file.clone(),
            client_certificate: arguments.client_certificate.clone(),
            client_key: arguments.client_key.clone(),
        })))
    }

    /// How messages name it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Eks { name, .. } => name,
            Self::ApiServer(server) => &server.url,
        }
    }

    /// How long an identity lasts: tokens of EKS end after 15 minutes, and those of files are replaced after a while.
    pub(super) fn renew_after(&self) -> Duration {
        match self {
            Self::Eks { .. } => Duration::from_secs(12 * 60),
            Self::ApiServer(_) => Duration::from_secs(30 * 60),
        }
    }

    /// The region of an EKS cluster.
    ///
    /// # Errors
    /// None is given anywhere.
    pub(super) fn region(&self) -> Result<Option<String>, Failure> {
        match self {
            Self::Eks { client, name } => Ok(Some(session::reference(client, name)?.region)),
            Self::ApiServer(_) => Ok(None),
        }
    }

    /// A new watch with fresh identities.
    ///
    /// # Errors
    /// No such cluster, no credentials, files that cannot be read.
    pub(super) async fn watch(&self) -> Result<ConfigMapWatch, Failure> {
        let (cluster, access) = match self {
            Self::Eks { client, name } => of_eks(client, name).await?,
            Self::ApiServer(server) => server.read()?,
        };
        Ok(ConfigMapWatch::new(&cluster, &access, NAMESPACE, NAME)?)
    }
}

async fn of_eks(client: &Client, name: &str) -> Result<(Cluster, ClusterAccess), Failure> {
    let found = session::cluster(client, name).await?;
    let mut access = found.access.clone();
    if access.token.is_none() && access.client_certificate.is_none() {
        let cloud = client
            .cloud()
            .ok_or_else(|| Failure::new("there are no clients"))?;
        let (reference, role) = (&found.reference, access.kubernetes_role_arn.as_deref());
        let token = cloud
            .cluster_token(&reference.name, &reference.region, role)
            .await?;
        access.token = Some(token.token);
    }
    Ok((found.cluster.clone(), access))
}

impl ApiServer {
    fn read(&self) -> Result<(Cluster, ClusterAccess), Failure> {
        let text = |path: &Option<PathBuf>| -> Result<Option<String>, Failure> {
            path.as_deref()
                .map(|path: &Path| input::text(path))
                .transpose()
        };
        let cluster = Cluster {
            name: self.url.clone(),
            arn: String::new(),
            status: ClusterStatus::Active,
            endpoint: Some(self.url.clone()),
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
        Ok((cluster, access))
    }
}
