//! Terraform's types, as they stand in a schema.
//!
//! Two spellings: the JSON one travels (`["list","string"]`), the notation is for people (`list(string)`).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Type {
    /// An ordered collection.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// An unordered collection.
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// A collection by key.
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object all of whose attributes must be there.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object {
            attributes: attributes
                .into_iter()
                .map(|(name, r#type)| (name.into(), r#type))
                .collect(),
            optional: Vec::new(),
        }
    }

    /// True if a dynamic type stands anywhere in it.
    pub(crate) fn has_dynamic(&self) -> bool {
        match self {
            Self::Dynamic => true,
            Self::String | Self::Bool | Self::Number => false,
            Self::List(element) | Self::Set(element) | Self::Map(element) => element.has_dynamic(),
            Self::Object { attributes, .. } => attributes.values().any(Self::has_dynamic),
            Self::Tuple(elements) => elements.iter().any(Self::has_dynamic),
        }
    }

    /// The form that travels in schemas and beside dynamic values.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Bool => json!("bool"),
            Self::Number => json!("number"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object {
                attributes,
                optional,
            } => {
                let attributes: serde_json::Map<String, Json> = attributes
                    .iter()
                    .map(|(name, r#type)| (name.clone(), r#type.to_json()))
                    .collect();
                if optional.is_empty() {
                    json!(["object", attributes])
                } else {
                    json!(["object", attributes, optional])
                }
            }
            Self::Tuple(elements) => {
                let elements: Vec<Json> = elements.iter().map(Self::to_json).collect();
                json!(["tuple", elements])
            }
        }
    }

    /// Reads the form that travels; `None` if it is none.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        if let Some(name) = json.as_str() {
            return match name {
                "string" => Some(Self::String),
                "bool" => Some(Self::Bool),
                "number" => Some(Self::Number),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            };
        }
        let parts = json.as_array()?;
        let inner = parts.get(1)?;
        match parts.first()?.as_str()? {
            "list" => Some(Self::list(Self::from_json(inner)?)),
            "set" => Some(Self::set(Self::from_json(inner)?)),
            "map" => Some(Self::map(Self::from_json(inner)?)),
            "object" => Some(Self::Object {
                attributes: inner
                    .as_object()?
                    .iter()
                    .map(|(name, json)| Some((name.clone(), Self::from_json(json)?)))
                    .collect::<Option<_>>()?,
                optional: parts.get(2).map_or(Some(Vec::new()), |names| {
                    names
                        .as_array()?
                        .iter()
                        .map(|name| name.as_str().map(str::to_owned))
                        .collect()
                })?,
            }),
            "tuple" => Some(Self::Tuple(
                inner
                    .as_array()?
                    .iter()
                    .map(Self::from_json)
                    .collect::<Option<_>>()?,
            )),
            _ => None,
        }
    }
}

/// Terraform's own notation, as a variable's `type` argument takes it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::Dynamic => f.write_str("dynamic"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Object {
                attributes,
                optional,
            } => {
                f.write_str("object({")?;
                for (position, (name, r#type)) in attributes.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    if optional.contains(name) {
                        write!(f, "{comma}{name} = optional({type})")?;
                    } else {
                        write!(f, "{comma}{name} = {type}")?;
                    }
                }
                f.write_str("})")
            }
            Self::Tuple(elements) => {
                f.write_str("tuple([")?;
                for (position, element) in elements.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    write!(f, "{comma}{element}")?;
                }
                f.write_str("])")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Type {
        Type::Object {
            attributes: BTreeMap::from([
                ("names".to_owned(), Type::set(Type::String)),
                (
                    "pair".to_owned(),
                    Type::Tuple(vec![Type::Number, Type::map(Type::Dynamic)]),
                ),
                ("steps".to_owned(), Type::list(Type::Bool)),
            ]),
            optional: vec!["steps".to_owned()],
        }
    }

    #[test]
    fn a_type_travels_as_json_and_comes_back() {
        let json = json!(["object", {
            "names": ["set", "string"],
            "pair": ["tuple", ["number", ["map", "dynamic"]]],
            "steps": ["list", "bool"],
        }, ["steps"]]);
        assert_eq!(example().to_json(), json);
        assert_eq!(Type::from_json(&json), Some(example()));
        for wrong in [
            json!("text"),
            json!(["list"]),
            json!(["box", "string"]),
            json!(7),
        ] {
            assert_eq!(Type::from_json(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_type_reads_as_terraform_writes_it() {
        assert_eq!(
            example().to_string(),
            "object({names = set(string), pair = tuple([number, map(dynamic)]), steps = optional(list(bool))})"
        );
    }
}
