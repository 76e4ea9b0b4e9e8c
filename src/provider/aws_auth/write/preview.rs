//! What a plan can say of a change before it is made: the guard's judgement on the document as this run saw it.
//!
//! Terraform plans one object at a time, so what a change does alone is all that is known here. Another change of the same apply may make
//! up for a removal, which is therefore warned of; the whole batch is judged again at the write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use eksauth_core::aws_auth::{Change, edit};
use tf_provider::{Context, Diagnostics};

use super::batch::uneditable;
use super::diagnostics;
use super::document_write::DocumentWrite;
use super::guard::{Intention, PlanScope, Planned, Proposal};
use super::judge::{Judge, Verdict};
use super::pending::Relations;
use super::request::{ChangeRequest, SectionReplacement};
use super::section_replacement::{with_section_texts, with_sections_replaced};
use super::writer::Writer;
use crate::aws_auth::document::Document;

/// A removal of which something is to be said waits at plan so many steps for the plan of somebody who holds its entry.
const STEPS: usize = 20;
/// Any other one waits so many: who imports its entry writes nothing at apply, and would not come for it there.
const FEW_STEPS: usize = 4;
/// All removals of a run wait no more steps than these: where many go, nobody comes for them.
const STEPS_OF_ALL: usize = 80;
const STEP: Duration = Duration::from_millis(25);

impl Writer {
    /// Warns of what the guard thinks of a change.
    ///
    /// # Errors
    /// The guard's refusal of a change that nothing else can make up for.
    pub(crate) async fn preview<C>(
        &self,
        cx: &Context<C>,
        document: &Document,
        request: &ChangeRequest,
        scope: PlanScope,
    ) -> Result<(), Diagnostics> {
        let remarks = match (self.judge_alone(document, request, scope).await, scope) {
            (Ok(remarks), _) => remarks,
            (Err(reasons), PlanScope::Alone | PlanScope::OneEntry) => return Err(reasons),
            (Err(reasons), PlanScope::Others) => reasons,
        };
        for remark in remarks {
            cx.add(diagnostics::only_remarked(remark));
        }
        self.preview_together(cx, document, request).await;
        Ok(())
    }

    /// Warns of what the guard thinks of a change with others of the plan. Where one provider serves many walks, nobody says whose plan is whose.
    async fn preview_together<C>(
        &self,
        cx: &Context<C>,
        document: &Document,
        request: &ChangeRequest,
    ) {
        let Some(guard) = self.guard.as_ref().filter(|_| !cx.claims.is_shared()) else {
            return;
        };
        let (mut changes, mut texts) = (Vec::new(), Vec::new());
        if request.texts.is_empty() {
            changes = self.changes(document, request).unwrap_or_default();
        } else if let Some(write) = self.planned_write(document, request) {
            texts = SectionReplacement::between(document.data(), &write.after);
        }
        let planned = Planned {
            before: document,
            changes: &changes,
            texts: &texts,
            resource: &request.label(),
            keeps_others: request.keeps_others(),
        };
        for remark in guard.preview_together(planned).await {
            cx.add(diagnostics::only_remarked(remark));
        }
    }

    /// Warns of what the guard thinks of a removal, unless `is_held` says that somebody else of the configuration holds the entry. One of which
    /// something is to be said waits a moment for the plan of that one, and any other a shorter one. True if it is held.
    pub(crate) async fn preview_removal<C>(
        &self,
        cx: &Context<C>,
        document: &Document,
        request: &ChangeRequest,
        is_held: impl Fn() -> bool + Send,
    ) -> bool {
        let judged = self.judge_alone(document, request, PlanScope::Others);
        let remarks = judged.await.unwrap_or_else(|reasons| reasons);
        let steps = if remarks.is_empty() { FEW_STEPS } else { STEPS };
        for _ in 0..steps {
            if is_held() {
                return true;
            }
            if cx.cancel.is_cancelled()
                || self.planned_steps.fetch_add(1, Ordering::Relaxed) >= STEPS_OF_ALL
            {
                break;
            }
            self.clock().sleep(STEP).await;
        }
        for remark in remarks {
            cx.add(diagnostics::only_remarked(remark));
        }
        self.preview_together(cx, document, request).await;
        false
    }

