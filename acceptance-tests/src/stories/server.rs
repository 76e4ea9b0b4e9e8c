//! `server --cluster`: our authenticator watches the aws-auth of a cluster and judges its tokens, behind the cluster's own API server.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, REGION},
        cluster::WhoAmI,
        process::{free_port, listens},
        provider_under_test::built_provider,
        webhook::Webhook,
    },
    demo::kubectl_apply,
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("server":
    a_watched_cluster_decides_through_every_change,
);

/// A cluster that no other story uses: its API server is sent to another authenticator for good.
const WATCHED: &str = "watched";

/// Our server while it runs.
struct Serving {
    child: Child,
    port: u16,
    state: PathBuf,
}

impl Serving {
    fn start(cloud: &Cloud) -> Outcome<Serving> {
        let state = cloud.folder().join("server-of-watched");
        fs::create_dir_all(&state)?;
        for (from, to) in [("server.crt", "cert.pem"), ("server.key", "key.pem")] {
            fs::copy(cloud.folder().join(from), state.join(to))?;
        }
        let creator = &cloud.creator().arn;
        fs::write(
            state.join("creator.yaml"),
            format!(
                "server:\n  mapUsers:\n  - userARN: {creator}\n    username: cluster-creator\n    groups: [system:masters]\n"
            ),
        )?;
        let port = free_port()?;
        let log = File::create(state.join("server.log"))?;
        let mut command = cloud.plain(&built_provider()?);
        command
            .envs(cloud.creator().environment())
            .env("AWS_ENDPOINT_URL", cloud.emulator().url())
            .env("AWS_REGION", REGION)
            .args(["server", "--cluster", WATCHED])
            .args(["--backend-mode", "MountedFile,EKSConfigMap"])
            .args(["--port", &port.to_string()])
            .args(["--sts-connect", &cloud.emulator().url()])
            .arg("-c")
            .arg(state.join("creator.yaml"))
            .arg("--state-dir")
            .arg(&state)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn()?;
        let mut serving = Serving { child, port, state };
        serving.wait_until(|| listens(port))?;
        Ok(serving)
    }

    fn wait_until(&mut self, ready: impl Fn() -> bool) -> Outcome {
        let began = Instant::now();
        while !ready() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || began.elapsed() > Duration::from_secs(30) {
                let text = format!("the server is not there ({ended:?}):\n{}", self.log()?);
                return Err(Failure::new(text));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn log(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.state.join("server.log"))?)
    }

    fn signal(&self, signal: &str) -> Outcome {
        Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()?;
        Ok(())
    }

