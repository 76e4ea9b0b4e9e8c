//! The provider's own block without its types.

use crate::diagnostics::Diagnostics;
use crate::objects::{ObjectMeta, ValueOrigin, catch_panic, catch_panic_now, validate_config};
use crate::provider::{Configure, Provider};
use crate::value::Value;

/// A provider with what the layer knows of its block.
pub(crate) struct Block {
    pub(crate) meta: ObjectMeta,
}

impl Block {
    pub(crate) fn new<P: Provider>(provider: &P) -> Self {
        Self {
            meta: ObjectMeta::new(P::ADDRESS, provider.schema()),
        }
    }

    /// Faults of the block: those every schema can have, and a value of its own, which a provider block has nowhere to keep.
    pub(crate) fn check<P: Provider>(&self) -> Vec<String> {
        let mut faults = self.meta.check::<P::Model>();
        for (name, attribute) in self.meta.schema.attributes() {
            if attribute.is_computed() {
                faults.push(format!(
                    "{}: {name}: a provider block has no computed attributes and no defaults",
                    self.meta.name
                ));
            }
        }
        faults
    }

    pub(crate) fn validate<P: Provider>(&self, provider: &P, config: &Value) -> Diagnostics {
        let mut diagnostics = validate_config(&self.meta, config, true);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match self
            .meta
            .to_model_unless_unknown(config, ValueOrigin::Config)
        {
            Ok(Some(model)) => {
                let judged = catch_panic_now(self.meta.name, "validate", || {
                    let mut diagnostics = Diagnostics::new();
                    provider.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(describe_value_error) => diagnostics.extend(describe_value_error),
        }
        diagnostics
    }

    pub(crate) async fn configure<P: Provider>(
        &self,
        provider: &P,
        terraform_version: String,
        config: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Result<P::Client, Diagnostics> {
        let request = Configure {
            terraform_version,
            config: self.meta.to_model(config, ValueOrigin::Config)?,
        };
        catch_panic(
            self.meta.name,
            "configure",
            provider.configure(request, diagnostics),
        )
        .await?
    }
}