    /// True once another plan of this run says so; waits for that as any removal does.
    pub(crate) async fn awaits_plan<C>(
        &self,
        cx: &Context<C>,
        is_so: impl Fn() -> bool + Send,
    ) -> bool {
        for _ in 0..FEW_STEPS {
            if is_so() {
                return true;
            }
            let steps = self.planned_steps.fetch_add(1, Ordering::Relaxed);
            if cx.cancel.is_cancelled() || steps >= STEPS_OF_ALL {
                return false;
            }
            self.clock().sleep(STEP).await;
        }
        is_so()
    }

    /// What the guard says of this change alone; nothing where it is none, or would be refused for another reason, which is said elsewhere.
    pub(super) async fn judge_alone(
        &self,
        document: &Document,
        request: &ChangeRequest,
        scope: PlanScope,
    ) -> Result<Diagnostics, Diagnostics> {
        let Some(guard) = &self.guard else {
            return Ok(Diagnostics::new());
        };
        let cluster = &self.cluster().name;
        let resources = [request.label()];
        if request.texts.is_empty() {
            let changes = self.changes(document, request).unwrap_or_default();
            if changes.is_empty() {
                return Ok(Diagnostics::new());
            }
            let intention = Intention {
                cluster,
                before: document,
                changes: &changes,
                resources: &resources,
                keeps_others: request.keeps_others(),
                keeps_access: request.keeps_access,
                scope,
            };
            return guard.preview(intention).await;
        }
        let Some(write) = self.planned_write(document, request) else {
            return Ok(Diagnostics::new());
        };
        let proposal = Proposal {
            cluster,
            before: document.data(),
            after: &write.after,
            resources: &resources,
            keeps_others: request.keeps_others(),
            keeps_access: request.keeps_access,
        };
        guard.judge(proposal).await
    }

    /// The write that this change alone would be; `None` where it is none, or would be refused for another reason, which is said elsewhere.
    pub(super) fn planned_write(
        &self,
        document: &Document,
        request: &ChangeRequest,
    ) -> Option<DocumentWrite> {
        let write = self.write_alone(document, request).ok()?;
        (!write.is_empty()).then_some(write)
    }

    /// The write that this change alone would be.
    ///
    /// # Errors
    /// What the document has against it.
    pub(super) fn write_alone(
        &self,
        document: &Document,
        request: &ChangeRequest,
    ) -> Result<DocumentWrite, Diagnostics> {
        let cluster = self.cluster();
        let texts = with_sections_replaced(document, std::iter::once(request), cluster)
            .map_err(|refusals| refusals.into_values().next().unwrap_or_default())?;
        let base = texts.as_ref().unwrap_or(document);
        let after = match self.changes(base, request)?.as_slice() {
            [] => base.data().clone(),
            changes => {
                let edited = edit(base.data(), changes);
                let edited = edited.map_err(|reason| uneditable(cluster, &reason))?;
                with_section_texts(base.data(), edited.sections)
            }
        };
        Ok(DocumentWrite::between(document, after))
    }

    /// What this change alone would change in the document.
    ///
    /// # Errors
    /// What the document has against it.
    fn changes(
        &self,
        document: &Document,
        request: &ChangeRequest,
    ) -> Result<Vec<Change>, Diagnostics> {
        Ok(self.verdict_alone(document, request)?.changes)
    }

    /// What this request alone amounts to.
    ///
    /// # Errors
    /// What the document has against it.
    pub(super) fn verdict_alone(
        &self,
        document: &Document,
        request: &ChangeRequest,
    ) -> Result<Verdict, Diagnostics> {
        let relations = Relations::between(std::iter::once(request));
        let judge = Judge {
            document,
            cluster: self.cluster(),
            relations: &relations,
            is_held: &|_| false,
            undo: &BTreeMap::new(),
            put_back: &BTreeSet::new(),
            maybe_written: false,
        };
        judge.request(request)
    }
}
