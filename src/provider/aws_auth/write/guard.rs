//! The place where a whole batch is judged against the document just read, before a byte is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use eksauth_core::aws_auth::{Change, edit};
use tf_provider::Diagnostics;
use tokio::sync::OwnedMutexGuard;

use super::confirmation::AccessConfirmation;
use super::explainer::RefusalExplainer;
use super::request::SectionReplacement;
use super::section_replacement::with_section_texts;
use crate::aws_auth::document::Document;

/// What every refusal of a change says that was not made because of its access.
pub(crate) const REFUSED_FOR_ACCESS: &str = "is refused because of what it does to access";

/// A write that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// `data` as it was just read; empty where there is no ConfigMap.
    pub before: &'a BTreeMap<String, String>,
    /// `data` as it would be.
    pub after: &'a BTreeMap<String, String>,
    /// Who asked for it, as messages name them.
    pub resources: &'a [String],
    /// Whether the plan is known to keep entries of this provider in the cluster, so that not all of a configuration goes.
    pub keeps_others: bool,
    /// Whether nobody may lose access by it.
    pub keeps_access: bool,
}

/// Whether other changes of the apply can make up for a planned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanScope {
    /// The change does all of it by itself: what is refused at the write is refused at plan.
    Alone,
    /// An entry is changed in place: nobody else can give its principal what it loses, and another change can leave another administrator.
    OneEntry,
    /// Another change may make up for it: what is refused at the write is warned of.
    Others,
}

/// A change that a plan has in mind.
#[derive(Clone, Copy, Debug)]
pub struct Intention<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// The document as this run saw it.
    pub before: &'a Document,
    /// What would change in it.
    pub changes: &'a [Change],
    /// Who asks for it, as messages name them.
    pub resources: &'a [String],
    /// Whether the plan is known to keep entries of this provider in the cluster, so far.
    pub keeps_others: bool,
    /// Whether nobody may lose access by it.
    pub keeps_access: bool,
    /// What else there may be.
    pub scope: PlanScope,
}

/// A planned change among others of the plan.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// The document as this run saw it.
    pub before: &'a Document,
    /// What would change in it.
    pub changes: &'a [Change],
    /// The sections whose whole text would become another one.
    pub texts: &'a [SectionReplacement],
    /// Who asks for it, as messages name it.
    pub resource: &'a str,
    /// Whether the plan is known to keep entries of this provider in the cluster, so far.
    pub keeps_others: bool,
}

/// Judges writes of aws-auth.
#[async_trait]
pub trait Guard: Send + Sync {
    /// Nobody else of this configuration takes access away in the cluster until it is dropped; `None` where nobody takes turns. It is taken before
    /// [`judge`](Self::judge) and kept until the write is done.
    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        None
    }

    /// Lets the write pass, with what should be said about it.
    ///
    /// # Errors
    /// Why it must not be made; nothing is written then, and every resource of the batch shows it.
    async fn judge(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics>;

    /// Judges a write that was made once more, by what there is now beside aws-auth: somebody else may have taken at the same time what it counted on.
    ///
    /// # Errors
    /// What it does with what others changed is what the guard refuses.
    async fn judge_after(&self, _proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }

    /// Notes a planned change that was let pass, and says what it does with others of the plan that none of them does alone.
    async fn preview_together(&self, _planned: Planned<'_>) -> Diagnostics {
        Diagnostics::new()
    }

    /// The same of a change that is only planned. A plan asks once for each resource, so a guard that can judge a change by itself does.
    ///
    /// # Errors
    /// Why the write would not be made.
    async fn preview(&self, intention: Intention<'_>) -> Result<Diagnostics, Diagnostics> {
        let Intention {
            cluster,
            before,
            changes,
            resources,
            keeps_others,
            keeps_access,
            scope: _,
        } = intention;
        let before = before.data();
        let Ok(edited) = edit(before, changes) else {
            // The write will be refused for another reason, which is said elsewhere.
            return Ok(Diagnostics::new());
        };
        let after = with_section_texts(before, edited.sections);
        self.judge(Proposal {
            cluster,
            before,
            after: &after,
            resources,
            keeps_others,
            keeps_access,
        })
        .await
    }
}

/// Who judges the writes of one cluster, who confirms them, and who explains why they are refused. The writer knows neither the lock-out guard nor how
/// access is read.
#[derive(Clone, Default)]
pub struct GuardAndExplainer {
    /// Judges every write first; `None`: every write passes.
    pub guard: Option<Arc<dyn Guard>>,
    /// Explains refusals; `None`: they are told as they came.
    pub explainer: Option<Arc<dyn RefusalExplainer>>,
    /// Confirms writes; `None`: no write proves itself.
    pub confirmation: Option<Arc<dyn AccessConfirmation>>,
}
