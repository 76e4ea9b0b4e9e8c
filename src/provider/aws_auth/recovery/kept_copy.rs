//! Where a copy is, and how it is named to `restore`.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A copy that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeptCopy {
    /// A ConfigMap of kube-system.
    ConfigMap(String),
    /// A file of the machine that ran apply.
    File(PathBuf),
}

impl KeptCopy {
    /// What `restore` is given.
    pub(crate) fn restore_argument(&self) -> String {
        match self {
            Self::ConfigMap(name) => name.clone(),
            Self::File(path) => format!("--file {}", path.display()),
        }
    }
}

impl fmt::Display for KeptCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConfigMap(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
