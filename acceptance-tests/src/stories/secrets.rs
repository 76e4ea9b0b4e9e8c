//! No secret leaves a process of ours: everything that a run wrote is searched for the keys and tokens that were really used.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        authenticator::Whose,
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        cluster::{Cluster, WhoAmI},
        command::succeeded,
        identity::Identity,
        process::Server,
        provider_under_test::built_provider,
        secrets::{FoundSecret, Secrets},
        terraform::shake_hands,
        webhook::Webhook,
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("secrets":
    nothing_that_a_run_wrote_shows_one,
    a_process_that_crashes_leaves_no_core_dump,
);

const RESOURCES: &str = "resource \"eksauth_oidc_provider\" \"this\" {}\n\nresource \"eksauth_aws_auth_role\" \"entry\" {\n  \
    rolearn  = \"arn:aws:iam::111122223333:role/platform\"\n  username = \"platform:{{SessionName}}\"\n  groups   = [\"viewers\"]\n}\n";

/// What a run leaves behind: a folder with everything that was said and written.
struct Traces<'a> {
    cloud: &'a Cloud,
    folder: PathBuf,
}

fn nothing_that_a_run_wrote_shows_one(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.role("/", "operator")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/operator");
    let session = cloud.assume(&role, "eve@example.com")?;
    // The API server knows a token for a second after it was admitted: who is to be refused comes with one that it has not seen.
    let late = cloud.assume(&role, "late@example.com")?;
    let entry = format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/operator\n  username: operator\n  groups: [system:masters]\n"
    );
    prod.put_aws_auth(&BTreeMap::from([("mapRoles".to_owned(), entry)]))?;
    let operator = WhoAmI {
        username: "operator".into(),
        groups: vec!["system:masters".into()],
    };
    prod.wait_for_whoami(&session, Some(&operator))?;
    let traces = Traces {
        cloud,
        folder: cloud.folder().join("secrets"),
    };
    _ = fs::remove_dir_all(&traces.folder);
    fs::create_dir_all(&traces.folder)?;
    let tokens = [
        prod.token(&session)?,
        prod.token(cloud.creator())?,
        prod.token_for("staging", &session)?,
    ];
    let workspace = traces.terraform(&session, &late)?;
    traces.server(&prod, &tokens)?;
    traces.by_hand(&session, &tokens)?;

    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let secrets = Secrets::from_keys_and_tokens(&[&session, &late, cloud.creator()], &tokens);
    let is_meant = |path: &Path| is_meant(cloud, path);
    let found = secrets.below(cloud.folder(), &is_meant)?;
    expect(found.is_empty(), format!("{found:#?}"))?;
    traces.a_planted_one_is_found(&secrets, &session, &tokens)?;
    drop(workspace);
    Ok(fs::remove_dir_all(&traces.folder)?)
}

/// Files whose purpose is to keep a secret, and what programs of others write for themselves.
fn is_meant(cloud: &Cloud, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_key = name == "key.pem" || path.extension().is_some_and(|end| end == "key");
    // The emulator's memory, and etcd's data.
    let is_store = path.parent() == Some(cloud.folder()) && name == "state" || name == "etcd";
    // A copy of the provider itself.
    let is_program = name.starts_with("terraform-provider-");
    is_key || is_store || is_program
}

