//! A value on its way between Terraform and a model.
//!
//! Lists, sets and tuples are all [`Value::List`], maps and objects all [`Value::Map`]: which one it is says the [`Type`]. A set is kept
//! sorted by the layer, so that equality does not depend on the order it came in.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::error::ValueError;
pub use crate::number::Number;
use crate::types::Type;

/// What is known of an unknown value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refinement {
    /// `Some(false)`: certainly not null.
    pub nullable: Option<bool>,
    /// What a string will begin with.
    pub string_prefix: Option<String>,
    /// Lower bound of a number and whether it is inclusive.
    pub number_min: Option<(Number, bool)>,
    /// Upper bound of a number and whether it is inclusive.
    pub number_max: Option<(Number, bool)>,
    /// The least number of elements.
    pub length_min: Option<u64>,
    /// The greatest number of elements.
    pub length_max: Option<u64>,
}

/// A value of any type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Not set.
    Null,
    /// Decided during apply.
    Unknown(Option<Box<Refinement>>),
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(String),
    /// A list, set or tuple.
    List(Vec<Value>),
    /// A map or object.
    Map(BTreeMap<String, Value>),
    /// A value of a dynamic attribute with its type.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// An unknown of which nothing is known.
    pub fn unknown() -> Self {
        Self::Unknown(None)
    }

    /// An object or map of the given pairs.
    pub fn object<N: Into<String>>(pairs: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Map(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// True for null, of whatever type a dynamic one says it is.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Dynamic(pair) => pair.1.is_null(),
            _ => false,
        }
    }

    /// True for an unknown; a list with unknown elements is none.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Dynamic(pair) => pair.1.is_unknown(),
            _ => false,
        }
    }

    /// True if nothing in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(elements) => elements.values().all(Self::is_wholly_known),
            Self::Dynamic(pair) => pair.1.is_wholly_known(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The attributes of an object or the elements of a map.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// An attribute or map element; null where there is none.
    pub fn attribute(&self, name: &str) -> &Self {
        match self {
            Self::Map(elements) => elements.get(name).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    /// The same with every unknown as null, as Terraform saves what a provider left unknown.
    #[must_use]
    pub fn unknown_as_null(self) -> Self {
        match self {
            Self::Unknown(_) => Self::Null,
            Self::List(elements) => {
                Self::List(elements.into_iter().map(Self::unknown_as_null).collect())
            }
            Self::Map(elements) => Self::Map(
                elements
                    .into_iter()
                    .map(|(name, value)| (name, value.unknown_as_null()))
                    .collect(),
            ),
            Self::Dynamic(pair) => {
                let (r#type, value) = *pair;
                Self::Dynamic(Box::new((r#type, value.unknown_as_null())))
            }
            known => known,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => 3,
            Self::List(_) => 4,
            Self::Map(_) => 5,
            Self::Dynamic(_) => 6,
            Self::Unknown(_) => 7,
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An order for sets only; it means nothing to a practitioner. Unknowns come last.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::List(left), Self::List(right)) => left.cmp(right),
            (Self::Map(left), Self::Map(right)) => left.cmp(right),
            (Self::Dynamic(left), Self::Dynamic(right)) => left.cmp(right),
            (Self::Unknown(left), Self::Unknown(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Number(Number::Int(int))
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(elements: Vec<V>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
