//! A section that is a list of entries, ready to be edited.

use super::error::EditError;
use crate::aws_auth::{
    Problem, ProblemKind, Section,
    read::{IGNORED_TEXT, decode_mappings, decode_problem},
};
use crate::yaml::{self, DecodeError, Decoder, Document, Kind, Node, NodeId, Value};

/// The items of a section. All of them are known to decode to entries.
#[derive(Clone)]
pub(super) struct List<'d> {
    pub(super) section: Section,
    pub(super) document: &'d Document<'d>,
    pub(super) root: NodeId,
    pub(super) items: Vec<NodeId>,
    /// Nothing ties the items together, so that each can be judged on its own.
    pub(super) is_plain: bool,
}

impl<'d> List<'d> {
    /// What an item decodes to.
    pub(super) fn value(&self, item: NodeId) -> Value<'d> {
        let mut decoder = Decoder::new(self.document);
        let value = match self.section {
            Section::MapAccounts => decoder
                .decode_raw(item)
                .map(|text| text.map_or(Value::Null, Value::Text)),
            _ => decoder.decode(item),
        };
        value.unwrap_or(Value::Null)
    }

    /// The nodes of the items.
    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = &Node<'d>> {
        self.items
            .iter()
            .filter_map(|item| self.document.node(*item))
    }

    /// True for a list in brackets.
    pub(super) fn is_flow(&self) -> bool {
        matches!(
            self.document.node(self.root).map(|node| node.kind),
            Some(Kind::Sequence { flow: true })
        )
    }
}

/// What the root of a section is.
pub(super) enum Content<'d> {
    /// A list, perhaps without items.
    List(List<'d>),
    /// Null; the node may be absent from the text.
    Null(NodeId),
    /// No value at all: white space and comments only.
    Nothing,
}

/// Takes a parsed section apart. What the server does not read as a list of entries is refused.
pub(super) fn open<'d>(
    section: Section,
    document: &'d Document<'d>,
) -> Result<Content<'d>, EditError> {
    if let (true, Some(mark)) = (document.has_rest, document.ignored) {
        let (line, column, problem) = (mark.line() + 1, mark.column() + 1, IGNORED_TEXT.to_owned());
        return Err(EditError::TextBehindValue {
            section,
            line,
            column,
            problem,
        });
    }
    let Some(root) = document.root else {
        return Ok(Content::Nothing);
    };
    let unparsed = |error: DecodeError| refusal(decode_problem(section, document, &error));
    if !document
        .node(root)
        .is_some_and(|node| matches!(node.kind, Kind::Sequence { .. }))
    {
        return match decode_mappings(document, root).map_err(unparsed)? {
            Value::Null => Ok(Content::Null(root)),
            _ => Err(unparsed(DecodeError {
                what: "the section is no list".to_owned(),
                node: root,
            })),
        };
    }
    let items: Vec<NodeId> = document.children(root).collect();
    let is_plain = yaml::is_plain(document);
    if let Some(item) =
        find_wrong_item(section, document, (root, &items), is_plain).map_err(unparsed)?
    {
        let what = "an item of the list is no entry".to_owned();
        let mut problem = decode_problem(section, document, &DecodeError { what, node: item });
        problem.kind = ProblemKind::WrongItem;
        return Err(refusal(problem));
    }
    Ok(Content::List(List {
        section,
        document,
        root,
        items,
        is_plain,
    }))
}

/// The first item that is no entry. Fails where the server cannot decode the section.
fn find_wrong_item<'d>(
    section: Section,
    document: &'d Document<'d>,
    (root, items): (NodeId, &[NodeId]),
    is_plain: bool,
) -> Result<Option<NodeId>, DecodeError> {
    if section == Section::MapAccounts {
        let mut decoder = Decoder::new(document);
        let texts: Vec<_> = items
            .iter()
            .map(|item| decoder.decode_raw(*item))
            .collect::<Result<_, _>>()?;
        return Ok(items
            .iter()
            .zip(texts)
            .find(|(_, text)| text.is_none())
            .map(|(item, _)| *item));
    }
    if is_plain {
        let is_mapping = |item: &NodeId| {
            document
                .node(*item)
                .is_some_and(|node| matches!(node.kind, Kind::Mapping { .. }))
        };
        return Ok(items.iter().copied().find(|item| !is_mapping(item)));
    }
    match decode_mappings(document, root)? {
        Value::List(values) => Ok(values
            .iter()
            .find(|(_, value)| !matches!(value, Value::Map(_)))
            .map(|(item, _)| *item)),
        _ => Ok(Some(root)),
    }
}

/// The error for a section that cannot be edited.
pub(super) fn refusal(problem: Problem) -> EditError {
    let Problem {
        kind,
        section,
        line,
        column,
        text: problem,
        ..
    } = problem;
    match kind {
        ProblemKind::WrongItem => EditError::WrongItem {
            section,
            line,
            column,
            problem,
        },
        _ => EditError::Unparsed {
            section,
            line,
            column,
            problem,
        },
    }
}
