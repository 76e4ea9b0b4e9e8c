//! Schemas as their author writes them: attributes, nested attributes and blocks, each with its rules.

mod check;
mod reading;
mod shape;
#[cfg(test)]
mod tests;
mod validator;

pub(crate) use shape::{Level, Nest};
pub use validator::{Invalid, SourceLine, Validator};

use crate::types::Type;
use crate::value::Value;

/// How many of a nested attribute or block there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most one.
    Single,
    /// In order.
    List,
    /// Without order.
    Set,
    /// By key.
    Map,
    /// Always one, even where the configuration has none; for blocks only.
    Group,
}

/// What an attribute holds.
#[derive(Clone)]
pub(crate) enum Kind {
    Type(Type),
    Nested(Nesting, Vec<(String, Attribute)>),
}

/// One attribute.
#[derive(Clone)]
pub struct Attribute {
    pub(crate) kind: Kind,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
    pub(crate) deprecated: Option<String>,
    pub(crate) replace: bool,
    pub(crate) keep: bool,
    pub(crate) default: Option<Value>,
    pub(crate) validators: Vec<Validator>,
}

impl Attribute {
    /// An attribute of a type.
    pub fn of_type(r#type: Type) -> Self {
        Self::kind(Kind::Type(r#type))
    }

    /// Text.
    pub fn string() -> Self {
        Self::of_type(Type::String)
    }

    /// True or false.
    pub fn bool() -> Self {
        Self::of_type(Type::Bool)
    }

    /// A number.
    pub fn number() -> Self {
        Self::of_type(Type::Number)
    }

    /// A list of a type.
    pub fn list(element: Type) -> Self {
        Self::of_type(Type::List(Box::new(element)))
    }

    /// A set of a type.
    pub fn set(element: Type) -> Self {
        Self::of_type(Type::Set(Box::new(element)))
    }

    /// A map of a type.
    pub fn map(element: Type) -> Self {
        Self::of_type(Type::Map(Box::new(element)))
    }

    /// Attributes within the attribute, in the given order.
    pub fn nested<N: Into<String>>(
        nesting: Nesting,
        attributes: impl IntoIterator<Item = (N, Attribute)>,
    ) -> Self {
        Self::kind(Kind::Nested(
            nesting,
            attributes
                .into_iter()
                .map(|(name, attribute)| (name.into(), attribute))
                .collect(),
        ))
    }

    fn kind(kind: Kind) -> Self {
        Self {
            kind,
            description: String::new(),
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecated: None,
            replace: false,
            keep: false,
            default: None,
            validators: Vec::new(),
        }
    }

    /// Must be configured.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// May be configured.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The provider fills it (with [`optional`](Self::optional): where the configuration does not).
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// Hidden in output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Reaches the provider and never the state.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Still works; the message says what to use instead.
    #[must_use]
    pub fn deprecated(mut self, message: impl Into<String>) -> Self {
        self.deprecated = Some(message.into());
        self
    }

    /// A change needs a new object.
    #[must_use]
    pub fn replace(mut self) -> Self {
        self.replace = true;
        self
    }

    /// A computed value that does not change while the object lives: a plan keeps the state's value instead of unknown.
    #[must_use]
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// What it is where the configuration says nothing; makes it optional and computed.
    #[must_use]
    pub fn default(mut self, value: Value) -> Self {
        self.optional = true;
        self.computed = true;
        self.default = Some(value);
        self
    }

    /// A rule on its value.
    #[must_use]
    pub fn validate(mut self, validator: Validator) -> Self {
        self.validators.push(validator);
        self
    }

    /// What it means, in markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }
}

/// A nested block.
#[derive(Clone)]
pub struct Block {
    pub(crate) nesting: Nesting,
    pub(crate) attributes: Vec<(String, Attribute)>,
    pub(crate) blocks: Vec<(String, Block)>,
    pub(crate) description: String,
    pub(crate) min_items: i64,
    pub(crate) max_items: i64,
}

impl Block {
    /// A block of a nesting.
    pub fn new(nesting: Nesting) -> Self {
        Self {
            nesting,
            attributes: Vec::new(),
            blocks: Vec::new(),
            description: String::new(),
            min_items: 0,
            max_items: 0,
        }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, attribute: Attribute) -> Self {
        self.attributes.push((name.into(), attribute));
        self
    }

    /// Adds a block within it.
    #[must_use]
    pub fn block(mut self, name: impl Into<String>, block: Block) -> Self {
        self.blocks.push((name.into(), block));
        self
    }

    /// What it means, in markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// How many there must and may be (0: no bound).
    #[must_use]
    pub fn items(mut self, min: i64, max: i64) -> Self {
        self.min_items = min;
        self.max_items = max;
        self
    }
}

/// The schema of an object.
#[derive(Clone)]
pub struct Schema {
    pub(crate) version: i64,
    pub(crate) attributes: Vec<(String, Attribute)>,
    pub(crate) blocks: Vec<(String, Block)>,
    pub(crate) description: String,
    pub(crate) deprecated: Option<String>,
}

impl Schema {
    /// A schema; `description` is markdown and opens the object's page.
    pub fn new(description: impl Into<String>) -> Self {
        Self {
            version: 0,
            attributes: Vec::new(),
            blocks: Vec::new(),
            description: description.into(),
            deprecated: None,
        }
    }

    /// The version of its states.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, attribute: Attribute) -> Self {
        self.attributes.push((name.into(), attribute));
        self
    }

    /// Adds a block.
    #[must_use]
    pub fn block(mut self, name: impl Into<String>, block: Block) -> Self {
        self.blocks.push((name.into(), block));
        self
    }

    /// Still works; the message says what to use instead.
    #[must_use]
    pub fn deprecated(mut self, message: impl Into<String>) -> Self {
        self.deprecated = Some(message.into());
        self
    }
}
