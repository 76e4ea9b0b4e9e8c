//! A value on its way between Terraform and a model.

use std::collections::BTreeMap;

use crate::types::Type;

/// What is known of an unknown value.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// A number without loss: Terraform's numbers have no fixed size.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// A whole number that fits.
    Int(i64),
    /// A whole number above `i64`.
    Uint(u64),
    /// A finite or infinite float.
    Float(f64),
    /// Any other number as its decimal text.
    Decimal(String),
}

/// A value of any type.
#[derive(Clone, Debug, PartialEq)]
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
