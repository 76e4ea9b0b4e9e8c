//! The provider's own block without its types.

use crate::diagnostics::Diagnostics;
use crate::objects::{ObjectMeta, ValueOrigin, catch_panic};
use crate::provider::{Configure, Provider};
use crate::value::Value;

/// What the layer knows of a provider's block.
pub(crate) struct ProviderBlock {
    pub(crate) meta: ObjectMeta,
}

impl ProviderBlock {
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
        let config = provider.understood(config.clone());
        self.meta.validate(&config, true, |model, diagnostics| {
            provider.validate(model, diagnostics);
        })
    }

    pub(crate) async fn configure<P: Provider>(
        &self,
        provider: &P,
        terraform_version: String,
        config: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Result<P::Client, Diagnostics> {
        let config = provider.understood(config.clone());
        let request = Configure {
            terraform_version,
            config: self.meta.to_model(&config, ValueOrigin::Config)?,
        };
        catch_panic(
            self.meta.name,
            "configure",
            provider.configure(request, diagnostics),
        )
        .await?
    }
}
