//! Identities: made from a state, the same for as long as the object lives, and of older versions as they were stored.

use serde_json::Value as Json;

use crate::context::Context;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::identity::Identity;
use crate::objects::resource::{ErasedResource, ImportTarget};
use crate::objects::{IdentityMeta, catch_panic, catch_panic_sync, provider_bug};
use crate::resource::{Resource, State};
use crate::value::Value;

impl<R: Resource> ErasedResource<R> {
    /// The author's import, by id or by identity.
    pub(super) async fn call_import(
        &self,
        cx: &Context<R::Client>,
        target: ImportTarget<'_>,
    ) -> Result<State<R::Model>, Diagnostics> {
        let name = self.meta.name;
        match (target, &self.identity) {
            (ImportTarget::Id(id), _) => {
                catch_panic(name, "import", self.resource.import(cx, id)).await?
            }
            (ImportTarget::Identity(identity), Some(meta)) => {
                let identity = meta.to_identity(identity)?;
                let import = self.resource.import_identity(cx, identity);
                catch_panic(name, "import", import).await?
            }
            (ImportTarget::Identity(_), None) => Err(no_identity(name).into()),
        }
    }

    /// The identity of a state, where the state says all of it, else the one before. Null stands for "has none yet".
    ///
    /// # Errors
    /// Another identity than before, unless the resource says that a change may give one.
    pub(super) fn identity_after(
        &self,
        before: &Value,
        model: &R::Model,
    ) -> Result<Value, Diagnostics> {
        let Some(meta) = &self.identity else {
            return Ok(Value::Null);
        };
        let name = self.meta.name;
        let made = catch_panic_sync(name, "identity", || R::Identity::from_model(model))?;
        let Some(identity) = made else {
            return Ok(before.clone());
        };
        let identity = meta.to_value(&identity)?;
        if R::Identity::IS_MUTABLE || before.is_null() || *before == identity {
            return Ok(identity);
        }
        Err(provider_bug(name, "its object has another identity than before").into())
    }

    /// As [`identity_after`](Self::identity_after) for a state that counts whatever happens: a fault is reported, and the identity before stays.
    pub(super) fn identity_of_applied(
        &self,
        before: &Value,
        model: &R::Model,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        self.identity_after(before, model).unwrap_or_else(|fault| {
            diagnostics.extend(fault);
            before.clone()
        })
    }

    /// A stored identity in the present version. Null for one that is none of ours: a state made by an older version of the provider has
    /// none, and one that OpenTofu moves from another provider still has that provider's. The next read makes it anew.
    pub(super) fn upgraded_identity(
        &self,
        meta: &IdentityMeta,
        version: i64,
        stored: &str,
    ) -> Result<Value, Diagnostics> {
        let name = self.meta.name;
        if version > meta.version {
            return Err(Diagnostic::error(
                "Identity Of A Newer Provider",
                format!(
                    "The identity of `{name}` in the state has version {version}, and this provider knows versions up to {}. Use the provider's version that wrote it, or a newer one.",
                    meta.version
                ),
            )
            .into());
        }
        let (Some(mut at), Ok(mut json)) = (
            meta.schema_version(version),
            serde_json::from_str::<Json>(stored),
        ) else {
            return Ok(Value::Null);
        };
        let mut upgrades = R::Identity::upgrades();
        upgrades.sort_by_key(|upgrade| upgrade.from_version);
        for step in upgrades {
            if step.from_version == at {
                json = catch_panic_sync(name, "upgrade of the identity", || (step.upgrade)(json))??;
                at = at.saturating_add(1);
            }
        }
        if at != meta.schema.version {
            return Ok(Value::Null);
        }
        Ok(meta.decode_json(&json.to_string()))
    }
}

/// The message to whoever names an object by an identity that its type does not have.
pub(crate) fn no_identity(name: &str) -> Diagnostic {
    Diagnostic::error(
        "No Identity",
        format!("Objects of the type `{name}` have no identity. Name the object by its import id."),
    )
}
