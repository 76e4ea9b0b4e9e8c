//! From what IAM says to the state.

use std::collections::BTreeSet;

use tf_provider::Attr;

use super::schema::{ON_CONFLICT, OidcProviderModel};
use crate::attributes::tags::{FlatTags, flatten_tags};
use crate::attributes::values::{known_list, known_map, known_set, to_list, to_set};
use crate::config::Settings;
use crate::ports::iam::OidcProvider;

/// The state of a provider. `state` says what cannot be read: how it came here, and how things were spelt.
pub(super) fn flatten(
    settings: &Settings,
    live: &OidcProvider,
    state: OidcProviderModel,
) -> OidcProviderModel {
    let is_adopted = state.adopted == Attr::Known(true);
    let FlatTags { tags, tags_all } = match is_adopted {
        false => flatten_tags(&settings.tags, &live.tags, &state.tags),
        true => flatten_tags(&settings.tags, &own_tags(live, &state), &state.tags),
    };
    OidcProviderModel {
        arn: Attr::Known(live.arn.clone()),
        client_id_list: to_set(client_ids(live, &state, is_adopted)),
        thumbprint_list: thumbprints(live, &state),
        on_conflict: match state.on_conflict {
            Attr::Known(_) => state.on_conflict,
            Attr::Null | Attr::Unknown => ON_CONFLICT.first().map(|text| (*text).to_owned()).into(),
        },
        adopted: Attr::Known(is_adopted),
        tags,
        tags_all,
        ..state
    }
}

/// An adopted provider keeps its own client ids, so only those that are configured here are looked at.
fn client_ids(
    live: &OidcProvider,
    state: &OidcProviderModel,
    is_adopted: bool,
) -> BTreeSet<String> {
    match known_set(&state.client_id_list) {
        Some(configured) if is_adopted => {
            live.client_ids.intersection(&configured).cloned().collect()
        }
        _ => live.client_ids.clone(),
    }
}

fn own_tags(live: &OidcProvider, state: &OidcProviderModel) -> crate::ports::iam::Tags {
    let own = known_map(&state.tags_all).unwrap_or_default();
    let mut tags = live.tags.clone();
    tags.retain(|key, _| own.contains_key(key));
    tags
}

/// IAM's spelling is no drift, and neither is what it filled in where the configuration says `[]`.
fn thumbprints(live: &OidcProvider, state: &OidcProviderModel) -> Attr<Vec<Attr<String>>> {
    if state.thumbprint_list.is_known()
        && let Some(before) = known_list(&state.thumbprint_list)
        && (before.is_empty() || is_same(&before, &live.thumbprints))
    {
        return state.thumbprint_list.clone();
    }
    to_list(live.thumbprints.clone())
}

/// Hexadecimal digits without regard to case.
pub(super) fn is_same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b))
}
