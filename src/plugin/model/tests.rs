use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{from_value, to_value, writable_attributes};
use crate::attr::Attr;
use crate::types::Type;
use crate::value::{Number, Refinement, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Policy {
    name: Attr<String>,
    version: Attr<u8>,
    ratio: Attr<f64>,
    enabled: Attr<bool>,
    groups: Attr<BTreeSet<String>>,
    parts: Attr<Vec<Attr<String>>>,
    tags: Attr<BTreeMap<String, Attr<String>>>,
    effect: Attr<Effect>,
    extra: Attr<Value>,
    statements: Vec<Statement>,
    owner: Option<Owner>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Statement {
    actions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Owner {
    id: Attr<i64>,
}

fn policy_type() -> Type {
    Type::object([
        ("name", Type::String),
        ("version", Type::Number),
        ("ratio", Type::Number),
        ("enabled", Type::Bool),
        ("groups", Type::set(Type::String)),
        ("parts", Type::list(Type::String)),
        ("tags", Type::map(Type::String)),
        ("effect", Type::String),
        ("extra", Type::Dynamic),
        (
            "statements",
            Type::list(Type::object([("actions", Type::list(Type::String))])),
        ),
        ("owner", Type::object([("id", Type::Number)])),
    ])
}

fn policy() -> Policy {
    Policy {
        name: Attr::Known("first".to_owned()),
        version: Attr::Known(255),
        ratio: Attr::Known(0.1),
        enabled: Attr::Unknown,
        groups: Attr::Known(BTreeSet::from(["b".to_owned(), "a".to_owned()])),
        parts: Attr::Known(vec![Attr::Known("x".to_owned()), Attr::Unknown, Attr::Null]),
        tags: Attr::Known(BTreeMap::from([("k".to_owned(), Attr::Unknown)])),
        effect: Attr::Known(Effect::Deny),
        extra: Attr::Known(Value::Dynamic(Box::new((
            Type::list(Type::Number),
            Value::List(vec![Value::from(1)]),
        )))),
        statements: vec![Statement {
            actions: vec!["read".to_owned()],
        }],
        owner: Some(Owner { id: Attr::Null }),
    }
}

fn value() -> Value {
    Value::object([
        ("name", Value::from("first")),
        ("version", Value::from(255)),
        ("ratio", Value::Number(Number::parse("0.1").unwrap())),
        ("enabled", Value::unknown()),
        ("groups", Value::from(vec!["a", "b"])),
        (
            "parts",
            Value::List(vec![Value::from("x"), Value::unknown(), Value::Null]),
        ),
        ("tags", Value::object([("k", Value::unknown())])),
        ("effect", Value::from("deny")),
        (
            "extra",
            Value::Dynamic(Box::new((
                Type::list(Type::Number),
                Value::List(vec![Value::from(1)]),
            ))),
        ),
        (
            "statements",
            Value::List(vec![Value::object([(
                "actions",
                Value::from(vec!["read"]),
            )])]),
        ),
        ("owner", Value::object([("id", Value::Null)])),
    ])
}

fn with(name: &str, attribute: Value) -> Value {
    let Value::Map(mut fields) = value() else {
        unreachable!("the value is an object")
    };
    fields.insert(name.to_owned(), attribute);
    Value::Map(fields)
}

fn refusal(value: &Value) -> String {
    from_value::<Policy>(value).unwrap_err().to_string()
}

#[test]
fn a_model_is_its_value_in_all_three_states() {
    assert_eq!(to_value(&policy(), &policy_type()).unwrap(), value());
    assert_eq!(from_value::<Policy>(&value()).unwrap(), policy());
}

#[test]
fn a_wrong_value_is_refused_with_its_path() {
    let statements = |actions: Value| Value::List(vec![Value::object([("actions", actions)])]);
    let cases = [
        (
            with(
                "statements",
                statements(Value::List(vec![Value::Bool(true)])),
            ),
            "statements[0].actions[0]: a string is required",
        ),
        (
            with("statements", statements(Value::Null)),
            "statements[0].actions: a list is required, not null",
        ),
        (
            with("version", Value::from(256)),
            "version: `256` is not a whole number between 0 and 255",
        ),
        (
            with("version", Value::Number(Number::parse("1.5").unwrap())),
            "version: `1.5` is not a whole number between 0 and 255",
        ),
        (
            with("effect", Value::from("maybe")),
            "effect: `maybe` is not one of `allow`, `deny`",
        ),
        (
            with("tags", Value::object([("k", Value::from(1))])),
            "tags[\"k\"]: a string is required",
        ),
        (
            with("owner", Value::from("me")),
            "owner: an object is required",
        ),
        (
            with("more", Value::Null),
            "the schema has an attribute `more`, and the model has no such field",
        ),
    ];
    for (value, text) in cases {
        assert_eq!(refusal(&value), text);
    }
    let Value::Map(mut fields) = value() else {
        unreachable!("the value is an object")
    };
    fields.remove("name");
    assert_eq!(
        refusal(&Value::Map(fields)),
        "the model has a field `name`, and the schema has no such attribute"
    );
}

#[test]
fn what_can_hold_no_unknown_is_unknown_as_a_whole() {
    let partly = with(
        "groups",
        Value::List(vec![Value::from("a"), Value::unknown()]),
    );
    assert_eq!(from_value::<Policy>(&partly).unwrap().groups, Attr::Unknown);
    let wrong = with(
        "groups",
        Value::List(vec![Value::from("a"), Value::from(1)]),
    );
    assert_eq!(refusal(&wrong), "groups[1]: a string is required");
    let block = with("statements", Value::unknown());
    let error = from_value::<Policy>(&block).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.is_unknown()),
        ("statements: the value is known only after apply", true)
    );
}

#[test]
fn a_value_within_a_model_keeps_what_serde_has_no_name_for() {
    let list = Type::list(Type::Number);
    let values = vec![
        Value::Unknown(Some(Box::new(Refinement {
            number_min: Some((Number::Int(1), true)),
            ..Refinement::default()
        }))),
        Value::Number(Number::parse("1e400").unwrap()),
        Value::Number(Number::Float(0.1)),
        Value::Null,
    ];
    let whole = Value::List(values.clone());
    let meta: Attr<Vec<Value>> = from_value(&whole).unwrap();
    assert_eq!(meta, Attr::Known(values));
    assert_eq!(to_value(&meta, &list).unwrap(), whole);
}

#[test]
fn a_plain_value_of_a_dynamic_attribute_gets_the_type_it_has() {
    let value = to_value(&json!({ "a": [1, "two"] }), &Type::Dynamic).unwrap();
    let Value::Dynamic(pair) = value else {
        unreachable!("the attribute is dynamic")
    };
    assert_eq!(pair.0.to_string(), "object({a = tuple([number, string])})");
    let back: serde_json::Value = from_value(&Value::Dynamic(pair)).unwrap();
    assert_eq!(back, json!({ "a": [1, "two"] }));
}

#[test]
fn an_attribute_reads_and_writes_json_too() {
    let owner: Owner = serde_json::from_str(r#"{"id":7}"#).unwrap();
    assert_eq!(owner.id, Attr::Known(7));
    assert_eq!(
        serde_json::from_str::<Owner>(r#"{"id":null}"#).unwrap().id,
        Attr::Null
    );
    assert_eq!(
        serde_json::to_value(Owner { id: Attr::Unknown }).unwrap(),
        json!({ "id": null })
    );
    assert_eq!(
        serde_json::from_value::<Value>(json!([1, 0.1, null])).unwrap(),
        Value::List(vec![
            Value::from(1),
            Value::Number(Number::parse("0.1").unwrap()),
            Value::Null
        ])
    );
}

#[test]
fn a_model_that_is_not_of_the_type_is_refused() {
    let error = to_value(&policy().owner, &Type::object([("name", Type::String)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema has an attribute `name`, and the model has no such field"
    );
    let error = to_value(
        &json!({ "id": ["a"] }),
        &Type::object([("id", Type::Number)]),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "id: a list is given where `number` is required"
    );
}

#[test]
fn the_attributes_of_a_model_are_written_one_by_one_where_it_is_not_of_the_type() {
    #[derive(Serialize)]
    struct Model {
        sound: Attr<String>,
        mistyped: Attr<bool>,
        extra: Attr<String>,
        nested: Attr<Vec<f64>>,
    }
    let model = Model {
        sound: Attr::Known("kept".to_owned()),
        mistyped: Attr::Known(true),
        extra: Attr::Null,
        nested: Attr::Known(vec![0.5, f64::NAN]),
    };
    let Type::Object { attributes, .. } = Type::object([
        ("sound", Type::String),
        ("mistyped", Type::Number),
        ("missing", Type::String),
        ("nested", Type::list(Type::Number)),
    ]) else {
        panic!("an object is required")
    };
    let written = writable_attributes(&model, &attributes);
    assert_eq!(
        Value::Map(written.values),
        Value::object([("sound", Value::from("kept"))])
    );
    let faults: Vec<_> = written.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "nested[1]: a float that is not a number has no value",
            "the schema has an attribute `missing`, and the model has no such field",
            "mistyped: a bool is given where `number` is required",
            "the model has a field `extra`, and the schema has no such attribute",
        ]
    );

    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
            panic!("the model fell over")
        }
    }
    let none = writable_attributes(&Panics, &attributes);
    assert_eq!(none.values.len(), 0);
    assert_eq!(
        none.faults[0].to_string(),
        "the code that writes it panicked"
    );

    let none = writable_attributes("no struct", &attributes);
    assert_eq!(none.values.len(), 0);
    assert_eq!(none.faults.len(), attributes.len());
}
