//! What every operation is given besides its data: the configured client, cancellation, and a place for warnings.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::claims::Claims;
use crate::diagnostics::{Diagnostic, Diagnostics};

/// The surroundings of one operation. `C` is what the provider's `configure` made.
pub struct Context<C: ?Sized> {
    /// What `configure` made; it belongs to one ConfigureProvider call.
    pub client: Arc<C>,
    /// Cancelled by StopProvider (Ctrl-C). Long waits must watch it.
    pub cancel: CancellationToken,
    /// Terraform's or OpenTofu's version as it said it.
    pub terraform_version: String,
    /// What the objects of this walk hold; it belongs to one ConfigureProvider call too.
    pub claims: Claims,
    notes: Mutex<Diagnostics>,
}

impl<C: ?Sized> Context<C> {
    /// A context; tests make theirs with this too.
    pub fn new(
        client: Arc<C>,
        cancel: CancellationToken,
        terraform_version: impl Into<String>,
    ) -> Self {
        Self {
            client,
            cancel,
            terraform_version: terraform_version.into(),
            claims: Claims::in_memory(),
            notes: Mutex::default(),
        }
    }

    /// The same within a walk whose claims these are.
    #[must_use]
    pub fn with_claims(self, claims: Claims) -> Self {
        Self { claims, ..self }
    }

    /// Adds a message to the answer without ending the operation: a warning, or an error that comes with a state.
    pub fn add(&self, diagnostic: Diagnostic) {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(diagnostic);
    }

    /// Adds a warning about the whole object.
    pub fn warning(&self, summary: impl Into<String>, detail: impl Into<String>) {
        self.add(Diagnostic::warning(summary, detail));
    }

    /// Takes the messages added so far.
    pub fn take_diagnostics(&self) -> Diagnostics {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
