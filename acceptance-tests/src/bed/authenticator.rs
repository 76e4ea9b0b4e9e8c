//! The real aws-iam-authenticator behind a kube-apiserver: it judges tokens and reads aws-auth.
//!
//! It calls STS at the host a token names; its proxy leads that to the emulator. The cluster's
//! creator is the hidden administrator that EKS keeps for clusters in CONFIG_MAP mode.

use std::{fs, path::Path, process::Command, time::Duration};

use super::{
    process::{Lifetime, Server, listens},
    tools::Tools,
};
use crate::failure::Outcome;

/// What one authenticator needs to be told.
pub(super) struct Plan<'a> {
    /// Where its own files go.
    pub folder: &'a Path,
    /// Where the bed's certificates are.
    pub certificates: &'a Path,
    /// The cluster name that tokens have to be made for.
    pub cluster: &'a str,
    /// The ARN of the user who made the cluster.
    pub creator: &'a str,
    pub port: u16,
    /// A kubeconfig with which it reads aws-auth.
    pub kubeconfig: &'a Path,
    /// The URL of the proxy that leads to STS.
    pub sts_proxy: &'a str,
}

/// Starts the authenticator and waits until it listens.
pub(super) fn start(tools: &Tools, plan: &Plan<'_>, lifetime: Lifetime) -> Outcome<Server> {
    let state = plan.folder.join("authenticator");
    fs::create_dir_all(&state)?;
    fs::copy(plan.certificates.join("server.crt"), state.join("cert.pem"))?;
    fs::copy(plan.certificates.join("server.key"), state.join("key.pem"))?;
    let configuration = state.join("creator.yaml");
    fs::write(&configuration, creator_text(plan.creator))?;
    let mut command = Command::new(&tools.authenticator);
    command
        .args([
            "server",
            "--backend-mode",
            "MountedFile,EKSConfigMap",
            "--address",
            "127.0.0.1",
        ])
        .args(["-i", plan.cluster, "--port", &plan.port.to_string()])
        .arg("-c")
        .arg(&configuration)
        .arg("--kubeconfig")
        .arg(plan.kubeconfig)
        .arg("--state-dir")
        .arg(&state)
        .arg("--generate-kubeconfig")
        .arg(state.join("webhook.yaml"))
        .env("HTTPS_PROXY", plan.sts_proxy)
        .env("NO_PROXY", "127.0.0.1")
        .env("SSL_CERT_FILE", plan.certificates.join("ca.crt"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "eu-central-1");
    let mut server = Server::start("authenticator", &command, plan.folder, lifetime)?;
    server.wait_until(Duration::from_secs(30), || listens(plan.port))?;
    Ok(server)
}

fn creator_text(creator: &str) -> String {
    format!(
        "server:
  mapUsers:
    - userARN: {creator}
      username: cluster-creator
      groups: [system:masters]
"
    )
}
