//! The shape of a schema: its levels and the type its values have.

use super::{Attribute, Block, Kind, Nesting, Schema};
use crate::path::{AttributePath, Step};
use crate::types::Type;
use crate::value::Value;

/// The attributes and blocks that stand beside each other.
#[derive(Clone, Copy)]
pub(crate) struct Level<'s> {
    pub(crate) attributes: &'s [(String, Attribute)],
    pub(crate) blocks: &'s [(String, Block)],
}

/// A level within another, with how many of it there are.
#[derive(Clone, Copy)]
pub(crate) struct Nest<'s> {
    pub(crate) nesting: Nesting,
    pub(crate) level: Level<'s>,
}

impl Schema {
    pub(crate) fn level(&self) -> Level<'_> {
        Level {
            attributes: &self.attributes,
            blocks: &self.blocks,
        }
    }

    /// The argument in which a path ends, as deep as blocks lead; the path itself where it ends before.
    pub(crate) fn argument_of(&self, path: &AttributePath) -> AttributePath {
        let mut level = self.level();
        let mut reached = AttributePath::root();
        for step in path.steps() {
            reached = reached.then(step.clone());
            let Step::Attribute(name) = step else {
                continue;
            };
            if level.attributes.iter().any(|(other, _)| other == name) {
                return reached;
            }
            if let Some((_, block)) = level.blocks.iter().find(|(other, _)| other == name) {
                level = block.nest().level;
            }
        }
        reached
    }

    /// The type of its values: an object.
    pub fn value_type(&self) -> Type {
        self.level().object_type()
    }
}

impl Attribute {
    pub(crate) fn nest(&self) -> Option<Nest<'_>> {
        match &self.kind {
            Kind::Type(_) => None,
            Kind::Nested(nesting, attributes) => Some(Nest {
                nesting: *nesting,
                level: Level {
                    attributes,
                    blocks: &[],
                },
            }),
        }
    }

    /// The type of its values; of a nested attribute an object or a collection of objects.
    pub fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Type(r#type) => r#type.clone(),
            Kind::Nested(nesting, attributes) => collected(
                *nesting,
                Level {
                    attributes,
                    blocks: &[],
                }
                .object_type(),
            ),
        }
    }
}

impl Block {
    pub(crate) fn nest(&self) -> Nest<'_> {
        Nest {
            nesting: self.nesting,
            level: Level {
                attributes: &self.attributes,
                blocks: &self.blocks,
            },
        }
    }
}

impl Level<'_> {
    pub(crate) fn object_type(self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.value_type()));
        let blocks = self.blocks.iter().map(|(name, block)| {
            let nest = block.nest();
            (
                name.clone(),
                collected(nest.nesting, nest.level.object_type()),
            )
        });
        Type::object(attributes.chain(blocks))
    }

    /// Gives blocks the form of absence Terraform wants: an empty collection instead of null, a group always there.
    pub(crate) fn complete_blocks(self, value: &mut Value) {
        let Value::Map(fields) = value else { return };
        for (name, block) in self.blocks {
            let nest = block.nest();
            let field = fields.entry(name.clone()).or_insert(Value::Null);
            if field.is_null() {
                *field = nest.absent();
            }
            nest.each_element(field, |element| nest.level.complete_blocks(element));
        }
    }
}

impl Nest<'_> {
    fn absent(self) -> Value {
        match self.nesting {
            Nesting::Single => Value::Null,
            Nesting::List | Nesting::Set => Value::List(Vec::new()),
            Nesting::Map => Value::Map(std::collections::BTreeMap::new()),
            Nesting::Group => {
                let mut group = Value::object(
                    self.level
                        .attributes
                        .iter()
                        .map(|(name, _)| (name.clone(), Value::Null)),
                );
                self.level.complete_blocks(&mut group);
                group
            }
        }
    }

    fn each_element(self, value: &mut Value, mut act: impl FnMut(&mut Value)) {
        match (self.nesting, value) {
            (Nesting::Single | Nesting::Group, value) => act(value),
            (Nesting::List | Nesting::Set, Value::List(elements)) => {
                elements.iter_mut().for_each(act);
            }
            (Nesting::Map, Value::Map(elements)) => elements.values_mut().for_each(act),
            _ => {}
        }
    }
}

fn collected(nesting: Nesting, object: Type) -> Type {
    match nesting {
        Nesting::Single | Nesting::Group => object,
        Nesting::List => Type::list(object),
        Nesting::Set => Type::set(object),
        Nesting::Map => Type::map(object),
    }
}
