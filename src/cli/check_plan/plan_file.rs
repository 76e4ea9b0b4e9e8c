//! `terraform show -json` of a saved plan, as far as it concerns who enters a cluster.
//!
//! Unknown values stand in `after_unknown` as `true` at the same place; they are kept apart from null here. Source: Terraform's JSON output format.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::configuration::Configuration;

/// How to make what is read here.
const HOW: &str = "make it with `terraform plan -out tfplan` and `terraform show -json tfplan`";

/// The command in every text that says how.
pub(super) const MAKE_PLAN: &str = "`terraform plan -out tfplan`";

/// Why a file is no plan.
#[derive(Debug, Error)]
pub enum PlanFileError {
    /// It is the file of `terraform plan -out` itself.
    #[error("this is a saved plan itself, which only Terraform reads; {HOW}")]
    SavedPlan,
    /// It is what Terraform prints for people.
    #[error("this is a plan as Terraform prints it for people, not JSON; {HOW}")]
    Text,
    /// It is the log of a run.
    #[error("this is the log of `terraform plan -json`, which has no values of the objects; {HOW}")]
    Log,
    /// It is a state.
    #[error("this is a state and no plan; {HOW}")]
    State,
    /// It is no JSON.
    #[error("the plan is no JSON ({0}); {HOW}")]
    Json(#[source] serde_json::Error),
    /// It is something else.
    #[error("the JSON has no `resource_changes`, so it is no plan; {HOW}")]
    NoChanges,
}

/// A saved plan.
#[derive(Debug, Default, Deserialize)]
pub struct PlanFile {
    /// What it would do, object by object.
    #[serde(default)]
    pub resource_changes: Vec<ResourceChange>,
    /// Changes that Terraform puts off until it knows more.
    #[serde(default)]
    deferred_changes: Vec<Value>,
    /// Planning failed half way.
    #[serde(default)]
    errored: bool,
    /// Whether another plan after this one would be empty; older versions do not say it.
    complete: Option<bool>,
    /// What the objects come from.
    #[serde(default)]
    pub configuration: Configuration,
    /// Values of the root module's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// What is there before, whether it changes or not.
    #[serde(default)]
    prior_state: StateValues,
}

/// A root variable.
#[derive(Debug, Default, Deserialize)]
pub struct Variable {
    /// Its value.
    #[serde(default)]
    pub value: Value,
}

#[derive(Debug, Default, Deserialize)]
struct StateValues {
    #[serde(default)]
    values: ModuleRoot,
}

#[derive(Debug, Default, Deserialize)]
struct ModuleRoot {
    #[serde(default)]
    root_module: Module,
}

#[derive(Debug, Default, Deserialize)]
struct Module {
    #[serde(default)]
    resources: Vec<StateResource>,
    #[serde(default)]
    child_modules: Vec<Module>,
}

/// An object of the state.
#[derive(Debug, Default, Deserialize)]
pub struct StateResource {
    /// `module.a.aws_eks_cluster.this`.
    #[serde(default)]
    pub address: String,
    /// `managed` or `data`.
    #[serde(default)]
    pub mode: String,
    /// `aws_eks_cluster`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its attributes.
    #[serde(default)]
    pub values: Value,
}

/// One object of a plan.
#[derive(Debug, Deserialize)]
pub struct ResourceChange {
    /// `module.a.aws_eks_cluster.this`.
    pub address: String,
    /// Set where the object is one that a replacement or `moved` left behind.
    #[serde(default)]
    pub deposed: Option<String>,
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
    /// `no-op`, `create`, `read`, `update`, `delete`, `forget`; two of them for a replacement, in their order.
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

/// What a plan does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It goes.
    Delete,
    /// It goes, and is made again.
    DeleteThenCreate,
    /// It is made again, and the old one goes after that.
    CreateThenDelete,
    /// It leaves the state and stays where it is.
    Forget,
}

/// A value of the planned state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Planned<'a> {
    /// Set, or null.
    Known(&'a Value),
    /// Decided during apply, as a whole or in a part.
    Unknown,
}

impl PlanFile {
    /// Reads the output of `terraform show -json`.
    ///
    /// # Errors
    /// What is no plan, by what it is.
    pub fn parse(bytes: &[u8]) -> Result<Self, PlanFileError> {
        // A saved plan is a zip file.
        if bytes.starts_with(b"PK\x03\x04") {
            return Err(PlanFileError::SavedPlan);
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| of_no_json(bytes, error))?;
        if value.get("resource_changes").is_none_or(Value::is_null) {
            // A plan without any resource has no such member; its `planned_values` tell it from a state.
            let is_state =
                value.get("values").is_some() || value.get("terraform_version").is_some();
            match value.get("planned_values") {
                Some(_) => {}
                None if is_state => return Err(PlanFileError::State),
                None => return Err(PlanFileError::NoChanges),
            }
        }
        serde_json::from_value(value).map_err(PlanFileError::Json)
    }

