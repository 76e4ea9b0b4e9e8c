//! A provider function as its author writes it: pure, called also without a configured provider.

use serde::{Serialize, de::DeserializeOwned};

use crate::types::Type;

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub r#type: Type,
    /// What it means, in markdown.
    pub description: &'static str,
    /// Whether null may be given.
    pub allow_null: bool,
}

/// What a function takes and gives.
#[derive(Clone, Debug)]
pub struct Signature {
    /// One line.
    pub summary: &'static str,
    /// Markdown.
    pub description: &'static str,
    /// In order.
    pub parameters: Vec<Parameter>,
    /// What further arguments are, where any number may follow.
    pub variadic: Option<Parameter>,
    /// What comes back.
    pub returns: Type,
}

/// Why a function has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong and what would be right.
    pub text: String,
    /// The index of the argument at fault, from 0.
    pub argument: Option<i64>,
}

impl FunctionError {
    /// An error about one argument.
    pub fn argument(index: i64, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: Some(index),
        }
    }
}

/// A function.
pub trait Function: Send + Sync + 'static {
    /// The arguments: a tuple of the parameters' types, a `Vec` last for the variadic ones.
    type Arguments: DeserializeOwned + Send;
    /// The answer.
    type Output: Serialize;

    /// The name, without a prefix.
    const NAME: &'static str;

    /// What it takes and gives.
    fn signature(&self) -> Signature;

    /// Answers.
    ///
    /// # Errors
    /// An argument that has no answer.
    fn call(&self, arguments: Self::Arguments) -> Result<Self::Output, FunctionError>;
}
