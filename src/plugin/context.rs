//! What every operation is given besides its data: the configured client, cancellation, and a place for warnings.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::causes::{Causes, Outcome, Question, Settled};
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
    /// Who told what keeps objects from an answer; one value for each ConfigureProvider call as well.
    causes: Causes,
    notes: Mutex<Diagnostics>,
    kept: Mutex<BTreeMap<String, Json>>,
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
            causes: Causes::default(),
            notes: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// The same within a walk whose claims these are.
    #[must_use]
    pub fn with_claims(self, claims: Claims) -> Self {
        Self { claims, ..self }
    }

    /// The same beside other objects that meet the same causes.
    #[must_use]
    pub fn with_causes(self, causes: Causes) -> Self {
        Self { causes, ..self }
    }

    pub(crate) fn causes(&self) -> &Causes {
        &self.causes
    }

    /// The result of a step after [`Causes::settle`], its messages added. `kept` is the answer of an object that only meets what another one told.
    pub(crate) fn settle<T>(
        &self,
        question: &Question<'_>,
        result: Result<T, Diagnostics>,
        kept: Option<T>,
    ) -> Result<T, Diagnostics> {
        let outcome = Outcome {
            notes: self.take_diagnostics(),
            result,
            kept,
        };
        let Settled {
            diagnostics,
            answer,
        } = self.causes.settle(question, &self.claims, outcome);
        let Some(answer) = answer else {
            return Err(diagnostics);
        };
        diagnostics.into_iter().for_each(|one| self.add(one));
        Ok(answer)
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

    /// Keeps a private fact beside the state that stays if a removal fails.
    pub fn keep(&self, name: &str, fact: impl Into<Json>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(name.to_owned(), fact.into());
    }

    /// Takes the facts kept so far.
    pub(crate) fn take_kept(&self) -> BTreeMap<String, Json> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the messages added so far.
    pub fn take_diagnostics(&self) -> Diagnostics {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
