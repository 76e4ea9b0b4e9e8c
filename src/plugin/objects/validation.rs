//! What the schema alone says about a configuration: required, read-only, counts, deprecations, the author's rules on single values.
//!
//! Terraform checks required top-level arguments itself and never checks that a read-only one is not set, so both stand here.

use serde::de::DeserializeOwned;

use crate::diagnostics::Diagnostics;
use crate::objects::{ObjectMeta, ValueOrigin, catch_panic_sync};
use crate::path::AttributePath;
use crate::schema::{Attribute, Block, Invalid, Level, Nest, Nesting, SourceLine};
use crate::types::Type;
use crate::value::Value;

impl ObjectMeta {
    /// Validates a configuration by its schema and, if that finds no error, by the author's code. A model that cannot hold what is unknown yet is
    /// not validated. `write_only_allowed`: whether the client knows write-only attributes.
    pub(crate) fn validate<M: DeserializeOwned>(
        &self,
        config: &Value,
        write_only_allowed: bool,
        validate_model: impl FnOnce(&M, &mut Diagnostics),
    ) -> Diagnostics {
        let mut diagnostics = validate_by_schema(self, config, write_only_allowed);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        let model = self.to_model_unless_unknown(config, ValueOrigin::Config);
        if let Some(Some(model)) = diagnostics.note_errors(model) {
            let validated = catch_panic_sync(self.name, "validate", || {
                let mut diagnostics = Diagnostics::new();
                validate_model(&model, &mut diagnostics);
                diagnostics
            });
            diagnostics.extend(validated.unwrap_or_else(|panicked| panicked));
        }
        diagnostics
    }
}

fn validate_by_schema(meta: &ObjectMeta, config: &Value, write_only_allowed: bool) -> Diagnostics {
    let mut validator = ConfigValidator {
        diagnostics: Diagnostics::new(),
        write_only_allowed,
    };
    if let Some(message) = meta.schema.deprecation() {
        validator.diagnostics.warning(
            "Deprecated",
            format!("`{}` is deprecated: {message}", meta.name),
        );
    }
    validator.level(meta.schema.level(), config, &AttributePath::root());
    validator.diagnostics
}

struct ConfigValidator {
    diagnostics: Diagnostics,
    write_only_allowed: bool,
}

impl ConfigValidator {
    fn level(&mut self, level: Level<'_>, config: &Value, path: &AttributePath) {
        let Value::Map(fields) = config else { return };
        for (name, attribute) in level.attributes {
            let value = fields.get(name).unwrap_or(&Value::Null);
            self.attribute(name, attribute, value, &path.clone().at(name.clone()));
        }
        for (name, block) in level.blocks {
            let value = fields.get(name).unwrap_or(&Value::Null);
            self.block(name, block, value, &path.clone().at(name.clone()));
        }
    }

    fn attribute(
        &mut self,
        name: &str,
        attribute: &Attribute,
        value: &Value,
        path: &AttributePath,
    ) {
        if value.is_null() {
            if attribute.required {
                self.diagnostics.error_at(
                    path.clone(),
                    "Missing Argument",
                    format!("The argument `{name}` is required and has no value."),
                );
            }
            return;
        }
        if attribute.computed && !attribute.optional {
            self.diagnostics.error_at(
                path.clone(),
                "Read-Only Attribute",
                format!("`{name}` is filled by the provider and cannot be set. Remove it."),
            );
            return;
        }
        self.warn_or_refuse(name, attribute, path);
        if value.is_unknown() {
            return;
        }
        let known = match value {
            Value::Dynamic(pair) => &pair.1,
            value => value,
        };
        let mut refused: Vec<Invalid> = attribute
            .validators
            .iter()
            .filter_map(|validator| validator.check(known).err())
            .collect();
        if refused.is_empty() {
            refused.extend(null_element(&attribute.value_type(), known));
        }
        for invalid in refused {
            // Terraform prints the line of the configuration that a path leads to, a secret in it or not.
            let hides = attribute.sensitive || invalid.source_line == SourceLine::Hidden;
            if hides {
                let detail = format!("`{name}`: {}", invalid.detail);
                self.diagnostics.error(invalid.summary, detail);
            } else {
                self.diagnostics
                    .error_at(path.clone(), invalid.summary, invalid.detail);
            }
        }
        if let Some(nest) = attribute.nest() {
            self.nest(nest, value, path);
        }
    }

    /// What is to be said of an attribute that is set, whatever its value.
    fn warn_or_refuse(&mut self, name: &str, attribute: &Attribute, path: &AttributePath) {
        if attribute.write_only && !self.write_only_allowed {
            self.diagnostics.error_at(
                path.clone(),
                "Write-Only Argument Not Supported",
                format!(
                    "`{name}` is write-only, which needs Terraform 1.11 or OpenTofu 1.11. Use a newer version, or leave it out."
                ),
            );
        }
        if let Some(message) = &attribute.deprecated {
            self.diagnostics.warning_at(
                path.clone(),
                "Deprecated Argument",
                format!("`{name}` is deprecated: {message}"),
            );
        }
    }

    fn block(&mut self, name: &str, block: &Block, value: &Value, path: &AttributePath) {
        let count = match (block.nesting, value) {
            (_, Value::Unknown(_)) => return,
            (Nesting::Single, value) => i64::from(!value.is_null()),
            (Nesting::List | Nesting::Set, Value::List(elements)) => {
                i64::try_from(elements.len()).unwrap_or(i64::MAX)
            }
            _ => 0,
        };
        if count < block.min_items {
            self.diagnostics.error_at(
                path.clone(),
                "Missing Block",
                format!("At least {} `{name}` blocks are required.", block.min_items),
            );
        }
        if block.max_items > 0 && count > block.max_items {
            self.diagnostics.error_at(
                path.clone(),
                "Too Many Blocks",
                format!(
                    "No more than {} `{name}` blocks are allowed.",
                    block.max_items
                ),
            );
        }
        self.nest(block.nest(), value, path);
    }

