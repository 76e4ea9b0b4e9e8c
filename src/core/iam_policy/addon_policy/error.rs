//! Why there is no policy for an add-on.

use thiserror::Error;

use super::argument::AddonArgument;
use crate::principal::partition::Partition;

/// Why a policy cannot be built from what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddonPolicyError {
    /// The catalogue has no such add-on.
    #[error(
        "no add-on is called `{name}`{}; known are {known}",
        nearest(nearest_name)
    )]
    UnknownAddon {
        /// As asked.
        name: String,
        /// The name that was probably meant.
        nearest_name: Option<&'static str>,
        /// All names.
        known: String,
    },
    /// The add-on's policy has no such version.
    #[error("the policy of `{addon}` has no version `{version}`; it has {known}")]
    UnknownVersion {
        /// The add-on's name.
        addon: &'static str,
        /// As asked.
        version: String,
        /// All versions.
        known: String,
    },
    /// The add-on's policy does not depend on it.
    #[error(
        "`{addon}` does not take `{argument}`{}; it takes {taken}",
        nearest(nearest_argument)
    )]
    Unexpected {
        /// The add-on's name.
        addon: &'static str,
        /// The argument that was set.
        argument: AddonArgument,
        /// The argument that was probably meant.
        nearest_argument: Option<&'static str>,
        /// All that it takes.
        taken: String,
    },
    /// Without it the policy would have to allow everything.
    #[error("`{addon}` needs `{argument}`{}: {}", if *.narrow { " for its narrow policy" } else { "" }, .argument.meaning())]
    Missing {
        /// The add-on's name.
        addon: &'static str,
        /// What is missing.
        argument: AddonArgument,
        /// Whether only the narrow policy needs it.
        narrow: bool,
    },
    /// Without any of them the policy would allow nothing.
    #[error(
        "`{addon}` needs at least one of {arguments}: without any of them its policy would allow nothing"
    )]
    MissingAll {
        /// The add-on's name.
        addon: &'static str,
        /// The first of them.
        first: AddonArgument,
        /// All of them.
        arguments: String,
    },
    /// AWS's own policy for the add-on has no place for it.
    #[error(
        "`{argument}` narrows the policy text of `{addon}`, but without `narrow` the policy is the one that AWS keeps; set `narrow = true` or leave `{argument}` out"
    )]
    OnlyNarrow {
        /// The add-on's name.
        addon: &'static str,
        /// The argument that was set.
        argument: AddonArgument,
    },
    /// The value is none that the argument can have.
    #[error("`{value}` is no value for `{argument}`: {reason}")]
    Value {
        /// The argument.
        argument: AddonArgument,
        /// The value, or the one of the list that is wrong.
        value: String,
        /// What it must be.
        reason: String,
    },
    /// The ARN or region is of another partition than the policy.
    #[error(
        "`{value}` in `{argument}` is of partition {found}, but the policy is for partition {partition}"
    )]
    OtherPartition {
        /// The argument.
        argument: AddonArgument,
        /// The ARN or region.
        value: String,
        /// Its partition.
        found: Partition,
        /// The policy's.
        partition: Partition,
    },
    /// More than a role can have.
    #[error(
        "the policy does not fit into the managed policies that a role can have ({documents} of 6,144 characters would be needed); name fewer resources, or use patterns"
    )]
    TooLarge {
        /// Documents that it takes.
        documents: usize,
    },
}

impl AddonPolicyError {
    /// The argument that is at fault, if one is.
    pub fn argument(&self) -> Option<AddonArgument> {
        match self {
            Self::Unexpected { argument, .. }
            | Self::Missing { argument, .. }
            | Self::OnlyNarrow { argument, .. }
            | Self::Value { argument, .. }
            | Self::OtherPartition { argument, .. } => Some(*argument),
            Self::MissingAll { first, .. } => Some(*first),
            Self::UnknownAddon { .. } | Self::UnknownVersion { .. } | Self::TooLarge { .. } => None,
        }
    }
}

fn nearest(name: &Option<&'static str>) -> String {
    name.map_or_else(String::new, |name| format!(" (is `{name}` meant?)"))
}
