//! The guides from kube2iam and from kiam as they are printed, with a pod that gets its role by the old way all the while.
//!
//! Neither system can be had, so the part of one is played by what it does: the role of its nodes assumes the role of a pod's annotation, again and again.

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
    guides::{KIAM, KUBE2IAM, PHASES, Reader},
    legacy_pod_roles::{
        NAMESPACE, Workload, by_the_new_way, by_the_old_way, clear, fresh, is_refused, legacy_role,
        role_arn,
    },
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        cluster::Cluster,
        identity::Identity,
        json::text,
    },
    failure::{Failure, Outcome, expect},
};

stories!("legacy_guides":
    from_kube2iam_as_the_guide_says_no_pod_is_ever_without_its_role,
    from_kiam_a_role_that_lets_its_account_not_in_keeps_the_old_trust,
);

const WEB: Workload = Workload {
    name: "web",
    account: "web",
    role: "reader",
};
const WORKER: Workload = Workload {
    name: "worker",
    account: "worker",
    role: "writer",
};

/// Somebody with a system that hands out roles to two workloads, and its nodes.
struct Place<'c> {
    reader: Reader<'c>,
    prod: Cluster<'c>,
    node: Identity,
}

impl<'c> Place<'c> {
    /// With further statements in the trust policy of the worker's role.
    fn new(cloud: &'c Cloud, guide: &str, of_worker: &[Value]) -> Outcome<Self> {
        let mut reader = Reader::new(cloud, guide)?;
        reader.workspace.set("AWS_REGION", REGION);
        let (rules, nodes, image, argument) = match guide {
            KUBE2IAM => (
                json!({}),
                "nodes",
                "jtblin/kube2iam:0.11.1",
                "--base-role-arn",
            ),
            _ => (
                json!({"iam.amazonaws.com/permitted": "^arn:aws:iam::111122223333:role/(reader|writer)$"}),
                "kiam-server",
                "quay.io/uswitch/kiam:v4.2",
                "--role-base-arn",
            ),
        };
        let prod = fresh(cloud, &rules)?;
        let command = match guide {
            KUBE2IAM => Value::Null,
            _ => json!(["/kiam", "server"]),
        };
        run_system(
            &prod,
            &json!({"name": "a", "image": image, "command": command,
            "args": [format!("{argument}=arn:aws:iam::{ACCOUNT}:role/")]}),
        )?;
        cloud.role("/", nodes)?;
        WEB.make(&prod)?;
        WORKER.make(&prod)?;
        legacy_role(cloud, WEB.role, nodes, &[])?;
        legacy_role(cloud, WORKER.role, nodes, of_worker)?;
        let node = cloud.session(&role_arn(nodes), "i-0123456789abcdef0")?;
        Ok(Self { reader, prod, node })
    }
}

/// Whatever trust is added to this statement, nobody comes in by web identity.
fn nobody_by_web_identity(cloud: &Cloud) -> Outcome<Value> {
    let cluster = cloud.set_cluster(PROD, &json!({}))?;
    let issuer = text(&cluster, "identity.oidc.issuer")?;
    let host = issuer.trim_start_matches("https://");
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}");
    Ok(
        json!({"Effect": "Deny", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}}),
    )
}