impl Traces<'_> {
    fn keep(&self, name: &str, text: &[u8]) -> Outcome {
        Ok(fs::write(self.folder.join(name), text)?)
    }

    /// A plan, an apply, a refused apply and a destroy with the whole log of the provider; plan files unpacked, state files as they are.
    fn terraform(&self, session: &Identity, late: &Identity) -> Outcome<Workspace<'_>> {
        let mut workspace = Workspace::new(self.cloud)?;
        workspace.act_as(session);
        let log = self.folder.join("terraform-trace.log");
        workspace.set("TF_LOG", "TRACE");
        workspace.set("TF_LOG_PATH", &log.to_string_lossy());
        workspace.file("main.tf", &format!("{}{RESOURCES}", provider_block("")))?;
        for (name, arguments) in [
            (
                "plan",
                ["plan", "-no-color", "-input=false", "-out=plan.tfplan"].as_slice(),
            ),
            ("show", &["show", "-json", "plan.tfplan"]),
            (
                "apply",
                &["apply", "-no-color", "-input=false", "plan.tfplan"],
            ),
        ] {
            let run = workspace.run(arguments)?.succeeded()?;
            self.keep(name, format!("{}{}", run.output, run.errors).as_bytes())?;
        }
        self.unpack(&workspace.path().join("plan.tfplan"))?;
        // A refused request: its error must not carry what was sent.
        let refused = json!({"action": "GetOpenIDConnectProvider", "kind": "error", "status": 403, "code": "AccessDenied", "message": "no"});
        self.cloud.emulator().fault(refused)?;
        let run = workspace.plan()?;
        self.keep(
            "refused",
            format!("{}{}", run.output, run.errors).as_bytes(),
        )?;
        run.refused_with(&["AccessDenied"])?;
        // A cluster that does not know the caller: the error explains a token that was sent.
        let prod = self.cloud.cluster(PROD)?;
        prod.delete_aws_auth()?;
        prod.wait_for_whoami(late, None)?;
        workspace.act_as(late);
        let run = workspace.plan()?;
        self.keep(
            "unauthorized",
            format!("{}{}", run.output, run.errors).as_bytes(),
        )?;
        expect(run.code == Some(1), run.output)?;
        let traced = fs::read_to_string(&log)?;
        expect_parts(&traced, &["tf_provider", "terraform-provider-eksauth"])?;
        Ok(workspace)
    }

    /// A plan file is a zip archive: what is in it can only be searched when it is out.
    fn unpack(&self, plan: &Path) -> Outcome {
        let mut python = Command::new(&self.cloud.tools().python);
        python
            .args(["-m", "zipfile", "-e"])
            .arg(plan)
            .arg(self.folder.join("plan-unpacked"));
        succeeded(&mut python)?;
        expect(
            self.folder.join("plan-unpacked/tfplan").exists(),
            "the plan file has no plan in it",
        )
    }

    /// Our server judges good and bad tokens; its log is in the folder, and its metrics are put beside it.
    fn server(&self, prod: &Cluster<'_>, tokens: &[String]) -> Outcome {
        let (server, mut webhook) = server(self.cloud, prod, &self.folder)?;
        for token in tokens {
            webhook.review(token)?;
            webhook.review(&token.replace("k8s-aws-v1.", "k8s-aws-v2."))?;
            webhook.review(&token.replace('A', "B"))?;
            webhook.review(&format!("{token}="))?;
            webhook.review(token.get(..token.len() / 2).unwrap_or_default())?;
        }
        let (status, metrics) = webhook.get("/metrics")?;
        let metrics = metrics.as_str().unwrap_or_default().to_owned();
        expect(
            status == 200 && metrics.contains("eksauth_requests_total"),
            metrics.clone(),
        )?;
        self.keep("metrics", metrics.as_bytes())?;
        drop(server);
        let log = fs::read_to_string(self.folder.join("authenticator.log"))?;
        expect_parts(
            &log,
            &["\"result\":\"invalid_token\"", "\"result\":\"sts_error\""],
        )
    }

    /// The command line with tokens and keys at hand; what it says is kept, but for the one answer that is a token.
    fn by_hand(&self, who: &Identity, tokens: &[String]) -> Outcome {
        let sts = self.cloud.emulator().url();
        let commands: [(&str, &[&str]); 4] = [
            ("verify", &["verify", "-i", PROD, "--sts-connect", &sts]),
            (
                "verify-offline",
                &["verify", "-i", PROD, "--offline", "-o", "json"],
            ),
            ("whoami", &["whoami", "--cluster", PROD]),
            ("explain", &["explain", "me", "--cluster", PROD]),
        ];
        for (name, arguments) in commands {
            for (number, token) in tokens.iter().enumerate() {
                let mut command = self.cloud.plain(&built_provider()?);
                command
                    .envs(who.environment())
                    .env("AWS_ENDPOINT_URL", self.cloud.emulator().url())
                    .env("AWS_REGION", REGION)
                    .args(arguments)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                let mut child = command.spawn()?;
                if let Some(mut input) = child.stdin.take() {
                    // A command that reads nothing may have ended.
                    let _ = input.write_all(token.as_bytes());
                }
                let output = child.wait_with_output()?;
                let printed = [output.stdout, output.stderr].concat();
                expect(!printed.is_empty(), format!("`{name}` said nothing"))?;
                self.keep(&format!("{name}-{number}"), &printed)?;
            }
        }
        Ok(())
    }

    /// The search itself is shown to fail: each kind of secret, put into a file of its own, is found there and nowhere else.
    fn a_planted_one_is_found(
        &self,
        secrets: &Secrets,
        session: &Identity,
        tokens: &[&str],
    ) -> Outcome {
        let token = tokens.first().copied().unwrap_or_default();
        let planted = session
            .environment()
            .into_iter()
            .map(|(_, value)| value)
            .skip(1);
        let planted = planted.chain([
            token.to_owned(),
            format!("k8s-aws-v1.{}", "aHR0cHM6Ly9leGFtcGxl".repeat(3)),
            format!("https://sts.example/?X-Amz-Signature={}", "0f".repeat(32)),
        ]);
        for (number, text) in planted.enumerate() {
            let file = self.folder.join("deep").join(number.to_string());
            fs::create_dir_all(self.folder.join("deep"))?;
            fs::write(&file, format!("2026-06-01 [TRACE] said \"{text}\"\n"))?;
            let found = secrets.below(self.cloud.folder(), &|path| is_meant(self.cloud, path))?;
            let files: Vec<&PathBuf> = found.iter().map(|FoundSecret { file, .. }| file).collect();
            expect(
                !files.is_empty() && files.iter().all(|one| **one == file),
                format!("planted in {}, found in {files:?}", file.display()),
            )?;
            fs::remove_file(&file)?;
        }
        Ok(())
    }
}

