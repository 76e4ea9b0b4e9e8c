//! The shared configuration and credentials files that the settings name.
//!
//! What surprises: the SDK fails at a file that is not there. A block that is copied from hashicorp/aws may name one on a machine that has none, and
//! there it is left out without a word; so it is here, and what then lacks says which files were left out. A leading `~` is the home folder, as there.

use std::path::{Path, PathBuf};

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::Env;
use eksauth_provider::ports::AwsSettings;

use super::config::variable;

/// The files to read.
pub(crate) struct SharedFiles {
    /// Those that are there; the usual ones where the settings name none of a kind.
    pub(crate) present: EnvConfigFiles,
    /// Those that the settings name and that are not there, as they were written.
    pub(crate) missing: Vec<String>,
}

impl SharedFiles {
    /// Looks which files are there. One that is there and cannot be read is the SDK's to refuse.
    pub(crate) async fn find(settings: &AwsSettings, env: &Env) -> Self {
        let (config, credentials) = (
            &settings.shared_config_files,
            &settings.shared_credentials_files,
        );
        let mut files = EnvConfigFiles::builder()
            .include_default_config_file(config.is_empty())
            .include_default_credentials_file(credentials.is_empty());
        let mut missing = Vec::new();
        let named = config
            .iter()
            .map(|path| (EnvConfigFileKind::Config, path))
            .chain(
                credentials
                    .iter()
                    .map(|path| (EnvConfigFileKind::Credentials, path)),
            );
        for (kind, written) in named {
            let path = expanded(written, env);
            match tokio::fs::try_exists(&path).await {
                Ok(false) => {
                    tracing::warn!(path = %written, "a shared AWS configuration file is not there and is left out");
                    missing.push(written.clone());
                }
                Ok(true) | Err(_) => files = files.with_file(kind, path),
            }
        }
        Self {
            present: files.build(),
            missing,
        }
    }

    /// `; there is no file …`, for what lacks something that a file might have had; empty where all are there.
    pub(crate) fn note(&self) -> String {
        let named: Vec<String> = self
            .missing
            .iter()
            .map(|path| format!("`{path}`"))
            .collect();
        match named.len() {
            0 => String::new(),
            _ => format!("; there is no file {}", named.join(", ")),
        }
    }
}

fn expanded(written: &str, env: &Env) -> PathBuf {
    let below_home = Path::new(written).strip_prefix("~");
    match (below_home, variable(env, "HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(written),
    }
}
