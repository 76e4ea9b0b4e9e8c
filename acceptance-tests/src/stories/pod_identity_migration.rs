//! From IRSA to Pod Identity with real tokens of pods: by the guide as it is printed, with the old way asked for again and again until nothing needs it, and
//! what cannot move.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use serde_json::{Value, json};

use super::{
    by_hand::{CommandOutput, ours},
    guides::{POD_IDENTITY, POD_IDENTITY_STEPS, Reader},
    legacy_pod_roles::{NAMESPACE, clear, fresh, is_refused, role_arn},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        cluster::Cluster,
        json::text,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("pod_identity_migration":
    by_the_guide_no_pod_is_ever_without_its_role_and_a_second_run_changes_nothing,
    an_account_that_the_file_before_holds_loses_its_annotation,
    what_cannot_move_is_told_and_stays,
);

const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";
const NODE: &str = "node-1";

/// The cluster's OIDC provider, and a role that trusts the tokens of accounts.
fn irsa_role(cloud: &Cloud, name: &str, accounts: &[&str]) -> Outcome {
    let cluster = cloud.set_cluster(PROD, &json!({}))?;
    let issuer = text(&cluster, "identity.oidc.issuer")?;
    let host = issuer.trim_start_matches("https://");
    let create = ["iam", "create-open-id-connect-provider", "--url", &issuer];
    let audience = ["--client-id-list", "sts.amazonaws.com"];
    cloud.aws_as(cloud.creator(), &[create.as_slice(), &audience].concat())?;
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}");
    let subjects: Vec<String> = accounts
        .iter()
        .map(|account| format!("system:serviceaccount:{NAMESPACE}:{account}"))
        .collect();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{host}:aud"): "sts.amazonaws.com", format!("{host}:sub"): subjects}}}]});
    let wanted = json!({"account": ACCOUNT, "name": name, "trust": trust});
    cloud.emulator().control("role", &wanted).map(drop)
}

/// The cluster with a node that has the agent; gone with the value.
struct Nodes<'p, 'c> {
    prod: &'p Cluster<'c>,
}

impl<'p, 'c> Nodes<'p, 'c> {
    fn with_agent(prod: &'p Cluster<'c>) -> Outcome<Self> {
        let nodes = Self { prod };
        let labels = json!({"kubernetes.io/os": "linux"});
        prod.ensure(
            "/api/v1/nodes",
            &json!({"metadata": {"name": NODE, "labels": labels}}),
        )?;
        let system = "/api/v1/namespaces/kube-system";
        let account = json!({"metadata": {"name": "eks-pod-identity-agent"}});
        prod.ensure(&format!("{system}/serviceaccounts"), &account)?;
        let owner = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "eks-pod-identity-agent", "uid": "agent", "controller": true});
        prod.ensure(
            &format!("{system}/pods"),
            &json!({"metadata": {"name": "eks-pod-identity-agent-1", "ownerReferences": [owner]},
                "spec": {"nodeName": NODE, "serviceAccountName": "eks-pod-identity-agent", "automountServiceAccountToken": false,
                    "containers": [{"name": "a", "image": "a"}]}}),
        )?;
        Ok(nodes)
    }
}

impl Drop for Nodes<'_, '_> {
    fn drop(&mut self) {
        // Other stories count nodes; what is left here after a failure is told by the failure.
        for path in [
            format!("/api/v1/nodes/{NODE}"),
            "/api/v1/namespaces/kube-system/pods/eks-pod-identity-agent-1?gracePeriodSeconds=0"
                .to_owned(),
            "/api/v1/namespaces/kube-system/serviceaccounts/eks-pod-identity-agent".to_owned(),
        ] {
            let _ = self.prod.ask("DELETE", &path, None);
        }
    }
}

