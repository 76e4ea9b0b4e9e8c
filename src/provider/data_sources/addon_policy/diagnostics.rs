//! Why there is no policy.

use eksauth_core::iam_policy::addon_policy::AddonPolicyError;
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::diagnostics::addon_policy::refusal;

/// Everything that is wrong with the question.
pub(super) fn refused(errors: Vec<AddonPolicyError>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for error in &errors {
        diagnostics.push(refusal(error, &AttributePath::root()));
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
