//! What the RPCs share: the provider, its objects, the client of the last configuration, and what StopProvider cancels.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::cancellation::current;
use crate::causes::Causes;
use crate::claims::Claims;
use crate::context::Context;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::objects::data_source::AnyDataSource;
use crate::objects::ephemeral::AnyEphemeral;
use crate::objects::resource::AnyResource;
use crate::proto::tfplugin6 as proto;
use crate::provider::{Objects, Provider};
use crate::provider_block::ProviderBlock;

/// A provider as the protocol sees it.
pub(crate) struct Server<P: Provider> {
    pub(super) provider: P,
    pub(super) block: ProviderBlock,
    pub(super) objects: Objects<P::Client>,
    pub(super) schemas: OnceLock<proto::get_provider_schema::Response>,
    configured: RwLock<Option<Arc<Configured<P::Client>>>>,
    /// Whether the provider block was validated since it was configured last.
    validated: AtomicBool,
    running: Mutex<CancellationToken>,
}

/// One ConfigureProvider call. Operations hold on to theirs when another one comes.
struct Configured<C> {
    client: Arc<C>,
    terraform_version: String,
    claims: Claims,
    causes: Causes,
}

impl<P: Provider> Server<P> {
    pub(crate) fn new(provider: P) -> Self {
        Self {
            block: ProviderBlock::new(&provider),
            objects: provider.objects(),
            schemas: OnceLock::new(),
            validated: AtomicBool::new(false),
            configured: RwLock::new(None),
            running: Mutex::default(),
            provider,
        }
    }

    /// Notes that the provider block was validated: a walk begins.
    pub(super) fn note_validated(&self) {
        self.validated.store(true, Ordering::Relaxed);
    }

    /// The claims of what is configured now. A walk validates the provider block right before it configures the provider, with Terraform and OpenTofu of
    /// every version. `terraform test` of Terraform 1.13 and newer configures it without, once for the walks of all its runs.
    fn new_claims(&self) -> Claims {
        if !self.validated.swap(false, Ordering::Relaxed) {
            return Claims::shared();
        }
        let folder = self.provider.claims_folder();
        folder.map_or_else(Claims::in_memory, Claims::in_folder)
    }

    /// Puts a client in the place of the one before.
    pub(super) fn configure(&self, client: Option<P::Client>, terraform_version: String) {
        let claims = self.new_claims();
        let configured = client.map(|client| {
            Arc::new(Configured {
                client: Arc::new(client),
                terraform_version,
                claims,
                causes: Causes::default(),
            })
        });
        *self
            .configured
            .write()
            .unwrap_or_else(PoisonError::into_inner) = configured;
    }

    /// Cancels everything that runs; what starts later runs.
    pub(super) fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.cancel();
        *running = CancellationToken::new();
    }

    /// What cancels an RPC that starts now.
    pub(super) fn cancellation(&self) -> CancellationToken {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .child_token()
    }

    /// The surroundings of the operation that runs in this task.
    pub(super) fn context(&self, name: &str) -> Result<Context<P::Client>, Diagnostics> {
        let configured = self
            .configured
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| {
                Diagnostic::error(
                    "Provider Not Configured",
                    format!("`{name}` needs a configured provider, and the provider block could not be used. Fix the errors of the provider block first."),
                )
            })?;
        Ok(Context::new(
            Arc::clone(&configured.client),
            current(),
            configured.terraform_version.clone(),
        )
        .with_claims(configured.claims.clone())
        .with_causes(configured.causes.clone()))
    }

    pub(super) fn resource(
        &self,
        name: &str,
    ) -> Result<&Arc<dyn AnyResource<P::Client>>, Diagnostics> {
        self.objects
            .resources
            .get(name)
            .ok_or_else(|| unknown_type("resource", name))
    }

    pub(super) fn data_source(
        &self,
        name: &str,
    ) -> Result<&Arc<dyn AnyDataSource<P::Client>>, Diagnostics> {
        self.objects
            .data_sources
            .get(name)
            .ok_or_else(|| unknown_type("data source", name))
    }

    pub(super) fn ephemeral(
        &self,
        name: &str,
    ) -> Result<&Arc<dyn AnyEphemeral<P::Client>>, Diagnostics> {
        self.objects
            .ephemerals
            .get(name)
            .ok_or_else(|| unknown_type("ephemeral resource", name))
    }

    pub(super) fn capabilities(&self) -> proto::ServerCapabilities {
        proto::ServerCapabilities {
            plan_destroy: true,
            get_provider_schema_optional: true,
            move_resource_state: self.objects.resources.values().any(|object| object.moves()),
            generate_resource_config: true,
        }
    }
}

fn unknown_type(kind: &str, name: &str) -> Diagnostics {
    Diagnostic::error(
        "Unknown Type",
        format!("This provider has no {kind} `{name}`. Check the name and the provider's version."),
    )
    .into()
}
