use super::*;
use crate::path::AttributePath;
use crate::schema::{Attribute, Block, Nesting, Schema};
use crate::types::Type;
use crate::value::{Number, Refinement, Value};

/// A rule as it is nested in the schema below.
fn rule() -> [(&'static str, Attribute); 5] {
    [
        ("port", Attribute::number().required()),
        ("note", Attribute::string().default(Value::from("none"))),
        ("id", Attribute::string().computed().keep()),
        ("mark", Attribute::string().computed()),
        ("zone", Attribute::string().optional().replace()),
    ]
}

fn schema() -> Schema {
    let mut block = Block::new(Nesting::List);
    for (name, attribute) in rule() {
        block = block.attribute(name, attribute);
    }
    Schema::new("A firewall.")
        .attribute("name", Attribute::string().required().replace())
        .attribute("rules", Attribute::nested(Nesting::Set, rule()).optional())
        .attribute("steps", Attribute::nested(Nesting::List, rule()).optional())
        .attribute("named", Attribute::nested(Nesting::Map, rule()).optional())
        .attribute(
            "one",
            Attribute::nested(Nesting::Single, rule())
                .optional()
                .computed(),
        )
        .attribute("secret", Attribute::string().optional().write_only())
        .attribute("count", Attribute::number().computed())
        .block("tail", block)
}

fn written(port: i64) -> Value {
    known(port, Value::Null, Value::Null, Value::Null)
}

fn known(port: i64, note: Value, id: Value, mark: Value) -> Value {
    Value::object([
        ("port", Value::from(port)),
        ("note", note),
        ("id", id),
        ("mark", mark),
        ("zone", Value::Null),
    ])
}

fn firewall(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut fields = std::collections::BTreeMap::from([
        ("name".to_owned(), Value::from("first")),
        ("rules".to_owned(), Value::Null),
        ("steps".to_owned(), Value::Null),
        ("named".to_owned(), Value::Null),
        ("one".to_owned(), Value::Null),
        ("secret".to_owned(), Value::Null),
        ("count".to_owned(), Value::Null),
        ("tail".to_owned(), Value::List(Vec::new())),
    ]);
    for (name, value) in pairs {
        fields.insert(name.to_owned(), value);
    }
    Value::Map(fields)
}

#[test]
fn a_create_fills_defaults_and_leaves_the_computed_unknown_at_every_depth() {
    let config = firewall([
        ("rules", Value::List(vec![written(1), written(2)])),
        ("steps", Value::List(vec![written(1)])),
        ("named", Value::object([("a", written(1))])),
        ("secret", Value::from("s")),
        ("tail", Value::List(vec![written(1)])),
    ]);
    let full = |port| {
        known(
            port,
            Value::from("none"),
            Value::unknown(),
            Value::unknown(),
        )
    };
    assert_eq!(
        prepare(&schema(), &config, &Value::Null, config.clone()),
        firewall([
            ("rules", Value::List(vec![full(1), full(2)])),
            ("steps", Value::List(vec![full(1)])),
            ("named", Value::object([("a", full(1))])),
            ("one", Value::unknown()),
            ("count", Value::unknown()),
            ("tail", Value::List(vec![full(1)])),
        ])
    );
}

/// A state as it would be after the create above.
fn made(port: i64, id: &str) -> Value {
    known(port, Value::from("none"), Value::from(id), Value::from("m"))
}

fn state() -> Value {
    firewall([
        ("rules", Value::List(vec![made(1, "r1"), made(2, "r2")])),
        ("steps", Value::List(vec![made(1, "s1")])),
        ("one", made(1, "o1")),
        ("count", Value::from(3)),
        ("tail", Value::List(vec![made(1, "t1")])),
    ])
}

#[test]
fn nothing_changes_where_nothing_changes() {
    let config = firewall([
        ("rules", Value::List(vec![written(1), written(2)])),
        ("steps", Value::List(vec![written(1)])),
        ("tail", Value::List(vec![written(1)])),
    ]);
    assert_eq!(prepare(&schema(), &config, &state(), state()), state());
}

#[test]
fn an_update_keeps_what_is_kept_and_forgets_the_rest() {
    let config = firewall([
        ("rules", Value::List(vec![written(1), written(3)])),
        ("steps", Value::List(vec![written(1)])),
        ("tail", Value::List(vec![written(1)])),
    ]);
    // As Terraform proposes it: rule 1 is known from before, rule 3 is new.
    let proposed = firewall([
        ("rules", Value::List(vec![made(1, "r1"), written(3)])),
        ("steps", Value::List(vec![made(1, "s1")])),
        ("one", made(1, "o1")),
        ("count", Value::from(3)),
        ("tail", Value::List(vec![made(1, "t1")])),
    ]);
    let kept = |id| known(1, Value::from("none"), Value::from(id), Value::unknown());
    let new = known(3, Value::from("none"), Value::unknown(), Value::unknown());
    assert_eq!(
        prepare(&schema(), &config, &state(), proposed),
        firewall([
            ("rules", Value::List(vec![kept("r1"), new])),
            ("steps", Value::List(vec![kept("s1")])),
            ("one", Value::unknown()),
            ("count", Value::unknown()),
            ("tail", Value::List(vec![kept("t1")])),
        ])
    );
}

#[test]
fn a_replacement_names_each_attribute_once() {
    let zoned = |zone: &str| {
        let Value::Map(mut fields) = made(1, "s1") else {
            unreachable!("a rule is an object")
        };
        fields.insert("zone".to_owned(), Value::from(zone));
        Value::Map(fields)
    };
    let planned = firewall([
        ("name", Value::from("second")),
        ("rules", Value::List(vec![zoned("a"), zoned("b")])),
        ("steps", Value::List(vec![zoned("a")])),
        ("one", made(1, "o1")),
        ("count", Value::from(3)),
    ]);
    let paths = paths_requiring_replace(&schema(), &planned, &state(), &planned);
    assert_eq!(
        paths,
        [
            AttributePath::attribute("name"),
            AttributePath::attribute("rules"),
            AttributePath::attribute("steps").index(0).at("zone"),
            AttributePath::attribute("tail"),
        ],
        "an element of a set has no path of its own, and a block that is gone took its attributes along"
    );
    assert!(paths_requiring_replace(&schema(), &planned, &Value::Null, &planned).is_empty());
    assert!(paths_requiring_replace(&schema(), &Value::Null, &state(), &Value::Null).is_empty());
}

#[test]
fn what_a_model_cannot_hold_comes_back_after_the_hook() {
    let refined = Value::Unknown(Some(Box::new(Refinement {
        nullable: Some(false),
        ..Refinement::default()
    })));
    let typed_null = Value::Dynamic(Box::new((Type::String, Value::Null)));
    let third = Number::parse("0.33333333333333333333333333333333").unwrap();
    let r#type = Type::object([
        ("id", Type::String),
        ("extra", Type::Dynamic),
        ("ratio", Type::Number),
        ("groups", Type::set(Type::String)),
        ("other", Type::String),
    ]);
    let before = Value::object([
        ("id", refined),
        ("extra", typed_null),
        ("ratio", Value::Number(third)),
        (
            "groups",
            Value::List(vec![Value::from("a"), Value::unknown()]),
        ),
        ("other", Value::from("old")),
    ]);
    let after = |other: &str| {
        Value::object([
            ("id", Value::unknown()),
            ("extra", Value::Null),
            (
                "ratio",
                Value::Number(Number::from_decimal(0.333_333_333_333_333_3).unwrap()),
            ),
            ("groups", Value::unknown()),
            ("other", Value::from(other)),
        ])
    };
    assert_eq!(restore_precision(&before, after("old"), &r#type), before);
    let changed = restore_precision(&before, after("new"), &r#type);
    assert_eq!(changed.attribute("other"), &Value::from("new"));
    assert_eq!(changed.attribute("id"), before.attribute("id"));
}

#[test]
fn a_plan_may_differ_from_its_configuration_only_where_terraform_lets_it() {
    let config = firewall([
        ("steps", Value::List(vec![written(1)])),
        ("rules", Value::List(vec![written(1)])),
    ]);
    let fine = firewall([
        ("steps", Value::List(vec![made(1, "s1")])),
        ("rules", Value::List(vec![made(1, "r1")])),
        ("one", made(9, "o1")),
        ("count", Value::from(4)),
    ]);
    assert_eq!(plan_violations(&schema(), &config, &Value::Null, &fine), []);

    let wrong = firewall([
        ("name", Value::from("second")),
        ("steps", Value::List(vec![made(2, "s1")])),
        ("rules", Value::List(vec![made(2, "r1")])),
        ("secret", Value::from("s")),
        ("tail", Value::List(vec![made(1, "t1")])),
    ]);
    let other = "the planned value is not the configured one";
    let count = "the plan has other elements than the configuration";
    assert_eq!(
        plan_violations(&schema(), &config, &Value::Null, &wrong),
        [
            (AttributePath::attribute("name"), other),
            (AttributePath::attribute("rules"), count),
            (AttributePath::attribute("steps").index(0).at("port"), other),
            (
                AttributePath::attribute("secret"),
                "a write-only value is in the plan"
            ),
            (AttributePath::attribute("tail"), count),
        ]
    );

    let prior = firewall([("name", Value::from("second"))]);
    let kept = firewall([("name", Value::from("second"))]);
    let config = firewall([]);
    assert_eq!(
        plan_violations(&schema(), &config, &prior, &kept),
        [],
        "the prior value may stay where the two mean the same"
    );
}

#[test]
fn what_is_applied_must_be_what_was_planned() {
    let r#type = Type::object([
        (
            "names",
            Type::set(Type::object([("name", Type::String), ("id", Type::String)])),
        ),
        ("web", Type::String),
        ("any", Type::Dynamic),
    ]);
    let element = |name: &str, id: Value| Value::object([("name", Value::from(name)), ("id", id)]);
    let planned = Value::object([
        (
            "names",
            Value::List(vec![
                element("a", Value::unknown()),
                element("b", Value::unknown()),
            ]),
        ),
        (
            "web",
            Value::Unknown(Some(Box::new(Refinement {
                nullable: Some(false),
                string_prefix: Some("note:".to_owned()),
                ..Refinement::default()
            }))),
        ),
        (
            "any",
            Value::Dynamic(Box::new((Type::String, Value::from("x")))),
        ),
    ]);
    let applied = |second: &str, web: Value, any: &str| {
        Value::object([
            (
                "names",
                Value::List(vec![
                    element("a", Value::from("1")),
                    element(second, Value::from("2")),
                ]),
            ),
            ("web", web),
            (
                "any",
                Value::Dynamic(Box::new((Type::String, Value::from(any)))),
            ),
        ])
    };
    let broken = |value: Value| apply_violations(&r#type, &planned, &value);
    assert_eq!(broken(applied("b", Value::from("note:1"), "x")), []);
    assert_eq!(
        broken(applied("c", Value::Null, "y")),
        [
            AttributePath::attribute("any"),
            AttributePath::attribute("names"),
            AttributePath::attribute("web"),
        ]
    );
    assert_eq!(
        broken(applied("b", Value::from("letter:1"), "x")),
        [AttributePath::attribute("web")]
    );
}
