//! An add-on of the catalogue: its names, the versions of its policy, and what each version takes.

use super::argument::{AddonArgument, AddonArguments};
use super::checking;
use super::error::AddonPolicyError;
use crate::iam_policy::policy_document::Statement;
use crate::nearness::nearest;
use crate::principal::partition::Partition;

/// An add-on whose least policy is known.
#[derive(Debug)]
pub struct Addon {
    /// The name that it has here.
    pub name: &'static str,
    /// Other names that it is known by, written with hyphens; `_`, capitals and `attach_…_policy` are understood besides.
    pub aliases: &'static [&'static str],
    /// What it is.
    pub title: &'static str,
    /// Every version of its policy, the oldest first. A version that was released never changes.
    pub versions: &'static [AddonVersion],
}

/// One version of an add-on's policy.
#[derive(Debug)]
pub struct AddonVersion {
    /// Year and month, such as `2026-11`.
    pub version: &'static str,
    /// Who says what the add-on needs.
    pub source: &'static str,
    /// When that was read, such as `2026-08-17`.
    pub as_of: &'static str,
    /// What it takes, the most important first.
    pub arguments: &'static [TakenArgument],
    /// The policy.
    pub(super) build: fn(&AddonInput<'_>) -> AddonParts,
}

/// An argument that an add-on takes.
#[derive(Clone, Copy, Debug)]
pub struct TakenArgument {
    /// Which.
    pub argument: AddonArgument,
    /// Whether it must be set.
    pub need: Need,
}

/// Whether an argument must be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Required,
    /// It may be left out.
    Optional,
    /// One of those that are marked so must be set.
    OneOfThese,
    /// With `narrow`; without, it cannot be set.
    RequiredIfNarrow,
    /// It may be set with `narrow` only.
    OptionalIfNarrow,
}

/// Arguments as far as they are known, and what they are for.
#[derive(Clone, Copy, Debug)]
pub struct AddonArgumentCheck<'a> {
    /// Whether the add-on's own text is wanted; none: not known.
    pub narrow: Option<bool>,
    /// The partition of the policy; none: that of the first ARN.
    pub partition: Option<Partition>,
    /// What is set.
    pub arguments: &'a AddonArguments,
}

/// What a policy is built from.
pub(super) struct AddonInput<'a> {
    pub(super) partition: Partition,
    pub(super) narrow: bool,
    pub(super) arguments: &'a AddonArguments,
}

/// What a policy is made of.
#[derive(Debug, Default)]
pub(super) struct AddonParts {
    /// AWS's own policies, by what follows `policy/` in their ARNs.
    pub(super) managed: Vec<&'static str>,
    /// The statements beside them.
    pub(super) statements: Vec<Statement>,
    /// What is wider than it could be, and how to narrow it.
    pub(super) notes: Vec<String>,
}

impl Addon {
    /// A version of the policy; without a wish the first, so that a later version changes nothing until it is asked for.
    pub fn version(&self, wanted: Option<&str>) -> Result<&'static AddonVersion, AddonPolicyError> {
        let versions: &'static [AddonVersion] = self.versions;
        let found = match wanted {
            None => versions.first(),
            Some(wanted) => versions.iter().find(|version| version.version == wanted),
        };
        found.ok_or_else(|| AddonPolicyError::UnknownVersion {
            addon: self.name,
            version: wanted.unwrap_or_default().to_owned(),
            known: listed(versions.iter().map(|version| version.version)),
        })
    }
}

impl AddonVersion {
    /// Everything that is wrong with the arguments, as far as they are known.
    pub fn errors(&self, addon: &Addon, check: AddonArgumentCheck<'_>) -> Vec<AddonPolicyError> {
        let AddonArgumentCheck {
            narrow,
            partition,
            arguments,
        } = check;
        let mut errors = self.unexpected(addon, arguments);
        for taken in self.arguments {
            errors.extend(taken.error(addon, narrow, arguments));
        }
        errors.extend(self.missing_all(addon, arguments));
        errors.extend(checking::value_errors(arguments));
        if let Some(partition) = partition.or_else(|| arguments.partition()) {
            errors.extend(checking::partition_errors(arguments, partition));
        }
        errors
    }

