use proptest::prelude::*;

use super::{json, msgpack};
use crate::conform::conform;
use crate::error::ValueError;
use crate::path::Step;
use crate::types::Type;
use crate::value::{Number, Refinement, Value};

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

fn object() -> Type {
    Type::object([
        ("name", Type::String),
        ("sizes", Type::list(Type::Number)),
        ("any", Type::Dynamic),
    ])
}

#[test]
fn every_extension_code_is_an_unknown_value() {
    for code in [0_u8, 1, 12, 42, 127, 128, 255] {
        for bytes in [
            vec![0xd4, code, 0],
            vec![0xd5, code, 0, 0],
            vec![0xd6, code, 0, 0, 0, 0],
            vec![0xc7, 0, code],
        ] {
            // A refinement is a map; an empty one of the shortest form is an unknown too.
            let bytes = if code == 12 {
                vec![0xc7, 1, 12, 0x80]
            } else {
                bytes
            };
            assert_eq!(
                msgpack::decode(&bytes, &Type::String).unwrap(),
                Value::unknown(),
                "{bytes:x?}"
            );
        }
    }
    assert_eq!(
        msgpack::encode(&Value::unknown(), &Type::String).unwrap(),
        [0xd4, 0, 0]
    );
}

#[test]
fn a_refined_unknown_is_read_and_written_as_it_came() {
    // {1: false, 2: "abc:", 9: [1, {"a": nil}]}: the last key is of a later version.
    let mut payload = vec![0x83, 0x01, 0xc2, 0x02, 0xa4];
    payload.extend(b"abc:");
    payload.extend([0x09, 0x92, 0x01, 0x81, 0xa1, b'a', 0xc0]);
    let mut bytes = vec![0xc7, u8::try_from(payload.len()).unwrap(), 12];
    bytes.extend(payload);
    let refined = Value::Unknown(Some(Box::new(Refinement {
        nullable: Some(false),
        string_prefix: Some("abc:".to_owned()),
        ..Refinement::default()
    })));
    assert_eq!(msgpack::decode(&bytes, &Type::String).unwrap(), refined);
    let written = msgpack::encode(&refined, &Type::String).unwrap();
    assert_eq!(msgpack::decode(&written, &Type::String).unwrap(), refined);

    let bounded = Value::Unknown(Some(Box::new(Refinement {
        number_min: Some((Number::parse("0.1").unwrap(), true)),
        number_max: Some((Number::Int(7), false)),
        length_min: Some(1),
        length_max: Some(u64::MAX),
        ..Refinement::default()
    })));
    let written = msgpack::encode(&bounded, &Type::Number).unwrap();
    assert_eq!(msgpack::decode(&written, &Type::Number).unwrap(), bounded);
}

#[test]
fn a_number_keeps_its_value_in_every_form() {
    let cases: [(&[u8], &str); 6] = [
        (&[0x07], "7"),
        (&[0xd1, 0xff, 0x00], "-256"),
        (
            &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            "18446744073709551615",
        ),
        (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], "0.5"),
        (&[0xca, 0x3f, 0, 0, 0], "0.5"),
        (&[0xa3, b'0', b'.', b'1'], "0.1"),
    ];
    for (bytes, text) in cases {
        let value = msgpack::decode(bytes, &Type::Number).unwrap();
        assert_eq!(value, number(text));
    }
    let huge = "123456789012345678901234567890.123456789";
    let bytes = msgpack::encode(&number(huge), &Type::Number).unwrap();
    assert_eq!(bytes[..2], [0xd9, 40], "text of 40 letters");
    assert_eq!(&bytes[2..], huge.as_bytes());
    assert_eq!(
        msgpack::decode(&bytes, &Type::Number).unwrap(),
        number(huge)
    );
    assert_eq!(json::decode(huge, &Type::Number).unwrap(), number(huge));
    assert_eq!(json::encode(&number(huge), &Type::Number).unwrap(), huge);
}

