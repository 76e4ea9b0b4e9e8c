//! A value of a file with the line of everything in it, whether it was written as YAML or as JSON.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;

use super::lines::TextLines;
use crate::yaml::{self, Kind, NodeId, Resolved, ScalarStyle, resolve};

/// Values of one file; more is refused, so that a small file cannot take all memory.
pub(super) const MOST_VALUES: usize = 4_000_000;

/// Nesting beyond this is refused.
pub(super) const MAX_DEPTH: usize = 128;

/// Bytes of text that one document may have, those of aliases each time.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// What the server takes a text with this tag for.
const BINARY: &str = "tag:yaml.org,2002:binary";

/// Why a text gives no tree, and where: line and column from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) what: String,
}

/// A value and the line, from 1, where it begins.
#[derive(Clone, Debug)]
pub(super) struct Tree<'t> {
    pub(super) line: usize,
    pub(super) value: Value<'t>,
}

#[derive(Clone, Debug)]
pub(super) enum Value<'t> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Cow<'t, str>),
    Text(Cow<'t, str>, TextLines),
    List(Vec<Tree<'t>>),
    Map(Vec<Member<'t>>),
}

/// One member of a map.
#[derive(Clone, Debug)]
pub(super) struct Member<'t> {
    pub(super) name: Cow<'t, str>,
    /// The line of its name.
    pub(super) line: usize,
    pub(super) tree: Tree<'t>,
}

impl<'t> Tree<'t> {
    /// The member of a name; the last one of those with the same name counts, as for most readers.
    pub(super) fn member(&self, name: &str) -> Option<&Member<'t>> {
        self.members().iter().rfind(|member| member.name == name)
    }

    /// The value of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Tree<'t>> {
        self.member(name).map(|member| &member.tree)
    }

    /// The value below several names.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Tree<'t>> {
        path.iter().try_fold(self, |tree, name| tree.get(name))
    }

    pub(super) fn members(&self) -> &[Member<'t>] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Tree<'t>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text of a member.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Tree::text)
    }

    /// The same value as JSON, members in order and written as often as they were.
    pub(super) fn json(&self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
    }

    fn write(&self, json: &mut String) {
        match &self.value {
            Value::Null => json.push_str("null"),
            Value::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => match serde_json::from_str::<serde_json::Number>(number) {
                Ok(_) => json.push_str(number),
                Err(_) => json.push_str(&quoted(number)),
            },
            Value::Text(text, _) => json.push_str(&quoted(text)),
            Value::List(items) => {
                json.push('[');
                for (index, item) in items.iter().enumerate() {
                    json.push_str(if index > 0 { "," } else { "" });
                    item.write(json);
                }
                json.push(']');
            }
            Value::Map(members) => {
                json.push('{');
                for (index, member) in members.iter().enumerate() {
                    json.push_str(if index > 0 { "," } else { "" });
                    json.push_str(&quoted(&member.name));
                    json.push(':');
                    member.tree.write(json);
                }
                json.push('}');
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The first YAML document of a text whose first line is `first_line` of the file.
pub(super) fn from_yaml(text: &str, first_line: usize) -> Result<Tree<'_>, TreeError> {
    let document = yaml::parse(text).map_err(|error| TreeError {
        line: first_line + error.line,
        column: error.column + 1,
        what: error.what,
    })?;
    let mut walk = Walk {
        document: &document,
        first_line,
        open: HashSet::new(),
        values: 0,
        copied: Cell::new(0),
        depth: 0,
    };
    match document.root {
        Some(root) => walk.tree(root),
        None => Ok(Tree {
            line: first_line,
            value: Value::Null,
        }),
    }
}

/// From the nodes of a document to a tree; aliases are followed.
struct Walk<'d, 't> {
    document: &'d yaml::Document<'t>,
    first_line: usize,
    /// Aliases that are being followed.
    open: HashSet<NodeId>,
    values: usize,
    /// Bytes of texts that were copied.
    copied: Cell<usize>,
    depth: usize,
}

impl<'t> Walk<'_, 't> {
    fn tree(&mut self, id: NodeId) -> Result<Tree<'t>, TreeError> {
        let document = self.document;
        let Some(node) = document.node(id) else {
            return Err(self.error(id, "a part that is not there"));
        };
        self.values += 1;
        if self.values > MOST_VALUES || self.depth > MAX_DEPTH {
            return Err(self.error(id, "too many values, or nested too deeply"));
        }
        let line = self.first_line + node.start.line();
        let value = match node.kind {
            Kind::Alias(target) => {
                if !self.open.insert(target) {
                    return Err(self.error(id, "an anchor that contains itself"));
                }
                let tree = self.tree(target);
                self.open.remove(&target);
                return tree;
            }
            Kind::Scalar(style) => self.scalar(id, style)?,
            Kind::Sequence { .. } => {
                self.depth += 1;
                let items: Result<Vec<_>, _> = document
                    .children(id)
                    .map(|child| self.tree(child))
                    .collect();
                self.depth -= 1;
                Value::List(items?)
            }
            Kind::Mapping { .. } => {
                self.depth += 1;
                let mut members = Vec::new();
                for (key, value) in document.pairs(id) {
                    self.member(key, value, &mut members)?;
                }
                self.depth -= 1;
                Value::Map(members)
            }
        };
        Ok(Tree { line, value })
    }

    fn member(
        &mut self,
        key: NodeId,
        value: NodeId,
        members: &mut Vec<Member<'t>>,
    ) -> Result<(), TreeError> {
        let name = self.tree(key)?;
        let tree = self.tree(value)?;
        let is_plain = |style| style == ScalarStyle::Plain;
        let is_merge = self
            .document
            .node(key)
            .is_some_and(|node| matches!(node.kind, Kind::Scalar(style) if is_plain(style)))
            && name.text() == Some("<<");
        if is_merge {
            let merged = match tree.value {
                Value::Map(merged) => merged,
                _ => tree
                    .items()
                    .iter()
                    .rev()
                    .flat_map(|item| item.members().to_vec())
                    .collect(),
            };
            // What the mapping says itself wins, wherever the merge stands.
            members.splice(0..0, merged);
            return Ok(());
        }
        let line = name.line;
        let name = match name.value {
            Value::Text(text, _) => text,
            Value::Number(text) => text,
            Value::Bool(value) => Cow::Owned(value.to_string()),
            Value::Null => Cow::Borrowed("null"),
            Value::List(_) | Value::Map(_) => {
                return Err(self.error(
                    key,
                    "a list or a mapping as the name of a field; write a value that begins with a brace or a bracket in quotes, as in `\"{{SessionName}}\"`",
                ));
            }
        };
        members.push(Member { name, line, tree });
        Ok(())
    }

    fn scalar(&self, id: NodeId, style: ScalarStyle) -> Result<Value<'t>, TreeError> {
        let Some(node) = self.document.node(id) else {
            return Err(self.error(id, "a part that is not there"));
        };
        self.copied.set(self.copied.get() + node.value.len());
        if self.copied.get() > MOST_BYTES {
            return Err(self.error(id, "too much text comes from aliases"));
        }
        let text = node.value.clone();
        let is_text = (node.tag().is_none() && !node.implicit) || node.tag() == Some(BINARY);
        if is_text {
            return Ok(Value::Text(text, self.lines(id, style)));
        }
        let resolved = resolve(node.tag(), &text).map_err(|what| self.error(id, &what))?;
        Ok(match resolved {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_) => Value::Number(text),
            Resolved::Text | Resolved::Binary => Value::Text(text, self.lines(id, style)),
        })
    }

    /// Each line of a block stands in a line of its own below the mark; what is folded or quoted is told by where it begins.
    fn lines(&self, id: NodeId, style: ScalarStyle) -> TextLines {
        let Some(node) = self.document.node(id) else {
            return TextLines::At(self.first_line);
        };
        let start = node.start.line();
        let between = self
            .document
            .text
            .get(node.start.offset()..node.content())
            .unwrap_or_default();
        let mark = self.first_line + start + between.matches('\n').count();
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => TextLines::From(mark + 1),
            _ => TextLines::At(mark),
        }
    }

    fn error(&self, id: NodeId, what: &str) -> TreeError {
        let mark = self.document.node(id).map(|node| node.start);
        TreeError {
            line: self.first_line + mark.map_or(0, yaml::Mark::line),
            column: 1 + mark.map_or(0, yaml::Mark::column),
            what: what.to_owned(),
        }
    }
}
