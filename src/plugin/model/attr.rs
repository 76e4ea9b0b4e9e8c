//! The three states of an [`Attr`] through serde.
//!
//! A known value that has an unknown within it, where its type can only hold known ones, is unknown as a whole; the layer puts the finer
//! value back into the plan. For other formats (JSON) null and unknown are both null.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::access::state;
use super::{ATTR, UNKNOWN};
use crate::attr::Attr;

impl<T: Serialize> Serialize for Attr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Unknown => serializer.serialize_newtype_struct(UNKNOWN, &()),
            Self::Known(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Attr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(ATTR, AttrVisitor(PhantomData))
    }
}

struct AttrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AttrVisitor<T> {
    type Value = Attr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Attr<T>, A::Error> {
        match access.next_element::<u8>()? {
            Some(state::NULL) => return Ok(Attr::Null),
            Some(state::UNKNOWN) => return Ok(Attr::Unknown),
            _ => {}
        }
        match access.next_element() {
            Ok(Some(value)) => Ok(Attr::Known(value)),
            Ok(None) => Err(A::Error::custom("the attribute has no value")),
            Err(error) => match access.next_element() {
                Ok(Some(true)) => Ok(Attr::Unknown),
                _ => Err(error),
            },
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Attr<T>, D::Error> {
        Option::<T>::deserialize(deserializer).map(Attr::from)
    }

    fn visit_unit<E>(self) -> Result<Attr<T>, E> {
        Ok(Attr::Null)
    }

    fn visit_none<E>(self) -> Result<Attr<T>, E> {
        Ok(Attr::Null)
    }
}
