//! etcd, the store of one kube-apiserver.

use std::{path::Path, process::Command, time::Duration};

use super::{
    process::{Lifetime, Server, free_port, listens},
    tools::Tools,
};
use crate::failure::Outcome;

/// Starts etcd with its data in `folder` and returns it with its client URL.
pub(super) fn start(tools: &Tools, folder: &Path, lifetime: Lifetime) -> Outcome<(Server, String)> {
    let (client, peer) = (free_port()?, free_port()?);
    let (client_url, peer_url) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    let mut command = Command::new(&tools.etcd);
    command
        .arg("--data-dir")
        .arg(folder.join("etcd"))
        .args(["--unsafe-no-fsync", "--log-level=warn", "--name=bed"])
        .args([
            "--listen-client-urls",
            &client_url,
            "--advertise-client-urls",
            &client_url,
        ])
        .args([
            "--listen-peer-urls",
            &peer_url,
            "--initial-advertise-peer-urls",
            &peer_url,
        ])
        .arg(format!("--initial-cluster=bed={peer_url}"));
    let mut server = Server::start("etcd", &command, folder, lifetime)?;
    server.wait_until(Duration::from_secs(30), || listens(client))?;
    Ok((server, client_url))
}
