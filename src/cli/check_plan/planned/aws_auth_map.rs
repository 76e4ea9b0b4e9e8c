//! `eksauth_aws_auth`: the whole map. Entries that it names no more go; one that becomes exclusive takes those of others, too.

use eksauth_core::access::change::{AwsAuthChange, ClusterChange, PutEntry};
use eksauth_core::aws_auth::{Entry, ReadEntry, Section};
use eksauth_core::principal::case_folding::fold_key;
use serde_json::Value;

use super::super::plan_file::{Change, Planned, contains_unknown, texts};
use super::aws_auth_entry::{entry, remove};
use super::{Collector, Occurrence, Order};

/// A section's attribute, and that of the principal in its elements.
struct Attribute {
    section: Section,
    name: &'static str,
    subject: &'static str,
}

const ATTRIBUTES: [Attribute; 3] = [
    Attribute {
        section: Section::MapRoles,
        name: "map_roles",
        subject: "rolearn",
    },
    Attribute {
        section: Section::MapUsers,
        name: "map_users",
        subject: "userarn",
    },
    Attribute {
        section: Section::MapAccounts,
        name: "map_accounts",
        subject: "",
    },
];

/// The elements after a change.
#[derive(Default)]
struct Wanted {
    entries: Vec<Entry>,
    /// Attributes with an element of which something is decided during apply.
    unknown: Vec<&'static str>,
}

impl Wanted {
    fn from_change(change: &Change) -> Self {
        let mut wanted = Self::default();
        for attribute in ATTRIBUTES {
            let values = change.after.get(attribute.name).unwrap_or(&Value::Null);
            let unknown = change
                .after_unknown
                .get(attribute.name)
                .unwrap_or(&Value::Null);
            let is_unknown = |position: usize| match unknown {
                Value::Bool(unknown) => *unknown,
                other => other.get(position).is_some_and(contains_unknown),
            };
            let items = values.as_array().map(Vec::as_slice).unwrap_or_default();
            let known = items
                .iter()
                .enumerate()
                .filter(|(position, _)| !is_unknown(*position));
            wanted
                .entries
                .extend(known.filter_map(|(_, item)| attribute.entry(item)));
            if contains_unknown(unknown) {
                wanted.unknown.push(attribute.name);
            }
        }
        wanted
    }
}

impl Attribute {
    fn entry(&self, item: &Value) -> Option<Entry> {
        if self.section == Section::MapAccounts {
            return Some(Entry::Account(item.as_str()?.to_owned()));
        }
        let username = item.get("username").and_then(Value::as_str);
        let groups = texts(item.get("groups").unwrap_or(&Value::Null));
        let arn = item.get(self.subject)?.as_str()?;
        Some(entry(
            self.section,
            arn,
            username.unwrap_or_default(),
            groups,
        ))
    }
}

fn entries_before(change: &Change) -> Vec<Entry> {
    let of = |attribute: &Attribute| {
        let items = change.before(attribute.name).and_then(Value::as_array);
        let items = items.map(Vec::as_slice).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| attribute.entry(item))
            .collect::<Vec<_>>()
    };
    ATTRIBUTES.iter().flat_map(of).collect()
}

fn is_same_principal(one: &Entry, other: &Entry) -> bool {
    one.section() == other.section() && fold_key(one.arn()) == fold_key(other.arn())
}

fn is_same_grant(one: &Entry, other: &Entry) -> bool {
    let sorted = |entry: &Entry| {
        let mut groups = entry.groups().to_vec();
        groups.sort();
        groups.dedup();
        groups
    };
    is_same_principal(one, other)
        && one.username() == other.username()
        && sorted(one) == sorted(other)
}

/// An element with the one that it was before: the same grant if there is one, else the same principal.
struct Paired {
    pairs: Vec<PutEntry>,
    dropped: Vec<Entry>,
}

