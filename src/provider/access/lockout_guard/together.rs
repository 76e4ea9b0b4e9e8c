//! What changes of one plan do together that none of them does alone: an entry of aws-auth, and a binding or an access entry by which another one enters.
//!
//! It is warned of and not refused: the change that makes up for it may be planned later. Apply judges each write by what is there then, and refuses the one that would
//! be the last. Nothing is asked unless two changes of different resources take something that counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eksauth_core::access::change::{AwsAuthChange, ClusterChange, PutEntry};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::lockout::{Assessment, Finding, Severity};
use eksauth_core::aws_auth::{Change, Entry, ReadEntry, Reading, Section};
use tf_provider::Diagnostics;

use super::access_entries::ChangingEntries;
use super::between::TwoStates;
use super::diagnostics::Judgement;
use super::{
    Applying, BeforeRbac, ClusterGuard, EntryProposal, JudgedBetween, RbacProposal, is_teardown,
};
use crate::access::access_plan::{EntryBefore, NotedChange, in_order};
use crate::aws_auth::Planned;
use crate::config::LockoutGuard;

/// What is found together waits so long for the plan of a change that makes up for it.
const PATIENCE: Duration = Duration::from_millis(250);

/// Resources that are named; of more it is said how many.
const MOST_NAMED: usize = 10;

impl ClusterGuard {
    /// Notes a planned change of aws-auth, and says what it does with others.
    pub(super) async fn note_of_aws_auth(&self, planned: Planned<'_>) -> Diagnostics {
        let arranged = self.planned(planned.before).await;
        let texts = texts(&planned);
        let takes = !texts.is_empty() || arranged.baseline.may_take_away(planned.changes);
        let plan = self.turn.plan();
        if !texts.is_empty() {
            plan.note_power(&[planned.resource.to_owned()]);
        }
        let reading = planned.before.reading();
        let mut changes: Vec<AwsAuthChange> = planned
            .changes
            .iter()
            .filter_map(|change| in_words(reading, change))
            .collect();
        if !texts.is_empty() {
            changes.push(AwsAuthChange::ReplaceSections(texts));
        }
        let is_worth_judging = plan.note(NotedChange {
            resource: planned.resource.to_owned(),
            changes: changes.into_iter().map(ClusterChange::AwsAuth).collect(),
            takes,
            keeps_others: planned.keeps_others,
            entry: None,
        });
        match is_worth_judging {
            true => self.judge_together(arranged.baseline.view()).await,
            false => Diagnostics::new(),
        }
    }

    /// Notes a planned change of roles and bindings that was let pass, and says what it does with others.
    pub(crate) async fn note_of_rbac(
        &self,
        proposal: &RbacProposal<'_>,
        before: Option<&BeforeRbac>,
    ) -> Diagnostics {
        let is_worth_judging = self.turn.plan().note(NotedChange {
            resource: proposal.resource.to_owned(),
            changes: proposal.changes.to_vec(),
            takes: before.is_some_and(|before| before.may_lose_by(proposal.changes)),
            keeps_others: !proposal.is_teardown,
            entry: None,
        });
        if !is_worth_judging {
            return Diagnostics::new();
        }
        match before.and_then(BeforeRbac::view) {
            Some(view) => self.judge_together(view).await,
            // By itself it takes nothing from anybody, so it was not read who enters.
            None => self.judge_together(&self.view_of_plan().await).await,
        }
    }

    /// Notes a planned change of an access entry that was let pass, and says what it does with others. `changes` is what it does beside others.
    pub(crate) async fn note_of_entry(
        &self,
        proposal: &EntryProposal<'_>,
        changes: Vec<ClusterChange>,
    ) -> Diagnostics {
        let is_worth_judging = self.turn.plan().note(NotedChange {
            resource: proposal.resource.to_owned(),
            changes,
            takes: self.entry_change_may_take(proposal),
            keeps_others: !proposal.is_teardown,
            entry: Some(EntryBefore {
                principal: proposal.principal.clone(),
                entry: proposal.before.cloned(),
            }),
        });
        if !is_worth_judging {
            return Diagnostics::new();
        }
        let view = ClusterView {
            mode: self.mode(),
            aws_auth: proposal.aws_auth.clone(),
            access_entries: self.undescribed_entries().await,
        };
        self.judge_together(&view).await
    }

    /// What the changes that were planned until now do together, as far as nobody was told of it.
    pub(super) async fn judge_together(&self, view: &ClusterView) -> Diagnostics {
        let plan = self.turn.plan();
        let mut last = plan.judged.lock().await;
        let mut noted = plan.changes();
        if *last == noted.len() {
            return Diagnostics::new();
        }
        *last = noted.len();
        let mut judged = self.judged_together(view, &noted).await;
        let untold = |judged: &JudgedBetween, noted: &[NotedChange]| {
            let grave = self.grave_together(&judged.assessment, noted);
            let meant = self.meant_together(&judged.assessment, noted);
            grave.into_iter().any(|finding| !plan.is_told(finding))
                || meant
                    .into_iter()
                    .any(|finding| !plan.is_acknowledged(finding))
        };
        if !untold(&judged, &noted) {
            return Diagnostics::new();
        }
        self.session.clock().sleep(PATIENCE).await;
        let later = plan.changes();
        if later != noted {
            noted = later;
            *last = noted.len();
            judged = self.judged_together(view, &noted).await;
        }
        let findings = Together {
            grave: plan.untold(self.grave_together(&judged.assessment, &noted)),
            meant: plan.unacknowledged(self.meant_together(&judged.assessment, &noted)),
        };
        match findings.grave.is_empty() && findings.meant.is_empty() {
            true => Diagnostics::new(),
            false => self.say_together(&judged, &findings, &noted).await,
        }
    }

