//! The edited text read again: it has what was wanted, and every node of others is the one that it was.

use super::compare::differing;
use super::connection::Connection;
use super::error::KubeconfigError;
use super::merge::{Merged, Section};
use super::read::{CURRENT_CONTEXT, Kubeconfig, parse};
use crate::yaml::{Document, Kind, NodeId};

/// Checks an edit; a text that fails is not handed out.
pub(super) fn check(
    before: &Kubeconfig<'_>,
    merged: &Merged,
    connection: &Connection,
) -> Result<(), KubeconfigError> {
    let refused = |what: &str| KubeconfigError::Form {
        line: 1,
        what: format!(
            "no way was found to put the context in that leaves the rest as it is: {what}"
        ),
    };
    let document = parse(&merged.text).map_err(|error| refused(&error.to_string()))?;
    let after = Kubeconfig::open(&document).map_err(|error| refused(&error.to_string()))?;
    for section in Section::ALL {
        let name = connection.name(section);
        let entries = after.entries(section)?;
        let found = entries.iter().find(|entry| entry.name == name);
        let wanted = connection.entry(section);
        if !found.is_some_and(|entry| differing(&entry.value, &wanted).is_empty()) {
            return Err(refused("the new entry is not read back"));
        }
    }
    if after.current_context()? != merged.current_context {
        return Err(refused("the current context is not read back"));
    }
    match is_rest_same(before, &after, connection)? {
        true => Ok(()),
        false => Err(refused("something else would change")),
    }
}

fn is_rest_same(
    before: &Kubeconfig<'_>,
    after: &Kubeconfig<'_>,
    connection: &Connection,
) -> Result<bool, KubeconfigError> {
    let members = |kubeconfig: &Kubeconfig<'_>| -> Vec<(NodeId, NodeId)> {
        let root = kubeconfig.root;
        root.map(|root| kubeconfig.document.pairs(root).collect())
            .unwrap_or_default()
    };
    let is_ours = |kubeconfig: &Kubeconfig<'_>, key: NodeId| {
        let key = kubeconfig
            .document
            .node(key)
            .map(|node| node.value.as_ref());
        let keys = Section::ALL.map(Section::key);
        key.is_some_and(|key| key == CURRENT_CONTEXT || keys.contains(&key))
    };
    let others = |kubeconfig: &Kubeconfig<'_>| -> Vec<(NodeId, NodeId)> {
        let members = members(kubeconfig).into_iter();
        members
            .filter(|(key, _)| !is_ours(kubeconfig, *key))
            .collect()
    };
    let (one, other) = (others(before), others(after));
    // A text without a mapping gets a whole kubeconfig.
    let is_filled = before.root.is_none();
    let are_members_same = is_filled
        || (one.len() == other.len()
            && one.iter().zip(&other).all(|(one, other)| {
                let key = Pair::new(before, one.0, after, other.0);
                let value = Pair::new(before, one.1, after, other.1);
                key.is_same() && value.is_same()
            }));
    if !are_members_same {
        return Ok(false);
    }
    for section in Section::ALL {
        let name = connection.name(section);
        let (one, other) = (rest(before, section, name)?, rest(after, section, name)?);
        let is_same = one.len() == other.len()
            && one
                .iter()
                .zip(&other)
                .all(|(one, other)| Pair::new(before, *one, after, *other).is_same());
        if !is_same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The items of a section without the entry of a name.
fn rest(
    kubeconfig: &Kubeconfig<'_>,
    section: Section,
    name: &str,
) -> Result<Vec<NodeId>, KubeconfigError> {
    let entries = kubeconfig.entries(section)?;
    let own = entries.iter().find(|entry| entry.name == name);
    let own = own.map(|entry| entry.node);
    let place = kubeconfig.member(section.key())?;
    let list = place.and_then(|place| kubeconfig.document.resolve(place.value));
    let Some((list, _)) = list else {
        return Ok(Vec::new());
    };
    let items = kubeconfig.document.children(list);
    Ok(items.filter(|item| Some(*item) != own).collect())
}

/// A node of the text before and one of the text after.
struct Pair<'p, 'b, 'a> {
    before: &'p Document<'b>,
    one: NodeId,
    after: &'p Document<'a>,
    other: NodeId,
}

impl<'p, 'b, 'a> Pair<'p, 'b, 'a> {
    fn new(
        before: &'p Kubeconfig<'b>,
        one: NodeId,
        after: &'p Kubeconfig<'a>,
        other: NodeId,
    ) -> Self {
        Self {
            before: before.document,
            one,
            after: after.document,
            other,
        }
    }

    /// Whether both are written with the same parts: text, style, tag, anchor, and the same of what is in them.
    fn is_same(&self) -> bool {
        let mut open = vec![(self.one, self.other)];
        while let Some((one, other)) = open.pop() {
            let (Some(before), Some(after)) = (self.before.node(one), self.after.node(other))
            else {
                return false;
            };
            let are_aliases = matches!((before.kind, after.kind), (Kind::Alias(_), Kind::Alias(_)));
            let is_same = (are_aliases || before.kind == after.kind)
                && before.value == after.value
                && before.implicit == after.implicit
                && before.tag() == after.tag()
                && before.anchor() == after.anchor();
            let inner: Vec<_> = self.before.children(one).collect();
            let others: Vec<_> = self.after.children(other).collect();
            if !is_same || inner.len() != others.len() {
                return false;
            }
            open.extend(inner.into_iter().zip(others));
        }
        true
    }
}
