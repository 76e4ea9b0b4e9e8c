//! Folders of aws-auth documents: what the server's reader makes of each, and in which sections an edit succeeds.
//!
//! In every section an entry is added, changed and removed again. In the sections named as editable each step must read as the old entries
//! with the edit, and the last must give the first bytes back; in the others the addition must be refused.

use std::collections::BTreeMap;

use eksauth_core::aws_auth::{Change, Entry, Reading, Section, edit, read};
use serde_json::{Map, Value, json};

use super::{Case, mapping, text, texts};

pub(super) fn judge(file: &Value) -> Case {
    let data = data(file);
    let reading = read(&data);
    let reads = mapping::with_lists(&file.get("reads").cloned().unwrap_or_default());
    let editable = texts(file.get("editable"));
    let (mut wanted_edits, mut edits) = (Map::new(), Map::new());
    for section in [Section::MapRoles, Section::MapUsers, Section::MapAccounts] {
        let key = section.key().to_owned();
        let is_named = editable.contains(&key);
        if !is_named && !data.contains_key(&key) {
            continue;
        }
        let outcome = if is_named {
            "every other byte stays"
        } else {
            "refused"
        };
        wanted_edits.insert(key.clone(), json!(outcome));
        edits.insert(key, json!(round_trip(&data, section)));
    }
    let expected = json!({
        "roles": reads.get("roles"),
        "users": reads.get("users"),
        "accounts": reads.get("accounts"),
        "has_error": !text(&reads, "error").is_empty(),
        "edits": wanted_edits,
    });
    let actual = json!({
        "roles": mapping::entries(&reading.roles, "rolearn"),
        "users": mapping::entries(&reading.users, "userarn"),
        "accounts": reading.accounts.iter().map(|entry| &entry.arn).collect::<Vec<_>>(),
        "has_error": reading.problems.iter().any(|problem| problem.kind.is_error()),
        "edits": edits,
    });
    Case {
        name: text(file, "name"),
        expected,
        actual,
    }
}

fn data(file: &Value) -> BTreeMap<String, String> {
    let members = file
        .get("data")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    members
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Adds, changes and removes one entry; says what went wrong first.
fn round_trip(before: &BTreeMap<String, String>, section: Section) -> String {
    let added = match edit(before, &[Change::Add(entry(section, "first"))]) {
        Ok(added) => added,
        Err(_) => return "refused".to_owned(),
    };
    let undo = added.undo.first().cloned().flatten();
    let after_adding = apply(before, &added.sections);
    let Some(index) = index_of_new(&read(&after_adding), section) else {
        return "the added entry is not read".to_owned();
    };
    if !reads_as(before, &after_adding, section, "first") {
        return "after adding, other entries read differently".to_owned();
    }
    let changed = match edit(
        &after_adding,
        &[Change::Replace {
            section,
            index,
            entry: entry(section, "second"),
        }],
    ) {
        Ok(changed) => apply(&after_adding, &changed.sections),
        Err(error) => return format!("the change is refused: {error}"),
    };
    if !reads_as(before, &changed, section, "second") {
        return "after changing, other entries read differently".to_owned();
    }
    match edit(
        &changed,
        &[Change::Remove {
            section,
            index,
            undo,
        }],
    ) {
        Ok(removed) if apply(&changed, &removed.sections) == *before => {
            "every other byte stays".to_owned()
        }
        Ok(_) => "after removing, the bytes differ".to_owned(),
        Err(error) => format!("the removal is refused: {error}"),
    }
}

fn entry(section: Section, name: &str) -> Entry {
    let (username, groups) = (name.to_owned(), vec![format!("{name}-group")]);
    match section {
        Section::MapRoles => Entry::Role {
            rolearn: "arn:aws:iam::999999999999:role/conformance".to_owned(),
            username,
            groups,
        },
        Section::MapUsers => Entry::User {
            userarn: "arn:aws:iam::999999999999:user/conformance".to_owned(),
            username,
            groups,
        },
        Section::MapAccounts if name == "first" => Entry::Account("999999999999".to_owned()),
        Section::MapAccounts => Entry::Account("999999999998".to_owned()),
    }
}

fn apply(
    data: &BTreeMap<String, String>,
    sections: &BTreeMap<Section, Option<String>>,
) -> BTreeMap<String, String> {
    let mut data = data.clone();
    for (section, text) in sections {
        match text {
            Some(text) => data.insert(section.key().to_owned(), text.clone()),
            None => data.remove(section.key()),
        };
    }
    data
}

fn index_of_new(reading: &Reading, section: Section) -> Option<usize> {
    let new = entry(section, "first");
    reading
        .section(section)
        .iter()
        .find(|read| read.same_meaning(&new))
        .map(|read| read.index)
}

/// True if the section reads as before with the new entry behind, and everything else exactly as before.
fn reads_as(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    section: Section,
    name: &str,
) -> bool {
    let (before_reading, after_reading) = (read(before), read(after));
    [Section::MapRoles, Section::MapUsers, Section::MapAccounts]
        .into_iter()
        .all(|other| {
            let meaning = |reading: &Reading| -> Vec<_> {
                let entries = reading.section(other).iter();
                entries
                    .map(|entry| {
                        (
                            entry.arn.clone(),
                            entry.username.clone(),
                            entry.groups.clone(),
                            entry.sso.clone(),
                        )
                    })
                    .collect()
            };
            let mut wanted = meaning(&before_reading);
            if other == section {
                let new = entry(section, name);
                wanted.push((
                    new.arn().to_owned(),
                    new.username().to_owned(),
                    new.groups().to_vec(),
                    None,
                ));
            }
            meaning(&after_reading) == wanted
        })
}