    /// Why the plan does not say everything that will happen, if so.
    pub fn incompleteness(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.errored {
            reasons.push(
                "planning failed (`errored`), so the plan has only a part of what would happen"
                    .to_owned(),
            );
        }
        if !self.deferred_changes.is_empty() {
            reasons.push(format!(
                "the plan puts off {} of its changes (`deferred_changes`)",
                self.deferred_changes.len()
            ));
        }
        if self.complete == Some(false) && reasons.is_empty() {
            reasons.push(
                "the plan is incomplete (`complete = false`): another one has to follow it, as after `-target` or deferred changes"
                    .to_owned(),
            );
        }
        let unread = self.resource_changes.iter().filter(|resource| {
            let known = resource.mode == "data" || resource.deed().is_some();
            let is_nothing = matches!(resource.change.actions.as_slice(), [one] if one == "no-op" || one == "read");
            resource.mode != "ephemeral" && !known && !is_nothing
        });
        reasons.extend(unread.map(|resource| {
            format!(
                "`{}`: what the plan does with it (`{}`) is not known here",
                resource.address,
                resource.change.actions.join("`, `")
            )
        }));
        reasons
    }

    /// The managed objects before the plan.
    pub fn prior_resources(&self) -> Vec<&StateResource> {
        let mut found = Vec::new();
        collect(&self.prior_state.values.root_module, &mut found);
        found
    }
}

fn collect<'m>(module: &'m Module, found: &mut Vec<&'m StateResource>) {
    found.extend(&module.resources);
    for child in &module.child_modules {
        collect(child, found);
    }
}

fn of_no_json(bytes: &[u8], error: serde_json::Error) -> PlanFileError {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return PlanFileError::SavedPlan;
    };
    let is_log = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .and_then(|line| serde_json::from_str::<Value>(line).ok())
        .is_some_and(|line| line.get("@level").is_some());
    let is_for_people = [
        "Terraform will perform",
        "Terraform used the selected providers",
        "OpenTofu will perform",
        "OpenTofu used the selected providers",
        "No changes.",
        "Refreshing state...",
        "Plan:",
    ];
    if is_log {
        PlanFileError::Log
    } else if is_for_people.iter().any(|words| text.contains(words)) {
        PlanFileError::Text
    } else {
        PlanFileError::Json(error)
    }
}

impl ResourceChange {
    /// What happens to a managed object; `None` where nothing does.
    pub fn deed(&self) -> Option<Deed> {
        if self.mode == "data" {
            return None;
        }
        let actions: Vec<&str> = self.change.actions.iter().map(String::as_str).collect();
        Some(match actions.as_slice() {
            // What is forgotten stays where it is, and has to make room by itself.
            ["create"] | ["create", "forget"] | ["forget", "create"] => Deed::Create,
            ["update"] => Deed::Update,
            ["delete"] => Deed::Delete,
            ["delete", "create"] => Deed::DeleteThenCreate,
            ["create", "delete"] => Deed::CreateThenDelete,
            ["forget"] => Deed::Forget,
            _ => return None,
        })
    }
}

impl Deed {
    /// Whether the object is deleted, for good or to be made anew.
    pub fn deletes(self) -> bool {
        matches!(
            self,
            Self::Delete | Self::DeleteThenCreate | Self::CreateThenDelete
        )
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

    /// Whether it stands for what was there before this provider took it over; hashicorp/aws adopts nothing.
    pub fn was_adopted(&self) -> bool {
        self.before("adopted") == Some(&Value::Bool(true))
    }

    /// A top-level attribute after the change; null where the object is deleted.
    pub fn after(&self, name: &str) -> Planned<'_> {
        let unknown = self.after_unknown.get(name);
        if self.after_unknown == Value::Bool(true) || unknown.is_some_and(contains_unknown) {
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

/// Whether what a pointer names is decided during apply, by itself or with what it is a part of.
pub fn is_unknown_at(unknown: &Value, pointer: &str) -> bool {
    let mut found = unknown;
    for name in pointer.split('/').skip(1) {
        let part = match found {
            Value::Bool(unknown) => return *unknown,
            Value::Array(items) => name.parse().ok().and_then(|place: usize| items.get(place)),
            other => other.get(name),
        };
        let Some(part) = part else { return false };
        found = part;
    }
    *found == Value::Bool(true)
}

/// Whether something of a member of `after_unknown` is decided during apply.
pub fn contains_unknown(value: &Value) -> bool {
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
