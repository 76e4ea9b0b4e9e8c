//! YAML 1.1 exactly as the server's parser has it, with the place of everything in the text, and edits of that text by its bytes.
//!
//! The server reads with go-yaml 2.4, whose grammar is that of an early libyaml; later libyaml versions and YAML 1.2 differ in flow scalars,
//! directives and tabs. A node tree over borrowed text is built from the first document only, as the server does.

mod collections;
mod cursor;
mod decode;
mod flow;
mod grammar;
mod lines;
mod plain;
mod quote;
mod quoted;
mod scalar;
mod scanner;
mod tag;
mod text;
mod timestamp;
mod token;
mod tree;

pub(super) use self::{
    cursor::Mark,
    decode::{DecodeError, Decoder, Field, Key, Value},
    flow::{FlowParts, Gaps},
    grammar::parse,
    lines::Lines,
    plain::is_plain,
    quote::{Quote, quoted},
    scalar::{Resolved, plain_text_is_safe, resolve},
    token::ScalarStyle,
    tree::{Document, Kind, Node, NodeId},
};

/// Why the text is no YAML for the server, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// What is wrong, in our words.
    pub(super) what: String,
    /// Line from 0.
    pub(super) line: usize,
    /// Column in characters from 0.
    pub(super) column: usize,
}

impl SyntaxError {
    fn at(mark: Mark, what: impl Into<String>) -> SyntaxError {
        SyntaxError {
            what: what.into(),
            line: mark.line(),
            column: mark.column(),
        }
    }
}