fn server(cloud: &Cloud, prod: &Cluster<'_>, folder: &Path) -> Outcome<(Server, Webhook)> {
    let (server, port) = prod.authenticator(Whose::Ours, folder, &cloud.emulator().sts_proxy())?;
    Ok((server, Webhook::new(port, &cloud.folder().join("ca.crt"))?))
}

fn a_process_that_crashes_leaves_no_core_dump(cloud: &Cloud) -> Outcome {
    let folder = cloud.folder().join("core-dumps");
    fs::create_dir_all(&folder)?;
    let prod = cloud.cluster(PROD)?;
    let (server, _) = server(cloud, &prod, &folder)?;
    if cfg!(target_os = "linux") {
        no_core_of("the server", server.program()?)?;
    }
    drop(server);
    let certificate = fs::read_to_string(cloud.folder().join("server.crt"))?;
    let mut provider = plugin(&folder, &certificate)?;
    if cfg!(target_os = "linux") {
        no_core_of("the provider", provider.id())?;
    }
    Command::new("kill")
        .args(["-ABRT", &provider.id().to_string()])
        .status()?;
    let ended = provider.wait()?;
    expect(
        ended.signal().is_some() && !ended.core_dumped(),
        format!("the provider {ended:?}"),
    )?;
    let left: Vec<PathBuf> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("core"))
        })
        .collect();
    expect(left.is_empty(), format!("{left:?}"))
}

/// The provider as Terraform starts it, where as large a core dump as the machine allows is allowed; it has shaken hands.
fn plugin(folder: &Path, certificate: &str) -> Outcome<Child> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\""])
        .arg(built_provider()?)
        .current_dir(folder);
    shake_hands(&mut command, certificate)
}

fn no_core_of(what: &str, id: u32) -> Outcome {
    let limits = fs::read_to_string(format!("/proc/{id}/limits"))?;
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core
        .unwrap_or_default()
        .split_whitespace()
        .skip(4)
        .take(2)
        .collect();
    expect(
        words == ["0", "0"],
        format!("{what} may dump its core: {core:?}"),
    )
}
