//! What a kubeconfig needs of a cluster that was found: the same for the data source and the command line.

use eksauth_core::kubeconfig::{Connection, Exec, Program};
use tf_provider::Diagnostic;

use super::{FoundCluster, diagnostics};

/// How a person wants to reach a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRequest {
    /// The context's name; the cluster's ARN unless given.
    pub context: Option<String>,
    /// The name of the user's entry; the cluster's ARN unless given.
    pub user: Option<String>,
    /// The program that makes tokens.
    pub program: Program,
    /// The role that it assumes first.
    pub role_arn: Option<String>,
    /// The profile that it uses.
    pub profile: Option<String>,
}

impl FoundCluster {
    /// The entries of a kubeconfig for this cluster, as EKS describes it: no token is asked for.
    ///
    /// # Errors
    /// It has no endpoint or no certificate authority yet.
    pub fn connection(&self, request: ConnectionRequest) -> Result<Connection, Diagnostic> {
        let cluster = &self.cluster;
        let (Some(server), Some(certificate_authority)) =
            (&cluster.endpoint, &cluster.certificate_authority)
        else {
            return Err(diagnostics::no_endpoint_yet(&self.reference));
        };
        Ok(Connection {
            context: request.context.unwrap_or_else(|| cluster.arn.clone()),
            cluster: cluster.arn.clone(),
            user: request.user.unwrap_or_else(|| cluster.arn.clone()),
            server: server.clone(),
            certificate_authority: certificate_authority.clone(),
            exec: Exec {
                program: request.program,
                cluster_name: cluster.name.clone(),
                region: self.reference.region.clone(),
                role_arn: request.role_arn,
                profile: request.profile,
            },
        })
    }
}