/// A pod of an account, made anew as the webhooks of EKS leave it: with a token for a role, or set up for Pod Identity.
fn make_pod(prod: &Cluster<'_>, account: &str, role: Option<&str>) -> Outcome {
    let pods = format!("/api/v1/namespaces/{NAMESPACE}/pods");
    prod.ask(
        "DELETE",
        &format!("{pods}/{account}-0?gracePeriodSeconds=0"),
        None,
    )?;
    let env = match role {
        Some(role) => {
            json!([{"name": "AWS_ROLE_ARN", "value": role_arn(role)}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}])
        }
        None => {
            json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}])
        }
    };
    prod.ensure(
        &pods,
        &json!({"metadata": {"name": format!("{account}-0")}, "spec": {"nodeName": NODE, "serviceAccountName": account,
            "automountServiceAccountToken": false, "containers": [{"name": "app", "image": "app", "env": env}]}}),
    )
}

/// An account that somebody has annotated, with a pod that came by it.
fn by_irsa(prod: &Cluster<'_>, manager: &str, account: &str, role: &str) -> Outcome {
    let arn = role_arn(role);
    prod.annotate_service_account(manager, (NAMESPACE, account), &[(ROLE_ARN, &arn)])?;
    make_pod(prod, account, Some(role))
}

/// The role as a pod with a token of its own gets it.
fn by_token(cloud: &Cloud, prod: &Cluster<'_>, account: &str, role: &str) -> Outcome {
    let token = prod.service_account_token(NAMESPACE, account, "sts.amazonaws.com")?;
    let session = cloud.assume_with_web_identity(&role_arn(role), &token)?;
    expect_parts(&session.arn, &[&format!("assumed-role/{role}/")])
}

/// The role as the agent gets it for a pod.
fn by_pod_identity(cloud: &Cloud, prod: &Cluster<'_>, account: &str, role: &str) -> Outcome {
    let session = cloud.assume_for_pod(PROD, &prod.pod_token(NAMESPACE, account)?)?;
    expect_parts(&session.arn, &[&format!("assumed-role/{role}/")])
}

/// A call that gives credentials, made again and again.
struct Polled {
    what: String,
    has_ended: Arc<AtomicBool>,
    polling: Option<JoinHandle<Outcome<usize>>>,
}

