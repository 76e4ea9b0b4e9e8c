//! What the attributes of an association may be. Source: the EKS API reference, CreatePodIdentityAssociation.

use eksauth_core::iam_policy::policy_document::PolicyDocument;
use tf_provider::schema::Invalid;

use crate::diagnostics::api_failure::sentence;

/// A session policy.
pub(super) fn policy(text: &str) -> Result<(), Invalid> {
    PolicyDocument::parse(text).map(drop).map_err(|error| {
        Invalid::new(
            "Invalid Session Policy",
            format!(
                "{} Write it with `jsonencode`, or leave the attribute out: an empty text is no policy.",
                sentence(&error.to_string())
            ),
        )
    })
}
