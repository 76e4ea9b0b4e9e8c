//! Nodes to values: aliases, merge keys and types, the way go-yaml 2.4 fills an untyped value for sigs.k8s.io/yaml.
//!
//! Mappings keep every key in order; the last one of the same name counts. A merge puts its keys in at its place, so keys behind it win over it
//! and keys before it lose. What the server cannot turn into JSON (`.inf`, a null key) is an error of the whole section.

use std::{borrow::Cow, collections::HashSet};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{Document, Kind, Node, NodeId, Resolved, resolve, scanner::MAX_DEPTH};

/// A value, with the node each part came from.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Value<'d> {
    Null,
    Bool,
    Number,
    /// A float that JSON has no notation for.
    Infinite,
    Text(Cow<'d, str>),
    List(Vec<(NodeId, Value<'d>)>),
    Map(Vec<Field<'d>>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Field<'d> {
    pub(in super::super) key: Key<'d>,
    /// The node of the key.
    pub(in super::super) key_node: NodeId,
    /// The node of the value.
    pub(in super::super) node: NodeId,
    pub(in super::super) value: Value<'d>,
}

/// The name of a field; numbers and booleans become texts that none of our fields has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Key<'d> {
    Text(Cow<'d, str>),
    Other,
}

impl Value<'_> {
    /// The node of a value that JSON has no notation for, if one counts.
    pub(in super::super) fn find_infinite(&self, node: NodeId) -> Option<NodeId> {
        match self {
            Value::Infinite => Some(node),
            Value::List(items) => items
                .iter()
                .find_map(|(node, item)| item.find_infinite(*node)),
            Value::Map(fields) => fields.iter().enumerate().find_map(|(at, field)| {
                let found = field.value.find_infinite(field.node)?;
                let later = fields.get(at + 1..).unwrap_or_default();
                let is_overridden =
                    field.key != Key::Other && later.iter().any(|later| later.key == field.key);
                (!is_overridden).then_some(found)
            }),
            _ => None,
        }
    }

    /// Compares values without regard to where they stand.
    pub(in super::super) fn is_same(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::List(one), Value::List(other)) => {
                one.len() == other.len()
                    && one
                        .iter()
                        .zip(other)
                        .all(|((_, one), (_, other))| one.is_same(other))
            }
            (Value::Map(one), Value::Map(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| one.is_same(other))
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Field<'_> {
    /// Compares name and value without regard to where they stand.
    pub(in super::super) fn is_same(&self, other: &Field<'_>) -> bool {
        self.key.is_same(&other.key) && self.value.is_same(&other.value)
    }
}

impl Key<'_> {
    fn is_same(&self, other: &Key<'_>) -> bool {
        match (self, other) {
            (Key::Text(one), Key::Text(other)) => one == other,
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }
}

/// Why the section cannot be decoded, and which node is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct DecodeError {
    pub(in super::super) what: String,
    pub(in super::super) node: NodeId,
}

/// Decodes the nodes of one document, with the server's limit on what aliases may blow up.
pub(in super::super) struct Decoder<'d> {
    document: &'d Document<'d>,
    open_aliases: HashSet<NodeId>,
    depth: usize,
    decoded: usize,
    decoded_by_alias: usize,
}

impl<'d> Decoder<'d> {
    pub(in super::super) fn new(document: &'d Document<'d>) -> Decoder<'d> {
        Decoder {
            document,
            open_aliases: HashSet::new(),
            depth: 0,
            decoded: 0,
            decoded_by_alias: 0,
        }
    }

    /// The value of a node.
    pub(in super::super) fn decode(&mut self, id: NodeId) -> Result<Value<'d>, DecodeError> {
        self.count(id)?;
        let node = self.node(id)?;
        match node.kind {
            Kind::Alias(target) => {
                self.enter_alias(id, node)?;
                let value = self.decode(target);
                self.open_aliases.remove(&id);
                value
            }
            Kind::Scalar(_) => self.decode_scalar(id, node),
            Kind::Sequence { .. } => {
                self.enter(id)?;
                let document = self.document;
                let items: Result<Vec<_>, _> = document
                    .children(id)
                    .map(|child| Ok((child, self.decode(child)?)))
                    .collect();
                self.depth -= 1;
                Ok(Value::List(items?))
            }
            Kind::Mapping { .. } => {
                self.enter(id)?;
                let mut fields = Vec::with_capacity(4);
                let filled = self.fill(id, &mut fields);
                self.depth -= 1;
                filled.map(|()| Value::Map(fields))
            }
        }
    }

    /// Adds the keys of a mapping to `fields`.
    fn fill(&mut self, mapping: NodeId, fields: &mut Vec<Field<'d>>) -> Result<(), DecodeError> {
        let document = self.document;
        for (key_node, value_node) in document.pairs(mapping) {
            if is_merge(self.node(key_node)?) {
                self.merge(value_node, fields)?;
                continue;
            }
            let key = match self.decode(key_node)? {
                Value::Text(text) => Key::Text(text),
                Value::Bool | Value::Infinite => Key::Other,
                Value::Number if self.is_wide_number(key_node) => {
                    return Err(error(key_node, "a number too large for a field name"));
                }
                Value::Number => Key::Other,
                Value::Null => return Err(error(key_node, "a field without a name")),
                Value::List(_) | Value::Map(_) => {
                    return Err(error(
                        key_node,
                        "a list or a mapping as the name of a field; write a value that begins with a brace or a bracket in quotes, as in `\"{{SessionName}}\"`",
                    ));
                }
            };
            let value = self.decode(value_node)?;
            fields.push(Field {
                key,
                key_node,
                node: value_node,
                value,
            });
        }
        Ok(())
    }

    /// Merges a mapping, an alias of one, or a list of such; earlier ones of a list win.
    fn merge(&mut self, id: NodeId, fields: &mut Vec<Field<'d>>) -> Result<(), DecodeError> {
        match self.node(id)?.kind {
            Kind::Sequence { .. } => {
                let items: Vec<NodeId> = self.document.children(id).collect();
                items
                    .into_iter()
                    .rev()
                    .try_for_each(|item| self.merge_one(item, fields))
            }
            _ => self.merge_one(id, fields),
        }
    }

    fn merge_one(&mut self, id: NodeId, fields: &mut Vec<Field<'d>>) -> Result<(), DecodeError> {
        let not_a_map = || error(id, "`<<` takes a mapping or a list of mappings");
        self.count(id)?;
        let node = self.node(id)?;
        self.enter(id)?;
        let merged = match node.kind {
            Kind::Mapping { .. } => self.fill(id, fields),
            Kind::Alias(target) => {
                if !matches!(self.node(target)?.kind, Kind::Mapping { .. }) {
                    return Err(not_a_map());
                }
                self.enter_alias(id, node)?;
                self.count(target)?;
                let filled = self.fill(target, fields);
                self.open_aliases.remove(&id);
                filled
            }
            _ => return Err(not_a_map()),
        };
        self.depth -= 1;
        merged
    }

    fn decode_scalar(&self, id: NodeId, node: &'d Node<'d>) -> Result<Value<'d>, DecodeError> {
        let text = || Value::Text(Cow::Borrowed(node.value.as_ref()));
        if node.tag().is_none() && !node.implicit {
            return Ok(text());
        }
        Ok(match self.resolve(id, node)? {
            Resolved::Null => Value::Null,
            Resolved::Bool(_) => Value::Bool,
            Resolved::Int(_) | Resolved::Uint(_) => Value::Number,
            Resolved::Float(float) if float.is_finite() => Value::Number,
            Resolved::Float(_) => Value::Infinite,
            Resolved::Text => text(),
            Resolved::Binary => Value::Text(Cow::Owned(decode_binary(id, &node.value)?)),
        })
    }

    fn resolve(&self, id: NodeId, node: &Node<'d>) -> Result<Resolved, DecodeError> {
        resolve(node.tag(), &node.value).map_err(|what| DecodeError { what, node: id })
    }

    /// The text of an account: the characters of a scalar whatever its type, nothing for null; none for a list or a mapping.
    pub(in super::super) fn decode_raw(
        &mut self,
        id: NodeId,
    ) -> Result<Option<Cow<'d, str>>, DecodeError> {
        self.count(id)?;
        let Some((target, node)) = self.document.resolve(id) else {
            return Ok(None);
        };
        if !matches!(node.kind, Kind::Scalar(_)) {
            return Ok(None);
        }
        let raw = Cow::Borrowed(node.value.as_ref());
        if node.tag().is_none() && !node.implicit {
            return Ok(Some(raw));
        }
        Ok(Some(match self.resolve(target, node)? {
            Resolved::Null => Cow::Borrowed(""),
            Resolved::Binary => Cow::Owned(decode_binary(target, &node.value)?),
            _ => raw,
        }))
    }

    fn is_wide_number(&self, id: NodeId) -> bool {
        let Some((target, node)) = self.document.resolve(id) else {
            return false;
        };
        matches!(self.resolve(target, node), Ok(Resolved::Uint(_)))
    }

    fn node(&self, id: NodeId) -> Result<&'d Node<'d>, DecodeError> {
        self.document
            .node(id)
            .ok_or_else(|| error(id, "a part that is not there"))
    }

    fn enter(&mut self, id: NodeId) -> Result<(), DecodeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(id, "lists and mappings nested too deeply"));
        }
        Ok(())
    }

    fn enter_alias(&mut self, id: NodeId, node: &Node<'d>) -> Result<(), DecodeError> {
        if !self.open_aliases.insert(id) {
            return Err(DecodeError {
                what: format!("the anchor `&{}` contains itself", node.value),
                node: id,
            });
        }
        Ok(())
    }

    /// The server gives up on documents that are mostly aliases: 99 % of up to 400,000 values, falling to 10 % of 4,000,000.
    fn count(&mut self, id: NodeId) -> Result<(), DecodeError> {
        self.decoded += 1;
        if self.open_aliases.is_empty() {
            return Ok(());
        }
        self.decoded_by_alias += 1;
        let (low, high) = (400_000.0, 4_000_000.0);
        let decoded = self.decoded as f64;
        let allowed = (0.99 - 0.89 * ((decoded - low) / (high - low))).clamp(0.10, 0.99);
        if self.decoded_by_alias > 100
            && self.decoded > 1000
            && self.decoded_by_alias as f64 / decoded > allowed
        {
            return Err(error(id, "too much of the document comes from aliases"));
        }
        Ok(())
    }
}

fn error(node: NodeId, what: &str) -> DecodeError {
    DecodeError {
        what: what.to_owned(),
        node,
    }
}

fn is_merge(node: &Node<'_>) -> bool {
    let tagged = node.tag() == Some("tag:yaml.org,2002:merge");
    matches!(node.kind, Kind::Scalar(_)) && node.value == "<<" && (node.implicit || tagged)
}

/// Line breaks inside are skipped; bytes that are no UTF-8 become U+FFFD one by one, as the server's JSON has them.
fn decode_binary(id: NodeId, text: &str) -> Result<String, DecodeError> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    let stripped = text.replace(['\r', '\n'], "");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, config)
        .decode(stripped)
        .map_err(|_| error(id, "a `!!binary` value that is no base64"))?;
    let (mut decoded, mut rest) = (String::with_capacity(bytes.len()), bytes.as_slice());
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                decoded.push_str(text);
                return Ok(decoded);
            }
            Err(broken) => {
                let (good, bad) = rest
                    .split_at_checked(broken.valid_up_to())
                    .unwrap_or_default();
                decoded.push_str(&String::from_utf8_lossy(good));
                decoded.push('\u{fffd}');
                rest = bad.get(1..).unwrap_or_default();
            }
        }
    }
}
