//! What is wrong with the choice of an add-on, with the attribute that is at fault.

use eksauth_core::iam_policy::addon_policy::AddonPolicyError;
use tf_provider::{AttributePath, Diagnostic};

use super::api_failure::sentence;

/// One thing that is wrong with the choice whose attributes are below `choice`.
pub(crate) fn refusal(error: &AddonPolicyError, choice: &AttributePath) -> Diagnostic {
    let attribute = match error {
        AddonPolicyError::UnknownAddon { .. } => Some("name"),
        AddonPolicyError::UnknownVersion { .. } => Some("version"),
        _ => error.argument().map(|argument| argument.name()),
    };
    let diagnostic = Diagnostic::error(summary(error), sentence(&error.to_string()));
    match attribute {
        Some(attribute) => diagnostic.at(choice.clone().at(attribute)),
        None if *choice == AttributePath::root() => diagnostic,
        None => diagnostic.at(choice.clone()),
    }
}

fn summary(error: &AddonPolicyError) -> &'static str {
    match error {
        AddonPolicyError::UnknownAddon { .. } => "Unknown Add-On",
        AddonPolicyError::UnknownVersion { .. } => "Unknown Version Of Add-On Policy",
        AddonPolicyError::Unexpected { .. } | AddonPolicyError::OnlyNarrow { .. } => {
            "Unexpected Add-On Argument"
        }
        AddonPolicyError::Missing { .. } | AddonPolicyError::MissingAll { .. } => {
            "Missing Add-On Argument"
        }
        AddonPolicyError::Value { .. } | AddonPolicyError::OtherPartition { .. } => {
            "Invalid Add-On Argument"
        }
        AddonPolicyError::TooLarge { .. } => "Add-On Policy Too Large",
    }
}