    /// Whether an argument is one that it takes.
    pub fn takes(&self, argument: AddonArgument) -> bool {
        self.arguments
            .iter()
            .any(|taken| taken.argument == argument)
    }

    fn unexpected(&self, addon: &Addon, arguments: &AddonArguments) -> Vec<AddonPolicyError> {
        let names: Vec<String> = self
            .arguments
            .iter()
            .map(|taken| taken.argument.name().to_owned())
            .collect();
        arguments
            .iter()
            .filter(|(argument, _)| !self.takes(*argument))
            .map(|(argument, _)| {
                let meant = nearest(argument.name(), &names);
                AddonPolicyError::Unexpected {
                    addon: addon.name,
                    argument,
                    nearest_argument: meant
                        .and_then(AddonArgument::named)
                        .map(AddonArgument::name),
                    taken: match names.is_empty() {
                        true => "no arguments".to_owned(),
                        false => listed(names.iter().map(String::as_str)),
                    },
                }
            })
            .collect()
    }

    fn missing_all(&self, addon: &Addon, arguments: &AddonArguments) -> Option<AddonPolicyError> {
        let alternatives: Vec<AddonArgument> = self
            .arguments
            .iter()
            .filter(|taken| taken.need == Need::OneOfThese)
            .map(|taken| taken.argument)
            .collect();
        let first = *alternatives.first()?;
        if alternatives.iter().any(|argument| arguments.has(*argument)) {
            return None;
        }
        Some(AddonPolicyError::MissingAll {
            addon: addon.name,
            first,
            arguments: listed(alternatives.iter().map(|argument| argument.name())),
        })
    }
}

impl TakenArgument {
    fn error(
        &self,
        addon: &Addon,
        narrow: Option<bool>,
        arguments: &AddonArguments,
    ) -> Option<AddonPolicyError> {
        let argument = self.argument;
        let (addon, is_set) = (addon.name, arguments.has(argument));
        let missing = |narrow| AddonPolicyError::Missing {
            addon,
            argument,
            narrow,
        };
        match (self.need, narrow, is_set) {
            (Need::Required, _, false) => Some(missing(false)),
            (Need::RequiredIfNarrow, Some(true), false) => Some(missing(true)),
            (Need::RequiredIfNarrow | Need::OptionalIfNarrow, Some(false), true) => {
                Some(AddonPolicyError::OnlyNarrow { addon, argument })
            }
            _ => None,
        }
    }
}

impl AddonInput<'_> {
    /// An ARN of the partition; `rest` begins with the service.
    pub(super) fn arn(&self, rest: &str) -> String {
        format!("arn:{}:{rest}", self.partition)
    }

    /// The values of a list, each once, in the order given.
    pub(super) fn list(&self, argument: AddonArgument) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for value in self.arguments.texts(argument) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        values
    }

    pub(super) fn flag(&self, argument: AddonArgument) -> bool {
        self.arguments.flag(argument)
    }

    pub(super) fn text(&self, argument: AddonArgument) -> Option<&str> {
        self.arguments.text(argument)
    }

    /// The names of the clusters, also where their ARNs were given.
    pub(super) fn cluster_names(&self) -> Vec<String> {
        let given = self.list(AddonArgument::ClusterNames);
        let mut names: Vec<String> = Vec::new();
        for given in given {
            let name = checking::cluster_arn(&given).map(|(_, name)| name.to_owned());
            let name = name.unwrap_or(given);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The name of the cluster, also where its ARN was given.
    pub(super) fn cluster_name(&self) -> Option<&str> {
        let given = self.arguments.text(AddonArgument::ClusterName)?;
        Some(checking::cluster_arn(given).map_or(given, |(_, name)| name))
    }
}

pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
