//! Tags as hashicorp/aws has them: `tags` as configured, `tags_all` with the provider's `default_tags`, and `ignore_tags` left to others.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::schema::Invalid;
use tf_provider::{Attr, Attribute, Type, Validator, Value};

use crate::ports::iam::Tags;

/// What the provider block says of the tags of everything.
#[derive(Clone, Debug, Default)]
pub struct TagRules {
    /// Tags for everything that takes tags. Unknown values make `tags_all` unknown.
    pub defaults: Attr<BTreeMap<String, Attr<String>>>,
    /// Tags of others, by key: neither shown nor removed.
    pub ignored_keys: BTreeSet<String>,
    /// The same by the beginning of the key.
    pub ignored_prefixes: BTreeSet<String>,
}

/// The attribute `tags`.
pub fn tags_attribute() -> Attribute {
    Attribute::map(Type::String)
        .optional()
        .validate(Validator::new(check))
        .description(
            "Tags. Those of the provider's `default_tags` are added; a key that stands here too has the value from here.",
        )
}

/// The attribute `tags_all`.
pub fn tags_all_attribute() -> Attribute {
    Attribute::map(Type::String)
        .computed()
        .description("All tags, those of the provider's `default_tags` included.")
}

/// `tags_all` as it will be: the provider's defaults and, over them, what the object says.
pub(crate) fn planned_tags_all(
    rules: &TagRules,
    tags: &Attr<BTreeMap<String, Attr<String>>>,
) -> Attr<BTreeMap<String, Attr<String>>> {
    let (Some(mut all), Some(own)) = (entries(&rules.defaults), entries(tags)) else {
        return Attr::Unknown;
    };
    all.extend(own);
    all.retain(|key, _| !is_ignored(rules, key));
    Attr::Known(all)
}

/// The two attributes of an object that has tags.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FlatTags {
    /// `tags`: as configured.
    pub(crate) tags: Attr<BTreeMap<String, Attr<String>>>,
    /// `tags_all`: with the provider's defaults.
    pub(crate) tags_all: Attr<BTreeMap<String, Attr<String>>>,
}