impl Polled {
    fn start(cloud: &Cloud, what: &str, arguments: &[&str]) -> Self {
        let mut command: Command = cloud.plain(&cloud.tools().aws);
        command
            .envs(cloud.creator().environment())
            .env("AWS_ENDPOINT_URL", cloud.emulator().url())
            .args(arguments);
        let has_ended = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&has_ended);
        let polling = thread::spawn(move || {
            let mut calls = 0;
            // A busy machine makes few calls, and one alone would prove nothing.
            while calls < 2 || !is_over.load(Ordering::Relaxed) {
                let output = command.output()?;
                calls += 1;
                expect(
                    output.status.success(),
                    format!("call {calls}: {}", String::from_utf8_lossy(&output.stderr)),
                )?;
            }
            Ok(calls)
        });
        Self {
            what: what.to_owned(),
            has_ended,
            polling: Some(polling),
        }
    }

    fn by_token(cloud: &Cloud, prod: &Cluster<'_>, account: &str, role: &str) -> Outcome<Self> {
        let token = prod.service_account_token(NAMESPACE, account, "sts.amazonaws.com")?;
        let arn = role_arn(role);
        let call = ["sts", "assume-role-with-web-identity", "--role-arn", &arn];
        let session = [
            "--role-session-name",
            "pod",
            "--web-identity-token",
            token.as_str(),
        ];
        let all = [call.as_slice(), &session].concat();
        Ok(Self::start(cloud, &format!("{role} by a token"), &all))
    }

    fn by_pod_identity(cloud: &Cloud, prod: &Cluster<'_>, account: &str) -> Outcome<Self> {
        let token = prod.pod_token(NAMESPACE, account)?;
        let call = ["eks-auth", "assume-role-for-pod-identity"];
        let which = ["--cluster-name", PROD, "--token", token.as_str()];
        let all = [call.as_slice(), &which].concat();
        Ok(Self::start(
            cloud,
            &format!("that of {account} by Pod Identity"),
            &all,
        ))
    }

    /// Fails unless the role was always had.
    fn expect_always(mut self) -> Outcome {
        self.has_ended.store(true, Ordering::Relaxed);
        let polled = self.polling.take().map(JoinHandle::join);
        let broke_off = || Failure::new("the polling broke off");
        let polled = polled.and_then(Result::ok).ok_or_else(broke_off)?;
        polled
            .map(drop)
            .map_err(|failure| failure.during(&format!("the role `{}` was not had", self.what)))
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

/// Something for the guide's `kubectl rollout restart`; its pods are made by hand, because nothing here makes any.
fn make_deployment(prod: &Cluster<'_>) -> Outcome {
    let labels = json!({"app": "web"});
    prod.ensure(
        &format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments"),
        &json!({"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"serviceAccountName": "web", "containers": [{"name": "a", "image": "a"}]}}}}),
    )
}

fn by_the_guide_no_pod_is_ever_without_its_role_and_a_second_run_changes_nothing(
    cloud: &Cloud,
) -> Outcome {
    let mut reader = Reader::new(cloud, POD_IDENTITY)?;
    reader.workspace.set("AWS_REGION", REGION);
    let prod = fresh(cloud, &json!({}))?;
    let _nodes = Nodes::with_agent(&prod)?;
    irsa_role(cloud, "reader", &["web"])?;
    by_irsa(&prod, "kubectl-annotate", "web", "reader")?;
    make_deployment(&prod)?;
    let old = Polled::by_token(cloud, &prod, "web", "reader")?;
    let [look, both, anew, whose, only] = POD_IDENTITY_STEPS;
    reader.follow(look)?;
    reader.follow(both)?;
    reader.workspace.expect_empty_plan()?;
    by_pod_identity(cloud, &prod, "web", "reader")?;
    let new = Polled::by_pod_identity(cloud, &prod, "web")?;
    let early = migrate(cloud, &["plan", "-o", "json"])?;
    early.expect(1, "1 pod came to the role by a token")?;
    // A token is bound to its pod, so the next one is asked with.
    new.expect_always()?;
    make_pod(&prod, "web", None)?;
    let new = Polled::by_pod_identity(cloud, &prod, "web")?;
    reader.follow(anew)?;
    let held = migrate(cloud, &["plan", "-o", "json"])?;
    held.expect(1, "its annotation is set by `kubectl-annotate`")?;
    reader.follow(whose)?;
    old.expect_always()?;
    by_token(cloud, &prod, "web", "reader")?;
    reader.follow(only)?;
    reader.workspace.expect_empty_plan()?;
    new.expect_always()?;
    is_refused(by_token(cloud, &prod, "web", "reader"))?;
    by_pod_identity(cloud, &prod, "web", "reader")?;
    clear(&prod)
}

fn migrate(cloud: &Cloud, arguments: &[&str]) -> Outcome<CommandOutput> {
    let all = [
        &["migrate", "pod-identity"],
        arguments,
        &["--cluster", PROD],
    ];
    ours(cloud, cloud.creator(), &all.concat(), "")
}

/// The next file, with the one before.
fn next(cloud: &Cloud, phase: &str, before: &str) -> Outcome<CommandOutput> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("before.tf");
    std::fs::write(&path, before)?;
    let path = path.display().to_string();
    migrate(cloud, &["hcl", "--phase", phase, "--previous", &path])
}

/// As a file of `migrate kube2iam` has it.
const BEFORE: &str = r#"resource "eksauth_oidc_provider" "this" {
  cluster_name = "prod"
}

resource "eksauth_irsa_role" "writer" {
  name              = "writer"
  oidc_provider_arn = eksauth_oidc_provider.this.arn
  service_accounts  = ["apps:other", "apps:worker"]
}

resource "eksauth_service_account" "apps_worker" {
  cluster_name = "prod"
  namespace    = "apps"
  name         = "worker"
  role_arn     = eksauth_irsa_role.writer.arn
  labels       = { team = "apps" }
}
"#;

fn an_account_that_the_file_before_holds_loses_its_annotation(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({}))?;
    let _nodes = Nodes::with_agent(&prod)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(BEFORE)?;
    workspace.apply()?;
    make_pod(&prod, "worker", Some("writer"))?;
    let old = Polled::by_token(cloud, &prod, "worker", "writer")?;

    let first = next(cloud, "1", BEFORE)?;
    first.expect(0, "phase 1 of 2")?;
    workspace.configure(&first.out)?;
    workspace.apply()?.says(&["1 added", "0 destroyed"])?;
    workspace.expect_empty_plan()?;
    by_pod_identity(cloud, &prod, "worker", "writer")?;
    let new = Polled::by_pod_identity(cloud, &prod, "worker")?;

    let blind = migrate(cloud, &["hcl", "--phase", "2"])?;
    expect(
        blind.code == Some(2) && blind.out.is_empty() && blind.errors.contains("--previous"),
        blind.errors,
    )?;
    // The annotation goes while a pod still runs by its token, and the trust stays for that one.
    let early = next(cloud, "2", &first.out)?;
    early.expect(1, "1 pod came to the role by a token")?;
    workspace.configure(&early.out)?;
    workspace.apply()?.says(&["0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let account = prod.service_account(NAMESPACE, "worker")?;
    let account = account.unwrap_or_default().to_string();
    expect(
        !account.contains(ROLE_ARN) && account.contains("\"team\":\"apps\""),
        account,
    )?;
    by_token(cloud, &prod, "worker", "writer")?;
    old.expect_always()?;

    new.expect_always()?;
    make_pod(&prod, "worker", None)?;
    let last = next(cloud, "2", &early.out)?;
    last.expect(0, "phase 2 of 2")?;
    workspace.configure(&last.out)?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    is_refused(by_token(cloud, &prod, "worker", "writer"))?;
    by_pod_identity(cloud, &prod, "worker", "writer")?;
    migrate(cloud, &["plan"])?.expect(0, "nothing is left to move")?;
    let again = next(cloud, "2", &last.out)?;
    expect(
        again.code == Some(0) && again.out == last.out,
        format!("printed twice it differs:\n{}", again.out),
    )?;
    workspace.destroy()?;
    clear(&prod)
}

fn what_cannot_move_is_told_and_stays(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({}))?;
    let _nodes = Nodes::with_agent(&prod)?;
    irsa_role(cloud, "reader", &["web", "far", "serverless"])?;
    by_irsa(&prod, "helm", "web", "reader")?;
    by_irsa(&prod, "helm", "lost", "nowhere")?;
    by_irsa(&prod, "helm", "stranger", "reader")?;
    by_irsa(&prod, "eks", "far", "reader")?;
    prod.annotate_service_account(
        "helm",
        (NAMESPACE, "serverless"),
        &[(ROLE_ARN, &role_arn("reader"))],
    )?;
    prod.ensure(
        &format!("/api/v1/namespaces/{NAMESPACE}/pods"),
        &json!({"metadata": {"name": "serverless-0"}, "spec": {"serviceAccountName": "serverless", "schedulerName": "fargate-scheduler",
            "automountServiceAccountToken": false, "containers": [{"name": "app", "image": "app"}]}}),
    )?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "data \"eksauth_pod_identity_migration\" \"this\" {\n  namespace = \"apps\"\n}\n",
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let read = workspace.state("data.eksauth_pod_identity_migration.this")?;
    let read = read.unwrap_or_default();
    let told = |account: &Value| {
        let value = |name: &str| account.get(name).and_then(Value::as_str);
        let reason = value("reason_id").or_else(|| value("state"));
        format!(
            "{} {}",
            value("name").unwrap_or_default(),
            reason.unwrap_or_default()
        )
    };
    let accounts = read.get("service_accounts").and_then(Value::as_array);
    let accounts: Vec<String> = accounts.into_iter().flatten().map(told).collect();
    let expected = [
        "far addon",
        "lost role_gone",
        "serverless fargate",
        "stranger not_admitted",
        "web new",
    ];
    expect(accounts == expected, format!("{accounts:?}"))?;
    let printed = migrate(cloud, &["hcl"])?;
    printed.expect(
        1,
        "resource \"eksauth_pod_identity_association\" \"apps_web\"",
    )?;
    expect(
        printed
            .out
            .matches("resource \"eksauth_pod_identity_association\"")
            .count()
            == 1,
        &printed.out,
    )?;
    workspace.file("printed/migration.tf", &printed.out)?;
    let format = workspace.run(&["fmt", "-check", "-diff", "printed"])?;
    format.succeeded()?;
    clear(&prod)
}
