//! The programs the bed runs: found on this machine, or built once and kept by version.
//!
//! What is kept stands outside the clone, in the user's cache. What cannot be had is told in one
//! message. Nothing comes from anywhere but the package registries of Go and Python.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{
    failure::{Failure, Outcome},
    progress::step,
};

const ETCD: &str = "3.6.7";
const KUBE_APISERVER: &str = "1.34.4";
const AUTHENTICATOR: &str = "0.7.9";
const MINISTACK: &str = "1.5.33";

/// Names the folder with a ready kube-apiserver and etcd, as other Kubernetes test tools do.
pub const ASSETS: &str = "KUBEBUILDER_ASSETS";
/// Names the Terraform or OpenTofu to use instead of the one on `PATH`.
pub const TERRAFORM: &str = "EKSAUTH_TEST_TERRAFORM";

/// Where each program is.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Python of the virtual environment with the emulator.
    pub python: PathBuf,
    /// etcd.
    pub etcd: PathBuf,
    /// kube-apiserver.
    pub kube_apiserver: PathBuf,
    /// aws-iam-authenticator.
    pub authenticator: PathBuf,
    /// Terraform or OpenTofu.
    pub terraform: PathBuf,
    /// kubectl.
    pub kubectl: PathBuf,
    /// The aws CLI.
    pub aws: PathBuf,
}

impl Tools {
    /// Finds every program, and builds those that are built, while `beside` builds something else.
    ///
    /// # Errors
    /// All missing prerequisites at once, before anything is built; or the first build that failed.
    pub fn find(beside: impl FnOnce() -> Outcome + Send) -> Outcome<Tools> {
        let assets = env::var_os(ASSETS).map(PathBuf::from);
        let kept = InstalledPrograms::below(&cache()?, assets.as_deref());
        let named = env::var_os(TERRAFORM).map(PathBuf::from);
        let terraform = named
            .or_else(|| on_path("terraform"))
            .or_else(|| on_path("tofu"));
        let aws = on_path("aws");
        let missing = [
            (kept.needs_go() && on_path("go").is_none(), GO),
            (
                !kept.emulator_ready() && on_path("python3").is_none(),
                PYTHON,
            ),
            (terraform.is_none(), TERRAFORM_HOW),
            (aws.is_none(), AWS),
        ];
        let lines: Vec<&str> = missing
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, how)| *how)
            .collect();
        let (Some(terraform), Some(aws), true) = (terraform, aws, lines.is_empty()) else {
            return Err(Failure::new(format!(
                "this machine lacks:\n  {}",
                lines.join("\n  ")
            )));
        };
        kept.build(beside)?;
        let InstalledPrograms {
            python,
            etcd,
            kube_apiserver,
            authenticator,
            kubectl,
            ..
        } = kept;
        Ok(Tools {
            python,
            etcd,
            kube_apiserver,
            authenticator,
            terraform,
            kubectl,
            aws,
        })
    }
}

const GO: &str = "Go 1.25 or newer (https://go.dev/dl), to build kube-apiserver, etcd, aws-iam-authenticator and, where it is \
    missing, kubectl once; KUBEBUILDER_ASSETS can name a folder with a ready kube-apiserver and etcd";
const PYTHON: &str =
    "Python 3.10 or newer with venv (Debian: apt-get install python3-venv), for the AWS emulator";
const TERRAFORM_HOW: &str = "Terraform 1.5 or newer, or OpenTofu 1.6 or newer \
    (https://developer.hashicorp.com/terraform/install, or go install github.com/hashicorp/terraform@v1.5.7)";
const AWS: &str = "the aws CLI (pip install awscli)";

/// The programs that are built once.
struct InstalledPrograms {
    environment: PathBuf,
    python: PathBuf,
    etcd: PathBuf,
    kube_apiserver: PathBuf,
    authenticator: PathBuf,
    kubectl: PathBuf,
    built_assets: bool,
}

impl InstalledPrograms {
    fn below(cache: &Path, assets: Option<&Path>) -> InstalledPrograms {
        let environment = cache.join(format!("ministack-{MINISTACK}"));
        let at = |name: &str, version: &str| match assets {
            Some(folder) => folder.join(name),
            None => cache.join(format!("{name}-{version}")).join(name),
        };
        InstalledPrograms {
            python: environment.join("bin/python"),
            environment,
            etcd: at("etcd", ETCD),
            kube_apiserver: at("kube-apiserver", KUBE_APISERVER),
            authenticator: cache.join(format!(
                "aws-iam-authenticator-{AUTHENTICATOR}/aws-iam-authenticator"
            )),
            kubectl: on_path("kubectl")
                .unwrap_or_else(|| cache.join(format!("kubectl-{KUBE_APISERVER}/kubectl"))),
            built_assets: assets.is_none(),
        }
    }

