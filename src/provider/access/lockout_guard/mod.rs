//! The lock-out guard of one cluster: judges a change of aws-auth by the rules of `eksauth_core::access::lockout`, on the document just read.
//!
//! It asks nothing while nobody loses anything. Otherwise it asks who acts (the API server, else the configuration) and who has an access entry, and step
//! by step what the judgement turns on: roles and users of IAM, RBAC, nodes, single access entries ([`GUARD_READS`](super::permissions::GUARD_READS)),
//! once for all who ask within a moment. What may not be read is said and never guessed.

mod access_entries;
mod acknowledged;
mod between;
mod changed_roles;
mod diagnostics;
mod entries;
pub(crate) mod expected;
mod facts;
mod inquiry;
mod mode;
mod own_rights;
mod rbac;
mod rbac_reading;
mod together;
mod way_back;
mod write;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{
    AccessChange, Admins, Assessment, Baseline, Circumstances, Finding, FindingId, Loses, Severity,
    compare, protected_without_access, refuse_losses,
};
use eksauth_core::access::report::{Appliers, refusal_table};
use eksauth_core::aws_auth::Reading;
use eksauth_core::principal::partition::Partition;
use tf_provider::Diagnostics;

use crate::access::access_turn::{AccessTurn, HeldTurn};
use crate::access::cluster_access::authentication_mode;
use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::aws_auth::{self, Document, Guard, Intention, PlanScope, Proposal};
use crate::clusters::FoundCluster;
use crate::config::{LockoutGuard, Settings};
use crate::ports::{ClusterAccess, EksApi, KubeApi};
use crate::session::Session;
use crate::session::recent::{MOMENT, Recent};

pub(crate) use access_entries::{EntryProposal, JudgedEntry};
pub use between::{Applying, Between, JudgedBetween};
use diagnostics::Judgement;
pub(crate) use diagnostics::is_refusal;
use entries::EntryReads;
use facts::{Facts, LaterFacts};
use inquiry::{Judged, Known};
pub use mode::mode_changes;
pub(crate) use mode::{JudgedMode, ModeProposal};
pub(crate) use rbac::{BeforeRbac, JudgedRbac, RbacProposal};
use way_back::ChangeOf;
use write::JudgedWrite;

/// So many sets of administrators are kept of one document: a judgement learns in a few steps.
const MOST_KEPT: usize = 8;

/// The guard of one cluster.
pub struct ClusterGuard {
    cluster: String,
    region: String,
    account: String,
    partition: Option<Partition>,
    /// The mode that the cluster was found in.
    mode: AuthenticationMode,
    created_at: Option<i64>,
    access: ClusterAccess,
    session: Arc<Session>,
    kube: Arc<dyn KubeApi>,
    eks: Arc<dyn EksApi>,
    roles: Arc<RoleListing>,
    role_listing_credentials: RoleListingCredentials,
    entries: EntryReads,
    facts: Recent<Facts>,
    later: LaterFacts,
    turn: Arc<AccessTurn>,
    /// The changes of RBAC by this configuration that its readings know of.
    seen_rbac_changes: AtomicU64,
    /// The write of aws-auth that was let pass last, until it is judged again.
    judged_write: Mutex<Option<JudgedWrite>>,
    /// The changes of access entries by this configuration that its readings know of.
    seen_entry_changes: AtomicU64,
    /// Whether it was said that a protected principal has no access: once is enough.
    has_said_protected: AtomicBool,
    /// The document that a plan looked at last, arranged for the next question about it.
    planned: tokio::sync::Mutex<Option<Arc<Planned>>>,
}

/// A document as a plan saw it.
struct Planned {
    /// uid and resourceVersion; `None` where there is no ConfigMap.
    version: Option<(String, String)>,
    /// The access entries that it was arranged with.
    entries: Knowledge<Vec<AccessEntry>>,
    /// When it was arranged: what was read for its judgements is believed as long.
    at: SystemTime,
    baseline: Baseline,
    /// The administrators, once somebody would lose something: by what is known; the newest last.
    admins: Mutex<VecDeque<(Known, Arc<Admins>)>>,
}

