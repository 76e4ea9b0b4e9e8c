//! Chosen members of a JSON object, read in one pass: of everything else nothing is kept, however large or deep it is.
//!
//! Names are compared without regard to case, as Go's reader compares them, and `null` stands for an object, text or list without
//! anything in it. A chosen member that stands twice, in whatever case, is an error: two readers would take two values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// What is chosen of an object.
pub(crate) trait Members: Default {
    /// The names, 32 at most.
    const NAMES: &'static [&'static str];

    /// Takes the value of the member at this position of the names.
    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        position: usize,
        object: &mut A,
    ) -> Result<(), A::Error>;
}

/// An object, or `null` for an empty one.
pub(crate) struct Object<M>(pub(crate) M);

/// A text, or `null` for an empty one.
#[derive(Default)]
pub(crate) struct Text(pub(crate) String);

/// A value that is of the right kind and not kept.
pub(crate) enum Checked {
    /// A text.
    Text,
    /// A truth value.
    Bool,
    /// A list of texts.
    Texts,
    /// An object.
    Object,
}

impl<'de, M: Members> Deserialize<'de> for Object<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<M>(PhantomData<M>);

impl<'de, M: Members> Visitor<'de> for ObjectVisitor<M> {
    type Value = Object<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Object<M>, E> {
        Ok(Object(M::default()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Object<M>, A::Error> {
        let mut members = M::default();
        let mut seen = 0_u32;
        while let Some(position) = object.next_key_seed(Name(M::NAMES))? {
            let Some(position) = position else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let this = 1 << position;
            if seen & this != 0 {
                return Err(A::Error::custom("a member stands twice"));
            }
            seen |= this;
            members.take(position, &mut object)?;
        }
        Ok(Object(members))
    }
}

/// A member's name as its position among the chosen ones.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let is_meant = |chosen: &&str| chosen.eq_ignore_ascii_case(name);
        Ok(self.0.iter().position(is_meant))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text(text))
    }
}

impl<'de> DeserializeSeed<'de> for Checked {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Checked::Text => "a text",
            Checked::Bool => "a truth value",
            Checked::Texts => "a list of texts",
            Checked::Object => "an object",
        })
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self {
            Checked::Bool => Ok(()),
            _ => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self {
            Checked::Text => Ok(()),
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Checked::Texts = self else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        while items.next_element_seed(Checked::Text)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Checked::Object = self else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        };
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Point {
        name: String,
    }

    impl Members for Point {
        const NAMES: &'static [&'static str] = &["name", "labels"];

        fn take<'de, A: MapAccess<'de>>(
            &mut self,
            position: usize,
            object: &mut A,
        ) -> Result<(), A::Error> {
            match position {
                0 => self.name = object.next_value::<Text>()?.0,
                _ => object.next_value_seed(Checked::Texts)?,
            }
            Ok(())
        }
    }

    fn name(text: &str) -> Option<String> {
        let point: Result<Object<Point>, _> = serde_json::from_str(text);
        point.ok().map(|point| point.0.name)
    }

    #[test]
    fn chosen_members_are_found_in_whatever_case_and_the_rest_is_passed_over() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(
            name(&format!(
                r#"{{"x":{deep},"NAME":"a","labels":["b",null],"y":1e999}}"#
            )),
            Some("a".to_owned())
        );
        assert_eq!(name("null"), Some(String::new()));
        assert_eq!(name(r#"{"name":null}"#), Some(String::new()));
    }

    #[test]
    fn a_chosen_member_that_stands_twice_or_has_another_type_is_an_error() {
        for text in [
            r#"{"name":"a","Name":"b"}"#,
            r#"{"name":1}"#,
            r#"{"labels":"a"}"#,
            r#"{"labels":[1]}"#,
            r#"{"labels":{}}"#,
            "[]",
            "1",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
        assert_eq!(name(r#"{"x":1,"x":2}"#), Some(String::new()));
    }
}
