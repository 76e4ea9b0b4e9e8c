//! The places a server reads mappings from, and how each one finds a caller.

use thiserror::Error;

pub use super::dynamic_file::{DynamicFile, UserIdStrict};
use super::index::Subject;
pub use super::mounted_file::MountedFile;
use super::mounted_file::find_in_file;
use super::sso::{SsoError, sso_pattern};
use super::{Candidate, CandidateKind, Directory, Found};
use crate::aws_auth::{ReadEntry, Reading, Sso};
use crate::principal::arn::arn_matches;
use crate::principal::caller::Caller;
use crate::principal::case_folding::{equal_fold, to_lower};
use crate::principal::partition::Partition;

/// Whether entries that name a permission set are looked at; the reference's gate, off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SsoRoleMatch {
    /// They match.
    On,
    /// They are ignored.
    Off,
}

/// One mapping before any check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawMapping {
    /// `rolearn` or `userarn`; empty for a permission set.
    pub arn: String,
    /// The user name template.
    pub username: String,
    /// The group templates.
    pub groups: Vec<String>,
    /// A permission set instead of an ARN.
    pub sso: Option<Sso>,
}

/// Mappings before any check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mappings {
    /// Of roles.
    pub roles: Vec<RawMapping>,
    /// Of users.
    pub users: Vec<RawMapping>,
    /// Accounts all of whose principals may enter.
    pub accounts: Vec<String>,
}

/// An IAMIdentityMapping object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResource {
    /// `spec.arn`.
    pub arn: String,
    /// The user name template.
    pub username: String,
    /// The group templates.
    pub groups: Vec<String>,
}

/// Why a server does not start with its mappings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A mapping has neither an ARN nor a permission set.
    #[error("mapping {index} names neither an ARN nor a permission set")]
    NoSubject {
        /// Its position.
        index: usize,
    },
    /// A mapping has both.
    #[error("mapping {index} names an ARN and a permission set")]
    TwoSubjects {
        /// Its position.
        index: usize,
    },
    /// A permission set is not valid.
    #[error("mapping {index} names a permission set that is not valid")]
    Sso {
        /// Its position.
        index: usize,
        /// Why.
        source: SsoError,
    },
    /// An ARN is not one of a principal.
    #[error("`{arn}` is no ARN of a principal")]
    Arn {
        /// The ARN as written.
        arn: String,
    },
    /// A backend mode does not exist.
    #[error("`{mode}` is no backend mode")]
    Mode {
        /// The mode as written.
        mode: String,
    },
    /// A backend mode is listed twice.
    #[error("backend mode `{mode}` is listed twice")]
    DuplicateMode {
        /// The mode as written.
        mode: String,
    },
    /// There is no backend mode.
    #[error("at least one backend mode is needed")]
    NoMode,
}

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
            Self::EksConfigMap { reading, .. } => find_in_config_map(
                that_count(&reading.roles, lower_arn, sso, role_key),
                that_count(&reading.users, lower_arn, sso, user_key),
                lower_arn,
                sso,
            ),
            Self::MountedFile(file) => {
                find_in_file(file.roles.iter(), file.users.iter(), lower_arn, sso)
            }
            Self::DynamicFile { file, .. } => file.find(caller, lower_arn),
            Self::Crd { objects, .. } => find_object(objects, lower_arn),
        }
    }
}

impl ReadEntry {
    /// What the server compares it with a caller by.
    pub(super) fn subject(&self) -> Subject {
        match &self.sso {
            Some(set) if self.arn.is_empty() => Subject::Pattern(sso_pattern(set)),
            _ => Subject::Arn(self.arn.clone()),
        }
    }

    fn matches(&self, lower_arn: &str, sso: SsoRoleMatch) -> bool {
        match &self.sso {
            Some(set) if self.arn.is_empty() => {
                sso == SsoRoleMatch::On
                    && arn_matches(lower_arn, &sso_pattern(set)).unwrap_or(false)
            }
            _ => equal_fold(&self.arn, lower_arn),
        }
    }
}

