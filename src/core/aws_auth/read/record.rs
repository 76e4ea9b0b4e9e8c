//! One item of `mapRoles` or `mapUsers` as Go's encoding/json fills its struct from it.
//!
//! Field names are matched without regard to case, keys come in bytewise order and the last one wins, so of case variants the all-lower-case one
//! does. A value of the wrong type leaves the field as an earlier spelling set it. List items keep what an earlier list left in their place.

use std::borrow::Cow;

use crate::aws_auth::{ProblemKind, Section, Sso};
use crate::principal::case_folding::equal_fold;
use crate::yaml::{Field, Key, NodeId, Value};

/// What the server has of an item before it validates it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Record {
    pub(in super::super) arn: String,
    pub(in super::super) username: String,
    pub(in super::super) groups: Vec<String>,
    pub(in super::super) sso: Option<Sso>,
    pub(in super::super) user_id: String,
    pub(in super::super) has_unknown_fields: bool,
    /// Items an earlier spelling of `groups` left beyond the end.
    spare_groups: Vec<String>,
}

/// A fault of one field: what kind, the node to blame, and a sentence.
pub(super) struct Fault {
    pub(super) kind: ProblemKind,
    pub(super) node: NodeId,
    pub(super) text: String,
}

/// The fields the server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum FieldName {
    Arn,
    Username,
    Groups,
    Sso,
    UserId,
}

impl FieldName {
    /// The field a key of an item of `section` sets.
    pub(in super::super) fn from_key(section: Section, key: &str) -> Option<FieldName> {
        let is = |name: &str| key.len() >= name.len() && equal_fold(key, name);
        match section {
            Section::MapRoles if is("rolearn") => Some(FieldName::Arn),
            Section::MapUsers if is("userarn") => Some(FieldName::Arn),
            Section::MapRoles if is("sso") => Some(FieldName::Sso),
            Section::MapAccounts => None,
            _ if is("username") => Some(FieldName::Username),
            _ if is("groups") => Some(FieldName::Groups),
            _ if is("userid") => Some(FieldName::UserId),
            _ => None,
        }
    }
}

impl Record {
    /// Fills a record from the fields of an item.
    pub(super) fn fill(section: Section, fields: &[Field<'_>], faults: &mut Vec<Fault>) -> Record {
        let mut record = Record::default();
        let known = counting(fields, |key| FieldName::from_key(section, key));
        record.has_unknown_fields = known.unknown;
        for (name, field) in known.fields {
            record.set(name, field, faults);
        }
        record.spare_groups = Vec::new();
        record
    }

    /// Fills a record, whatever its faults.
    pub(in super::super) fn from_fields(section: Section, fields: &[Field<'_>]) -> Record {
        Record::fill(section, fields, &mut Vec::new())
    }

    fn set(&mut self, name: FieldName, field: &Field<'_>, faults: &mut Vec<Fault>) {
        match name {
            FieldName::Arn => set_text(&mut self.arn, field, faults),
            FieldName::Username => set_text(&mut self.username, field, faults),
            FieldName::UserId => set_text(&mut self.user_id, field, faults),
            FieldName::Groups => self.set_groups(field, faults),
            FieldName::Sso => self.set_sso(field, faults),
        }
    }

    fn set_groups(&mut self, field: &Field<'_>, faults: &mut Vec<Fault>) {
        let items = match &field.value {
            Value::List(items) => items,
            Value::Null => {
                self.groups.clear();
                self.spare_groups.clear();
                return;
            }
            other => {
                let text = format!(
                    "`groups` is {}, no list, so the server gives no groups",
                    describe(other)
                );
                faults.push(Fault {
                    kind: ProblemKind::GroupsNotAList,
                    node: field.node,
                    text,
                });
                return;
            }
        };
        let mut room = std::mem::take(&mut self.groups);
        room.append(&mut self.spare_groups);
        if items.is_empty() {
            return;
        }
        room.resize(room.len().max(items.len()), String::new());
        for (group, (node, item)) in room.iter_mut().zip(items) {
            match item {
                Value::Text(text) => group.replace_range(.., text),
                other => {
                    if *other != Value::Null {
                        let text = format!(
                            "a group is {}, no text, so the server gives a group without a name",
                            describe(other)
                        );
                        faults.push(Fault {
                            kind: ProblemKind::GroupNotText,
                            node: *node,
                            text,
                        });
                    }
                }
            }
        }
        self.spare_groups = room.split_off(items.len());
        self.groups = room;
    }

    fn set_sso(&mut self, field: &Field<'_>, faults: &mut Vec<Fault>) {
        if field.value == Value::Null {
            self.sso = None;
            return;
        }
        let sso = self.sso.get_or_insert_default();
        let Value::Map(fields) = &field.value else {
            let text = format!("`sso` is {}, no mapping", describe(&field.value));
            faults.push(Fault {
                kind: ProblemKind::FieldNotText,
                node: field.node,
                text,
            });
            return;
        };
        let name_of = |key: &str| {
            ["permissionsetname", "accountid", "partition"]
                .into_iter()
                .find(|name| equal_fold(key, name))
        };
        for (name, field) in counting(fields, name_of).fields {
            let target = match name {
                "permissionsetname" => &mut sso.permission_set_name,
                "accountid" => &mut sso.account_id,
                _ => &mut sso.partition,
            };
            set_text(target, field, faults);
        }
    }
}

/// The fields that count, in the order in which the server takes them.
struct Counting<'f, 'd, N> {
    fields: Vec<(N, &'f Field<'d>)>,
    unknown: bool,
}

fn counting<'f, 'd, N>(
    fields: &'f [Field<'d>],
    name_of: impl Fn(&str) -> Option<N>,
) -> Counting<'f, 'd, N> {
    let mut known: Vec<(&str, N, &Field<'_>)> = Vec::with_capacity(fields.len());
    let mut unknown = false;
    for field in fields {
        match &field.key {
            Key::Text(key) => match name_of(key) {
                Some(name) => known.push((key, name, field)),
                None => unknown = true,
            },
            Key::Other => unknown = true,
        }
    }
    // A stable sort keeps the order of equal keys, of which the last one counts.
    known.sort_by_key(|(key, ..)| *key);
    let mut fields: Vec<(&str, N, &Field<'_>)> = Vec::with_capacity(known.len());
    for (key, name, field) in known {
        if fields.last().is_some_and(|(last, ..)| *last == key) {
            fields.pop();
        }
        fields.push((key, name, field));
    }
    Counting {
        fields: fields
            .into_iter()
            .map(|(_, name, field)| (name, field))
            .collect(),
        unknown,
    }
}

fn set_text(target: &mut String, field: &Field<'_>, faults: &mut Vec<Fault>) {
    match &field.value {
        Value::Text(text) => target.replace_range(.., text),
        Value::Null => {}
        other => {
            let key = match &field.key {
                Key::Text(key) => Cow::Borrowed(key.as_ref()),
                Key::Other => Cow::Borrowed("a field"),
            };
            let text = format!(
                "`{key}` is {}, no text, so the server leaves it empty; it needs quotes",
                describe(other)
            );
            faults.push(Fault {
                kind: ProblemKind::FieldNotText,
                node: field.node,
                text,
            });
        }
    }
}

/// A value's type in a sentence.
pub(super) fn describe(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool => "a boolean",
        Value::Number | Value::Infinite => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}
