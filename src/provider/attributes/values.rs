//! Collections of a model whose elements have three states each.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::Attr;

/// The elements, or `None` while one of them is unknown. Null is no element, and a null set is empty.
pub(crate) fn known_set(set: &Attr<BTreeSet<Attr<String>>>) -> Option<BTreeSet<String>> {
    match set {
        Attr::Null => Some(BTreeSet::new()),
        Attr::Unknown => None,
        Attr::Known(elements) => elements
            .iter()
            .filter(|element| !element.is_null())
            .map(|element| element.known().cloned())
            .collect(),
    }
}

/// As [`known_set`] for a list.
pub(crate) fn known_list(list: &Attr<Vec<Attr<String>>>) -> Option<Vec<String>> {
    match list {
        Attr::Null => Some(Vec::new()),
        Attr::Unknown => None,
        Attr::Known(elements) => elements
            .iter()
            .filter(|element| !element.is_null())
            .map(|element| element.known().cloned())
            .collect(),
    }
}

/// As [`known_set`] for a map.
pub(crate) fn known_map(
    map: &Attr<BTreeMap<String, Attr<String>>>,
) -> Option<BTreeMap<String, String>> {
    match map {
        Attr::Null => Some(BTreeMap::new()),
        Attr::Unknown => None,
        Attr::Known(elements) => elements
            .iter()
            .filter(|(_, element)| !element.is_null())
            .map(|(key, element)| Some((key.clone(), element.known().cloned()?)))
            .collect(),
    }
}

/// A set as an attribute.
pub(crate) fn to_set(elements: impl IntoIterator<Item = String>) -> Attr<BTreeSet<Attr<String>>> {
    Attr::Known(elements.into_iter().map(Attr::Known).collect())
}

/// A list as an attribute.
pub(crate) fn to_list(elements: impl IntoIterator<Item = String>) -> Attr<Vec<Attr<String>>> {
    Attr::Known(elements.into_iter().map(Attr::Known).collect())
}

/// A map as an attribute.
pub(crate) fn to_map(
    elements: impl IntoIterator<Item = (String, String)>,
) -> Attr<BTreeMap<String, Attr<String>>> {
    Attr::Known(
        elements
            .into_iter()
            .map(|(key, value)| (key, Attr::Known(value)))
            .collect(),
    )
}
