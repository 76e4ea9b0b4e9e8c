//! The nodes of the first document and where they stand.
//!
//! Nodes lie in one vector and refer to each other by number, so a document of 1 MiB needs few allocations.

use std::{borrow::Cow, num::NonZeroU32};

use super::{Mark, ScalarStyle, cursor::short};

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct NodeId(NonZeroU32);

impl NodeId {
    fn new(index: usize) -> NodeId {
        NodeId(NonZeroU32::MIN.saturating_add(short(index)))
    }

    #[inline]
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// Its value stands in [`Node::value`].
    Scalar(ScalarStyle),
    Sequence {
        flow: bool,
    },
    /// Its children are key, value, key, value.
    Mapping {
        flow: bool,
    },
    Alias(NodeId),
}

/// What few nodes have.
#[derive(Clone, Debug)]
pub(super) struct NodeProperties<'t> {
    pub(super) anchor: Option<&'t str>,
    /// The resolved tag.
    pub(super) tag: Option<String>,
}

/// A node.
#[derive(Clone, Debug)]
pub(in super::super) struct Node<'t> {
    pub(in super::super) kind: Kind,
    /// The text of a scalar, the name of an alias.
    pub(in super::super) value: Cow<'t, str>,
    /// True for a scalar whose type shows from its text: plain without a tag, or with the tag `!`.
    pub(in super::super) implicit: bool,
    pub(super) properties: Option<Box<NodeProperties<'t>>>,
    /// Where it begins, its anchor and tag included.
    pub(in super::super) start: Mark,
    pub(super) content: u32,
    pub(super) end: u32,
    /// One more than the byte of the dash.
    dash: Option<NonZeroU32>,
    first_child: Option<NodeId>,
    last_child: Option<NodeId>,
    next: Option<NodeId>,
}

impl<'t> Node<'t> {
    pub(super) fn new(kind: Kind, value: Cow<'t, str>, start: Mark) -> Node<'t> {
        Node {
            kind,
            value,
            implicit: false,
            properties: None,
            start,
            content: short(start.offset()),
            end: short(start.offset()),
            dash: None,
            first_child: None,
            last_child: None,
            next: None,
        }
    }

    pub(super) fn set_dash(&mut self, dash: usize) {
        self.dash = Some(NonZeroU32::MIN.saturating_add(short(dash)));
    }

    /// True for a node with an anchor or a tag.
    pub(super) fn has_properties(&self) -> bool {
        self.properties.is_some()
    }

    /// The resolved tag.
    pub(in super::super) fn tag(&self) -> Option<&str> {
        self.properties.as_ref()?.tag.as_deref()
    }

    pub(in super::super) fn anchor(&self) -> Option<&'t str> {
        self.properties.as_ref()?.anchor
    }

    /// The byte where its content begins, behind its anchor and tag.
    pub(in super::super) fn content(&self) -> usize {
        self.content as usize
    }

    /// The byte behind its last character.
    pub(in super::super) fn end(&self) -> usize {
        self.end as usize
    }

    /// For an item of a block sequence, the byte of its dash.
    pub(in super::super) fn dash(&self) -> Option<usize> {
        self.dash.map(|dash| dash.get() as usize - 1)
    }

    /// True for an empty value that has no character of its own.
    pub(in super::super) fn is_absent(&self) -> bool {
        self.end() == self.start.offset()
    }
}

/// The first document.
#[derive(Clone, Debug)]
pub(in super::super) struct Document<'t> {
    pub(in super::super) text: &'t str,
    nodes: Vec<Node<'t>>,
    /// None where the text holds nothing but white space and comments.
    pub(in super::super) root: Option<NodeId>,
    /// The byte behind `---`, if the document begins with one.
    pub(in super::super) explicit_start: Option<usize>,
    /// Where the document ends: at `...`, at the next `---`, at text that is ignored, or at the end of the text.
    pub(in super::super) end: Mark,
    /// Where text begins that the server ignores: a second document, or a rest behind the value.
    pub(in super::super) ignored: Option<Mark>,
    /// That text stands right behind the value, without a mark of the document's end between.
    pub(in super::super) has_rest: bool,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str) -> Document<'t> {
        Document {
            text,
            // A node for every 16 bytes is about what entries have.
            nodes: Vec::with_capacity(text.len() / 16 + 8),
            root: None,
            explicit_start: None,
            end: Mark::default(),
            ignored: None,
            has_rest: false,
        }
    }

    pub(super) fn add(&mut self, node: Node<'t>) -> NodeId {
        self.nodes.push(node);
        NodeId::new(self.nodes.len() - 1)
    }

    pub(super) fn append(&mut self, parent: NodeId, child: NodeId) {
        let last = match self.nodes.get_mut(parent.index()) {
            Some(node) => {
                node.first_child.get_or_insert(child);
                node.last_child.replace(child)
            }
            None => None,
        };
        if let Some(node) = last.and_then(|last| self.nodes.get_mut(last.index())) {
            node.next = Some(child);
        }
    }

    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Node<'t>)) {
        if let Some(node) = self.nodes.get_mut(id.index()) {
            change(node);
        }
    }

    /// The node of a number.
    pub(in super::super) fn node(&self, id: NodeId) -> Option<&Node<'t>> {
        self.nodes.get(id.index())
    }

    /// The node itself, or what an alias stands for.
    pub(in super::super) fn resolve(&self, id: NodeId) -> Option<(NodeId, &Node<'t>)> {
        let mut id = id;
        // An alias to an alias is impossible, so one step is enough.
        if let Kind::Alias(target) = self.node(id)?.kind {
            id = target;
        }
        Some((id, self.node(id)?))
    }

    /// The children of a sequence or mapping in order.
    pub(in super::super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.node(id).and_then(|node| node.first_child);
        std::iter::successors(first, |id| self.node(*id).and_then(|node| node.next))
    }

    /// The last scalar or alias (or empty collection) within a node.
    pub(in super::super) fn last_leaf(&self, id: NodeId) -> Option<&Node<'t>> {
        let mut node = self.node(id)?;
        while let Some(last) = node.last_child {
            node = self.node(last)?;
        }
        Some(node)
    }

    /// The keys and values of a mapping in order.
    pub(in super::super) fn pairs(
        &self,
        id: NodeId,
    ) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let mut children = self.children(id);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The line of an item's dash, or of its start where it has none, from 0.
    pub(in super::super) fn line_of_dash(&self, node: &Node<'_>) -> usize {
        let Some(dash) = node.dash() else {
            return node.start.line();
        };
        let between = self.text.get(dash..node.start.offset()).unwrap_or_default();
        node.start.line()
            - between
                .matches(['\n', '\u{85}', '\u{2028}', '\u{2029}'])
                .count()
    }

    /// Every node in document order.
    pub(in super::super) fn all(&self) -> impl Iterator<Item = (NodeId, &Node<'t>)> {
        self.nodes
            .iter()
            .enumerate()
            .map(|(number, node)| (NodeId::new(number), node))
    }
}