    fn nest(&mut self, nest: Nest<'_>, value: &Value, path: &AttributePath) {
        match (nest.nesting, value) {
            (Nesting::Single | Nesting::Group, value) => self.level(nest.level, value, path),
            (Nesting::List, Value::List(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    self.level(nest.level, element, &path.clone().index(index));
                }
            }
            (Nesting::Map, Value::Map(elements)) => {
                for (key, element) in elements {
                    self.level(nest.level, element, &path.clone().key(key.clone()));
                }
            }
            (Nesting::Set, Value::List(elements)) => {
                let before = std::mem::take(&mut self.diagnostics);
                for element in elements {
                    self.level(nest.level, element, path);
                }
                // An element of a set cannot be pointed at: the whole set is. What points at nothing hides its line.
                for mut diagnostic in std::mem::replace(&mut self.diagnostics, before) {
                    diagnostic.path = diagnostic.path.map(|_| path.clone());
                    self.diagnostics.push(diagnostic);
                }
            }
            _ => {}
        }
    }
}

/// What is made of a null element could never be equal to it, so the next plan would show it again for ever.
fn null_element(of: &Type, value: &Value) -> Option<Invalid> {
    let detail = match (of, value) {
        (Type::List(_) | Type::Set(_), Value::List(elements))
            if elements.iter().any(Value::is_null) =>
        {
            "An element is null, which stands for nothing. Leave it out: `compact([...])` drops null and empty texts, `[for x in … : x if x != null]` every null.".to_owned()
        }
        (Type::Map(_), Value::Map(elements)) => {
            let (key, _) = elements.iter().find(|(_, element)| element.is_null())?;
            format!("`{key}` is null, which stands for nothing. Leave the key out: `{{ for k, v in … : k => v if v != null }}` drops every null.")
        }
        _ => return None,
    };
    Some(Invalid::new("Null Element", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Schema, Validator};

    #[test]
    fn a_refusal_of_something_secret_points_at_no_line() {
        let refuse = || Validator::string(|_| Err(Invalid::new("Bad", "it is bad.")));
        let hide =
            || Validator::string(|_| Err(Invalid::new("Bad", "it is bad.").without_source_line()));
        let inner = Attribute::string().optional().validate(hide());
        let schema = Schema::new("")
            .attribute("open", Attribute::string().optional().validate(refuse()))
            .attribute("proxy", Attribute::string().optional().validate(hide()))
            .attribute(
                "token",
                Attribute::string()
                    .optional()
                    .sensitive()
                    .validate(refuse()),
            )
            .attribute(
                "ways",
                Attribute::nested(Nesting::Set, [("inner_proxy", inner)]).optional(),
            );
        let text = |text: &str| Value::from(text);
        let way = Value::Map([("inner_proxy".to_owned(), text("x"))].into());
        let config = Value::Map(
            [
                ("open".to_owned(), text("x")),
                ("proxy".to_owned(), text("x")),
                ("token".to_owned(), text("x")),
                ("ways".to_owned(), Value::List(vec![way])),
            ]
            .into(),
        );
        let meta = ObjectMeta::new("x", schema);
        let refused = validate_by_schema(&meta, &config, true);
        let shown: Vec<(String, bool)> = refused
            .iter()
            .map(|refusal| (refusal.detail.clone(), refusal.path.is_some()))
            .collect();
        let hidden = |name: &str| (format!("`{name}`: it is bad."), false);
        assert_eq!(
            shown,
            [
                ("it is bad.".to_owned(), true),
                hidden("proxy"),
                hidden("token"),
                hidden("inner_proxy"),
            ]
        );
    }

    #[test]
    fn a_null_element_is_refused_and_a_null_attribute_of_an_object_is_not() {
        let inner = || [("role", Attribute::string().optional())];
        let of = |element: Type| Attribute::of_type(element).optional();
        let schema = Schema::new("")
            .attribute("list", of(Type::List(Box::new(Type::String))))
            .attribute("set", of(Type::Set(Box::new(Type::String))))
            .attribute("map", of(Type::Map(Box::new(Type::String))))
            .attribute(
                "rules",
                Attribute::nested(Nesting::List, inner()).optional(),
            )
            .attribute(
                "one",
                Attribute::nested(Nesting::Single, inner()).optional(),
            );
        let meta = ObjectMeta::new("x", schema);
        let map = |key: &str| Value::Map([(key.to_owned(), Value::Null)].into());
        let list = || Value::List(vec![Value::from("a"), Value::Null]);
        let refusals = |name: &str, value: Value| {
            let config = Value::Map([(name.to_owned(), value)].into());
            let refused = validate_by_schema(&meta, &config, true);
            refused
                .iter()
                .filter(|refusal| refusal.summary == "Null Element")
                .count()
        };
        for (name, value) in [
            ("list", list()),
            ("set", list()),
            ("map", map("a")),
            ("rules", list()),
        ] {
            assert_eq!(refusals(name, value), 1, "{name}");
        }
        assert_eq!(refusals("one", map("role")), 0);
        assert_eq!(refusals("rules", Value::List(vec![map("role")])), 0);
    }
}