impl Planned {
    /// The administrators under circumstances; shared by all who know the same.
    fn admins(&self, circumstances: &Circumstances, known: &Known) -> Arc<Admins> {
        let mut admins = self.admins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = admins.iter().find(|(of, _)| of == known) {
            return found.clone();
        }
        let found = Arc::new(self.baseline.admins(circumstances));
        if admins.len() >= MOST_KEPT {
            admins.pop_front();
        }
        admins.push_back((known.clone(), found.clone()));
        found
    }
}

impl ClusterGuard {
    /// The guard, unless the provider block turns it off.
    pub fn new(
        session: Arc<Session>,
        cluster: &FoundCluster,
        kube: Arc<dyn KubeApi>,
        roles: Arc<RoleListing>,
    ) -> Option<Self> {
        (session.settings().lockout_guard != LockoutGuard::Off).then(|| Self {
            cluster: cluster.reference.name.clone(),
            region: cluster.reference.region.clone(),
            account: cluster.account.clone(),
            partition: Partition::parse(&cluster.partition).ok(),
            mode: authentication_mode(cluster),
            created_at: cluster.cluster.created_at,
            access: cluster.access.clone(),
            role_listing_credentials: RoleListingCredentials::for_cluster(cluster),
            session,
            kube,
            eks: cluster.eks(),
            roles,
            entries: EntryReads::default(),
            facts: Recent::default(),
            later: LaterFacts::default(),
            turn: Arc::default(),
            seen_rbac_changes: AtomicU64::default(),
            judged_write: Mutex::default(),
            seen_entry_changes: AtomicU64::default(),
            has_said_protected: AtomicBool::new(false),
            planned: tokio::sync::Mutex::default(),
        })
    }

    /// The same, which shares its turns with others who take access away in the cluster.
    pub(crate) fn taking_turns(self, turn: Arc<AccessTurn>) -> Self {
        Self { turn, ..self }
    }

    fn settings(&self) -> &Settings {
        self.session.settings()
    }

    async fn facts(&self) -> Arc<Facts> {
        let clock = self.session.clock().as_ref();
        self.facts.get(clock, || self.read_facts()).await
    }

    /// The document arranged for questions, once for all who ask about the same one.
    async fn planned(&self, document: &Document) -> Arc<Planned> {
        let version = document
            .config_map()
            .map(|map| (map.uid.clone(), map.resource_version.clone()));
        let (mode, entries) = (self.mode(), self.undescribed_entries().await);
        let now = self.session.clock().now();
        let mut planned = self.planned.lock().await;
        let is_recent =
            |planned: &Planned| now.duration_since(planned.at).is_ok_and(|age| age < MOMENT);
        if let Some(planned) = planned.as_ref().filter(|planned| {
            planned.version == version
                && planned.baseline.view().mode == mode
                && planned.entries == entries
                && is_recent(planned)
        }) {
            return planned.clone();
        }
        let fresh = Arc::new(Planned {
            version,
            baseline: Baseline::new(ClusterView {
                mode,
                aws_auth: Knowledge::Known(document.reading().clone()),
                access_entries: entries.clone(),
            }),
            entries,
            at: now,
            admins: Mutex::default(),
        });
        *planned = Some(fresh.clone());
        fresh
    }

