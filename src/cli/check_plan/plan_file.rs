//! `terraform show -json` of a saved plan, as far as it concerns who enters a cluster.
//!
//! Unknown values stand in `after_unknown` as `true` at the same place; they are kept apart from null here. Source: Terraform's JSON output format.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Why a file is no plan.
#[derive(Debug, Error)]
pub enum PlanFileError {
    /// It is no JSON.
    #[error("the plan is no JSON; make it with `terraform show -json PLANFILE`")]
    Json(#[source] serde_json::Error),
    /// It is a state or something else.
    #[error(
        "the JSON has no `resource_changes`; it must be that of a saved plan: `terraform show -json PLANFILE`"
    )]
    NoChanges,
}

/// A saved plan.
#[derive(Debug, Deserialize)]
pub struct PlanFile {
    /// What it would do, object by object.
    pub resource_changes: Vec<ResourceChange>,
}

/// One object of a plan.
#[derive(Debug, Deserialize)]
pub struct ResourceChange {
    /// `module.a.aws_eks_cluster.this`.
    pub address: String,
    /// `managed` or `data`.
    #[serde(default)]
    pub mode: String,
    /// `aws_eks_cluster`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Before and after.
    pub change: Change,
}

/// Before and after.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// `no-op`, `create`, `read`, `update`, `delete`; two of them for a replacement.
    pub actions: Vec<String>,
    /// The state before; null for a create.
    #[serde(default)]
    pub before: Value,
    /// The planned state; null for a delete.
    #[serde(default)]
    pub after: Value,
    /// `true` where a value is decided during apply.
    #[serde(default)]
    pub after_unknown: Value,
}

/// A value of the planned state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Planned<'a> {
    /// Set, or null.
    Known(&'a Value),
    /// Decided during apply.
    Unknown,
}

impl PlanFile {
    /// Reads the output of `terraform show -json`.
    ///
    /// # Errors
    /// Text that is no plan.
    pub fn parse(text: &str) -> Result<Self, PlanFileError> {
        let value: Value = serde_json::from_str(text).map_err(PlanFileError::Json)?;
        if !value.get("resource_changes").is_some_and(Value::is_array) {
            // A plan without any resource has no such member; its `format_version` and `planned_values` tell it from a state.
            return match value.get("planned_values") {
                Some(_) => Ok(Self {
                    resource_changes: Vec::new(),
                }),
                None => Err(PlanFileError::NoChanges),
            };
        }
        serde_json::from_value(value).map_err(PlanFileError::Json)
    }
}

impl ResourceChange {
    /// Whether anything happens to a managed object.
    pub fn is_change(&self) -> bool {
        self.mode != "data"
            && self
                .change
                .actions
                .iter()
                .any(|action| matches!(action.as_str(), "create" | "update" | "delete"))
    }

    /// Whether the object is deleted, for good or to be made anew.
    pub fn deletes(&self) -> bool {
        self.change.actions.iter().any(|action| action == "delete")
    }
}

impl Change {
    /// A top-level attribute before the change.
    pub fn before(&self, name: &str) -> Option<&Value> {
        self.before.get(name).filter(|value| !value.is_null())
    }

    /// A text before the change.
    pub fn before_text(&self, name: &str) -> Option<&str> {
        self.before(name).and_then(Value::as_str)
    }

    /// A top-level attribute after the change; null where the object is deleted.
    pub fn after(&self, name: &str) -> Planned<'_> {
        if self.after_unknown.get(name).is_some_and(contains_unknown) {
            return Planned::Unknown;
        }
        Planned::Known(self.after.get(name).unwrap_or(&Value::Null))
    }
}

impl<'a> Planned<'a> {
    /// A text; `None` for null and unknown.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Known(value) => value.as_str(),
            Self::Unknown => None,
        }
    }

    /// Whether it is decided during apply.
    pub fn is_unknown(self) -> bool {
        self == Self::Unknown
    }
}

fn contains_unknown(value: &Value) -> bool {
    match value {
        Value::Bool(unknown) => *unknown,
        Value::Array(items) => items.iter().any(contains_unknown),
        Value::Object(members) => members.values().any(contains_unknown),
        _ => false,
    }
}

/// The texts of a JSON list; anything else is empty.
pub fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
