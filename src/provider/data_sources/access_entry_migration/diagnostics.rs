//! Why there is nothing to tell.

use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::access::entry_migration::Unplannable;
use crate::diagnostics::api_failure::{self, sentence};

pub(super) fn refused(cluster: &str, error: &Unplannable) -> Diagnostics {
    match error {
        Unplannable::AwsAuth(error) => {
            let about = format!("aws-auth of cluster `{cluster}`");
            api_failure::failed("Cannot Read aws-auth", &about, error).into()
        }
        Unplannable::NotThere(_) => {
            Diagnostic::error("Invalid Principal", sentence(&error.to_string()))
                .at(AttributePath::attribute("principal_arns"))
                .into()
        }
    }
}
