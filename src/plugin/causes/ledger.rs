//! Who told which cause, and what the others say instead.
//!
//! A cause that was told excuses nobody for ever: the error is owed to each plan anew. It counts as told by the same walk only while it is met
//! again and again, while the walk stays what it is, and until the same object is asked about again.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::diagnostics::{failed_alike, not_checked};
use super::phase::{Evidence, Phase};
use crate::cause::Cause;
use crate::claims::Claims;
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::value::Value;

/// A plan whose question begins later than this after the cause was last met is another one, and tells it anew.
const PLAN_GAP: Duration = Duration::from_secs(30);
/// The same for what fails in any case, and only says less.
const GAP: Duration = Duration::from_secs(600);

/// A step of Terraform's, as far as it matters what may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rpc {
    /// A managed resource is read.
    Read,
    /// A managed resource is planned.
    Plan,
    /// A managed resource is changed.
    Apply,
    /// A managed resource is imported.
    Import,
    /// A data source is read or an ephemeral resource is opened: a failure of it need not fail the walk (a `check` block has data sources).
    Data,
}

/// What is asked, and since when.
pub(crate) struct Question<'a> {
    pub(crate) rpc: Rpc,
    /// The type of the object.
    pub(crate) name: &'a str,
    /// The state that is asked about; null for what is not there yet.
    pub(crate) before: &'a Value,
    pub(crate) began: Instant,
}

impl<'a> Question<'a> {
    pub(crate) fn new(rpc: Rpc, name: &'a str, before: &'a Value) -> Self {
        Self {
            rpc,
            name,
            before,
            began: Instant::now(),
        }
    }

    /// One object is asked once in a walk. Of what is not there yet, there may be many alike.
    fn digest(&self) -> Option<u64> {
        let is_alone = matches!(self.rpc, Rpc::Read | Rpc::Plan | Rpc::Apply);
        (is_alone && !self.before.is_null()).then(|| {
            let mut hasher = DefaultHasher::new();
            (self.rpc, self.name, format!("{:?}", self.before)).hash(&mut hasher);
            hasher.finish()
        })
    }
}

/// What came of a step.
pub(crate) struct Outcome<T> {
    /// The messages beside the result.
    pub(crate) notes: Diagnostics,
    pub(crate) result: Result<T, Diagnostics>,
    /// What the step can answer in place of an error.
    pub(crate) kept: Option<T>,
}

/// An outcome after everybody was asked who told what.
pub(crate) struct Settled<T> {
    pub(crate) diagnostics: Diagnostics,
    /// `None`: the step failed.
    pub(crate) answer: Option<T>,
}

/// The causes that one configuration met, and who told them.
#[derive(Clone, Default)]
pub struct Causes(Arc<Mutex<Ledger>>);

#[derive(Default)]
struct Ledger {
    evidence: Evidence,
    told: BTreeMap<(bool, String), Told>,
}

/// A cause that was told in full.
struct Told {
    /// The title it was told under.
    title: String,
    /// True if a managed resource failed with it, which no plan survives.
    fails_the_plan: bool,
    /// Who met it since.
    met_by: BTreeSet<u64>,
    last: Instant,
}

/// How an object tells a cause.
#[derive(Clone)]
enum Telling {
    InFull,
    /// Another one told it under this title.
    Briefly(String),
    /// The same, and the plan fails with that one's error.
    AsWarning(String),
}

impl Causes {
    /// Notes what a step says of the walk.
    pub(crate) fn note(&self, rpc: Rpc) {
        let phase = match rpc {
            Rpc::Read | Rpc::Import => Phase::Plan,
            Rpc::Apply => Phase::Apply,
            Rpc::Plan | Rpc::Data => return,
        };
        let mut ledger = self.ledger();
        if ledger.evidence.note(phase) {
            ledger.told.clear();
        }
    }

    /// What an object answers. `kept` is its answer where nothing but causes that fail the plan elsewhere kept it from a better one. A warning with
    /// a cause is said by the first only.
    pub(crate) fn settle<T>(
        &self,
        question: &Question<'_>,
        claims: &Claims,
        outcome: Outcome<T>,
    ) -> Settled<T> {
        let Outcome {
            mut notes,
            result,
            kept,
        } = outcome;
        let answer = match result {
            Ok(answer) => Some(answer),
            Err(errors) => {
                notes.extend(errors);
                None
            }
        };
        let diagnostics = self.told(question, claims, notes, kept.is_some());
        let kept = kept.filter(|_| !diagnostics.has_errors());
        Settled {
            answer: answer.or(kept),
            diagnostics,
        }
    }

    fn told(
        &self,
        question: &Question<'_>,
        claims: &Claims,
        diagnostics: Diagnostics,
        has_answer: bool,
    ) -> Diagnostics {
        let now = Instant::now();
        if diagnostics.iter().all(|one| one.cause.is_none()) {
            return diagnostics;
        }
        let mut ledger = self.ledger();
        let may_warn = has_answer && ledger.may_warn(question.rpc, claims);
        let mut tellings: BTreeMap<(bool, String), Telling> = BTreeMap::new();
        let mut settled = Diagnostics::new();
        for diagnostic in diagnostics {
            let Some(cause) = diagnostic.cause.clone() else {
                settled.push(diagnostic);
                continue;
            };
            let is_error = diagnostic.severity == Severity::Error;
            let telling = tellings
                .entry((is_error, cause.key.clone()))
                .or_insert_with(|| ledger.telling(now, question, &diagnostic, &cause, may_warn));
            match telling {
                Telling::InFull => settled.push(diagnostic),
                _ if !is_error => {}
                Telling::Briefly(title) => settled.push(failed_alike(&cause, title)),
                Telling::AsWarning(title) => settled.push(not_checked(&cause, title)),
            }
        }
        settled
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Whether a step may answer with a warning: only in a plan, which another error fails.
    fn may_warn(&mut self, rpc: Rpc, claims: &Claims) -> bool {
        match rpc {
            Rpc::Read => true,
            Rpc::Plan => self.evidence.phase(claims) == Phase::Plan,
            Rpc::Apply | Rpc::Import | Rpc::Data => false,
        }
    }

    fn telling(
        &mut self,
        now: Instant,
        question: &Question<'_>,
        diagnostic: &Diagnostic,
        cause: &Cause,
        may_warn: bool,
    ) -> Telling {
        let key = (diagnostic.severity == Severity::Error, cause.key.clone());
        let fails_the_plan = question.rpc != Rpc::Data;
        let gap = if may_warn { PLAN_GAP } else { GAP };
        let digest = question.digest();
        if let Some(told) = self.told.get_mut(&key) {
            let is_late = question.began.saturating_duration_since(told.last) > gap;
            let is_asked_again = digest.is_some_and(|digest| !told.met_by.insert(digest));
            if !is_late && !is_asked_again {
                let title = told.title.clone();
                let is_excused = may_warn && told.fails_the_plan;
                told.last = now;
                told.fails_the_plan |= fails_the_plan;
                return if is_excused {
                    Telling::AsWarning(title)
                } else {
                    Telling::Briefly(title)
                };
            }
        }
        let told = Told {
            title: diagnostic.summary.clone(),
            fails_the_plan,
            met_by: digest.into_iter().collect(),
            last: now,
        };
        self.told.insert(key, told);
        Telling::InFull
    }
}