/// What the service reports, as the two attributes. `state` is what `tags` was, null after an import.
pub(crate) fn flatten_tags(
    rules: &TagRules,
    live: &Tags,
    state: &Attr<BTreeMap<String, Attr<String>>>,
) -> FlatTags {
    let all: Tags = live
        .iter()
        .filter(|(key, _)| !key.starts_with("aws:") && !is_ignored(rules, key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let defaults = entries(&rules.defaults).unwrap_or_default();
    let before = entries(state).unwrap_or_default();
    let mut own: BTreeMap<String, Attr<String>> = all
        .iter()
        .map(|(key, value)| (key.clone(), Attr::Known(value.clone())))
        .filter(|(key, value)| before.contains_key(key) || defaults.get(key) != Some(value))
        .collect();
    for (key, value) in before {
        if is_ignored(rules, &key) {
            own.insert(key, value);
        }
    }
    let tags = if own.is_empty() && state.is_null() {
        Attr::Null
    } else {
        Attr::Known(own)
    };
    let all = all
        .into_iter()
        .map(|(key, value)| (key, Attr::Known(value)))
        .collect();
    FlatTags {
        tags,
        tags_all: Attr::Known(all),
    }
}

/// Tags to write and keys to remove, to come from one set to another.
pub(crate) fn tag_changes(before: &Tags, after: &Tags) -> (Tags, Vec<String>) {
    let written = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let removed = before
        .keys()
        .filter(|key| !after.contains_key(*key))
        .cloned()
        .collect();
    (written, removed)
}

fn entries(tags: &Attr<BTreeMap<String, Attr<String>>>) -> Option<BTreeMap<String, Attr<String>>> {
    match tags {
        Attr::Null => Some(BTreeMap::new()),
        Attr::Unknown => None,
        Attr::Known(tags) => Some(tags.clone()),
    }
}

fn is_ignored(rules: &TagRules, key: &str) -> bool {
    rules.ignored_keys.contains(key)
        || rules
            .ignored_prefixes
            .iter()
            .any(|prefix| key.starts_with(prefix.as_str()))
}

/// IAM's bounds on tags.
fn check(value: &Value) -> Result<(), Invalid> {
    let Value::Map(tags) = value else {
        return Ok(());
    };
    if tags.len() > 50 {
        return Err(Invalid::new(
            "Too Many Tags",
            format!("There are {} tags, and IAM takes 50 at most.", tags.len()),
        ));
    }
    for (key, value) in tags {
        let fault = match value {
            _ if key.is_empty() || key.chars().count() > 128 => "a key has 1 to 128 characters",
            _ if key.to_ascii_lowercase().starts_with("aws:") => {
                "keys that start with `aws:` belong to AWS"
            }
            Value::Null => "it has no value; leave the key out, or set an empty text",
            Value::String(text) if text.chars().count() > 256 => {
                "a value has 256 characters at most"
            }
            _ => continue,
        };
        return Err(Invalid::new(
            "Invalid Tag",
            format!("Tag `{key}` is not valid: {fault}."),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> BTreeMap<String, Attr<String>> {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Attr::Known((*value).to_owned())))
            .collect()
    }

    fn tags(entries: &[(&str, &str)]) -> Tags {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn rules() -> TagRules {
        TagRules {
            defaults: Attr::Known(map(&[("team", "platform"), ("env", "prod")])),
            ignored_keys: ["LastSeen".to_owned()].into(),
            ignored_prefixes: ["kubernetes.io/".to_owned()].into(),
        }
    }

    #[test]
    fn an_objects_own_tag_wins_over_the_default() {
        let all = planned_tags_all(&rules(), &Attr::Known(map(&[("env", "dev")])));
        assert_eq!(
            all,
            Attr::Known(map(&[("team", "platform"), ("env", "dev")]))
        );
    }

    #[test]
    fn unknown_default_tags_make_all_tags_unknown() {
        let rules = TagRules {
            defaults: Attr::Unknown,
            ..TagRules::default()
        };
        assert_eq!(planned_tags_all(&rules, &Attr::Null), Attr::Unknown);
    }

    #[test]
    fn a_read_after_apply_gives_back_what_was_configured() {
        let live = tags(&[
            ("team", "platform"),
            ("env", "dev"),
            ("LastSeen", "now"),
            ("kubernetes.io/x", "1"),
            ("aws:created", "x"),
        ]);
        let configured = Attr::Known(map(&[("env", "dev")]));
        let FlatTags {
            tags: own,
            tags_all: all,
        } = flatten_tags(&rules(), &live, &configured);
        assert_eq!(own, configured);
        assert_eq!(
            all,
            Attr::Known(map(&[("team", "platform"), ("env", "dev")]))
        );
        let nothing = tags(&[("team", "platform"), ("env", "prod")]);
        assert_eq!(
            flatten_tags(&rules(), &nothing, &Attr::Null).tags,
            Attr::Null
        );
        assert_eq!(
            flatten_tags(&rules(), &nothing, &Attr::Known(map(&[]))).tags,
            Attr::Known(map(&[]))
        );
    }

    #[test]
    fn only_what_differs_is_written_and_only_what_is_no_longer_wanted_is_removed() {
        let changes = tag_changes(
            &tags(&[("a", "1"), ("b", "2"), ("c", "3")]),
            &tags(&[("a", "1"), ("b", "9"), ("d", "4")]),
        );
        assert_eq!(
            changes,
            (tags(&[("b", "9"), ("d", "4")]), vec!["c".to_owned()])
        );
    }

    #[test]
    fn a_tag_that_iam_would_refuse_is_refused_with_the_reason() {
        let refused = |key: &str, value: Value| {
            check(&Value::Map([(key.to_owned(), value)].into()))
                .unwrap_err()
                .detail
        };
        assert_eq!(
            refused("aws:x", Value::String("1".to_owned())),
            "Tag `aws:x` is not valid: keys that start with `aws:` belong to AWS."
        );
        assert_eq!(
            refused("x", Value::Null),
            "Tag `x` is not valid: it has no value; leave the key out, or set an empty text."
        );
    }
}