/// What the server keys a role by: its ARN in lower case, or its pattern.
pub(super) fn role_key(entry: &ReadEntry) -> String {
    match &entry.sso {
        Some(set) if entry.arn.is_empty() => sso_pattern(set),
        _ => to_lower(&entry.arn),
    }
}

/// What the server keys a user by: the ARN as it is written, so that spellings in another case coexist.
pub(super) fn user_key(entry: &ReadEntry) -> String {
    entry.arn.clone()
}

/// Entries that match and that no later one overwrites. The later one need not match itself: two keys may be equal where two ARNs are not.
fn that_count<'a>(
    entries: &'a [ReadEntry],
    lower_arn: &str,
    sso: SsoRoleMatch,
    key: impl Fn(&ReadEntry) -> String,
) -> impl Iterator<Item = &'a ReadEntry> {
    let is_overwritten = move |position: usize, entry: &ReadEntry| {
        let own = key(entry);
        let mut later = entries.iter().skip(position + 1);
        later.any(|later| key(later) == own)
    };
    entries
        .iter()
        .enumerate()
        .filter(move |(position, entry)| {
            entry.matches(lower_arn, sso) && !is_overwritten(*position, entry)
        })
        .map(|(_, entry)| entry)
}

/// Roles first, then users, of entries that no other overwrites.
pub(super) fn find_in_config_map<'a>(
    roles: impl Iterator<Item = &'a ReadEntry>,
    users: impl Iterator<Item = &'a ReadEntry>,
    lower_arn: &str,
    sso: SsoRoleMatch,
) -> Found<'a> {
    let candidates = |entries: &mut dyn Iterator<Item = &'a ReadEntry>, kind| {
        entries
            .filter(|entry| entry.matches(lower_arn, sso))
            .map(|entry| Candidate {
                kind,
                index: entry.index,
                username: &entry.username,
                groups: &entry.groups,
            })
            .collect::<Vec<_>>()
    };
    let (mut roles, mut users) = (roles, users);
    let mut found = candidates(&mut roles, CandidateKind::Role);
    if found.is_empty() {
        found = candidates(&mut users, CandidateKind::User);
    }
    if found.is_empty() {
        Found::None
    } else {
        Found::Candidates(found)
    }
}

/// Objects are indexed by their canonical ARN in lower case; which of several the index gives first is not defined.
fn find_object<'a>(objects: &'a [CustomResource], lower_arn: &str) -> Found<'a> {
    let candidates: Vec<Candidate<'a>> = objects
        .iter()
        .enumerate()
        .filter(|(_, object)| {
            lenient_canonical_arn(&to_lower(&object.arn))
                .is_some_and(|canonical| canonical == lower_arn)
        })
        .map(|(index, object)| Candidate {
            kind: CandidateKind::Role,
            index,
            username: &object.username,
            groups: &object.groups,
        })
        .collect();
    if candidates.is_empty() {
        Found::None
    } else {
        Found::Candidates(candidates)
    }
}

/// The reference's canonical form with all its leniency: account, region and names are not looked at. `None` where it refuses.
///
/// The judge of tokens uses the stricter [`crate::principal::arn::canonical_caller_arn`]; mappings follow the reference.
pub(super) fn lenient_canonical_arn(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [prefix, partition, service, _region, account, resource] = parts.as_slice() else {
        return None;
    };
    if *prefix != "arn" || Partition::parse(partition).is_err() {
        return None;
    }
    let segments: Vec<&str> = resource.split('/').collect();
    match (*service, segments.as_slice()) {
        ("sts", ["assumed-role", role @ .., _session]) if !role.is_empty() => Some(format!(
            "arn:{partition}:iam::{account}:role/{}",
            role.join("/")
        )),
        ("sts", ["federated-user", ..]) | ("iam", ["role" | "user" | "root", ..]) => {
            Some(arn.to_owned())
        }
        _ => None,
    }
}
