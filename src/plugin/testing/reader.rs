//! Data sources and ephemeral resources in a test.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::causes::Causes;
use crate::context::Context;
use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::{EphemeralResource, Opened, Renewed};
use crate::objects::ValueOrigin;
use crate::objects::data_source::{AnyDataSource, ErasedDataSource};
use crate::objects::ephemeral::{AnyEphemeral, ErasedEphemeral};
use crate::resource::Private;
use crate::testing::literal;

/// A data source with its client.
pub struct DataSourceHarness<D: DataSource> {
    object: Arc<dyn AnyDataSource<D::Client>>,
    client: Arc<D::Client>,
    causes: Option<Causes>,
}

impl<D: DataSource> DataSourceHarness<D> {
    /// A data source with its client.
    pub fn new(data_source: D, client: impl Into<Arc<D::Client>>) -> Self {
        Self {
            object: ErasedDataSource::erase(data_source),
            client: client.into(),
            causes: None,
        }
    }

    /// The same beside other objects of the configuration, which meet the same causes.
    #[must_use]
    pub fn with_causes(self, causes: Causes) -> Self {
        Self {
            causes: Some(causes),
            ..self
        }
    }

    /// Every fault of the schema and of its fit with the model.
    pub fn check(&self) -> Vec<String> {
        self.object.check()
    }

    /// ValidateDataResourceConfig.
    pub fn validate(&self, config: Json) -> Diagnostics {
        literal::validate(self.object.as_ref(), &config)
    }

    /// Validates and reads; the warnings come beside the answer.
    ///
    /// # Errors
    /// What either step refuses.
    pub async fn read(&self, config: Json) -> Result<(D::Model, Diagnostics), Diagnostics> {
        let config = literal::config(self.object.meta(), &config)?;
        let mut diagnostics = self.object.validate(&config, true);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let cx = Context::new(Arc::clone(&self.client), CancellationToken::new(), "1.11.4")
            .with_causes(self.causes.clone().unwrap_or_default());
        let outcome = self.object.read(&cx, config).await;
        diagnostics.extend(cx.take_diagnostics());
        match outcome {
            Ok(value) if !diagnostics.has_errors() => Ok((
                self.object.meta().to_model(&value, ValueOrigin::Answer)?,
                diagnostics,
            )),
            Ok(_) => Err(diagnostics),
            Err(more) => {
                diagnostics.extend(more);
                Err(diagnostics)
            }
        }
    }
}

/// An ephemeral resource with its client.
pub struct EphemeralHarness<E: EphemeralResource> {
    object: Arc<dyn AnyEphemeral<E::Client>>,
    client: Arc<E::Client>,
}

impl<E: EphemeralResource> EphemeralHarness<E> {
    /// An ephemeral resource with its client.
    pub fn new(ephemeral: E, client: impl Into<Arc<E::Client>>) -> Self {
        Self {
            object: ErasedEphemeral::erase(ephemeral),
            client: client.into(),
        }
    }

    /// Every fault of the schema and of its fit with the model.
    pub fn check(&self) -> Vec<String> {
        self.object.check()
    }

    /// ValidateEphemeralResourceConfig.
    pub fn validate(&self, config: Json) -> Diagnostics {
        literal::validate(self.object.as_ref(), &config)
    }

    /// Validates and opens.
    ///
    /// # Errors
    /// What either step refuses.
    pub async fn open(&self, config: Json) -> Result<Opened<E::Model>, Diagnostics> {
        let config = literal::config(self.object.meta(), &config)?;
        self.object.validate(&config, true).into_result()?;
        let cx = self.context();
        let opened = self.object.open(&cx, config).await?;
        cx.take_diagnostics().into_result()?;
        let renew_at: Option<SystemTime> = opened.renew_at;
        Ok(Opened {
            model: self
                .object
                .meta()
                .to_model(&opened.value, ValueOrigin::Answer)?,
            private: opened.private,
            renew_at,
        })
    }

    /// Renews what was opened.
    ///
    /// # Errors
    /// What renew refuses.
    pub async fn renew(&self, private: Private) -> Result<Renewed, Diagnostics> {
        let cx = self.context();
        self.object.renew(&cx, private).await
    }

    /// Closes what was opened.
    ///
    /// # Errors
    /// What close refuses.
    pub async fn close(&self, private: Private) -> Result<(), Diagnostics> {
        let cx = self.context();
        self.object.close(&cx, private).await
    }

    fn context(&self) -> Context<E::Client> {
        Context::new(Arc::clone(&self.client), CancellationToken::new(), "1.11.4")
    }
}
