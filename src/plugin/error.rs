//! Why a value is not what its type or its model wants, and where in it.

use crate::path::{AttributePath, Step};

/// A value that does not fit. The path is relative to the value that was given to the conversion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", prefix(path))]
pub struct ValueError {
    path: AttributePath,
    reason: String,
    cause: Cause,
}

/// What kept the value from fitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It is known and wrong.
    Mismatch,
    /// It is unknown where only known values can be held.
    Unknown,
    /// The model's fields are not the schema's attributes.
    Keys,
}

impl ValueError {
    /// An error at the value itself.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            path: AttributePath::root(),
            reason: reason.into(),
            cause: Cause::Mismatch,
        }
    }

    /// An unknown where only a known value can be held.
    pub(crate) fn unknown() -> Self {
        Self {
            path: AttributePath::root(),
            reason: "the value is known only after apply".to_owned(),
            cause: Cause::Unknown,
        }
    }

    /// An attribute the model has no field for.
    pub(crate) fn no_field(name: &str) -> Self {
        Self {
            cause: Cause::Keys,
            ..Self::new(format!(
                "the schema has an attribute `{name}`, and the model has no such field"
            ))
        }
    }

    /// A field the schema has no attribute for.
    pub(crate) fn no_attribute(name: &str) -> Self {
        Self {
            cause: Cause::Keys,
            ..Self::new(format!(
                "the model has a field `{name}`, and the schema has no such attribute"
            ))
        }
    }

    /// The same error seen from one level further out.
    #[must_use]
    pub fn under(mut self, step: Step) -> Self {
        self.path = self.path.under(step);
        self
    }

    /// True if it stands at or below a step from the root.
    pub(crate) fn is_within(&self, step: &Step) -> bool {
        self.path.steps().first() == Some(step)
    }

    /// Where it is.
    pub fn path(&self) -> &AttributePath {
        &self.path
    }

    /// What is wrong, without the path.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// True if the model's fields are not the schema's attributes, whatever the value is.
    pub(crate) fn is_about_keys(&self) -> bool {
        self.cause == Cause::Keys
    }

    /// True if the value would fit were it known.
    pub(crate) fn is_unknown(&self) -> bool {
        self.cause == Cause::Unknown
    }
}

fn prefix(path: &AttributePath) -> String {
    if path.steps().is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    }
}
