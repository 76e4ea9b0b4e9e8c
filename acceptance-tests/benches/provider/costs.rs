//! The part `costs`: time, processor time, memory and calls of validate, plan and refresh.
//!
//! The first row is Terraform's own floor, a configuration without any provider, so that what is ours can be seen. The next are a provider
//! that does nothing, the example of the protocol's room: what Terraform itself spends on any plugin and on each object.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use acceptance_tests::{
    bed::{
        audit::Audit,
        cloud::{Cloud, PROD},
        command::succeeded,
        plugin_mirror,
        provider_under_test::built_provider,
        terraform::{shake_hands, write_mirror_of},
        workspace::Workspace,
    },
    failure::Outcome,
    measure::{Cost, mebibytes, median, run, time},
    progress::step,
};

const OURS: &str = "resource \"eksauth_oidc_provider\" \"this\" {\n  \
    url = \"https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"\n}\n";
const ROLES: &str = "resource \"eksauth_irsa_role\" \"many\" {\n  count             = 100\n  name              = \"bench-${count.index}\"\n  \
    oidc_provider_arn = \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"\n  \
    service_accounts  = [\"apps:reader-${count.index}\"]\n  policy_arns       = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n}\n";
const ENTRIES: &str = "resource \"eksauth_aws_auth_role\" \"many\" {\n  count    = 1000\n  \
    rolearn  = \"arn:aws:iam::111122223333:role/bench-${count.index}\"\n  username = \"bench-${count.index}\"\n  groups   = [\"viewers\"]\n}\n";
pub const PEER: &str = "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n\nprovider \"aws\" {\n  \
    region = \"eu-central-1\"\n}\n";
const PEER_OIDC: &str = "resource \"aws_iam_openid_connect_provider\" \"this\" {\n  \
    url            = \"https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"\n  \
    client_id_list = [\"sts.amazonaws.com\"]\n}\n";
const PEER_ROLES: &str = "resource \"aws_iam_role\" \"many\" {\n  count = 100\n  name  = \"peer-${count.index}\"\n  \
    assume_role_policy = jsonencode({\n    Version   = \"2012-10-17\"\n    \
    Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { Service = \"ec2.amazonaws.com\" } }]\n  })\n}\n\n\
    resource \"aws_iam_role_policy_attachment\" \"many\" {\n  count      = 100\n  role       = aws_iam_role.many[count.index].name\n  \
    policy_arn = \"arn:aws:iam::aws:policy/ReadOnlyAccess\"\n}\n";
const IDLE: &str = "terraform {\n  required_providers {\n    notebook = { source = \"example/notebook\" }\n  }\n}\n\n\
    provider \"notebook\" {\n  directory = \"notes\"\n}\n\n";
const NOTES: &str =
    "resource \"notebook_note\" \"many\" {\n  count = 100\n  name  = \"note-${count.index}\"\n}\n";
const VALIDATE: &[&str] = &["validate", "-no-color"];
const PLAN: &[&str] = &["plan", "-no-color", "-input=false", "-refresh=false"];
const REFRESH: &[&str] = &["plan", "-no-color", "-input=false"];
const APPLY: &[&str] = &[
    "apply",
    "-no-color",
    "-input=false",
    "-auto-approve",
    "-parallelism=250",
];
pub const RUNS: usize = 5;

/// One line of the table.
struct Row {
    what: &'static str,
    ours: Option<Cost>,
    peer: Option<Cost>,
}

impl Row {
    fn from_ours(what: &'static str, ours: Cost) -> Row {
        Row {
            what,
            ours: Some(ours),
            peer: None,
        }
    }
}

/// Measures everything and prints the table.
pub fn measure(cloud: &Cloud) -> Outcome {
    let mut bench = Bench {
        audit: cloud.with_control_plane(PROD, |plane| plane.audit())?,
        cloud,
    };
    let floor = bench.floor()?;
    let mut rows = vec![Row::from_ours("floor: plan without a provider", floor)];
    rows.extend(bench.idle()?);
    let before_ours = rows.len();
    rows.extend(bench.ours()?);
    match plugin_mirror::find() {
        Ok(_) => {
            for (row, cost) in rows.iter_mut().skip(before_ours).zip(bench.peer()?) {
                row.peer = cost;
            }
        }
        Err(lacking) => eprintln!("  hashicorp/aws is left out: {lacking}"),
    }
    print_table(&rows);
    print_binary(cloud)
}

/// The example of the protocol's room, built as a release is.
fn build_idle() -> Outcome<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    succeeded(Command::new(cargo).args([
        "build",
        "--release",
        "--quiet",
        "-p",
        "tf-provider",
        "--example",
        "notebook",
    ]))?;
    let own = std::env::current_exe()?;
    let release = own.ancestors().nth(2).unwrap_or(Path::new("."));
    Ok(release.join("examples/notebook"))
}

struct Bench<'a> {
    cloud: &'a Cloud,
    audit: Audit,
}

