//! One Kubernetes control plane of the bed: etcd, kube-apiserver and the authenticator in front.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use super::{
    audit::Audit,
    authenticator::{self, Whose},
    emulator::Emulator,
    etcd, kube_apiserver,
    process::{Lifetime, Server, free_port},
    tools::Tools,
};
use crate::failure::{Failure, Outcome};

/// A running control plane, which knows tokens made for one cluster name.
pub struct Kubernetes {
    _servers: [Server; 3],
    folder: PathBuf,
    endpoint: String,
    issuer: String,
}

/// What a control plane is made for.
pub struct Plan<'a> {
    /// The cluster name in its tokens.
    pub cluster: &'a str,
    /// The issuer of its service account tokens.
    pub issuer: String,
    /// The user who is its hidden administrator.
    pub creator: &'a str,
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
        let wanted = kube_apiserver::Plan {
            folder: &folder,
            certificates: plan.bed,
            etcd: &store,
            port,
            issuer: &plan.issuer,
            webhook_port,
        };
        let mut api_server = kube_apiserver::start(tools, &wanted, plan.lifetime)?;
        let backing = json!({"name": plan.cluster, "endpoint": endpoint, "issuer": plan.issuer});
        emulator.control("backing", &backing)?;
        let ready = json!({"name": plan.cluster, "method": "GET", "path": "/readyz"});
        api_server.wait_until(Duration::from_secs(90), || {
            emulator
                .control("kubernetes", &ready)
                .is_ok_and(|answer| answer.get("status") == Some(&json!(200)))
        })?;
        let kubeconfig = folder.join("administrator.kubeconfig");
        fs::write(&kubeconfig, administrator_text(plan.bed, &endpoint))?;
        let wanted = authenticator::Plan {
            whose: Whose::chosen()?,
            folder: &folder,
            certificates: plan.bed,
            cluster: plan.cluster,
            creator: plan.creator,
            port: webhook_port,
            kubeconfig: &kubeconfig,
            api_server: &endpoint,
            sts_proxy: &emulator.sts_proxy(),
        };
        let authenticator = authenticator::start(tools, &wanted, plan.lifetime)?;
        Ok(Kubernetes {
            _servers: [authenticator, api_server, etcd],
            folder,
            endpoint,
            issuer: plan.issuer,
        })
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
