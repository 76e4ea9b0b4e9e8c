//! What becomes of a write of roles and bindings that is taken back.

use tf_provider::Diagnostics;

use crate::ports::ApiError;
use crate::ports::rbac_objects::{RbacKey, RbacObject};

/// A write that was taken back.
pub(super) struct TakenBack {
    pub(super) diagnostics: Diagnostics,
    /// What was put back, as it is now.
    pub(super) restored: Vec<RbacObject>,
    /// What was newly made and is gone again.
    pub(super) gone: Vec<RbacKey>,
}

/// What became of a write that is taken back.
#[derive(Default)]
pub(super) struct PutBack {
    /// As it is now.
    pub(super) restored: Vec<RbacObject>,
    /// As it was, of that which others had a part in and which had gone.
    pub(super) made_anew: Vec<RbacObject>,
    /// What could not be put back, and why.
    pub(super) failed: Vec<(RbacObject, ApiError)>,
    /// What was newly made and is gone.
    pub(super) gone: Vec<RbacKey>,
    /// What was newly made and stays, and why.
    pub(super) stays: Vec<(RbacKey, String)>,
}

impl PutBack {
    pub(super) fn told_by(self, diagnostics: Diagnostics) -> TakenBack {
        TakenBack {
            diagnostics,
            restored: self.restored,
            gone: self.gone,
        }
    }
}