/// The DaemonSet of the system, which the flags are read from.
fn run_system(prod: &Cluster<'_>, container: &Value) -> Outcome {
    let labels = json!({"app": "system"});
    prod.ensure(
        &format!("/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"),
        &json!({"metadata": {"name": "system"}, "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"hostNetwork": true, "containers": [container]}}}}),
    )
}

/// A role as a pod gets it by the old way, asked for again and again.
struct OldWay {
    role: &'static str,
    has_ended: Arc<AtomicBool>,
    polling: Option<JoinHandle<Outcome<usize>>>,
}

impl OldWay {
    fn start(cloud: &Cloud, node: &Identity, role: &'static str) -> Self {
        let arn = role_arn(role);
        let mut command: Command = cloud.plain(&cloud.tools().aws);
        command
            .envs(node.environment())
            .env("AWS_ENDPOINT_URL", cloud.emulator().url())
            .args(["sts", "assume-role", "--role-arn", &arn])
            .args(["--role-session-name", "pod"]);
        let has_ended = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&has_ended);
        let polling = thread::spawn(move || {
            let mut calls = 0;
            while !is_over.load(Ordering::Relaxed) {
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
            role,
            has_ended,
            polling: Some(polling),
        }
    }

    /// Fails unless the role was always had.
    fn expect_always(mut self) -> Outcome {
        self.has_ended.store(true, Ordering::Relaxed);
        let polled = self.polling.take().map(JoinHandle::join);
        let broke_off = || Failure::new("the polling broke off");
        let polled = polled.and_then(Result::ok).ok_or_else(broke_off)?;
        let calls = polled.map_err(|failure| {
            failure.during(&format!("`{}` was not had by the old way", self.role))
        })?;
        expect(calls > 1, format!("`{}` was asked for once", self.role))
    }
}

impl Drop for OldWay {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

fn from_kube2iam_as_the_guide_says_no_pod_is_ever_without_its_role(cloud: &Cloud) -> Outcome {
    let Place { reader, prod, node } = Place::new(cloud, KUBE2IAM, &[])?;
    let [look, both, accounts, how_far, new_only] = PHASES;
    let polled = [WEB.role, WORKER.role].map(|role| OldWay::start(cloud, &node, role));
    reader.follow(look)?;
    reader.follow(both)?;
    for workload in [&WEB, &WORKER] {
        by_the_new_way(cloud, &prod, workload.account, workload.role)?;
    }
    reader.follow(accounts)?;
    reader.follow(how_far)?;
    for workload in [&WEB, &WORKER] {
        workload.make_pod(&prod, Some(&role_arn(workload.role)))?;
    }
    for old in polled {
        old.expect_always()?;
    }
    reader.follow(new_only)?;
    reader.workspace.expect_empty_plan()?;
    for workload in [&WEB, &WORKER] {
        is_refused(by_the_old_way(cloud, &node, workload.role))?;
        by_the_new_way(cloud, &prod, workload.account, workload.role)?;
    }
    clear(&prod)
}

fn from_kiam_a_role_that_lets_its_account_not_in_keeps_the_old_trust(cloud: &Cloud) -> Outcome {
    let planted = [nobody_by_web_identity(cloud)?];
    let Place { reader, prod, node } = Place::new(cloud, KIAM, &planted)?;
    let [look, both, accounts, how_far, new_only] = PHASES;
    let polled = [WEB.role, WORKER.role].map(|role| OldWay::start(cloud, &node, role));
    reader.follow(look)?;
    reader.follow(both)?;
    by_the_new_way(cloud, &prod, WEB.account, WEB.role)?;
    is_refused(by_the_new_way(cloud, &prod, WORKER.account, WORKER.role))?;
    reader.follow_refused(
        accounts,
        &["`apps/worker` is left out until the role lets it in"],
    )?;
    reader.follow(how_far)?;
    for workload in [&WEB, &WORKER] {
        let role = role_arn(workload.role);
        let is_moved = workload.name == WEB.name;
        workload.make_pod(&prod, is_moved.then_some(&role))?;
    }
    let [of_web, of_worker] = polled;
    of_web.expect_always()?;
    let kept = ["role/writer` keeps the old trust", "apps/worker"];
    let last = reader.follow_refused(new_only, &kept);
    // The guide ends where nothing is in the way any more, and here something is.
    let failure = last.err().map(|failure| failure.to_string());
    let failure = failure.unwrap_or_default();
    expect(failure.contains("migrate kiam plan"), failure)?;
    is_refused(by_the_old_way(cloud, &node, WEB.role))?;
    by_the_new_way(cloud, &prod, WEB.account, WEB.role)?;
    of_worker.expect_always()?;
    clear(&prod)
}
