//! The authenticator behind a kube-apiserver: it judges tokens and reads aws-auth. The real
//! aws-iam-authenticator, or our own `server` where `EKSAUTH_TEST_AUTHENTICATOR` says so.
//!
//! It calls STS at the host a token names; its proxy leads that to the emulator. The cluster's
//! creator is the hidden administrator that EKS keeps for clusters in CONFIG_MAP mode. Access entries and the mode reach it by
//! two files that the emulator writes; it reads them while it runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    host::REGION,
    identity::Identity,
    permissions::GROUP,
    process::{Lifetime, Server, listens},
    provider_under_test::built_provider,
    tools::Tools,
};
use crate::failure::{Failure, Outcome};

/// Says whose authenticator judges: `real` (the default) or `ours`.
pub const AUTHENTICATOR: &str = "EKSAUTH_TEST_AUTHENTICATOR";

/// Where aws-iam-authenticator answers whether it is well: on every address, whatever `--address` says, and no flag moves it.
/// A second one on the same machine notes that the port is taken and does without.
pub const HEALTH_PORT: u16 = 21363;

/// The name, in IAM and in the clusters, of the user whose rights a story chooses.
pub const RESTRICTED: &str = "restricted";

/// Whose authenticator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// aws-iam-authenticator.
    Real,
    /// The provider's own `server`.
    Ours,
}

impl Whose {
    /// The one that the variable names.
    ///
    /// # Errors
    /// It names another.
    pub fn chosen() -> Outcome<Whose> {
        match std::env::var(AUTHENTICATOR).as_deref() {
            Err(_) | Ok("" | "real") => Ok(Whose::Real),
            Ok("ours") => Ok(Whose::Ours),
            Ok(other) => {
                let text = format!("{AUTHENTICATOR} is `{other}`; it is `real` or `ours`");
                Err(Failure::new(text))
            }
        }
    }
}

/// What one authenticator needs to be told.
pub struct Plan<'a> {
    /// Whose it is.
    pub whose: Whose,
    /// Where its own files go.
    pub folder: &'a Path,
    /// Where the bed's certificates are.
    pub certificates: &'a Path,
    /// The cluster name that tokens have to be made for.
    pub cluster: &'a str,
    /// The ARN of the user who made the cluster.
    pub creator: &'a str,
    /// The ARN of the user who has what [`GROUP`] has, whatever aws-auth says.
    pub restricted: &'a str,
    /// Where it listens.
    pub port: u16,
    /// A kubeconfig with which the real one reads aws-auth.
    pub kubeconfig: &'a Path,
    /// The API server from which ours reads it, as the same administrator.
    pub api_server: &'a str,
    /// The URL of the proxy that leads to STS.
    pub sts_proxy: &'a str,
    /// Whom it knows besides by its own files.
    pub own: OwnMappings<'a>,
    /// Where it learns of access entries and of the mode; without, it knows aws-auth only.
    pub access: Option<Access<'a>>,
}

/// Mappings in an authenticator's own files.
#[derive(Clone, Copy, Default)]
pub struct OwnMappings<'a> {
    /// Items of `server.mapRoles` of its configuration, each line indented by four blanks.
    pub roles: &'a str,
    /// The same of `server.mapUsers`.
    pub users: &'a str,
    /// A dynamic file, which is read by unique ids.
    pub dynamic_file: Option<&'a Path>,
}

/// What makes an authenticator follow the cluster's access entries and mode.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Where the emulator writes both: `access-entries.json` and `backend-mode.json`.
    pub files: &'a Path,
    /// The URL of EC2, which knows the names of nodes.
    pub ec2: &'a str,
    /// Whose keys it asks EC2 with.
    pub keys: &'a Identity,
}

impl Access<'_> {
    /// The file with the entries, found by unique id.
    fn entries(&self) -> PathBuf {
        self.files.join("access-entries.json")
    }
}

