//! JSON to trees with lines. The text was read by `serde_json` before, so what is wrong with it has been said.

use std::borrow::Cow;

use super::lines::TextLines;
use super::tree::{MAX_DEPTH, MOST_VALUES, Member, Tree, TreeError, Value};

/// The values that stand in a text one after another.
///
/// # Errors
/// What is no JSON, with its place.
pub(super) fn from_json(text: &str) -> Result<Vec<Tree<'_>>, TreeError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    for value in values.by_ref() {
        value.map_err(|error| TreeError {
            line: error.line().max(1),
            column: error.column().max(1),
            what: reason(&error),
        })?;
    }
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        depth: 0,
        values: 0,
    };
    let mut trees = Vec::new();
    while reader.peek().is_some() {
        trees.push(reader.tree()?);
    }
    Ok(trees)
}

/// The message without the place, which is said beside it.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// From 1.
    line: usize,
    depth: usize,
    values: usize,
}

impl<'t> Reader<'t> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return Some(byte),
            }
            self.at += 1;
        }
    }

    fn tree(&mut self) -> Result<Tree<'t>, TreeError> {
        self.values += 1;
        if self.values > MOST_VALUES || self.depth > MAX_DEPTH {
            return Err(self.error("too many values, or nested too deeply"));
        }
        let first = self.peek();
        let line = self.line;
        let value = match first {
            Some(b'{') => self.map()?,
            Some(b'[') => self.list()?,
            Some(b'"') => Value::Text(self.string()?, TextLines::At(line)),
            Some(_) => self.word()?,
            None => return Err(self.error("the text ends too early")),
        };
        Ok(Tree { line, value })
    }

    fn map(&mut self) -> Result<Value<'t>, TreeError> {
        self.at += 1;
        self.depth += 1;
        let mut members = Vec::new();
        loop {
            match self.peek() {
                Some(b'}') => break,
                Some(b',' | b':') => self.at += 1,
                Some(b'"') => {
                    let line = self.line;
                    let name = self.string()?;
                    if self.peek() == Some(b':') {
                        self.at += 1;
                    }
                    let tree = self.tree()?;
                    members.push(Member { name, line, tree });
                }
                _ => return Err(self.error("a member without a name")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::Map(members))
    }

    fn list(&mut self) -> Result<Value<'t>, TreeError> {
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        loop {
            match self.peek() {
                Some(b']') => break,
                Some(b',') => self.at += 1,
                _ => items.push(self.tree()?),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::List(items))
    }

    fn string(&mut self) -> Result<Cow<'t, str>, TreeError> {
        let start = self.at;
        let mut has_escape = false;
        self.at += 1;
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escape = true;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
                None => return Err(self.error("a text without its end")),
            }
        }
        self.at += 1;
        if !has_escape {
            let inner = self.text.get(start + 1..self.at - 1);
            return Ok(Cow::Borrowed(inner.unwrap_or_default()));
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        serde_json::from_str::<String>(literal)
            .map(Cow::Owned)
            .map_err(|error| self.error(&reason(&error)))
    }

    fn word(&mut self) -> Result<Value<'t>, TreeError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_end = |byte: u8| matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b'"' | b':');
        let length = rest
            .bytes()
            .position(|byte| is_end(byte) || byte.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        if word.is_empty() {
            return Err(self.error("a value that is missing"));
        }
        self.at += length;
        Ok(match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => Value::Number(Cow::Borrowed(number)),
        })
    }

    fn error(&self, what: &str) -> TreeError {
        TreeError {
            line: self.line,
            column: 1,
            what: what.to_owned(),
        }
    }
}
