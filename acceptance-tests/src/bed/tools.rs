//! The programs the bed runs: found on this machine, or built once and kept by version.
//!
//! What is kept stands outside the clone, in the user's cache. What cannot be had is told in one
//! message. Nothing comes from anywhere but the package registries of Go and Python.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use super::{
    command::on_path,
    go::{Source, run},
    terraform_cli::{Chosen, CliVersion, KeptCli},
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
    /// Which of them, and its version.
    pub cli: CliVersion,
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
        let cache = cache()?;
        let mut kept = InstalledPrograms::below(&cache, assets.as_deref());
        let terraform = match Chosen::find()? {
            Some(Chosen::Program(program)) => Some(program),
            Some(Chosen::Kept(cli)) => Some(kept.add_cli(cli, &cache)),
            None => None,
        };
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
            cli: CliVersion::of(&terraform)?,
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
    cli: Option<(&'static KeptCli, PathBuf)>,
    built_assets: bool,
}

/// One program that Go builds.
struct Build<'a> {
    told: String,
    source: Source,
    program: &'a Path,
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
            cli: None,
            built_assets: assets.is_none(),
        }
    }

    /// Wants a Terraform or OpenTofu too, and says where it will be.
    fn add_cli(&mut self, cli: &'static KeptCli, cache: &Path) -> PathBuf {
        let program = cli.below(cache);
        self.cli = Some((cli, program.clone()));
        program
    }

    fn needs_go(&self) -> bool {
        [
            &self.etcd,
            &self.kube_apiserver,
            &self.authenticator,
            &self.kubectl,
        ]
        .into_iter()
        .chain(self.cli.as_ref().map(|(_, program)| program))
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

    /// What is built with Go, in this order.
    fn builds(&self) -> Vec<Build<'_>> {
        let tool = |folder, package, link: &str| Source::ToolModule {
            folder,
            package,
            link: link.to_owned(),
        };
        let stamp = format!(
            "-s -w -X k8s.io/component-base/version.gitVersion=v{KUBE_APISERVER} \
             -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
        );
        let mut builds = Vec::new();
        if self.built_assets {
            builds.push(Build {
                told: format!("building etcd {ETCD} (once)"),
                source: tool("etcd", "go.etcd.io/etcd/server/v3", "-s -w"),
                program: self.etcd.as_path(),
            });
            builds.push(Build {
                told: format!("building kube-apiserver {KUBE_APISERVER} (once; about 5 minutes)"),
                source: tool("kube-apiserver", ".", &stamp),
                program: &self.kube_apiserver,
            });
        }
        let authenticator = Source::Published {
            package: "sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator",
            version: AUTHENTICATOR,
            without_checksum: Some("sigs.k8s.io/aws-iam-authenticator"),
        };
        builds.push(Build {
            told: format!("building aws-iam-authenticator {AUTHENTICATOR} (once)"),
            source: authenticator,
            program: &self.authenticator,
        });
        builds.push(Build {
            told: format!("building kubectl {KUBE_APISERVER} (once)"),
            source: tool("kubectl", ".", "-s -w"),
            program: &self.kubectl,
        });
        if let Some((cli, program)) = &self.cli {
            let told = format!("building {} (once; about 3 minutes)", cli.full_name());
            builds.push(Build {
                told,
                source: cli.source(),
                program,
            });
        }
        builds
    }

    fn build_with_go(&self) -> Outcome {
        for Build {
            told,
            source,
            program,
        } in self.builds()
        {
            if !program.exists() {
                step(&told, || source.build(program))?;
            }
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

/// The folder of this crate.
#[must_use]
pub fn room() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
