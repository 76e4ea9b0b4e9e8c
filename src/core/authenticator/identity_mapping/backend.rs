//! The places a server reads mappings from, by the names that its command line gives them.

use super::config_map::find_in_reading;
use super::crd::{CustomResource, find_object};
use super::dynamic_file::DynamicFile;
use super::lookup::{Directory, Found, SsoRoleMatch};
use super::mappings::ConfigError;
use super::mounted_file::{MountedFile, find_in_file};
use crate::aws_auth::Reading;
use crate::principal::caller::Caller;

/// The name of a backend on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendMode {
    /// The server's configuration file.
    MountedFile,
    /// `kube-system/aws-auth`.
    EksConfigMap,
    /// IAMIdentityMapping objects.
    Crd,
    /// A JSON file that is read again when it changes.
    DynamicFile,
}

impl BackendMode {
    /// Reads a mode, the two old names included.
    pub fn parse(mode: &str) -> Option<Self> {
        match mode {
            "MountedFile" | "File" => Some(Self::MountedFile),
            "EKSConfigMap" | "ConfigMap" => Some(Self::EksConfigMap),
            "CRD" => Some(Self::Crd),
            "DynamicFile" => Some(Self::DynamicFile),
            _ => None,
        }
    }
}

/// Checks a list of backend modes. An old name beside its new one passes: only exact repetition counts.
///
/// # Errors
/// An unknown mode, the same spelling twice, or no mode.
pub fn check_modes<'a>(modes: &[&'a str]) -> Result<Vec<BackendMode>, ConfigError> {
    let mut seen: Vec<&'a str> = Vec::new();
    let mut parsed = Vec::new();
    for mode in modes {
        parsed.push(BackendMode::parse(mode).ok_or_else(|| ConfigError::Mode {
            mode: (*mode).to_owned(),
        })?);
        if seen.contains(mode) {
            return Err(ConfigError::DuplicateMode {
                mode: (*mode).to_owned(),
            });
        }
        seen.push(mode);
    }
    if parsed.is_empty() {
        Err(ConfigError::NoMode)
    } else {
        Ok(parsed)
    }
}

/// A source of mappings.
#[derive(Clone, Debug)]
pub enum Backend {
    /// `kube-system/aws-auth` as the server reads it.
    EksConfigMap {
        /// The ConfigMap.
        reading: Reading,
        /// Prefixes that rendered user names must not have; none by default.
        reserved_prefixes: Vec<String>,
    },
    /// The server's configuration file.
    MountedFile(MountedFile),
    /// A JSON file that is read again when it changes.
    DynamicFile {
        /// The file.
        file: DynamicFile,
        /// Prefixes that rendered user names must not have; none by default.
        reserved_prefixes: Vec<String>,
    },
    /// IAMIdentityMapping objects.
    Crd {
        /// The objects.
        objects: Vec<CustomResource>,
        /// Prefixes that rendered user names must not have; none by default.
        reserved_prefixes: Vec<String>,
    },
}

impl Backend {
    /// The accounts that are listed.
    pub(super) fn accounts(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::EksConfigMap { reading, .. } => {
                Box::new(reading.accounts.iter().map(|entry| entry.arn.as_str()))
            }
            Self::MountedFile(file) => Box::new(file.accounts.iter().map(String::as_str)),
            Self::DynamicFile { file, .. } => Box::new(file.accounts.iter().map(String::as_str)),
            Self::Crd { .. } => Box::new(std::iter::empty()),
        }
    }
}

impl Directory for Backend {
    fn reserved_prefixes(&self) -> &[String] {
        match self {
            Self::MountedFile(file) => &file.reserved_prefixes,
            Self::EksConfigMap {
                reserved_prefixes, ..
            }
            | Self::DynamicFile {
                reserved_prefixes, ..
            }
            | Self::Crd {
                reserved_prefixes, ..
            } => reserved_prefixes,
        }
    }

    fn allows_account(&self, account: &str) -> bool {
        self.accounts().any(|listed| listed == account)
    }

    fn find(&self, caller: &Caller, lower_arn: &str, sso: SsoRoleMatch) -> Found<'_> {
        match self {
            Self::EksConfigMap { reading, .. } => find_in_reading(reading, lower_arn, sso),
            Self::MountedFile(file) => {
                find_in_file(file.roles.iter(), file.users.iter(), lower_arn, sso)
            }
            Self::DynamicFile { file, .. } => file.find(caller, lower_arn),
            Self::Crd { objects, .. } => find_object(objects, lower_arn),
        }
    }
}
