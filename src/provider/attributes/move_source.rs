//! States of other providers, as a `moved` block hands them over: whose they are, and what stands in them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tf_provider::Attr;
use tf_provider::resource::MoveSource;

/// Private facts: the state came by a move and was not read yet.
pub(crate) const MOVED: &str = "moved";

/// Whether a state is of a provider. The host is whatever registry or mirror the other configuration uses; OpenTofu names the provider alone,
/// without host and namespace.
pub(crate) fn is_of_provider(source: &MoveSource, namespace: &str, name: &str) -> bool {
    let mut names = source.provider_address.rsplit('/');
    names.next() == Some(name) && names.next().is_none_or(|given| given == namespace)
}

/// A text of the state; null where it is empty, which is how hashicorp/aws says that nothing is set.
pub(crate) fn text(state: &Json, name: &str) -> Attr<String> {
    let text = state.get(name).and_then(Json::as_str);
    text.filter(|text| !text.is_empty())
        .map(str::to_owned)
        .into()
}

/// The texts of a list or set of the state.
pub(crate) fn texts(state: &Json, name: &str) -> Option<Vec<String>> {
    let elements = state.get(name)?.as_array()?;
    let texts = elements.iter().filter_map(Json::as_str).map(str::to_owned);
    Some(texts.collect())
}

/// Tags of the state; null where there are none.
pub(crate) fn tags(state: &Json, name: &str) -> Attr<BTreeMap<String, Attr<String>>> {
    let tags: Option<BTreeMap<_, _>> = state.get(name).and_then(Json::as_object).map(|tags| {
        let texts = tags.iter().filter_map(|(key, tag)| {
            let tag = tag.as_str()?.to_owned();
            Some((key.clone(), Attr::Known(tag)))
        });
        texts.collect()
    });
    tags.filter(|tags| !tags.is_empty()).into()
}
