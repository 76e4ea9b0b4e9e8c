//! This machine as the bed uses it: the programs, the bed's folder, and the environment that commands get.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::tools::Tools;

/// The region that commands are run in and that the clusters stand in.
pub const REGION: &str = "eu-central-1";

/// The programs of a bed and its folder.
pub struct Host {
    tools: Tools,
    folder: PathBuf,
}

impl Host {
    /// A bed in `folder`, which exists.
    #[must_use]
    pub fn new(tools: Tools, folder: PathBuf) -> Host {
        Host { tools, folder }
    }

    /// The programs of this bed.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// The bed's folder, with certificates and logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command without the variables of this machine that could lead AWS's, Kubernetes' or Terraform's tools astray.
    #[must_use]
    pub fn plain(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        for kept in ["PATH", "LANG", "TERM", "PYENV_ROOT", "PYENV_VERSION"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
            .env("HOME", &self.folder)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_DEFAULT_OUTPUT", "json")
            .env("AWS_PAGER", "");
        command
    }
}