fn paired(wanted: Vec<Entry>, mut free: Vec<Entry>) -> Paired {
    let mut take = |is_wanted: &dyn Fn(&Entry) -> bool| {
        free.iter()
            .position(is_wanted)
            .map(|position| free.remove(position))
    };
    let exact: Vec<Option<Entry>> = wanted
        .iter()
        .map(|entry| take(&|other| is_same_grant(entry, other)))
        .collect();
    let pairs = wanted
        .into_iter()
        .zip(exact)
        .map(|(entry, exact)| PutEntry {
            prior: exact.or_else(|| take(&|other| is_same_principal(&entry, other))),
            entry,
            overwrites: false,
        })
        .collect();
    Paired {
        pairs,
        dropped: free,
    }
}

/// Whether `leave` names the entry, in any spelling.
fn is_left(entry: &Entry, leave: &[String]) -> bool {
    leave.iter().any(|written| {
        let named = super::aws_auth_entry::entry(entry.section(), written, "", Vec::new());
        is_same_principal(entry, &named)
    })
}

impl<'p> Collector<'p> {
    /// Its destruction writes nothing, and neither does a move to another cluster in the one that it leaves.
    pub(super) fn collect_map(&mut self, occurrence: Occurrence<'p>) {
        if !occurrence.is_after {
            return;
        }
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        let before = match occurrence.is_kept() {
            true => entries_before(change),
            false => Vec::new(),
        };
        let wanted = Wanted::from_change(change);
        let leave = match change.after("leave") {
            Planned::Known(value) => texts(value),
            Planned::Unknown => Vec::new(),
        };
        let mut paired = paired(wanted.entries, before);
        paired.dropped.retain(|entry| !is_left(entry, &leave));
        let others = match occurrence.is_kept() {
            true => self.taken_by_exclusivity(change, &paired, &leave),
            false => Vec::new(),
        };
        paired.dropped.extend(others);
        let takes = !paired.dropped.is_empty();
        let mut unknown = wanted.unknown;
        unknown.extend(
            ["leave", "exclusive", "manage_node_entries"]
                .into_iter()
                .filter(|name| change.after(name).is_unknown()),
        );
        if !unknown.is_empty() {
            // Any of those that are missing may be what is not known.
            for name in &unknown {
                let decides = takes || *name == "exclusive";
                self.unknown(resource, name, decides);
            }
            paired.dropped.clear();
        }
        for entry in paired.dropped {
            self.step(resource, Order::Removal, remove(entry));
        }
        let conflict = change.after("on_conflict");
        if conflict.is_unknown() && paired.pairs.iter().any(|put| put.prior.is_none()) {
            self.unknown(resource, "on_conflict", true);
            paired.pairs.retain(|put| put.prior.is_some());
        }
        for mut put in paired.pairs {
            put.overwrites = conflict.text() == Some("adopt");
            let change = ClusterChange::AwsAuth(AwsAuthChange::Put(put));
            self.put_into_aws_auth(resource, change);
        }
    }

    /// The entries of others that go because the map becomes exclusive.
    fn taken_by_exclusivity(
        &self,
        change: &Change,
        paired: &Paired,
        leave: &[String],
    ) -> Vec<Entry> {
        let is_true = |value: Option<&Value>| value == Some(&Value::Bool(true));
        let becomes =
            is_true(change.after.get("exclusive")) && !is_true(change.before("exclusive"));
        let Some(reading) = self.reading().filter(|_| becomes) else {
            return Vec::new();
        };
        let priors = paired.pairs.iter().filter_map(|put| put.prior.as_ref());
        let named: Vec<Entry> = priors.chain(&paired.dropped).cloned().collect();
        let manages_nodes = is_true(change.after.get("manage_node_entries"));
        let others = reading
            .beside(&named, manages_nodes)
            .into_iter()
            .filter_map(ReadEntry::to_entry);
        others
            .filter(|entry| {
                let is_wanted = |put: &PutEntry| is_same_principal(entry, &put.entry);
                !paired.pairs.iter().any(is_wanted) && !is_left(entry, leave)
            })
            .collect()
    }
}