    fn say(
        &self,
        judged: &Judged,
        facts: &Facts,
        asked: AskedBy<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let Judged { assessment, unread } = judged;
        // The destruction of a whole map writes nothing, so what it writes takes nothing down.
        let is_of_map = |label: &String| label.starts_with("`eksauth_aws_auth`");
        let is_teardown = is_teardown(assessment, asked.is_removal)
            && !asked.keeps_others
            && !asked.resources.iter().any(is_of_map);
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
            resources: asked.resources,
            assessment,
            is_of_rbac: asked.of.is_rbac(),
            is_teardown,
            acknowledgements: &self.settings().acknowledgements,
        };
        let said = |severity| -> Vec<&Finding> {
            assessment
                .of_severity(severity)
                .into_iter()
                .filter(|finding| self.is_said(finding, is_teardown))
                .collect()
        };
        let (errors, warnings) = (said(Severity::Error), said(Severity::Warning));
        let meant = self.meant(assessment, is_teardown);
        if asked.moment == Moment::Plan {
            self.turn.plan().untold(errors.clone());
            self.turn.plan().unacknowledged(meant.clone());
        }
        let refuses = self.settings().lockout_guard != LockoutGuard::Warn;
        if refuses && errors.iter().any(|finding| asked.scope.refuses(finding.id)) {
            let mut hints = hints(self.mode(), &errors, unread);
            hints.extend(
                facts
                    .caller
                    .beside_the_rules(self.mode(), &assessment.comparisons),
            );
            return Err(match asked.moment {
                Moment::Plan | Moment::Write => judgement.refusal(&errors, &hints),
                Moment::Done => judgement.found_after(&errors, &hints),
            });
        }
        let findings: Vec<&Finding> = errors.into_iter().chain(warnings).collect();
        self.note_said(&findings);
        let mut told = match refuses {
            true => judgement.warnings_of_refusal(&findings, unread),
            false => judgement.warnings(&findings, unread),
        };
        told.extend(match asked.moment {
            Moment::Plan => self.acknowledged_plan(&judgement, &meant),
            Moment::Write => self.acknowledged_write(&judgement, &meant, asked.of),
            Moment::Done => Diagnostics::new(),
        });
        Ok(told)
    }

    fn protected(&self) -> Vec<Principal> {
        let arns = self.settings().protected_principals.iter();
        arns.map(|arn| Principal::from_arn(arn)).collect()
    }

    /// What is said at once of protected principals that nothing lets in, where aws-auth alone decides; elsewhere it is said once entries are read.
    fn protected_without_access(&self, view: &ClusterView) -> Diagnostics {
        let protected = self.protected();
        if protected.is_empty() || self.mode() != AuthenticationMode::ConfigMap {
            return Diagnostics::new();
        }
        let found = protected_without_access(view, &self.cluster, &protected);
        let findings: Vec<&Finding> = found
            .iter()
            .filter(|finding| self.is_said(finding, false))
            .collect();
        self.note_said(&findings);
        let mut said = Diagnostics::new();
        for finding in findings {
            said.push(diagnostics::protected_without_access(finding));
        }
        said
    }

    /// What is said of protected principals is not said again.
    fn note_said(&self, findings: &[&Finding]) {
        if findings
            .iter()
            .any(|finding| finding.id == FindingId::ProtectedHasNone)
        {
            self.has_said_protected.store(true, Ordering::Relaxed);
        }
    }

    /// Notes at plan what alone may take what makes an administrator, or concerns whoever acts.
    fn note_power(&self, assessment: &Assessment, resources: &[String]) {
        let turns_on = assessment.turns_on;
        if turns_on.admins || turns_on.power || turns_on.own_power {
            self.turn.plan().note_power(resources);
        }
    }

    /// Neither acknowledged, nor suppressed (a warning only: what would be refused is acknowledged one by one).
    fn is_said(&self, finding: &Finding, is_teardown: bool) -> bool {
        let is_old = finding.id == FindingId::ProtectedHasNone
            && self.has_said_protected.load(Ordering::Relaxed);
        if is_old || self.is_meant(finding, is_teardown) {
            return false;
        }
        finding.severity == Severity::Error
            || !self
                .settings()
                .suppress_findings
                .contains(finding.id.as_str())
    }
}

impl ClusterGuard {
    /// What RBAC decides is read anew: something of it was made.
    pub(crate) async fn forget_rbac(&self) {
        self.later.forget_rbac().await;
    }

    /// What was read of RBAC before this configuration changed some of it is not believed any more.
    async fn forget_changed_rbac(&self) {
        let changes = self.turn.rbac_changes();
        if self.seen_rbac_changes.swap(changes, Ordering::AcqRel) != changes {
            self.later.forget_rbac().await;
        }
    }
}

#[async_trait]
impl Guard for ClusterGuard {
    async fn turn(&self) -> Option<HeldTurn> {
        let held = self.turn.take().await;
        self.forget_changed_rbac().await;
        self.forget_written_entries().await;
        Some(held)
    }

