//! A real kube-apiserver: an issuer of its own, tokens judged by the authenticator's webhook; RBAC, nodes and access policies say
//! who may do what.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    process::{Lifetime, Server},
    tools::Tools,
};
use crate::failure::Outcome;

/// What one kube-apiserver needs to be told.
pub(super) struct Plan<'a> {
    /// Where its own files go.
    pub folder: &'a Path,
    /// Where the bed's certificates are.
    pub certificates: &'a Path,
    pub etcd: &'a str,
    pub port: u16,
    /// The issuer of service account tokens, an `https://oidc.eks…` URL.
    pub issuer: &'a str,
    pub webhook_port: u16,
    /// The URL of the authorizer that knows access policies.
    pub authorizer: &'a str,
}

/// Starts kube-apiserver; it is not ready yet.
pub(super) fn start(tools: &Tools, plan: &Plan<'_>, lifetime: Lifetime) -> Outcome<Server> {
    let webhook = plan.folder.join("webhook.yaml");
    fs::write(&webhook, webhook_text(plan))?;
    let policy = plan.folder.join("audit-policy.yaml");
    fs::write(&policy, AUDIT_POLICY)?;
    let authorization = authorization(plan)?;
    let mut command = Command::new(&tools.kube_apiserver);
    command
        .args([
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
        ])
        .args([
            "--service-cluster-ip-range=10.0.0.0/24",
            "--enable-admission-plugins=NodeRestriction",
            "--anonymous-auth=false",
        ])
        .args([
            "--disable-admission-plugins=ServiceAccount",
            "--profiling=false",
        ])
        .args(["--api-audiences=sts.amazonaws.com,https://kubernetes.default.svc"])
        .args([
            "--authentication-token-webhook-version=v1beta1",
            "--authentication-token-webhook-cache-ttl=1s",
        ])
        .args(["--audit-log-mode=blocking", "--audit-log-format=json"])
        .arg(format!("--etcd-servers={}", plan.etcd))
        .arg(format!("--secure-port={}", plan.port))
        .arg(format!("--service-account-issuer={}", plan.issuer))
        .args(file(
            "--tls-cert-file",
            &plan.certificates.join("server.crt"),
        ))
        .args(file(
            "--tls-private-key-file",
            &plan.certificates.join("server.key"),
        ))
        .args(file("--client-ca-file", &plan.certificates.join("ca.crt")))
        .args(file(
            "--service-account-key-file",
            &plan.certificates.join("service_account.pub"),
        ))
        .args(file(
            "--service-account-signing-key-file",
            &plan.certificates.join("service_account.key"),
        ))
        .args(file("--authentication-token-webhook-config-file", &webhook))
        .args(file("--authorization-config", &authorization))
        .args(file("--audit-policy-file", &policy))
        .args(file("--audit-log-path", &audit_log(plan.folder)));
    Server::start("kube-apiserver", &command, plan.folder, lifetime)
}

/// Where kube-apiserver notes its requests.
pub(super) fn audit_log(folder: &Path) -> PathBuf {
    folder.join("audit.log")
}

fn file(flag: &str, path: &Path) -> [std::ffi::OsString; 2] {
    [flag.into(), path.into()]
}

const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    userGroups: [system:apiservers]
  - level: None
    users: [system:apiserver]
  - level: Metadata
";

/// Writes who says what a user may do, and returns where: the Node authorizer and RBAC, then access policies for those whom the
/// authenticator admitted. Nothing is remembered, so that a policy counts at once.
fn authorization(plan: &Plan<'_>) -> Outcome<PathBuf> {
    let kubeconfig = plan.folder.join("access-policies.yaml");
    fs::write(
        &kubeconfig,
        format!(
            "apiVersion: v1
kind: Config
current-context: webhook
clusters:
  - name: access-policies
    cluster: {{server: '{url}'}}
users:
  - name: apiserver
contexts:
  - name: webhook
    context: {{cluster: access-policies, user: apiserver}}
",
            url = plan.authorizer
        ),
    )?;
    let file = plan.folder.join("authorization.yaml");
    let text = AUTHORIZATION.replace("KUBECONFIG", &kubeconfig.display().to_string());
    fs::write(&file, text)?;
    Ok(file)
}

const AUTHORIZATION: &str = r#"apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
  - type: Node
    name: node
  - type: RBAC
    name: rbac
  - type: Webhook
    name: access-policies
    webhook:
      cacheAuthorizedRequests: false
      cacheUnauthorizedRequests: false
      timeout: 30s
      subjectAccessReviewVersion: v1
      matchConditionSubjectAccessReviewVersion: v1
      failurePolicy: NoOpinion
      connectionInfo:
        type: KubeConfigFile
        kubeConfigFile: KUBECONFIG
      matchConditions:
        - expression: '"canonicalArn" in request.extra'
"#;

fn webhook_text(plan: &Plan<'_>) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: webhook
clusters:
  - name: authenticator
    cluster:
      certificate-authority: {authority}
      server: https://127.0.0.1:{port}/authenticate
users:
  - name: apiserver
contexts:
  - name: webhook
    context: {{cluster: authenticator, user: apiserver}}
",
        authority = plan.certificates.join("ca.crt").display(),
        port = plan.webhook_port,
    )
}
