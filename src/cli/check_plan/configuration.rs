//! The configuration that a plan carries: what provider blocks and resources say in constants and root variables.
//!
//! Expressions are kept as `constant_value` or as `references`; of these only a root variable and a resource's name can be told from the plan.
//! Source: Terraform's JSON output format, "Configuration representation".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::plan_file::Variable;

/// What the objects of a plan come from.
#[derive(Debug, Default, Deserialize)]
pub struct Configuration {
    #[serde(default)]
    provider_config: BTreeMap<String, ProviderBlock>,
    #[serde(default)]
    root_module: ModuleBlock,
}

/// A provider block.
#[derive(Debug, Default, Deserialize)]
pub struct ProviderBlock {
    /// The provider's local name.
    #[serde(default)]
    pub name: String,
    /// Its attributes and blocks.
    #[serde(default)]
    pub expressions: Value,
}

#[derive(Debug, Default, Deserialize)]
struct ModuleBlock {
    #[serde(default)]
    resources: Vec<ResourceBlock>,
    #[serde(default)]
    module_calls: BTreeMap<String, ModuleCall>,
}

#[derive(Debug, Default, Deserialize)]
struct ModuleCall {
    #[serde(default)]
    module: ModuleBlock,
}

/// A resource block.
#[derive(Debug, Default, Deserialize)]
pub struct ResourceBlock {
    #[serde(default)]
    address: String,
    #[serde(default)]
    provider_config_key: String,
    /// Its attributes and blocks.
    #[serde(default)]
    pub expressions: Value,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression<'a> {
    /// It is not there.
    Absent,
    /// Its value can be told.
    Known(&'a Value),
    /// It depends on something else.
    Computed,
}

impl<'a> Expression<'a> {
    /// A text, where its value can be told.
    pub fn text(&self) -> Option<&'a str> {
        match self {
            Self::Known(value) => value.as_str(),
            Self::Absent | Self::Computed => None,
        }
    }
}

impl Configuration {
    /// The provider blocks of a provider's local name.
    pub fn providers<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c ProviderBlock> {
        self.provider_config
            .values()
            .filter(move |block| block.name == name)
    }

    /// The block of the provider that has a resource.
    pub fn provider_of(&self, address: &str) -> Option<&ProviderBlock> {
        let key = &self.resource(address)?.provider_config_key;
        let of_root = key.rsplit(':').next().unwrap_or(key);
        self.provider_config
            .get(key)
            .or_else(|| self.provider_config.get(of_root))
    }

    /// The block of a resource, whatever its instance.
    pub fn resource(&self, address: &str) -> Option<&ResourceBlock> {
        let names = names(address);
        let mut module = &self.root_module;
        let mut names = names.as_slice();
        while let [word, name, rest @ ..] = names
            && word == "module"
        {
            module = &module.module_calls.get(name)?.module;
            names = rest;
        }
        let local = names.join(".");
        module
            .resources
            .iter()
            .find(|resource| resource.address == local)
    }
}

/// What a member of `expressions` is.
pub fn expression<'a>(
    expressions: &'a Value,
    name: &str,
    variables: &'a BTreeMap<String, Variable>,
) -> Expression<'a> {
    let Some(found) = expressions.get(name) else {
        return Expression::Absent;
    };
    if let Some(value) = found.get("constant_value") {
        return Expression::Known(value);
    }
    let of_variable = match references(found).as_slice() {
        [reference] => reference
            .strip_prefix("var.")
            .and_then(|name| variables.get(name)),
        _ => None,
    };
    match of_variable {
        Some(variable) => Expression::Known(&variable.value),
        None => Expression::Computed,
    }
}

/// Everything that an expression, or a block of them, refers to.
pub fn references(expression: &Value) -> Vec<&str> {
    match expression {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("references", Value::Array(items)) => {
                    items.iter().filter_map(Value::as_str).collect()
                }
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The constant texts of an expression, or of a block of them.
pub fn constants(expression: &Value) -> Vec<&str> {
    match expression {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != "references")
            .flat_map(|(_, value)| constants(value))
            .collect(),
        Value::Array(items) => items.iter().flat_map(constants).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    }
}

/// The names of an address without its instance keys, which may hold any character: `module.a["x.y"].b.c[0]` is `module`, `a`, `b`, `c`.
fn names(address: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let (mut depth, mut is_quoted, mut is_escaped) = (0_u32, false, false);
    for letter in address.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' if depth > 0 => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '.' => names.push(String::new()),
            _ => {
                if let Some(last) = names.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn configuration() -> Configuration {
        let role = json!({"address": "eksauth_aws_auth_role.this", "provider_config_key": "module.access:eksauth",
            "expressions": {"username": {"references": ["var.name"]}}});
        serde_json::from_value(json!({
            "provider_config": {"eksauth": {"name": "eksauth", "expressions": {
                "region": {"references": ["var.region"]}, "lockout_guard": {"constant_value": "warn"}, "token": {"references": ["data.x.y.token", "data.x.y"]}}}},
            "root_module": {"module_calls": {"access": {"module": {"resources": [role]}}}},
        }))
        .unwrap()
    }

    #[test]
    fn the_block_of_an_instance_in_a_module_and_of_its_provider_is_found() {
        let configuration = configuration();
        let address = "module.access[\"a.b\\\"]c\"].eksauth_aws_auth_role.this[\"x.y\"]";
        let block = configuration.resource(address).unwrap();
        assert_eq!(references(&block.expressions), ["var.name"]);
        let provider = configuration.provider_of(address).unwrap();
        let variables = BTreeMap::from([(
            "region".to_owned(),
            Variable {
                value: json!("eu-central-1"),
            },
        )]);
        let told = |name| expression(&provider.expressions, name, &variables);
        assert_eq!(told("region").text(), Some("eu-central-1"));
        assert_eq!(told("lockout_guard").text(), Some("warn"));
        assert_eq!(told("token"), Expression::Computed);
        assert_eq!(told("profile"), Expression::Absent);
        assert!(configuration.resource("module.other.a.b").is_none());
    }
}
