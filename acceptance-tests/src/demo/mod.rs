//! `cargo demo`: the whole job on the bed, told in numbered steps that check what they show.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        command::succeeded,
        tools::room,
        workspace::Workspace,
    },
    failure::{Failure, Outcome},
    progress::Paint,
};

mod access;
mod destroy;
mod drift;
mod existing_cluster;
mod import;
pub mod keep;
mod migration;
mod pods_and_groups;
mod proof;

/// Tells the whole story on a fresh cloud; `Stage::summary` says what was seen.
///
/// # Errors
/// The first thing that is not as it should be.
pub fn tell(cloud: &Cloud) -> Outcome {
    let mut stage = Stage::new(cloud)?;
    existing_cluster::tell(&mut stage)?;
    import::tell(&mut stage)?;
    access::tell(&mut stage)?;
    proof::tell(&mut stage)?;
    pods_and_groups::tell(&mut stage)?;
    drift::tell(&mut stage)?;
    destroy::tell(&mut stage)?;
    migration::tell(&mut stage)?;
    stage.summary();
    Ok(())
}

/// What the steps share: the cloud, the working folder, and what was promised and seen.
struct Stage<'a> {
    cloud: &'a Cloud,
    prod: Cluster<'a>,
    workspace: Workspace<'a>,
    /// aws-auth as it was found.
    found: BTreeMap<String, String>,
    paint: Paint,
    steps: usize,
    seen: Vec<String>,
}

impl<'a> Stage<'a> {
    fn new(cloud: &'a Cloud) -> Outcome<Stage<'a>> {
        let workspace = Workspace::with_init(cloud)?;
        copy(&workspace, "main.tf")?;
        Ok(Stage {
            cloud,
            prod: cloud.cluster(PROD)?,
            workspace,
            found: BTreeMap::new(),
            paint: Paint::for_stdout(),
            steps: 0,
            seen: Vec::new(),
        })
    }

    /// Begins a step: its title, and what is done in it.
    fn begin(&mut self, title: &str, told: &str) {
        self.steps += 1;
        println!(
            "\n  {}  {}",
            self.paint.bold(&self.steps.to_string()),
            self.paint.bold(title)
        );
        for line in told.lines() {
            println!("     {}", self.paint.dim(line));
        }
    }

    /// Shows a command that is run.
    fn command(&self, text: &str) {
        println!("       $ {text}");
    }

    /// Shows what was seen, and keeps it for the summary.
    fn show_result(&mut self, what: &str) {
        println!("       {} {what}", self.paint.green("✔"));
        self.seen.push(what.to_owned());
    }

    /// Shows the lines that differ between two forms of aws-auth and returns how many came and went.
    fn show_difference(
        &self,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) -> (usize, usize) {
        let (before, after) = (as_text(before), as_text(after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        let (mut added, mut removed) = (0, 0);
        for line in diff.unified_diff().context_radius(2).to_string().lines() {
            let painted = if line.starts_with('+') {
                added += 1;
                self.paint.green(line)
            } else if line.starts_with('-') {
                removed += 1;
                self.paint.red(line)
            } else {
                self.paint.dim(line)
            };
            println!("       {painted}");
        }
        (added, removed)
    }

    fn summary(&self) {
        println!("\n  {}", self.paint.bold("What was shown"));
        for seen in &self.seen {
            println!("     {} {seen}", self.paint.green("✔"));
        }
        println!(
            "\n  Everything above ran against real programs: terraform, kubectl, kube-apiserver, etcd, aws-iam-authenticator and the\n  \
             aws CLI. Only AWS itself was an emulator."
        );
        if !self.cloud.is_kept() {
            println!("  Keep the cloud with `cargo demo -- --keep`.");
        }
    }
}

/// aws-auth as one text, key by key.
fn as_text(data: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (key, lines) in data {
        text += &format!("{key}: |\n");
        for line in lines.lines() {
            text += &format!("  {line}\n");
        }
    }
    text
}

/// Copies a file of the demo's configuration into the working folder.
fn copy(workspace: &Workspace<'_>, name: &str) -> Outcome {
    workspace.file(name, &fs::read_to_string(room().join("demo").join(name))?)
}

/// Applies a manifest with kubectl, as the cluster's administrator.
pub(crate) fn kubectl_apply(cloud: &Cloud, cluster: &Cluster<'_>, manifest: &Path) -> Outcome {
    let mut command = cloud.plain(&cloud.tools().kubectl);
    command
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .args(["create", "-f"])
        .arg(manifest);
    succeeded(&mut command).map(|_| ())
}

/// aws-auth of a cluster that has one.
fn aws_auth(cluster: &Cluster<'_>) -> Outcome<BTreeMap<String, String>> {
    cluster
        .aws_auth()?
        .ok_or_else(|| Failure::new("aws-auth is gone"))
}

/// The ARN of a role of the demo's account.
fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}
