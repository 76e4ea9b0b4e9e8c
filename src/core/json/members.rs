//! Chosen members of a JSON object, read in one pass: of everything else nothing is kept, however large or deep it is.
//!
//! `null` stands for an object, text or list without anything in it. A chosen member that stands twice, or under a name that only Go's reader
//! takes for it (in another case, or with letters that fold to ASCII), is an error: two readers would take two values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, Visitor,
};

use crate::principal::case_folding::equal_fold;

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

/// What a value that is not kept has to be; `null` is each of them.
pub(crate) enum Checked {
    /// A text.
    Text,
    /// A time as RFC 3339 has it.
    Time,
    /// A truth value.
    Bool,
    /// A whole number of 64 bits.
    Whole,
    /// A list of such values.
    List(&'static Checked),
    /// An object all of whose members are so.
    Map(&'static Checked),
    /// An object whose members of these names, 32 at most, are so.
    Object(&'static [(&'static str, Checked)]),
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
        let (mut members, mut found_members) = (M::default(), FoundMembers::default());
        let meaning = |name: &str| Meaning::from_name(name, M::NAMES.iter().copied());
        while let Some(meaning) = object.next_key_seed(Name(&meaning))? {
            match meaning {
                Meaning::Chosen(position) => {
                    found_members.once(position)?;
                    members.take(position, &mut object)?;
                }
                Meaning::Other => object.next_value::<IgnoredAny>().map(drop)?,
                Meaning::Misspelt => return Err(misspelt()),
            }
        }
        Ok(Object(members))
    }
}

/// What a member is by its name.
#[derive(Clone, Copy)]
enum Meaning {
    /// A chosen one, by its position among them.
    Chosen(usize),
    /// A chosen one in a spelling that not every reader takes for it.
    Misspelt,
    /// Any other.
    Other,
}

impl Meaning {
    fn from_name(name: &str, chosen: impl Iterator<Item = &'static str> + Clone) -> Meaning {
        match chosen.clone().position(|known| known == name) {
            Some(position) => Meaning::Chosen(position),
            None if chosen.clone().any(|known| equal_fold(known, name)) => Meaning::Misspelt,
            None => Meaning::Other,
        }
    }
}

fn misspelt<E: Error>() -> E {
    E::custom("a member's name is spelt in another way")
}

/// A member's name as what it means.
struct Name<'n>(&'n dyn Fn(&str) -> Meaning);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Meaning;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Meaning;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.0)(name))
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

impl<'de> DeserializeSeed<'de> for &Checked {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Checked {
    fn wrong<E: Error>(&self, found: Unexpected<'_>) -> E {
        E::invalid_type(found, &self)
    }
}

impl<'de> Visitor<'de> for &Checked {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Checked::Text => "a text",
            Checked::Time => "a time",
            Checked::Bool => "a truth value",
            Checked::Whole => "a whole number",
            Checked::List(_) => "a list",
            Checked::Map(_) | Checked::Object(_) => "an object",
        })
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self {
            Checked::Bool => Ok(()),
            _ => Err(self.wrong(Unexpected::Bool(value))),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        match self {
            Checked::Whole => Ok(()),
            _ => Err(self.wrong(Unexpected::Signed(value))),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match self {
            Checked::Whole if i64::try_from(value).is_ok() => Ok(()),
            _ => Err(self.wrong(Unexpected::Unsigned(value))),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self {
            Checked::Text => Ok(()),
            Checked::Time if is_time(text) => Ok(()),
            _ => Err(self.wrong(Unexpected::Str(text))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Checked::List(item) = self else {
            return Err(self.wrong(Unexpected::Seq));
        };
        while items.next_element_seed(*item)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        match self {
            Checked::Map(value) => {
                while object.next_key::<IgnoredAny>()?.is_some() {
                    object.next_value_seed(*value)?;
                }
                Ok(())
            }
            Checked::Object(members) => check_members(members, object),
            _ => Err(self.wrong(Unexpected::Map)),
        }
    }
}

fn check_members<'de, A: MapAccess<'de>>(
    members: &'static [(&'static str, Checked)],
    mut object: A,
) -> Result<(), A::Error> {
    let mut found_members = FoundMembers::default();
    let meaning = |name: &str| Meaning::from_name(name, members.iter().map(|(known, _)| *known));
    while let Some(meaning) = object.next_key_seed(Name(&meaning))? {
        match meaning {
            Meaning::Chosen(position) => {
                found_members.once(position)?;
                match members.get(position) {
                    Some((_, shape)) => object.next_value_seed(shape)?,
                    None => object.next_value::<IgnoredAny>().map(drop)?,
                }
            }
            Meaning::Other => object.next_value::<IgnoredAny>().map(drop)?,
            Meaning::Misspelt => return Err(misspelt()),
        }
    }
    Ok(())
}

/// Which chosen members stood already.
#[derive(Default)]
struct FoundMembers(u32);

impl FoundMembers {
    fn once<E: Error>(&mut self, position: usize) -> Result<(), E> {
        let this = 1 << position;
        if self.0 & this != 0 {
            return Err(E::custom("a member stands twice"));
        }
        self.0 |= this;
        Ok(())
    }
}

/// `2006-01-02T15:04:05Z` with an optional fraction and any offset, as far as the form goes.
fn is_time(text: &str) -> bool {
    let Some((date_and_time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let form = "dddd-dd-ddTdd:dd:dd";
    let has_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, wanted)| {
                if wanted == b'd' {
                    byte.is_ascii_digit()
                } else {
                    byte == wanted
                }
            })
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    has_form(date_and_time, form)
        && (zone == "Z" || has_form(zone, "+dd:dd") || has_form(zone, "-dd:dd"))
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
                _ => object.next_value_seed(&Checked::List(&Checked::Text))?,
            }
            Ok(())
        }
    }

    fn name(text: &str) -> Option<String> {
        let point: Result<Object<Point>, _> = serde_json::from_str(text);
        point.ok().map(|point| point.0.name)
    }

    #[test]
    fn chosen_members_are_found_and_the_rest_is_passed_over() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(
            name(&format!(
                r#"{{"x":{deep},"name":"a","labels":["b",null],"y":1e999}}"#
            )),
            Some("a".to_owned())
        );
        assert_eq!(name("null"), Some(String::new()));
        assert_eq!(name(r#"{"name":null}"#), Some(String::new()));
    }

    #[test]
    fn a_chosen_member_that_stands_twice_in_another_spelling_or_type_is_an_error() {
        for text in [
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","Name":"b"}"#,
            r#"{"NAME":"a"}"#,
            r#"{"label\u017f":[]}"#,
            r#"{"name":1}"#,
            r#"{"labels":"a"}"#,
            r#"{"labels":[1]}"#,
            r#"{"labels":{}}"#,
            r#"{"LABELS":[]}"#,
            "[]",
            "1",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
        assert_eq!(name(r#"{"x":1,"x":2}"#), Some(String::new()));
    }
}
