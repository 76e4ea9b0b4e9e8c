//! What a plan can say of a change before it is made: the guard's judgement on the document as this run saw it.
//!
//! Terraform plans one object at a time, so what a change does alone is all that is known here. Another change of the same apply may make
//! up for a removal, which is therefore warned of; the whole batch is judged again at the write.

use std::collections::BTreeMap;

use eksauth_core::aws_auth::Change;
use tf_provider::{Context, Diagnostic, Diagnostics};

use super::document::Document;
use super::guard::Intention;
use super::judge::Judge;
use super::pending::Relations;
use super::wish::Wish;
use super::writer::Writer;
use crate::client::Client;

/// Whether other changes of the apply can make up for this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// The change does all of it by itself: what would be refused at the write is refused at plan.
    Alone,
    /// Another change may make up for it: what would be refused at the write is warned of.
    Others,
}

impl Writer {
    /// Says what the guard thinks of a change.
    ///
    /// # Errors
    /// The guard's refusal of a change that nothing else can make up for.
    pub(crate) async fn foresee(
        &self,
        cx: &Context<Client>,
        document: &Document,
        wish: &Wish,
        company: Company,
    ) -> Result<(), Diagnostics> {
        let (Some(guard), Some(changes)) = (&self.guard, self.changes(document, wish)) else {
            return Ok(());
        };
        let resources = [wish.label()];
        let intention = Intention {
            cluster: &self.cluster().name,
            before: document,
            changes: &changes,
            resources: &resources,
        };
        let said = match (guard.foresee(intention).await, company) {
            (Ok(remarks), _) => remarks,
            (Err(reasons), Company::Alone) => return Err(reasons),
            (Err(reasons), Company::Others) => reasons,
        };
        for diagnostic in said {
            cx.add(Diagnostic::warning(diagnostic.summary, diagnostic.detail));
        }
        Ok(())
    }

    /// What this change alone would change in the document; `None` where that is nothing, or where it would be refused for another reason, which
    /// is said elsewhere.
    fn changes(&self, document: &Document, wish: &Wish) -> Option<Vec<Change>> {
        let relations = Relations::of(std::iter::once(wish));
        let judge = Judge {
            document,
            cluster: self.cluster(),
            handed_over: &relations.handed_over,
            vacated: &relations.vacated,
            is_held: &|_| false,
            undo: &BTreeMap::new(),
            maybe_written: false,
        };
        let verdict = judge.wish(wish).ok()?;
        (!verdict.changes.is_empty()).then_some(verdict.changes)
    }
}