/// Starts the authenticator and waits until it listens.
///
/// # Errors
/// It ended or did not listen in time, with the end of its log.
pub fn start(tools: &Tools, plan: &Plan<'_>, lifetime: Lifetime) -> Outcome<Server> {
    let state = state(plan.folder);
    fs::create_dir_all(&state)?;
    fs::copy(plan.certificates.join("server.crt"), state.join("cert.pem"))?;
    fs::copy(plan.certificates.join("server.key"), state.join("key.pem"))?;
    let configuration = state.join("mounted.yaml");
    fs::write(&configuration, mounted_text(plan))?;
    let mut command = match plan.whose {
        Whose::Real => real(tools, plan, &state),
        Whose::Ours => ours(plan)?,
    };
    command
        .args(["--backend-mode", backends(plan)])
        .args(["-i", plan.cluster, "--address", "127.0.0.1"])
        .args(["--port", &plan.port.to_string()])
        .arg("-c")
        .arg(&configuration)
        .arg("--state-dir")
        .arg(&state)
        .env("HTTPS_PROXY", plan.sts_proxy)
        .env("NO_PROXY", "127.0.0.1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", REGION);
    if let Some(access) = plan.access {
        command
            .envs(access.keys.environment())
            .env("AWS_ENDPOINT_URL_EC2", access.ec2);
    }
    let mut server = Server::start("authenticator", &command, plan.folder, lifetime)?;
    server.wait_until(Duration::from_secs(30), || listens(plan.port))?;
    Ok(server)
}

/// Where the files of the authenticator of a control plane go, whose folder is `folder`.
#[must_use]
pub fn state(folder: &Path) -> PathBuf {
    folder.join("authenticator")
}

/// The backends until the file with the mode says otherwise.
fn backends(plan: &Plan<'_>) -> &'static str {
    match plan.access.is_some() || plan.own.dynamic_file.is_some() {
        true => "MountedFile,DynamicFile,EKSConfigMap",
        false => "MountedFile,EKSConfigMap",
    }
}

/// The real one with what only it is told.
fn real(tools: &Tools, plan: &Plan<'_>, state: &Path) -> Command {
    let mut command = Command::new(&tools.authenticator);
    command
        .env("SSL_CERT_FILE", plan.certificates.join("ca.crt"))
        .args(["server", "--kubeconfig"])
        .arg(plan.kubeconfig)
        .arg("--generate-kubeconfig")
        .arg(state.join("webhook.yaml"));
    command
}

/// Ours with what only it is told.
fn ours(plan: &Plan<'_>) -> Outcome<Command> {
    let certificate = |name: &str| plan.certificates.join(name);
    let mut command = Command::new(built_provider()?);
    command
        .args(["server", "--api-server", plan.api_server, "--ca"])
        .arg(certificate("ca.crt"))
        .arg("--client-certificate")
        .arg(certificate("administrator.crt"))
        .arg("--client-key")
        .arg(certificate("administrator.key"))
        .arg("--sts-ca")
        .arg(certificate("ca.crt"));
    if let Some(file) = plan.own.dynamic_file {
        command
            .arg("--dynamic-file")
            .arg(file)
            .arg("--dynamic-file-user-id-strict");
    }
    if let Some(access) = plan.access {
        // It has no file for the mode: aws-auth counts in mode API, too.
        command
            .arg("--dynamic-file")
            .arg(access.entries())
            .arg("--dynamic-file-user-id-strict");
    }
    Ok(command)
}

/// Whom the authenticator knows besides those of aws-auth, and for the real one where it learns of others.
fn mounted_text(plan: &Plan<'_>) -> String {
    let roles = match plan.own.roles {
        "" => String::new(),
        roles => format!("  mapRoles:\n{roles}"),
    };
    let people = format!(
        "server:
  mapUsers:
    - userARN: {creator}
      username: cluster-creator
      groups: [system:masters]
    - userARN: {restricted}
      username: {RESTRICTED}
      groups: [{GROUP}]
{users}{roles}",
        users = plan.own.users,
        roles = roles,
        creator = plan.creator,
        restricted = plan.restricted,
    );
    match plan.access {
        Some(access) if plan.whose == Whose::Real => format!(
            "{people}  dynamicfilepath: {entries}
  dynamicfileUserIDStrict: true
  dynamicBackendModePath: {mode}
",
            entries = access.entries().display(),
            mode = access.files.join("backend-mode.json").display(),
        ),
        _ => match plan.own.dynamic_file {
            Some(file) if plan.whose == Whose::Real => format!(
                "{people}  dynamicfilepath: {}\n  dynamicfileUserIDStrict: true\n",
                file.display()
            ),
            _ => people,
        },
    }
}
