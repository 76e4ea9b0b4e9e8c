//! States: as an author gives them, as Terraform may have them, as they were stored by older versions.

use serde_json::Value as Json;

use crate::codec::json;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::objects::resource::{ErasedResource, ErasedState};
use crate::objects::{
    Substitutes, ValueOrigin, catch_panic_sync, describe_value_error, provider_bug,
};
use crate::path::AttributePath;
use crate::plan;
use crate::resource::{Resource, State};
use crate::value::Value;

impl<R: Resource> ErasedResource<R> {
    /// The model with what follows from the rest of it.
    pub(super) fn completed(&self, mut model: R::Model) -> Result<R::Model, Diagnostics> {
        catch_panic_sync(self.meta.name, "complete", || {
            self.resource.complete(&mut model);
        })?;
        Ok(model)
    }

    /// The same of a model that counts whatever happens: a fault is reported.
    pub(super) fn completed_or_as_is(
        &self,
        model: &R::Model,
        diagnostics: &mut Diagnostics,
    ) -> R::Model {
        self.completed(model.clone()).unwrap_or_else(|fault| {
            diagnostics.extend(fault);
            model.clone()
        })
    }

    /// A stored value with what follows from the rest of it: an older version may have known less.
    pub(super) fn completed_value(&self, value: Value) -> Result<Value, Diagnostics> {
        // A state that the model cannot hold is reported by whoever uses it.
        let Ok(model) = self.meta.to_model::<R::Model>(&value, ValueOrigin::State) else {
            return Ok(value);
        };
        let completed = self.completed(model.clone())?;
        if completed == model {
            return Ok(value);
        }
        let completed = self.meta.to_value(&completed)?;
        let completed = plan::restore_precision(&value, completed, &self.meta.r#type);
        Ok(if completed.is_wholly_known() {
            completed
        } else {
            value
        })
    }

    /// A state as Terraform may have it: nothing unknown, nothing write-only. What stayed unknown is null, and reported.
    pub(super) fn to_storable(
        &self,
        state: &State<R::Model>,
        identity: Value,
        diagnostics: &mut Diagnostics,
    ) -> Result<ErasedState, Diagnostics> {
        let model = self.completed(state.model.clone())?;
        let mut value = self.meta.to_value(&model)?;
        plan::null_write_only(&self.meta.schema, &mut value);
        Ok(ErasedState {
            value: self.settle_unknowns(value, &Value::Null, diagnostics),
            private: state.private.clone(),
            identity,
        })
    }

    /// The value of a change that was made, without what is write-only.
    pub(super) fn applied_value(
        &self,
        model: &R::Model,
        substitutes: Substitutes<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let model = self.completed_or_as_is(model, diagnostics);
        let mut value = self.meta.applied_value(&model, substitutes, diagnostics);
        plan::null_write_only(&self.meta.schema, &mut value);
        value
    }

    /// The value with what is unknown in it settled as [`known_or_before`] does, and reported.
    pub(super) fn settle_unknowns(
        &self,
        value: Value,
        before: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        for path in unknown_paths(&value) {
            diagnostics.push(
                provider_bug(self.meta.name, "it left a value unknown in its state").at(path),
            );
        }
        known_or_before(value, before)
    }

    /// A state that no plan made, with its defaults: so that a configuration that says nothing plans nothing.
    pub(super) fn with_defaults(&self, mut state: ErasedState) -> ErasedState {
        let found = state.value.clone();
        plan::fill_defaults(&self.meta.schema, &found, &mut state.value);
        state
    }

    /// A state of the present version.
    pub(super) fn decode_json_state(&self, text: &str) -> Result<Value, Diagnostics> {
        let mut value = json::decode(text, &self.meta.r#type)
            .map_err(|error| describe_value_error(self.meta.name, ValueOrigin::State, &error))?;
        self.meta.schema.level().complete_blocks(&mut value);
        Ok(value)
    }

    /// The upgrades from a version to the present one, one after the other.
    pub(super) fn run_upgrades(&self, version: i64, state: &str) -> Result<String, Diagnostics> {
        let name = self.meta.name;
        let mut json: Json = serde_json::from_str(state).map_err(|error| {
            Diagnostic::error(
                "Unreadable State",
                format!("The state of `{name}` is not valid JSON: {error}."),
            )
        })?;
        let mut at = version;
        let mut upgrades = self.resource.upgrades();
        upgrades.sort_by_key(|upgrade| upgrade.from_version);
        for upgrade in upgrades {
            if upgrade.from_version == at {
                json = catch_panic_sync(name, "upgrade", || (upgrade.upgrade)(json))??;
                at = at.saturating_add(1);
            }
        }
        if at != self.meta.schema.state_version() {
            return Err(
                provider_bug(name, &format!("it cannot upgrade a state of version {at}")).into(),
            );
        }
        Ok(json.to_string())
    }
}

/// An attribute that is unknown is as it was before (an old id finds the object, null does not); what is unknown within one is null.
pub(super) fn known_or_before(value: Value, before: &Value) -> Value {
    let Value::Map(fields) = value else {
        return value.unknown_as_null();
    };
    let known = fields.into_iter().map(|(name, field)| {
        let field = if field.is_unknown() {
            before.attribute(&name).clone()
        } else {
            field.unknown_as_null()
        };
        (name, field)
    });
    Value::Map(known.collect())
}

fn unknown_paths(value: &Value) -> Vec<AttributePath> {
    fn collect(value: &Value, path: &AttributePath, paths: &mut Vec<AttributePath>) {
        match value {
            Value::Unknown(_) => paths.push(path.clone()),
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    collect(element, &path.clone().index(index), paths);
                }
            }
            Value::Map(fields) => {
                for (name, field) in fields {
                    collect(field, &path.clone().at(name.clone()), paths);
                }
            }
            Value::Dynamic(pair) => collect(&pair.1, path, paths),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut paths = Vec::new();
    collect(value, &AttributePath::root(), &mut paths);
    paths
}