    fn ended(&mut self) -> Outcome<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A story that failed while the server ran has told why.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn who(username: &str, groups: &[&str]) -> WhoAmI {
    WhoAmI {
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

fn a_watched_cluster_decides_through_every_change(cloud: &Cloud) -> Outcome {
    cloud.add_control_plane(WATCHED)?;
    cloud.role("/teams/", "platform")?;
    let session = cloud.assume(
        &format!("arn:aws:iam::{ACCOUNT}:role/teams/platform"),
        "eve@example.com",
    )?;
    // The server is there before its cluster and finds it afterwards.
    let mut serving = Serving::start(cloud)?;
    let webhook = Webhook::new(serving.port, &cloud.folder().join("ca.crt"))?;
    serving.wait_until(|| {
        readiness(&webhook)
            .is_some_and(|(status, text)| status == 503 && text.contains("was not read yet"))
    })?;
    cloud.set_cluster(WATCHED, &json!({}))?;
    let watched = cloud.cluster(WATCHED)?;
    watched.delete_aws_auth()?;
    cloud.restart_api_server(WATCHED, Some(serving.port))?;
    let is_followed = || readiness(&webhook).is_some_and(|(_, text)| text == "ok");
    serving.wait_until(is_followed)?;

    // The creator stands in the server's own file, everybody else in aws-auth.
    watched.wait_for_whoami(
        cloud.creator(),
        Some(&who("cluster-creator", &["system:masters"])),
    )?;
    watched.wait_for_whoami(&session, None)?;
    let manifest = serving.state.join("aws-auth.yaml");
    fs::write(&manifest, aws_auth("viewers"))?;
    kubectl_apply(cloud, &watched, &manifest)?;
    let platform = |group: &str| who("platform:eve-example.com", &[group]);
    watched.wait_for_whoami(&session, Some(&platform("viewers")))?;
    watched.edit_aws_auth("mapRoles", |text| text.replace("viewers", "editors"))?;
    watched.wait_for_whoami(&session, Some(&platform("editors")))?;
    watched.edit_aws_auth("mapRoles", |_| "[]".to_owned())?;
    watched.wait_for_whoami(&session, None)?;
    watched.put_aws_auth(&BTreeMap::from([(
        "mapAccounts".to_owned(),
        format!("- \"{ACCOUNT}\"\n"),
    )]))?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/platform");
    watched.wait_for_whoami(&session, Some(&who(&role, &[])))?;
    watched.delete_aws_auth()?;
    watched.wait_for_whoami(&session, None)?;

    // The watch breaks with the API server and is taken up again.
    cloud.restart_api_server(WATCHED, None)?;
    serving.wait_until(is_followed)?;
    kubectl_apply(cloud, &watched, &manifest)?;
    watched.wait_for_whoami(&session, Some(&platform("viewers")))?;

    let mut webhook = Webhook::new(serving.port, &cloud.folder().join("ca.crt"))?;
    counted(&webhook)?;
    let token = watched.token(&session)?;
    expect(
        webhook.review(&token)?.0 == 200,
        "a good token was refused over the open connection",
    )?;
    stopped(cloud, &mut serving, webhook, &token)?;
    let log = serving.log()?;
    expect(
        !log.contains("k8s-aws-v1.") && !log.contains("X-Amz-") && !log.contains(&token),
        format!("a token shows in the log:\n{log}"),
    )
}

fn aws_auth(group: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n    \
         - rolearn: arn:aws:iam::{ACCOUNT}:role/platform\n      username: platform:{{{{SessionName}}}}\n      groups: [{group}]\n"
    )
}

/// What `/readyz` answers, if it answers.
fn readiness(webhook: &Webhook) -> Option<(u16, String)> {
    let (status, body) = webhook.get("/readyz").ok()?;
    Some((status, body.as_str()?.to_owned()))
}

/// Health, and what was counted so far.
fn counted(webhook: &Webhook) -> Outcome {
    let (status, body) = webhook.get("/healthz")?;
    expect(
        (status, body.as_str()) == (200, Some("ok")),
        format!("/healthz answered {status}: {body}"),
    )?;
    let (status, body) = webhook.get("/metrics")?;
    let text = body.as_str().unwrap_or_default();
    expect(status == 200, format!("/metrics answered {status}: {body}"))?;
    expect_parts(
        text,
        &["result=\"success\"", "result=\"unknown_user\"", "# TYPE "],
    )
}

/// SIGTERM while a review is under way: it is answered, nobody new is let in, and the server ends well.
fn stopped(cloud: &Cloud, serving: &mut Serving, mut webhook: Webhook, token: &str) -> Outcome {
    cloud.emulator().fault(json!({
        "action": "GetCallerIdentity", "kind": "hold", "containing": "X-Amz-Security-Token", "times": 1,
    }))?;
    let answer = thread::scope(|scope| -> Outcome<u16> {
        let asked = scope.spawn(move || webhook.review(token).map(|answer| answer.0));
        cloud.emulator().wait_for_held("GetCallerIdentity")?;
        serving.signal("-TERM")?;
        let port = serving.port;
        let began = Instant::now();
        while listens(port) && began.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(20));
        }
        let is_closed = !listens(port);
        cloud.emulator().release()?;
        let answer = asked
            .join()
            .map_err(|_| Failure::new("the review panicked"))?;
        expect(
            is_closed,
            "the server still takes connections after SIGTERM",
        )?;
        answer
    })?;
    expect(
        answer == 200,
        format!("the review that was under way was answered with {answer}"),
    )?;
    let status = serving.ended()?;
    expect(
        status.success(),
        format!("the server ended with {status}:\n{}", serving.log()?),
    )
}
