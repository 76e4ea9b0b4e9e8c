//! A kubeconfig's sections and entries, with where they stand.

use std::collections::BTreeSet;

use super::error::KubeconfigError;
use super::merge::Section;
use crate::yaml::{self, DecodeError, Decoder, Document, Key, Kind, Node, NodeId, Value};

/// A member of the document's mapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) key: NodeId,
    pub(super) value: NodeId,
}

/// An entry of a section.
pub(super) struct Entry<'d> {
    pub(super) node: NodeId,
    pub(super) name: String,
    pub(super) value: Value<'d>,
}

/// A kubeconfig that can be understood.
pub(super) struct Kubeconfig<'d> {
    pub(super) document: &'d Document<'d>,
    /// None where the text has white space and comments only.
    pub(super) root: Option<NodeId>,
}

/// The names of a kubeconfig's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryNames {
    /// Of clusters.
    pub clusters: BTreeSet<String>,
    /// Of contexts.
    pub contexts: BTreeSet<String>,
    /// Of users.
    pub users: BTreeSet<String>,
    /// `current-context`, where it names one.
    pub current_context: Option<String>,
}

/// The names of a kubeconfig's entries.
///
/// # Errors
/// A text that kubectl would not read, or not as one kubeconfig.
pub fn entry_names(text: &str) -> Result<EntryNames, KubeconfigError> {
    let document = parse(text)?;
    let kubeconfig = Kubeconfig::open(&document)?;
    let names = |section| {
        let entries = kubeconfig.entries(section)?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    };
    Ok(EntryNames {
        clusters: names(Section::Clusters)?,
        contexts: names(Section::Contexts)?,
        users: names(Section::Users)?,
        current_context: kubeconfig.current_context()?,
    })
}

pub(super) fn parse(text: &str) -> Result<Document<'_>, KubeconfigError> {
    yaml::parse(text).map_err(|error| KubeconfigError::Unreadable {
        line: error.line + 1,
        what: error.what,
    })
}

impl<'d> Kubeconfig<'d> {
    pub(super) fn open(document: &'d Document<'d>) -> Result<Self, KubeconfigError> {
        if let Some(mark) = document.ignored {
            let line = mark.line() + 1;
            return Err(KubeconfigError::SeveralDocuments { line });
        }
        let root = document.root.filter(|root| {
            let node = document.node(*root);
            node.is_some_and(|node| !(matches!(node.kind, Kind::Scalar(_)) && node.is_absent()))
        });
        let opened = Self { document, root };
        if let Some(root) = root {
            opened.check_root(root)?;
        }
        Ok(opened)
    }

    fn check_root(&self, root: NodeId) -> Result<(), KubeconfigError> {
        let no_kubeconfig = |what: String| KubeconfigError::NoKubeconfig { what };
        let is_mapping = self
            .document
            .node(root)
            .is_some_and(|node| matches!(node.kind, Kind::Mapping { .. }));
        if !is_mapping {
            return Err(no_kubeconfig("the text is no mapping".to_owned()));
        }
        self.decode(root)?;
        if let Some(merged) = self.member("<<")? {
            let what = "a merge key (`<<`) brings sections from another place".to_owned();
            let line = self.line(merged.key);
            return Err(KubeconfigError::Form { line, what });
        }
        for (key, expected) in [("apiVersion", "v1"), ("kind", "Config")] {
            match self.member(key)?.map(|place| self.decode(place.value)) {
                None | Some(Ok(Value::Null)) => {}
                Some(Ok(Value::Text(text))) if text == expected => {}
                Some(Ok(_)) => {
                    let what = format!("its `{key}` is not `{expected}`");
                    return Err(no_kubeconfig(what));
                }
                Some(Err(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// The line of a node, from 1.
    pub(super) fn line(&self, id: NodeId) -> usize {
        let node = self.document.node(id);
        node.map_or(1, |node| node.start.line() + 1)
    }

    pub(super) fn node(&self, id: NodeId) -> Result<&Node<'d>, KubeconfigError> {
        self.document.node(id).ok_or(KubeconfigError::Unreadable {
            line: 1,
            what: "a value cannot be found again".to_owned(),
        })
    }

    pub(super) fn decode(&self, id: NodeId) -> Result<Value<'d>, KubeconfigError> {
        let mut decoder = Decoder::new(self.document);
        decoder.decode(id).map_err(|DecodeError { what, node }| {
            let line = self.line(node);
            KubeconfigError::Unreadable { line, what }
        })
    }

    /// The member of a name of the document's mapping.
    pub(super) fn member(&self, name: &str) -> Result<Option<Place>, KubeconfigError> {
        let Some(root) = self.root else {
            return Ok(None);
        };
        let mut found = None;
        for (key, value) in self.document.pairs(root) {
            let node = self.document.resolve(key).map(|(_, node)| node);
            let is_it =
                node.is_some_and(|node| matches!(node.kind, Kind::Scalar(_)) && node.value == name);
            if !is_it {
                continue;
            }
            if found.is_some() {
                let (line, what) = (self.line(key), format!("the key `{name}`"));
                return Err(KubeconfigError::Twice { line, what });
            }
            found = Some(Place { key, value });
        }
        Ok(found)
    }

    /// The entries of a section; items that have no name are none of kubectl's and stay.
    pub(super) fn entries(&self, section: Section) -> Result<Vec<Entry<'d>>, KubeconfigError> {
        let Some(place) = self.member(section.key())? else {
            return Ok(Vec::new());
        };
        let Some((list, node)) = self.document.resolve(place.value) else {
            return Ok(Vec::new());
        };
        if !matches!(node.kind, Kind::Sequence { .. }) {
            return match self.decode(place.value)? {
                Value::Null => Ok(Vec::new()),
                _ => Err(KubeconfigError::NoKubeconfig {
                    what: format!("its `{}` is no list", section.key()),
                }),
            };
        }
        let mut names = BTreeSet::new();
        let mut entries = Vec::new();
        for node in self.document.children(list) {
            let value = self.decode(node)?;
            let Some(name) = text_of(&value, "name") else {
                continue;
            };
            if !names.insert(name.clone()) {
                let what = format!("the {} `{name}`", section.entry_in_words());
                let line = self.line(node);
                return Err(KubeconfigError::Twice { line, what });
            }
            entries.push(Entry { node, name, value });
        }
        Ok(entries)
    }

    /// `current-context`, where it names one.
    pub(super) fn current_context(&self) -> Result<Option<String>, KubeconfigError> {
        let Some(place) = self.member(CURRENT_CONTEXT)? else {
            return Ok(None);
        };
        match self.decode(place.value)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.into_owned()).filter(|text| !text.is_empty())),
            _ => Err(KubeconfigError::NoKubeconfig {
                what: format!("its `{CURRENT_CONTEXT}` is no text"),
            }),
        }
    }
}

/// The key of the current context.
pub(super) const CURRENT_CONTEXT: &str = "current-context";

/// The field of a name; the last one of the same name counts.
pub(super) fn field<'v, 'd>(value: &'v Value<'d>, name: &str) -> Option<&'v Value<'d>> {
    let Value::Map(fields) = value else {
        return None;
    };
    let named = |key: &Key<'_>| matches!(key, Key::Text(key) if key == name);
    let mut found = fields.iter().rev().filter(|field| named(&field.key));
    found.next().map(|field| &field.value)
}

/// The text of a field.
pub(super) fn text_of(value: &Value<'_>, name: &str) -> Option<String> {
    match field(value, name) {
        Some(Value::Text(text)) => Some(text.clone().into_owned()),
        _ => None,
    }
}
