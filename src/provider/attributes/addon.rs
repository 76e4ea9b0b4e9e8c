//! An add-on of the catalogue as a configuration names it: what the data source of its policy and the roles that get it have in common.
//!
//! The policies are those of `eksauth_core::iam_policy::addon_policy`. `version` is the first unless it is set, so a newer provider plans the same.

use std::collections::BTreeMap;

use eksauth_core::iam_policy::addon_policy::{
    Addon, AddonArgument, AddonArgumentCheck, AddonArguments, AddonPolicy, AddonPolicyError,
    AddonPolicyRequest, AddonVersion, ArgumentValue,
};
use eksauth_core::principal::partition::Partition;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Value};

mod schema;

pub(crate) use schema::{argument_attributes, name_attribute, narrow_attribute, version_attribute};

#[cfg(test)]
mod tests;

/// An add-on with what its policy is narrowed by, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AddonChoice {
    /// One of its names.
    pub(crate) name: Attr<String>,
    /// The version of its policy.
    pub(crate) version: Attr<String>,
    /// Whether its own text is wanted where AWS keeps a policy.
    pub(crate) narrow: Attr<bool>,
    /// What is set of the rest.
    pub(crate) arguments: AddonArguments,
}

impl AddonChoice {
    /// The add-on and the version of its policy; `None` while one of the two is not known.
    ///
    /// # Errors
    /// The catalogue has no such add-on or version.
    pub(crate) fn version(
        &self,
    ) -> Result<Option<(&'static Addon, &'static AddonVersion)>, AddonPolicyError> {
        let Attr::Known(name) = &self.name else {
            return Ok(None);
        };
        let addon = Addon::find(name)?;
        if self.version.is_unknown() {
            return Ok(None);
        }
        let version = addon.version(self.version.known().map(String::as_str))?;
        Ok(Some((addon, version)))
    }

    /// Everything that can be said before anything is asked. The partition is that of the first ARN unless it is given.
    pub(crate) fn errors(&self, partition: Option<Partition>) -> Vec<AddonPolicyError> {
        let (addon, version) = match self.version() {
            Ok(Some(found)) => found,
            Ok(None) => return Vec::new(),
            Err(error) => return vec![error],
        };
        let mut arguments = self.arguments.clone();
        // There is a default where it is not set.
        if version.takes(AddonArgument::Region) && !arguments.has(AddonArgument::Region) {
            arguments.set(AddonArgument::Region, ArgumentValue::Undecided);
        }
        let check = AddonArgumentCheck {
            narrow: match &self.narrow {
                Attr::Unknown => None,
                narrow => Some(narrow.known() == Some(&true)),
            },
            partition,
            arguments: &arguments,
        };
        version.errors(addon, check)
    }

    /// The same with a region, where the policy depends on one: that of the cluster if none is set, else the given one.
    #[must_use]
    pub(crate) fn in_region(mut self, region: &Attr<String>) -> Self {
        let takes_one = matches!(self.version(), Ok(Some((_, version))) if version.takes(AddonArgument::Region));
        if !takes_one || self.arguments.has(AddonArgument::Region) {
            return self;
        }
        let of_cluster = self.arguments.region_of_cluster().map(ArgumentValue::Text);
        if let Some(value) = of_cluster.or_else(|| text(region)) {
            self.arguments.set(AddonArgument::Region, value);
        }
        self
    }

    /// The policy; `None` while something that it depends on is not known.
    ///
    /// # Errors
    /// Everything that is wrong with the choice.
    pub(crate) fn build(
        &self,
        partition: Partition,
    ) -> Result<Option<AddonPolicy>, Vec<AddonPolicyError>> {
        let is_known = self.version().map_err(|error| vec![error])?.is_some()
            && !self.narrow.is_unknown()
            && self.arguments.is_decided();
        let errors = self.errors(Some(partition));
        if !is_known {
            return match errors.is_empty() {
                true => Ok(None),
                false => Err(errors),
            };
        }
        AddonPolicy::build(&AddonPolicyRequest {
            name: self.name.known().map_or("", String::as_str),
            version: self.version.known().map(String::as_str),
            narrow: self.narrow.known() == Some(&true),
            partition: Some(partition),
            arguments: &self.arguments,
        })
        .map(Some)
    }
}

/// One element of a list of add-ons: the attributes `name`, `version`, `narrow` and all arguments, by their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddonElement(BTreeMap<String, Value>);

impl AddonElement {
    /// The add-on that it names.
    pub(crate) fn choice(&self) -> AddonChoice {
        let value = |name: &str| self.0.get(name).unwrap_or(&Value::Null);
        let text = |name: &str| match value(name) {
            Value::String(text) => Attr::Known(text.clone()),
            value if value.is_unknown() => Attr::Unknown,
            _ => Attr::Null,
        };
        let mut arguments = AddonArguments::default();
        for argument in AddonArgument::ALL {
            if let Some(value) = argument_value(value(argument.name())) {
                arguments.set(argument, value);
            }
        }
        AddonChoice {
            name: text("name"),
            version: text("version"),
            narrow: match value("narrow") {
                Value::Bool(narrow) => Attr::Known(*narrow),
                value if value.is_unknown() => Attr::Unknown,
                _ => Attr::Null,
            },
            arguments,
        }
    }
}

/// A value of an element as an argument; `None` where it is not set. Null among the elements of a set is no element.
fn argument_value(value: &Value) -> Option<ArgumentValue> {
    match value {
        value if !value.is_wholly_known() => Some(ArgumentValue::Undecided),
        Value::Bool(flag) => Some(ArgumentValue::Flag(*flag)),
        Value::String(text) => Some(ArgumentValue::Text(text.clone())),
        Value::List(elements) => {
            let texts = elements.iter().filter_map(Value::as_str);
            Some(ArgumentValue::Texts(texts.map(str::to_owned).collect()))
        }
        _ => None,
    }
}

fn text(attribute: &Attr<String>) -> Option<ArgumentValue> {
    match attribute {
        Attr::Null => None,
        Attr::Unknown => Some(ArgumentValue::Undecided),
        Attr::Known(text) => Some(ArgumentValue::Text(text.clone())),
    }
}
