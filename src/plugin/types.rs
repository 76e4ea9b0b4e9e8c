//! Terraform's types, as they stand in a schema.

use std::collections::BTreeMap;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// True or false.
    Bool,
    /// A number of any size and precision.
    Number,
    /// A value that carries its own type.
    Dynamic,
    /// Ordered elements of one type.
    List(Box<Type>),
    /// Unordered distinct elements of one type.
    Set(Box<Type>),
    /// Values of one type by key.
    Map(Box<Type>),
    /// Named attributes with a type each; the names in `optional` may be left out.
    Object {
        /// The attributes.
        attributes: BTreeMap<String, Type>,
        /// The names that may be absent.
        optional: Vec<String>,
    },
    /// A fixed sequence of types.
    Tuple(Vec<Type>),
}
