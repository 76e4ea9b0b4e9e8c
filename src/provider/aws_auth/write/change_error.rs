//! Why a change was not made: because something speaks against it, or because that could not be found out.

use tf_provider::{Diagnostic, Diagnostics};

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeError {
    /// It was judged and refused: by what the document says, by the cluster, or by the guard.
    Refused(Diagnostics),
    /// It could not be judged or not be written.
    Failed(Diagnostics),
}

impl From<Diagnostic> for ChangeError {
    /// A failure.
    fn from(reason: Diagnostic) -> Self {
        Self::Failed(reason.into())
    }
}

impl From<ChangeError> for Diagnostics {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(reasons) | ChangeError::Failed(reasons) => reasons,
        }
    }
}