#[test]
fn a_dynamic_value_carries_its_type() {
    let value = Value::Dynamic(Box::new((
        Type::Tuple(vec![Type::Number, Type::map(Type::String)]),
        Value::List(vec![
            Value::from(1),
            Value::object([("a", Value::from("b"))]),
        ]),
    )));
    let bytes = msgpack::encode(&value, &Type::Dynamic).unwrap();
    assert_eq!(msgpack::decode(&bytes, &Type::Dynamic).unwrap(), value);
    let text = json::encode(&value, &Type::Dynamic).unwrap();
    assert_eq!(
        text,
        r#"{"value":[1,{"a":"b"}],"type":["tuple",["number",["map","string"]]]}"#
    );
    assert_eq!(json::decode(&text, &Type::Dynamic).unwrap(), value);
}

#[test]
fn a_set_does_not_depend_on_the_order_it_came_in() {
    let set = Type::set(Type::String);
    let one = msgpack::decode(&[0x93, 0xa1, b'b', 0xa1, b'a', 0xa1, b'b'], &set).unwrap();
    let other = msgpack::decode(&[0x92, 0xa1, b'a', 0xa1, b'b'], &set).unwrap();
    assert_eq!(one, other);
    let partly = msgpack::decode(&[0x93, 0xd4, 0, 0, 0xa1, b'a', 0xd4, 0, 0], &set).unwrap();
    assert_eq!(
        partly,
        Value::List(vec![Value::from("a"), Value::unknown(), Value::unknown()])
    );
}

#[test]
fn an_error_says_where() {
    // {"name": "a", "sizes": [1, true], "any": nil}
    let mut bytes = vec![0x83, 0xa4];
    bytes.extend(b"name");
    bytes.extend([0xa1, b'a', 0xa5]);
    bytes.extend(b"sizes");
    bytes.extend([0x92, 0x01, 0xc3, 0xa3]);
    bytes.extend(b"any");
    bytes.push(0xc0);
    let error = msgpack::decode(&bytes, &object()).unwrap_err();
    assert_eq!(error.to_string(), "sizes[1]: a number is required");
    let error = json::decode(r#"{"name":"a","sizes":[1,true]}"#, &object()).unwrap_err();
    assert_eq!(error.to_string(), "sizes[1]: a number is required");
    let value = Value::object([("name", Value::from("a")), ("sizes", Value::Null)]);
    assert_eq!(
        msgpack::encode(&value, &object()).unwrap_err().to_string(),
        "the attribute `any` is missing"
    );
    assert_eq!(
        json::encode(&Value::object([("name", Value::unknown())]), &object()).unwrap_err(),
        ValueError::unknown().under(Step::Attribute("name".to_owned()))
    );
}

#[test]
fn an_object_of_a_plan_must_be_complete_and_a_state_need_not_be() {
    assert_eq!(
        msgpack::decode(&[0x80], &object()).unwrap_err().to_string(),
        "the attribute `any` is missing"
    );
    let mut bytes = vec![0x81, 0xa4];
    bytes.extend(b"gone");
    bytes.push(0xc0);
    assert_eq!(
        msgpack::decode(&bytes, &object()).unwrap_err().to_string(),
        "there is no attribute `gone`"
    );
    assert_eq!(
        json::decode(r#"{"gone":1,"name":"a"}"#, &object()).unwrap(),
        Value::object([
            ("any", Value::Null),
            ("name", Value::from("a")),
            ("sizes", Value::Null)
        ])
    );
}

#[test]
fn bytes_that_end_too_early_or_too_late_are_refused() {
    for bytes in [
        &[][..],
        &[0xa5, b'a'],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc7, 9, 12],
    ] {
        assert!(msgpack::decode(bytes, &Type::String).is_err(), "{bytes:x?}");
    }
    assert_eq!(
        msgpack::decode(&[0xa1, b'a', 0xc0], &Type::String)
            .unwrap_err()
            .to_string(),
        "1 bytes follow the value"
    );
}

#[test]
fn text_stays_text_where_it_looks_like_something_else() {
    let state = r#"{"name":"12","sizes":["1e3"],"any":null}"#;
    assert_eq!(
        json::decode(state, &object()).unwrap(),
        Value::object([
            ("any", Value::Null),
            ("name", Value::from("12")),
            ("sizes", Value::List(vec![Value::from(1000)]))
        ])
    );
    // An attribute that was a number in an older schema.
    assert_eq!(
        json::decode("12", &Type::String).unwrap(),
        Value::from("12")
    );
}

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::String),
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::Dynamic),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner
                .clone()
                .prop_filter("a set cannot hold dynamic values", |r#type| !r#type
                    .has_dynamic())
                .prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::btree_map("[a-z]{1,3}", inner.clone(), 0..4)
                .prop_map(Type::object::<String>),
            prop::collection::vec(inner, 0..3).prop_map(Type::Tuple),
        ]
    })
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("no number", |float| {
            Number::from_binary(float).filter(|_| float.is_finite())
        }),
        "-?[1-9][0-9]{0,60}(\\.[0-9]{1,40})?(e-?[0-9]{1,2})?"
            .prop_filter_map("no number", |text| Number::parse(&text)),
    ]
}

