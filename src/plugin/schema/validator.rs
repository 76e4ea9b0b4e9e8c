//! Rules on single values, written by an object's author.

use std::sync::Arc;

use crate::value::Value;

/// Why a value is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The diagnostic's title.
    pub summary: String,
    /// What is wrong, the value in backticks, and what would be right.
    pub detail: String,
    /// Whether Terraform may show the line of the configuration that has the value.
    pub source_line: SourceLine,
}

/// Whether Terraform may show the line of the configuration that a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceLine {
    /// It has nothing secret.
    Shown,
    /// It has a secret: the refusal names the attribute in its text and points at no line.
    Hidden,
}

impl Invalid {
    /// A refusal.
    pub fn new(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            detail: detail.into(),
            source_line: SourceLine::Shown,
        }
    }

    /// The same for a value that is secret or has a secret in it. Terraform prints the line that a diagnostic points at.
    pub fn without_source_line(mut self) -> Self {
        self.source_line = SourceLine::Hidden;
        self
    }
}

/// A rule on one known, non-null value; the layer adds the path. Null and unknown are never given to it.
#[derive(Clone)]
pub struct Validator {
    rule: Arc<dyn Rule>,
}

trait Rule: Send + Sync {
    fn check(&self, value: &Value) -> Result<(), Invalid>;
}

impl<F: Fn(&Value) -> Result<(), Invalid> + Send + Sync> Rule for F {
    fn check(&self, value: &Value) -> Result<(), Invalid> {
        self(value)
    }
}

impl Validator {
    /// A rule on any value.
    pub fn new(check: impl Fn(&Value) -> Result<(), Invalid> + Send + Sync + 'static) -> Self {
        Self {
            rule: Arc::new(check),
        }
    }

    /// Checks a known value.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Invalid> {
        self.rule.check(value)
    }

    /// A rule on text.
    pub fn string(check: impl Fn(&str) -> Result<(), Invalid> + Send + Sync + 'static) -> Self {
        Self::new(move |value| match value {
            Value::String(text) => check(text),
            _ => Ok(()),
        })
    }

    /// A rule on each text of a list, set or map.
    pub fn each_string(
        check: impl Fn(&str) -> Result<(), Invalid> + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |value| {
            let elements: Vec<&Value> = match value {
                Value::List(elements) => elements.iter().collect(),
                Value::Map(elements) => elements.values().collect(),
                _ => Vec::new(),
            };
            elements.into_iter().try_for_each(|element| match element {
                Value::String(text) => check(text),
                _ => Ok(()),
            })
        })
    }

    /// One of the given texts.
    pub fn one_of(allowed: &'static [&'static str]) -> Self {
        Self::string(move |text| {
            if allowed.contains(&text) {
                return Ok(());
            }
            let list = allowed
                .iter()
                .map(|value| format!("`{value}`"))
                .collect::<Vec<_>>()
                .join(", ");
            Err(Invalid::new(
                "Invalid Value",
                format!("`{text}` is not one of {list}."),
            ))
        })
    }
}
