//! One Kubernetes control plane of the bed: etcd, kube-apiserver and the authenticator in front.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use super::{
    audit::Audit,
    authenticator::{self, Access, OwnMappings, Whose},
    emulator::Emulator,
    etcd,
    identity::Identity,
    kube_apiserver,
    process::{Lifetime, Server, free_port},
    tools::Tools,
};
use crate::failure::{Failure, Outcome};

/// A running control plane, which knows tokens made for one cluster name.
pub struct Kubernetes {
    _authenticator: Server,
    api_server: Option<Server>,
    _etcd: Server,
    cluster: String,
    folder: PathBuf,
    bed: PathBuf,
    lifetime: Lifetime,
    store: String,
    port: u16,
    webhook_port: u16,
    endpoint: String,
    issuer: String,
}

/// What a control plane is made for.
pub struct Plan<'a> {
    /// The cluster name in its tokens.
    pub cluster: &'a str,
    /// The issuer of its service account tokens.
    pub issuer: String,
    /// The user who is its hidden administrator, and with whose keys it asks EC2.
    pub creator: &'a Identity,
    /// The user whose rights a story chooses.
    pub restricted: &'a str,
    /// The bed's folder.
    pub bed: &'a Path,
    /// Whether it outlives this program.
    pub lifetime: Lifetime,
}

impl Kubernetes {
    /// Starts the three programs, waits until they are ready and tells the emulator.
    ///
    /// # Errors
    /// One of them ended or was not ready in time, with the end of its log.
    pub fn start(tools: &Tools, emulator: &Emulator, plan: Plan<'_>) -> Outcome<Kubernetes> {
        let folder = plan.bed.join(format!("kubernetes-{}", plan.cluster));
        fs::create_dir_all(&folder)?;
        let (port, webhook_port) = (free_port()?, free_port()?);
        let endpoint = format!("https://127.0.0.1:{port}");
        let (etcd, store) = etcd::start(tools, &folder, plan.lifetime)?;
        let authorizer = emulator.authorizer(plan.cluster);
        let wanted = kube_apiserver::Plan {
            folder: &folder,
            certificates: plan.bed,
            etcd: &store,
            port,
            issuer: &plan.issuer,
            webhook_port,
            authorizer: &authorizer,
        };
        let mut api_server = kube_apiserver::start(tools, &wanted, plan.lifetime)?;
        let files = authenticator::state(&folder);
        fs::create_dir_all(&files)?;
        let backing = json!({
            "name": plan.cluster, "endpoint": endpoint, "issuer": plan.issuer, "creator": plan.creator.arn,
            "authenticator": files,
        });
        emulator.control("backing", &backing)?;
        wait_until_ready(&mut api_server, emulator, plan.cluster)?;
        let kubeconfig = folder.join("administrator.kubeconfig");
        fs::write(&kubeconfig, administrator_text(plan.bed, &endpoint))?;
        let wanted = authenticator::Plan {
            whose: Whose::chosen()?,
            folder: &folder,
            certificates: plan.bed,
            cluster: plan.cluster,
            creator: &plan.creator.arn,
            restricted: plan.restricted,
            port: webhook_port,
            kubeconfig: &kubeconfig,
            api_server: &endpoint,
            sts_proxy: &emulator.sts_proxy(),
            own: OwnMappings::default(),
            access: Some(Access {
                files: &files,
                ec2: &emulator.url(),
                keys: plan.creator,
            }),
        };
        let authenticator = authenticator::start(tools, &wanted, plan.lifetime)?;
        Ok(Kubernetes {
            _authenticator: authenticator,
            api_server: Some(api_server),
            _etcd: etcd,
            cluster: plan.cluster.to_owned(),
            folder,
            bed: plan.bed.to_owned(),
            lifetime: plan.lifetime,
            store,
            port,
            webhook_port,
            endpoint,
            issuer: plan.issuer,
        })
    }

    /// Ends the API server and starts it again at its port; from now on the authenticator at `webhook_port` judges, where one is given.
    ///
    /// # Errors
    /// It ended or was not ready in time, with the end of its log.
    pub fn restart_api_server(
        &mut self,
        tools: &Tools,
        emulator: &Emulator,
        webhook_port: Option<u16>,
    ) -> Outcome {
        drop(self.api_server.take());
        self.webhook_port = webhook_port.unwrap_or(self.webhook_port);
        let wanted = kube_apiserver::Plan {
            folder: &self.folder,
            certificates: &self.bed,
            etcd: &self.store,
            port: self.port,
            issuer: &self.issuer,
            webhook_port: self.webhook_port,
            authorizer: &emulator.authorizer(&self.cluster),
        };
        let mut api_server = kube_apiserver::start(tools, &wanted, self.lifetime)?;
        wait_until_ready(&mut api_server, emulator, &self.cluster)?;
        self.api_server = Some(api_server);
        Ok(())
    }

    /// The API server's URL.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The issuer of its service account tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A kubeconfig of its administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("administrator.kubeconfig")
    }

    /// A reader of its audit log that starts now.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn audit(&self) -> Outcome<Audit> {
        let mut audit = Audit::new(kube_apiserver::audit_log(&self.folder));
        audit
            .reset()
            .map_err(|failure: Failure| failure.during("reading the audit log"))?;
        Ok(audit)
    }
}

fn wait_until_ready(api_server: &mut Server, emulator: &Emulator, cluster: &str) -> Outcome {
    let ready = json!({"name": cluster, "method": "GET", "path": "/readyz"});
    api_server.wait_until(Duration::from_secs(90), || {
        emulator
            .control("kubernetes", &ready)
            .is_ok_and(|answer| answer.get("status") == Some(&json!(200)))
    })
}

fn administrator_text(bed: &Path, endpoint: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: bed
clusters:
  - name: bed
    cluster: {{certificate-authority: {bed}/ca.crt, server: '{endpoint}'}}
users:
  - name: administrator
    user: {{client-certificate: {bed}/administrator.crt, client-key: {bed}/administrator.key}}
contexts:
  - name: bed
    context: {{cluster: bed, user: administrator}}
",
        bed = bed.display()
    )
}