    fn needs_go(&self) -> bool {
        [
            &self.etcd,
            &self.kube_apiserver,
            &self.authenticator,
            &self.kubectl,
        ]
        .iter()
        .any(|program| !program.exists())
    }

    fn emulator_ready(&self) -> bool {
        self.environment.join("ready").exists()
    }

    /// Makes the virtual environment beside the Go builds, which run one after another, and `beside`.
    fn build(&self, beside: impl FnOnce() -> Outcome + Send) -> Outcome {
        thread::scope(|scope| {
            let others = [scope.spawn(|| self.make_environment()), scope.spawn(beside)];
            self.build_with_go()?;
            for other in others {
                other
                    .join()
                    .map_err(|_| Failure::new("a build ended early"))??;
            }
            Ok(())
        })
    }

    fn make_environment(&self) -> Outcome {
        if self.emulator_ready() {
            return Ok(());
        }
        step(
            &format!("installing the AWS emulator ministack {MINISTACK} (once)"),
            || {
                let folder = self.environment.as_os_str();
                run(Command::new("python3").args([OsStr::new("-m"), OsStr::new("venv"), folder]))?;
                let wanted = room().join("emulator/requirements.txt");
                run(Command::new(&self.python)
                    .args(["-m", "pip", "install", "--quiet", "-r"])
                    .arg(wanted))?;
                Ok(fs::write(self.environment.join("ready"), MINISTACK)?)
            },
        )
    }

    fn build_with_go(&self) -> Outcome {
        if self.built_assets && !self.etcd.exists() {
            step(&format!("building etcd {ETCD} (once)"), || {
                go_build(
                    &room().join("tools/etcd"),
                    "-s -w",
                    "go.etcd.io/etcd/server/v3",
                    &self.etcd,
                )
            })?;
        }
        if self.built_assets && !self.kube_apiserver.exists() {
            let stamp = format!(
                "-s -w -X k8s.io/component-base/version.gitVersion=v{KUBE_APISERVER} \
                 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
            );
            step(
                &format!("building kube-apiserver {KUBE_APISERVER} (once; about 5 minutes)"),
                || {
                    go_build(
                        &room().join("tools/kube-apiserver"),
                        &stamp,
                        ".",
                        &self.kube_apiserver,
                    )
                },
            )?;
        }
        if !self.authenticator.exists() {
            step(
                &format!("building aws-iam-authenticator {AUTHENTICATOR} (once)"),
                || go_install(&self.authenticator),
            )?;
        }
        if !self.kubectl.exists() {
            step(&format!("building kubectl {KUBE_APISERVER} (once)"), || {
                go_build(&room().join("tools/kubectl"), "-s -w", ".", &self.kubectl)
            })?;
        }
        match [&self.etcd, &self.kube_apiserver]
            .into_iter()
            .find(|program| !program.exists())
        {
            None => Ok(()),
            Some(absent) => Err(Failure::new(format!(
                "{ASSETS} is set, but there is no {}",
                absent.display()
            ))),
        }
    }
}

fn go_build(module: &Path, link: &str, package: &str, program: &Path) -> Outcome {
    let unfinished = unfinished(program)?;
    run(Command::new("go")
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        .args(["build", "-trimpath", "-ldflags", link, "-o"])
        .arg(&unfinished)
        .arg(package))?;
    Ok(fs::rename(unfinished, program)?)
}

/// The authenticator's checksum is not in Go's public database, so the database is not asked for it.
fn go_install(program: &Path) -> Outcome {
    let folder = unfinished(program)?;
    run(Command::new("go")
        .env("GOBIN", &folder)
        .env("GONOSUMDB", "sigs.k8s.io/aws-iam-authenticator")
        .args(["install", "-trimpath"])
        .arg(format!(
            "sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator@v{AUTHENTICATOR}"
        )))?;
    fs::rename(folder.join("aws-iam-authenticator"), program)?;
    Ok(fs::remove_dir(folder)?)
}

/// A name beside `program` for a build that two runs do not share.
fn unfinished(program: &Path) -> Outcome<PathBuf> {
    let folder = program.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    Ok(folder.join(format!("unfinished-{}", std::process::id())))
}

fn run(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let end = lines
        .get(lines.len().saturating_sub(20)..)
        .unwrap_or_default()
        .join("\n");
    Err(Failure::new(format!(
        "{} ended with {}:\n{end}",
        command.get_program().display(),
        output.status
    )))
}

/// The folder outside the clone where programs are kept.
///
/// # Errors
/// There is no home folder.
pub fn cache() -> Outcome<PathBuf> {
    let below = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")));
    let Some(below) = below else {
        return Err(Failure::new(
            "neither XDG_CACHE_HOME nor HOME is set, so there is no place to keep built programs",
        ));
    };
    Ok(below.join("terraform-provider-eksauth"))
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The folder of this crate.
#[must_use]
pub fn room() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
