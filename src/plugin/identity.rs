//! What names an object for good, apart from its state: a resource's identity, since protocol 6.9.
//!
//! An identity is made from a state and never asked for: it appears with the first state that says all of it, and `import { identity = {…} }`
//! gives it back in parts. Command lines that know no identities are not affected.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::resource::Upgrade;
use crate::types::Type;

/// One attribute of an identity.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityAttribute {
    pub(crate) r#type: Type,
    pub(crate) is_required: bool,
    pub(crate) description: String,
}

impl IdentityAttribute {
    /// What it holds.
    pub fn value_type(&self) -> &Type {
        &self.r#type
    }

    /// Must an import give it? Else it may.
    pub fn is_required_for_import(&self) -> bool {
        self.is_required
    }

    /// What it means, in markdown.
    pub fn description_text(&self) -> &str {
        &self.description
    }
}

/// The attributes of an identity in their order, and the version of the identities that are stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdentitySchema {
    pub(crate) version: i64,
    pub(crate) attributes: Vec<(String, IdentityAttribute)>,
}

impl IdentitySchema {
    /// No attribute yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The version of its stored identities.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// Adds an attribute that an import must give.
    #[must_use]
    pub fn required(self, name: &str, r#type: Type, description: &str) -> Self {
        self.attribute(name, r#type, description, true)
    }

    /// Adds an attribute that an import may give; the stored identity always has it.
    #[must_use]
    pub fn optional(self, name: &str, r#type: Type, description: &str) -> Self {
        self.attribute(name, r#type, description, false)
    }

    fn attribute(mut self, name: &str, r#type: Type, description: &str, is_required: bool) -> Self {
        let attribute = IdentityAttribute {
            r#type,
            is_required,
            description: description.to_owned(),
        };
        self.attributes.push((name.to_owned(), attribute));
        self
    }

    /// The attributes in their order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &IdentityAttribute)> {
        self.attributes
            .iter()
            .map(|(name, attribute)| (name.as_str(), attribute))
    }
}

/// The identity of objects whose model is `M`: a struct whose every field is an [`Attr`](crate::Attr).
pub trait Identity<M>:
    Serialize + DeserializeOwned + Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static
{
    /// Whether a change in place may give an object another identity. Without it that is a bug of the provider, and reported as one.
    const IS_MUTABLE: bool = false;

    /// The schema; `None`: objects of this type have no identity.
    fn schema() -> Option<IdentitySchema>;

    /// Steps from older versions of the schema. An identity that cannot be brought up to date is null until the next read makes it anew.
    fn upgrades() -> Vec<Upgrade> {
        Vec::new()
    }

    /// The identity that follows from a state, whole; `None` while the state does not say all of it.
    fn from_model(model: &M) -> Option<Self>;
}

/// For a resource whose objects have no identity. There is no value of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NoIdentity {}

impl<M> Identity<M> for NoIdentity {
    fn schema() -> Option<IdentitySchema> {
        None
    }

    fn from_model(_model: &M) -> Option<Self> {
        None
    }
}
