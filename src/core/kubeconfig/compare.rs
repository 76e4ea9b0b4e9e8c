//! Whether an entry that is there is the wanted one.
//!
//! What does not change whom one reaches and as whom may stand beside our fields: a namespace, a proxy, extensions, and what kubectl fills in when it
//! writes the file anew. Anything else counts: a `token` beside `exec` would be used in its place.

use super::item::{Item, Member};
use super::read::{field, text_of};
use crate::yaml::{Key, Value};

/// The fields that may stand beside ours, by the path of the mapping that they are in.
const BESIDE: [(&str, &[&str]); 4] = [
    (
        "cluster",
        &[
            "proxy-url",
            "tls-server-name",
            "disable-compression",
            "extensions",
        ],
    ),
    ("context", &["namespace", "extensions"]),
    ("user", &["extensions"]),
    (
        "user.exec",
        &["installHint", "provideClusterInfo", "interactiveMode"],
    ),
];

/// The paths of the fields in which an entry that is there differs from the wanted one.
pub(super) fn differing(value: &Value<'_>, wanted: &Item) -> Vec<String> {
    let mut fields = Vec::new();
    gather(value, wanted, "", &mut fields);
    fields
}

fn gather(value: &Value<'_>, wanted: &Item, path: &str, differing: &mut Vec<String>) {
    let (Value::Map(fields), Item::Map(members)) = (value, wanted) else {
        if !is_equal(value, wanted) {
            differing.push(path.to_owned());
        }
        return;
    };
    for member in members {
        let inner = inner_path(path, &member.key);
        match field(value, &member.key) {
            Some(found) => gather(found, &member.value, &inner, differing),
            None => differing.push(inner),
        }
    }
    let allowed = BESIDE.iter().find(|(mapping, _)| *mapping == path);
    let allowed = allowed.map_or(&[][..], |(_, names)| names);
    for extra in fields {
        let Key::Text(key) = &extra.key else {
            differing.push(inner_path(path, "(a key that is no text)"));
            continue;
        };
        let is_ours = wanted.get(key).is_some();
        if !is_ours && extra.value != Value::Null && !allowed.contains(&key.as_ref()) {
            differing.push(inner_path(path, key));
        }
    }
}

fn inner_path(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

fn is_equal(value: &Value<'_>, wanted: &Item) -> bool {
    match (value, wanted) {
        (Value::Text(text), Item::Text(wanted)) => text == wanted,
        (Value::List(items), Item::List(wanted)) => {
            items.len() == wanted.len()
                && items
                    .iter()
                    .zip(wanted)
                    .all(|((_, item), wanted)| is_equal(item, wanted))
        }
        (Value::Map(_), Item::Map(_)) => differing(value, wanted).is_empty(),
        _ => false,
    }
}

/// The wanted entry with what a person put beside it and would miss: the namespace, the proxy, the server's name in its certificate.
pub(super) fn with_kept_fields(value: &Value<'_>, wanted: Item) -> Item {
    let Item::Map(members) = wanted else {
        return wanted;
    };
    let kept = |member: Member| {
        let names: &[&str] = match member.key.as_str() {
            "cluster" => &["proxy-url", "tls-server-name"],
            "context" => &["namespace"],
            _ => &[],
        };
        let (Some(found), Item::Map(mut inner)) = (field(value, &member.key), member.value.clone())
        else {
            return member;
        };
        for name in names {
            inner.extend(text_of(found, name).map(|text| Member {
                key: (*name).to_owned(),
                value: Item::Text(text),
            }));
        }
        inner.sort_by(|one, other| one.key.cmp(&other.key));
        Member {
            value: Item::Map(inner),
            ..member
        }
    };
    Item::Map(members.into_iter().map(kept).collect())
}