impl Bench<'_> {
    fn repeated(
        &mut self,
        what: &str,
        workspace: &Workspace<'_>,
        arguments: &[&str],
    ) -> Outcome<Cost> {
        step(&format!("measuring: {what}"), || {
            let mut costs = Vec::new();
            for _ in 0..RUNS {
                costs.push(run(
                    self.cloud,
                    workspace,
                    &mut self.audit,
                    arguments,
                    &[0],
                )?);
            }
            Ok(median(costs))
        })
    }

    fn floor(&mut self) -> Outcome<Cost> {
        let workspace = Workspace::new(self.cloud)?;
        workspace.file("main.tf", "output \"nothing\" {\n  value = 1\n}\n")?;
        self.repeated("floor", &workspace, PLAN)
    }

    /// A provider that does nothing but keep notes in files.
    fn idle(&mut self) -> Outcome<Vec<Row>> {
        let program = step("building the provider that does nothing", build_idle)?;
        let mut workspace = Workspace::new(self.cloud)?;
        let (file, mirror) = (
            workspace.path().join("idle.rc"),
            workspace.path().join("mirror"),
        );
        write_mirror_of(&file, &mirror, "example/notebook", &program)?;
        workspace.set("TF_CLI_CONFIG_FILE", &file.display().to_string());
        fs::create_dir(workspace.path().join("notes"))?;
        workspace.file("main.tf", &format!("{IDLE}{NOTES}"))?;
        workspace.init()?;
        let validate = self.repeated("nothing, validate", &workspace, VALIDATE)?;
        workspace.apply()?;
        let notes = self.repeated("nothing, 100 objects", &workspace, REFRESH)?;
        Ok(vec![
            Row::from_ours("a provider that does nothing: validate", validate),
            Row::from_ours("a provider that does nothing: refresh 100", notes),
        ])
    }

    fn ours(&mut self) -> Outcome<Vec<Row>> {
        let workspace = Workspace::with_init(self.cloud)?;
        workspace.configure(OURS)?;
        workspace.init()?;
        let validate = self.repeated("validate", &workspace, VALIDATE)?;
        let plan = self.repeated("plan", &workspace, PLAN)?;
        workspace.configure(ROLES)?;
        step("making 100 roles", || workspace.run(APPLY)?.succeeded())?;
        let roles = self.repeated("100 roles", &workspace, REFRESH)?;
        workspace.destroy()?;
        workspace.configure(ENTRIES)?;
        step("writing 1,000 entries", || {
            workspace.run(APPLY)?.succeeded()
        })?;
        let entries = self.repeated("1,000 entries", &workspace, REFRESH)?;
        Ok(vec![
            Row::from_ours("validate one OIDC provider", validate),
            Row::from_ours("plan one OIDC provider, no refresh", plan),
            Row::from_ours("refresh 100 roles, 1 attachment each", roles),
            Row::from_ours("refresh 1,000 aws-auth entries", entries),
        ])
    }

    /// The peer's costs in the order of our rows; it has nothing like aws-auth entries.
    fn peer(&mut self) -> Outcome<[Option<Cost>; 4]> {
        let workspace = Workspace::with_init(self.cloud)?;
        workspace.file("main.tf", &format!("{PEER}{PEER_OIDC}"))?;
        workspace.init()?;
        let validate = self.repeated("hashicorp/aws, validate", &workspace, VALIDATE)?;
        let plan = self.repeated("hashicorp/aws, plan", &workspace, PLAN)?;
        workspace.file("main.tf", &format!("{PEER}{PEER_ROLES}"))?;
        step("making 100 roles with hashicorp/aws", || workspace.apply())?;
        let roles = self.repeated("hashicorp/aws, 100 roles", &workspace, REFRESH)?;
        Ok([Some(validate), Some(plan), Some(roles), None])
    }
}

fn print_table(rows: &[Row]) {
    let floor = rows
        .first()
        .and_then(|row| row.ours.clone())
        .unwrap_or_default();
    println!(
        "\n| median of {RUNS} | wall | CPU | plugin memory | AWS calls | Kubernetes calls | hashicorp/aws: wall | CPU | memory | calls | our share over the floor |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let ours = row.ours.clone().unwrap_or_default();
        let share = |cost: &Cost| cost.wall.saturating_sub(floor.wall).as_secs_f64();
        let (peer, ratio) = match &row.peer {
            None => ("– | – | – | –".to_owned(), "–".to_owned()),
            Some(peer) => (
                format!(
                    "{} | {} | {} | {}",
                    time(peer.wall),
                    time(peer.cpu),
                    mebibytes(peer.memory),
                    peer.aws_calls
                ),
                format!("1/{:.0}", share(peer) / share(&ours).max(0.000_1)),
            ),
        };
        println!(
            "| {} | {} | {} | {} | {} | {} | {peer} | {ratio} |",
            row.what,
            time(ours.wall),
            time(ours.cpu),
            mebibytes(ours.memory),
            ours.aws_calls,
            ours.kubernetes_calls
        );
    }
}

/// The binary's size and the time from exec to the handshake line with mutual TLS; any certificate stands for Terraform's.
fn print_binary(cloud: &Cloud) -> Outcome {
    let certificate = fs::read_to_string(cloud.folder().join("server.crt"))?;
    let provider = built_provider()?;
    let size = fs::metadata(&provider)?.len();
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(handshake(&provider, &certificate)?);
    }
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "\nbinary {} · exec to handshake line {} (median of 20)",
        mebibytes(size),
        time(middle)
    );
    Ok(())
}

fn handshake(provider: &Path, certificate: &str) -> Outcome<Duration> {
    let began = Instant::now();
    let mut child = shake_hands(&mut Command::new(provider), certificate)?;
    let took = began.elapsed();
    child.kill()?;
    child.wait()?;
    Ok(took)
}