    async fn judge(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        self.judge_write(proposal).await
    }

    async fn judge_after(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        self.judge_write_after(proposal).await
    }

    async fn preview_together(&self, planned: aws_auth::Planned<'_>) -> Diagnostics {
        self.note_of_aws_auth(planned).await
    }

    async fn preview(&self, intention: Intention<'_>) -> Result<Diagnostics, Diagnostics> {
        let planned = self.planned(intention.before).await;
        if !planned.baseline.may_take_away(intention.changes) {
            let view = planned.baseline.view();
            return Ok(self.protected_without_access(view));
        }
        let facts = self.facts().await;
        let baseline = &planned.baseline;
        let mut judged = self
            .judged_by(&facts, |circumstances, known| {
                let admins = planned.admins(circumstances, known);
                baseline.assess(intention.changes, circumstances, &admins)
            })
            .await;
        if intention.keeps_access {
            refuse_losses(&mut judged.assessment, Loses::Anything);
        }
        self.note_power(&judged.assessment, intention.resources);
        let asked = AskedBy {
            resources: intention.resources,
            keeps_others: intention.keeps_others,
            is_removal: false,
            of: ChangeOf::AwsAuth,
            scope: intention.scope,
            moment: Moment::Plan,
        };
        self.say(&judged, &facts, asked)
    }
}

/// Whose change it is.
#[derive(Clone, Copy)]
struct AskedBy<'a> {
    resources: &'a [String],
    keeps_others: bool,
    /// Whether it is known to take away alone: a group that is bound to less is another one in the comparison.
    is_removal: bool,
    /// What is changed.
    of: ChangeOf<'a>,
    scope: PlanScope,
    moment: Moment,
}

/// When a change is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It is planned.
    Plan,
    /// It is about to be made.
    Write,
    /// It was made, and is judged by what there is now.
    Done,
}

impl PlanScope {
    /// Whether nothing else of the same apply can make up for what was found.
    fn refuses(self, id: FindingId) -> bool {
        match self {
            Self::Alone => true,
            Self::OneEntry => id != FindingId::LastAdmin,
            Self::Others => false,
        }
    }
}

/// Whether a change takes access away and does nothing else, as where a whole configuration goes. A change of the mode is none: nothing brings it back.
/// Of a change that is known to be a removal, as one of bindings, the comparison does not decide: whoever is bound to less is another one in it.
pub fn is_teardown(assessment: &Assessment, is_removal: bool) -> bool {
    let is_of_mode = |finding: &Finding| finding.id == FindingId::ModeIgnoresAwsAuth;
    if assessment.findings.iter().any(is_of_mode) {
        return false;
    }
    let mut changes = assessment
        .comparisons
        .iter()
        .map(|comparison| comparison.change);
    is_removal
        || !changes.any(|change| matches!(change, AccessChange::Gains | AccessChange::Changes))
}

/// Who gains, loses or changes between two readings of aws-auth, as a table.
pub(crate) fn gains(
    mode: AuthenticationMode,
    access_entries: Knowledge<Vec<AccessEntry>>,
    before: &Reading,
    after: &Reading,
) -> String {
    let view = |reading: &Reading| ClusterView {
        mode,
        aws_auth: Knowledge::Known(reading.clone()),
        access_entries: access_entries.clone(),
    };
    let comparisons = compare(&view(before), &view(after));
    refusal_table(&comparisons, Appliers::default())
}

/// What the reader should know beside the findings.
fn hints(mode: AuthenticationMode, errors: &[&Finding], unread: &[String]) -> Vec<String> {
    let mut hints: Vec<String> = unread
        .iter()
        .map(|reason| format!("Not judged: {reason}."))
        .collect();
    let is_about_admins = errors.iter().any(|finding| {
        matches!(
            finding.id,
            FindingId::LastAdmin | FindingId::RunningIdentity
        )
    });
    if mode == AuthenticationMode::ConfigMap && is_about_admins {
        hints.push(
            "In mode CONFIG_MAP the cluster's creator may have an admin access that no API shows; it is not counted here.".to_owned(),
        );
    }
    hints
}

#[cfg(test)]
mod tests;
