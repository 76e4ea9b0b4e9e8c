//! Where in a configuration or state a value stands, as Terraform points at it.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// An attribute or block of an object.
    Attribute(String),
    /// A key of a map, or an element of a set by its string value.
    Key(String),
    /// An index of a list.
    Index(i64),
}

/// A path from the root of an object to a value in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributePath {
    steps: Vec<Step>,
}

impl AttributePath {
    /// The object itself.
    pub const fn root() -> Self {
        Self { steps: Vec::new() }
    }

    /// A top-level attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self::root().then(Step::Attribute(name.into()))
    }

    /// This path and one step more.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// This path and an attribute below it.
    #[must_use]
    pub fn at(self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// This path and a list index below it.
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        self.then(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// This path and a map key below it.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// This path seen from one level further out.
    #[must_use]
    pub(crate) fn under(mut self, step: Step) -> Self {
        self.steps.insert(0, step);
        self
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
