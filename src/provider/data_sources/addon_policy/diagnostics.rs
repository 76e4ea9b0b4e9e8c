//! Why there is no policy, with the attribute that is at fault.

use eksauth_core::iam_policy::addon_policy::AddonPolicyError;
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::diagnostics::api_failure;

/// One thing that is wrong with the question.
pub(super) fn refusal(error: &AddonPolicyError) -> Diagnostic {
    let attribute = match error {
        AddonPolicyError::UnknownAddon { .. } => "name",
        AddonPolicyError::UnknownVersion { .. } => "version",
        _ => match error.argument() {
            Some(argument) => argument.name(),
            None => return Diagnostic::error(summary(error), sentence(error)),
        },
    };
    Diagnostic::error(summary(error), sentence(error)).at(AttributePath::attribute(attribute))
}

/// All of them.
pub(super) fn refused(errors: Vec<AddonPolicyError>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for error in &errors {
        diagnostics.push(refusal(error));
    }
    diagnostics
}

/// Neither an ARN nor the provider says where the policy is for.
pub(super) fn no_partition() -> Diagnostic {
    Diagnostic::error(
        "Unknown Partition",
        "The provider's configuration is not known yet, and no argument says which partition the policy is for. Set `partition`, such as `aws`.",
    )
    .at(AttributePath::attribute("partition"))
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

fn sentence(error: &AddonPolicyError) -> String {
    api_failure::sentence(&error.to_string())
}
