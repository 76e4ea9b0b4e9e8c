//! A schema with its type, built once at start, and the conversions between values and one object's models.

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};

use crate::diagnostics::Diagnostics;
use crate::model::{from_value, to_value, writable_attributes};
use crate::objects::diagnostics::{
    ValueOrigin, catch_panic_sync, describe_value_error, provider_bug,
};
use crate::objects::substitutes::{Substitutes, describe_unwritable};
use crate::plan::{fill_defaults, restore_precision};
use crate::schema::{Level, Nesting, Schema};
use crate::types::Type;
use crate::value::Value;

/// What the layer knows of an object besides its code.
pub(crate) struct ObjectMeta {
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    pub(crate) r#type: Type,
}

impl ObjectMeta {
    pub(crate) fn new(name: &'static str, schema: Schema) -> Self {
        let r#type = schema.value_type();
        Self {
            name,
            schema,
            r#type,
        }
    }

    /// Value → model; the origin says in the message whose value it was.
    pub(crate) fn to_model<M: DeserializeOwned>(
        &self,
        value: &Value,
        origin: ValueOrigin,
    ) -> Result<M, Diagnostics> {
        catch_panic_sync(self.name, "decode", || from_value(value))?
            .map_err(|error| describe_value_error(self.name, origin, &error).into())
    }

    /// The same, with `None` where the model cannot hold what is unknown yet: there is nothing to validate then.
    pub(crate) fn to_model_unless_unknown<M: DeserializeOwned>(
        &self,
        value: &Value,
        origin: ValueOrigin,
    ) -> Result<Option<M>, Diagnostics> {
        match catch_panic_sync(self.name, "decode", || from_value(value))? {
            Ok(model) => Ok(Some(model)),
            Err(error) if error.is_unknown() => Ok(None),
            Err(error) => Err(describe_value_error(self.name, origin, &error).into()),
        }
    }

    /// Model → value, with blocks complete.
    pub(crate) fn to_value<M: Serialize>(&self, model: &M) -> Result<Value, Diagnostics> {
        catch_panic_sync(self.name, "encode", || to_value(model, &self.r#type))?
            .map(|mut value| {
                self.schema.level().complete_blocks(&mut value);
                value
            })
            .map_err(|error| describe_value_error(self.name, ValueOrigin::Answer, &error).into())
    }

    /// Model → value whatever happens: the attributes that cannot be written are substituted and reported.
    pub(crate) fn applied_value<M: Serialize>(
        &self,
        model: &M,
        substitutes: Substitutes<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let written = writable_attributes(model, self.attribute_types());
        for fault in &written.faults {
            diagnostics.push(describe_unwritable(self.name, fault));
        }
        let mut value = self.complete_object(written.values, substitutes);
        self.schema.level().complete_blocks(&mut value);
        value
    }

    /// An object of all attributes: those given, and substitutes for the others.
    pub(crate) fn complete_object(
        &self,
        mut values: BTreeMap<String, Value>,
        substitutes: Substitutes<'_>,
    ) -> Value {
        for name in self.attribute_types().keys() {
            values
                .entry(name.clone())
                .or_insert_with(|| substitutes.attribute(name));
        }
        Value::Map(values)
    }

    /// The types of the attributes and blocks.
    pub(crate) fn attribute_types(&self) -> &BTreeMap<String, Type> {
        static NONE: BTreeMap<String, Type> = BTreeMap::new();
        match &self.r#type {
            Type::Object { attributes, .. } => attributes,
            _ => &NONE,
        }
    }

    /// A configuration with the defaults of what it leaves out.
    pub(crate) fn with_defaults(&self, config: Value) -> Value {
        let mut complete = config.clone();
        fill_defaults(&self.schema, &config, &mut complete);
        complete
    }

    /// Model → value of an answer to a configuration, in which nothing may be unknown.
    pub(crate) fn to_known_value<M: Serialize>(
        &self,
        config: &Value,
        model: &M,
    ) -> Result<Value, Diagnostics> {
        let value = restore_precision(config, self.to_value(model)?, &self.r#type);
        if value.is_wholly_known() {
            Ok(value)
        } else {
            Err(provider_bug(self.name, "it answered with an unknown value").into())
        }
    }

    /// Every fault of the schema, and every difference between its attributes and the model's fields.
    pub(crate) fn check<M: Serialize + DeserializeOwned>(&self) -> Vec<String> {
        let mut faults: Vec<String> = self
            .schema
            .check()
            .into_iter()
            .map(|fault| format!("{}: {fault}", self.name))
            .collect();
        // Where a nested model has plain fields, nulls do not fit and the known sample does, or the other way round.
        for leaf in [Leaf::Null, Leaf::Known] {
            let sample = sample_level(self.schema.level(), leaf);
            let round = from_value::<M>(&sample).and_then(|model| to_value(&model, &self.r#type));
            if let Err(error) = round
                && error.is_about_keys()
            {
                faults.push(format!("{}: {error}", self.name));
                break;
            }
        }
        faults
    }
}

#[derive(Clone, Copy)]
enum Leaf {
    Null,
    Known,
}

/// A value with one element in every nested collection, so that every nested model is reached.
fn sample_level(level: Level<'_>, leaf: Leaf) -> Value {
    let attributes = level.attributes.iter().map(|(name, attribute)| {
        let value = match attribute.nest() {
            Some(nest) => collected(nest.nesting, sample_level(nest.level, leaf)),
            None => sample_leaf(&attribute.value_type(), leaf),
        };
        (name.clone(), value)
    });
    let blocks = level.blocks.iter().map(|(name, block)| {
        let nest = block.nest();
        (
            name.clone(),
            collected(nest.nesting, sample_level(nest.level, leaf)),
        )
    });
    Value::Map(attributes.chain(blocks).collect())
}

fn collected(nesting: Nesting, object: Value) -> Value {
    match nesting {
        Nesting::Single | Nesting::Group => object,
        Nesting::List | Nesting::Set => Value::List(vec![object]),
        Nesting::Map => Value::object([("key", object)]),
    }
}

fn sample_leaf(r#type: &Type, leaf: Leaf) -> Value {
    match (leaf, r#type) {
        (Leaf::Null, _) | (Leaf::Known, Type::Dynamic) => Value::Null,
        (Leaf::Known, Type::String) => Value::from(""),
        (Leaf::Known, Type::Bool) => Value::Bool(false),
        (Leaf::Known, Type::Number) => Value::from(0),
        (Leaf::Known, Type::List(element) | Type::Set(element)) => {
            Value::List(vec![sample_leaf(element, leaf)])
        }
        (Leaf::Known, Type::Map(element)) => Value::object([("key", sample_leaf(element, leaf))]),
        (Leaf::Known, Type::Object { attributes, .. }) => Value::Map(
            attributes
                .iter()
                .map(|(name, r#type)| (name.clone(), sample_leaf(r#type, leaf)))
                .collect::<BTreeMap<_, _>>(),
        ),
        (Leaf::Known, Type::Tuple(types)) => Value::List(
            types
                .iter()
                .map(|r#type| sample_leaf(r#type, leaf))
                .collect(),
        ),
    }
}
