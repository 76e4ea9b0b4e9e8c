use super::*;
use crate::value::Value;

#[test]
fn a_sound_schema_has_no_fault() {
    let schema = Schema::new("")
        .attribute("name", Attribute::string().required())
        .attribute("kind", Attribute::string().default(Value::from("a")))
        .block("single", Block::new(Nesting::Single).items(1, 1))
        .block(
            "group",
            Block::new(Nesting::Group).attribute("a", Attribute::bool().optional()),
        );
    assert_eq!(schema.check(), Vec::<String>::new());
}

#[test]
fn every_rule_of_terraforms_is_held() {
    let dynamic = || Attribute::of_type(Type::Dynamic).optional();
    let schema = Schema::new("")
        .attribute("count", Attribute::number().optional())
        .attribute("Name", Attribute::string().required())
        .attribute("none", Attribute::string())
        .attribute("both", Attribute::string().required().optional())
        .attribute("made", Attribute::string().required().computed())
        .attribute("stays", Attribute::string().optional().keep())
        .attribute("secret", Attribute::string().computed().write_only())
        .attribute("size", Attribute::number().default(Value::from("many")))
        .attribute("twice", Attribute::string().optional())
        .attribute("any", Attribute::set(Type::Dynamic).optional())
        .attribute(
            "inner",
            Attribute::nested(Nesting::Set, [("any", dynamic())]).optional(),
        )
        .block("twice", Block::new(Nesting::Single).items(0, 1))
        .block("map", Block::new(Nesting::Map).items(1, 0))
        .block("list", Block::new(Nesting::List).items(3, 2))
        .block("set", Block::new(Nesting::Set).attribute("any", dynamic()));
    assert_eq!(
        schema.check(),
        [
            "count: the name is reserved by Terraform",
            "Name: a name has lower-case letters, digits and underscores only",
            "twice: the name appears twice",
            "none: it is neither required, optional nor computed",
            "both: it is both required and optional",
            "made: it is both required and computed",
            "stays: only a computed attribute can keep its value",
            "secret: a write-only attribute cannot be computed",
            "size: the default does not fit: a string is given where `number` is required",
            "any: a set cannot hold dynamic values",
            "inner: a set cannot hold dynamic values",
            "twice: a single block is there at most once: 0 and 0, or 1 and 1",
            "map: a map or group of blocks has no bounds",
            "list: fewer items are allowed than required",
            "set: a set cannot hold dynamic values",
        ]
    );
}

#[test]
fn a_reader_finds_everything_an_author_wrote() {
    let schema = Schema::new("Pages.")
        .version(2)
        .deprecated("Use `book`.")
        .attribute(
            "pages",
            Attribute::nested(
                Nesting::List,
                [(
                    "text",
                    Attribute::string()
                        .default(Value::from("empty"))
                        .sensitive()
                        .description("The text."),
                )],
            )
            .required()
            .replace(),
        )
        .block(
            "cover",
            Block::new(Nesting::Single).description("The cover."),
        );
    assert_eq!(
        (
            schema.description_text(),
            schema.deprecation(),
            schema.state_version()
        ),
        ("Pages.", Some("Use `book`."), 2)
    );
    let (name, pages) = schema.attributes().next().unwrap();
    assert_eq!(
        (name, pages.type_notation().as_str()),
        ("pages", "list(object)")
    );
    assert!(pages.is_required() && pages.is_replacing() && !pages.is_computed());
    let (nesting, mut inner) = pages.nested_attributes().unwrap();
    let (name, text) = inner.next().unwrap();
    assert_eq!(
        (nesting, name, text.type_notation().as_str()),
        (Nesting::List, "text", "string")
    );
    assert_eq!(text.default_value(), Some(&Value::from("empty")));
    assert!(text.is_sensitive() && text.is_optional() && text.is_computed());
    assert_eq!(text.description_text(), "The text.");
    let (name, cover) = schema.blocks().next().unwrap();
    assert_eq!(
        (name, cover.nesting(), cover.description_text()),
        ("cover", Nesting::Single, "The cover.")
    );
}

#[test]
fn absent_blocks_have_the_form_terraform_wants() {
    let schema = Schema::new("")
        .block("single", Block::new(Nesting::Single))
        .block("list", Block::new(Nesting::List))
        .block("map", Block::new(Nesting::Map))
        .block(
            "group",
            Block::new(Nesting::Group)
                .attribute("a", Attribute::bool().optional())
                .block("set", Block::new(Nesting::Set)),
        );
    let mut value = Value::object::<String>([]);
    schema.level().complete_blocks(&mut value);
    assert_eq!(
        value,
        Value::object([
            ("single", Value::Null),
            ("list", Value::List(Vec::new())),
            ("map", Value::object::<String>([])),
            (
                "group",
                Value::object([("a", Value::Null), ("set", Value::List(Vec::new()))])
            ),
        ])
    );
}