fn known(r#type: &Type, unknown: bool) -> BoxedStrategy<Value> {
    let value = match r#type {
        Type::String => ".{0,8}".prop_map(Value::from).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => numbers().prop_map(Value::Number).boxed(),
        Type::Dynamic => types()
            .prop_filter("no type of its own", |r#type| !r#type.has_dynamic())
            .prop_flat_map(move |r#type| {
                known(&r#type, unknown)
                    .prop_map(move |value| Value::Dynamic(Box::new((r#type.clone(), value))))
            })
            .boxed(),
        Type::List(element) | Type::Set(element) => {
            prop::collection::vec(known(element, unknown), 0..4)
                .prop_map(Value::List)
                .boxed()
        }
        Type::Map(element) => prop::collection::btree_map(".{0,3}", known(element, unknown), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        Type::Object { attributes, .. } => attributes
            .iter()
            .map(|(name, r#type)| (Just(name.clone()), known(r#type, unknown)))
            .collect::<Vec<_>>()
            .prop_map(Value::object)
            .boxed(),
        Type::Tuple(types) => types
            .iter()
            .map(|r#type| known(r#type, unknown))
            .collect::<Vec<_>>()
            .prop_map(Value::List)
            .boxed(),
    };
    if unknown {
        prop_oneof![8 => value, 1 => Just(Value::Null), 1 => Just(Value::unknown())].boxed()
    } else {
        prop_oneof![8 => value, 1 => Just(Value::Null)].boxed()
    }
}

fn typed(unknown: bool) -> impl Strategy<Value = (Type, Value)> {
    types().prop_flat_map(move |r#type| {
        known(&r#type, unknown).prop_map(move |value| {
            let value = conform(value, &r#type).unwrap();
            (r#type.clone(), value)
        })
    })
}

proptest! {
    #[test]
    fn every_value_survives_msgpack((r#type, value) in typed(true)) {
        let bytes = msgpack::encode(&value, &r#type).unwrap();
        prop_assert_eq!(msgpack::decode(&bytes, &r#type).unwrap(), value);
    }

    #[test]
    fn every_known_value_survives_json((r#type, value) in typed(false)) {
        let text = json::encode(&value, &r#type).unwrap();
        prop_assert_eq!(json::decode(&text, &r#type).unwrap(), value);
    }

    #[test]
    fn every_value_survives_a_model_that_is_a_value((r#type, value) in typed(true)) {
        let model: Value = crate::convert::from_value(&value).unwrap();
        prop_assert_eq!(crate::convert::to_value(&model, &r#type).unwrap(), value);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), r#type in types()) {
        if let Ok(value) = msgpack::decode(&bytes, &r#type) {
            let again = msgpack::encode(&value, &r#type).unwrap();
            prop_assert_eq!(msgpack::decode(&again, &r#type).unwrap(), value);
        }
    }

    #[test]
    fn no_text_panics(text in "[\\[\\]{}\",:a-z0-9.e-]{0,24}", r#type in types()) {
        if let Ok(value) = json::decode(&text, &r#type) {
            let again = json::encode(&value, &r#type).unwrap();
            prop_assert_eq!(json::decode(&again, &r#type).unwrap(), value);
        }
    }
}