    async fn judged_together(&self, view: &ClusterView, noted: &[NotedChange]) -> JudgedBetween {
        let changes = in_order(noted);
        let (before, unread) = self.state_of_plan(view, &changes).await;
        let states = TwoStates {
            entries: match before.view.access_entries {
                Knowledge::Known(_) => ChangingEntries::default(),
                Knowledge::Unreadable(_) => changing(noted, &changes),
            },
            after: before.after(&changes),
            before,
            unread,
        };
        let who = (&Applying::default(), &BTreeSet::new());
        self.judge_states(states, who).await
    }

    fn grave_together<'a>(
        &self,
        assessment: &'a Assessment,
        noted: &[NotedChange],
    ) -> Vec<&'a Finding> {
        let is_teardown = is_teardown_of(assessment, noted);
        let errors = assessment.of_severity(Severity::Error).into_iter();
        errors
            .filter(|finding| self.is_said(finding, is_teardown))
            .collect()
    }

    /// Those that were acknowledged.
    fn meant_together<'a>(
        &self,
        assessment: &'a Assessment,
        noted: &[NotedChange],
    ) -> Vec<&'a Finding> {
        self.meant(assessment, is_teardown_of(assessment, noted))
    }

    async fn say_together(
        &self,
        judged: &JudgedBetween,
        findings: &Together<'_>,
        noted: &[NotedChange],
    ) -> Diagnostics {
        let facts = self.facts().await;
        let running: Vec<String> = facts
            .running
            .iter()
            .map(|principal| principal.arn.clone())
            .collect();
        let judgement = Judgement {
            cluster: &self.cluster,
            running: &running,
            you: facts.you(),
            enters_by: facts.enters_by(self.mode()),
            mode: self.mode(),
            resources: &named(noted),
            assessment: &judged.assessment,
            is_of_rbac: noted.iter().any(NotedChange::is_of_rbac),
            is_teardown: is_teardown_of(&judged.assessment, noted),
            acknowledgements: &self.settings().acknowledgements,
        };
        let refuses = self.settings().lockout_guard != LockoutGuard::Warn;
        let mut told = Diagnostics::new();
        if !findings.grave.is_empty() {
            told.push(judgement.found_together(&findings.grave, &judged.unread, refuses));
        }
        told.extend(self.acknowledged_plan(&judgement, &findings.meant));
        told
    }
}

/// What nobody was told of yet.
struct Together<'a> {
    grave: Vec<&'a Finding>,
    meant: Vec<&'a Finding>,
}

/// The access entries that change, as they are.
fn changing(noted: &[NotedChange], changes: &[ClusterChange]) -> ChangingEntries {
    let entries = noted.iter().filter_map(|one| one.entry.clone());
    let of_entries = changes
        .iter()
        .filter(|change| matches!(change, ClusterChange::AccessEntry(_)));
    ChangingEntries {
        before: entries
            .map(|before| (before.principal, before.entry))
            .collect(),
        changes: of_entries.cloned().collect(),
    }
}

fn is_teardown_of(assessment: &Assessment, noted: &[NotedChange]) -> bool {
    let has_bindings = noted.iter().any(NotedChange::is_of_rbac);
    is_teardown(assessment, has_bindings) && !noted.iter().any(|one| one.keeps_others)
}

/// The resources that take something.
fn named(noted: &[NotedChange]) -> Vec<String> {
    let taking: BTreeSet<&String> = noted
        .iter()
        .filter(|one| one.takes)
        .map(|one| &one.resource)
        .collect();
    let more = taking.len().saturating_sub(MOST_NAMED);
    let mut named: Vec<String> = taking.into_iter().take(MOST_NAMED).cloned().collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named
}

fn texts(planned: &Planned<'_>) -> BTreeMap<Section, Option<String>> {
    let texts = planned.texts.iter();
    texts.map(|text| (text.section, text.to.clone())).collect()
}

/// A change by places in the document as one by what stands there, which holds beside others.
fn in_words(reading: &Reading, change: &Change) -> Option<AwsAuthChange> {
    let standing = |section: Section, index: usize| -> Option<Entry> {
        let mut entries = reading.section(section).iter();
        let found = entries.find(|entry| entry.index == index)?;
        ReadEntry::to_entry(found)
    };
    Some(match change {
        Change::Add(entry) => AwsAuthChange::Put(PutEntry {
            entry: entry.clone(),
            prior: None,
            overwrites: true,
        }),
        Change::Replace {
            section,
            index,
            entry,
        } => AwsAuthChange::Put(PutEntry {
            entry: entry.clone(),
            prior: standing(*section, *index),
            overwrites: true,
        }),
        Change::Remove { section, index, .. } => AwsAuthChange::Remove(standing(*section, *index)?),
    })
}
