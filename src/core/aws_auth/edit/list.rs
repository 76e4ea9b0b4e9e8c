//! A section that is a list of entries, ready to be edited.

use super::error::EditError;
use crate::aws_auth::{
    Problem, ProblemKind, Section,
    read::{IGNORED_TEXT, decode_mappings, decode_problem},
    yaml::{DecodeError, Decoder, Document, Kind, NodeId, Value},
};

/// The items of a section and what each decodes to.
pub(super) struct List<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) root: NodeId,
    pub(super) items: Vec<NodeId>,
    pub(super) values: Vec<Value<'d>>,
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
    let is_list = document
        .node(root)
        .is_some_and(|node| matches!(node.kind, Kind::Sequence { .. }));
    let items: Vec<NodeId> = if is_list {
        document.children(root).collect()
    } else {
        Vec::new()
    };
    let values = if section == Section::MapAccounts && is_list {
        let mut decoder = Decoder::new(document);
        let account = |item: &NodeId| {
            let text = decoder.decode_raw(*item).map_err(unparsed)?;
            Ok(text.map_or(Value::Null, Value::Text))
        };
        items
            .iter()
            .map(account)
            .collect::<Result<Vec<_>, EditError>>()?
    } else {
        match decode_mappings(document, root).map_err(unparsed)? {
            Value::Null => return Ok(Content::Null(root)),
            Value::List(items) => items.into_iter().map(|(_, value)| value).collect(),
            _ => {
                let what = "the section is no list".to_owned();
                return Err(unparsed(DecodeError { what, node: root }));
            }
        }
    };
    let is_entry = |value: &Value<'_>| match section {
        Section::MapAccounts => matches!(value, Value::Text(_)),
        _ => matches!(value, Value::Map(_)),
    };
    if let Some((item, _)) = items
        .iter()
        .zip(&values)
        .find(|(_, value)| !is_entry(value))
    {
        let what = "an item of the list is no entry".to_owned();
        let mut problem = decode_problem(section, document, &DecodeError { what, node: *item });
        problem.kind = ProblemKind::WrongItem;
        return Err(refusal(problem));
    }
    Ok(Content::List(List {
        document,
        root,
        items,
        values,
    }))
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
