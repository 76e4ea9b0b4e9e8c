//! The provider's own block without its types.

use crate::diagnostics::Diagnostics;
use crate::objects::{Held, Place, guarded, guarded_now, validate_config};
use crate::provider::{Configure, Provider};
use crate::value::Value;

/// A provider with what the layer knows of its block.
pub(crate) struct Block {
    pub(crate) held: Held,
}

impl Block {
    pub(crate) fn new<P: Provider>(provider: &P) -> Self {
        Self {
            held: Held::new(P::ADDRESS, provider.schema()),
        }
    }

    /// Faults of the block: those every schema can have, and a value of its own, which a provider block has nowhere to keep.
    pub(crate) fn check<P: Provider>(&self) -> Vec<String> {
        let mut faults = self.held.check::<P::Model>();
        for (name, attribute) in self.held.schema.attributes() {
            if attribute.is_computed() {
                faults.push(format!(
                    "{}: {name}: a provider block has no computed attributes and no defaults",
                    self.held.name
                ));
            }
        }
        faults
    }

    pub(crate) fn validate<P: Provider>(&self, provider: &P, config: &Value) -> Diagnostics {
        let mut diagnostics = validate_config(&self.held, config, true);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match self.held.model_unless_unknown(config, Place::Config) {
            Ok(Some(model)) => {
                let judged = guarded_now(self.held.name, "validate", || {
                    let mut diagnostics = Diagnostics::new();
                    provider.validate(&model, &mut diagnostics);
                    diagnostics
                });
                diagnostics.extend(judged.unwrap_or_else(|panicked| panicked));
            }
            Ok(None) => {}
            Err(misfit) => diagnostics.extend(misfit),
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
            config: self.held.model(config, Place::Config)?,
        };
        guarded(
            self.held.name,
            "configure",
            provider.configure(request, diagnostics),
        )
        .await?
    }
}
