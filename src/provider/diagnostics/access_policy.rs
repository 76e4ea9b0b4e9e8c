//! What is said of access policies and their scopes wherever they are named.

use eksauth_core::access::access_policy::PolicyReferenceError;
use tf_provider::schema::Invalid;
use tf_provider::{AttributePath, Diagnostic};

use super::api_failure::sentence;

/// What names no policy, or one of another partition.
pub(crate) fn refused_policy(error: &PolicyReferenceError) -> Diagnostic {
    Diagnostic::error("Invalid Access Policy", sentence(&error.to_string()))
}

/// A scope whose parts do not fit together.
pub(crate) fn refused_scope(invalid: Invalid, attribute: &str) -> Diagnostic {
    Diagnostic::error(invalid.summary, invalid.detail).at(AttributePath::attribute(attribute))
}
