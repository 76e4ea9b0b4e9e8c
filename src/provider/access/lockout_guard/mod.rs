//! The lock-out guard of one cluster: judges a change of aws-auth by the rules of `eksauth_core::access::lockout`, on the document just read.
//!
//! It asks nothing while nobody loses anything. Otherwise it reads, once for all who ask within a moment, who acts (by the API server, else by the
//! configuration), access entries and RBAC, and where the judgement turns on them nodes and the roles of IAM
//! ([`GUARD_READS`](super::permissions::GUARD_READS)). What may not be read is said and never guessed.

pub(crate) mod expected;
mod facts;
mod refusal;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{
    Admins, Assessment, Baseline, Circumstances, Finding, FindingId, Severity, TurnsOn, Unread,
    assess, compare, may_take_away, protected_without_access,
};
use eksauth_core::access::report::{Appliers, refusal_table};
use eksauth_core::aws_auth::{Reading, read};
use eksauth_core::principal::partition::Partition;
use tf_provider::Diagnostics;

use crate::access::cluster_access::{authentication_mode, list_access_entries};
use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::aws_auth::{Document, Guard, Intention, Proposal};
use crate::clusters::FoundCluster;
use crate::config::{LockoutGuard, Settings};
use crate::ports::{ClusterAccess, EksApi, KubeApi};
use crate::session::Session;
use crate::session::recent::Recent;

use facts::{Facts, LaterFacts};
use refusal::Judgement;

/// The guard of one cluster.
pub struct ClusterGuard {
    cluster: String,
    account: String,
    partition: Option<Partition>,
    mode: AuthenticationMode,
    access: ClusterAccess,
    session: Arc<Session>,
    kube: Arc<dyn KubeApi>,
    eks: Arc<dyn EksApi>,
    roles: Arc<RoleListing>,
    role_listing_credentials: RoleListingCredentials,
    entries: Recent<Knowledge<Vec<AccessEntry>>>,
    facts: Recent<Facts>,
    later: LaterFacts,
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
    entries: Arc<Knowledge<Vec<AccessEntry>>>,
    baseline: Baseline,
    /// The administrators, once somebody would lose something: by what was read to tell.
    admins: Mutex<HashMap<TurnsOn, Arc<Admins>>>,
}

impl Planned {
    /// The administrators under circumstances; shared by all who ask under the same ones. What was asked of single principals differs from change to change.
    fn admins(&self, circumstances: &Circumstances, turns_on: TurnsOn) -> Arc<Admins> {
        if !circumstances.described.is_empty() || !circumstances.reviewed.is_empty() {
            return Arc::new(self.baseline.admins(circumstances));
        }
        let mut known = self.admins.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(turns_on)
            .or_insert_with(|| Arc::new(self.baseline.admins(circumstances)))
            .clone()
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
            account: cluster.account.clone(),
            partition: Partition::parse(&cluster.partition).ok(),
            mode: authentication_mode(cluster),
            access: cluster.access.clone(),
            role_listing_credentials: RoleListingCredentials::for_cluster(cluster),
            session,
            kube,
            eks: cluster.eks(),
            roles,
            entries: Recent::default(),
            facts: Recent::default(),
            later: LaterFacts::default(),
            has_said_protected: AtomicBool::new(false),
            planned: tokio::sync::Mutex::default(),
        })
    }

    fn settings(&self) -> &Settings {
        self.session.settings()
    }

    async fn entries(&self) -> Arc<Knowledge<Vec<AccessEntry>>> {
        let clock = self.session.clock().as_ref();
        self.entries.get(clock, || self.read_entries()).await
    }

    async fn facts(&self) -> Arc<Facts> {
        let clock = self.session.clock().as_ref();
        self.facts.get(clock, || self.read_facts()).await
    }

    async fn read_entries(&self) -> Knowledge<Vec<AccessEntry>> {
        list_access_entries(self.eks.clone(), self.mode, &self.cluster).await
    }

    fn circumstances(&self, facts: &Facts) -> Circumstances {
        Circumstances {
            cluster: self.cluster.clone(),
            partition: self.partition,
            running: facts.running.clone(),
            acting: Some(facts.caller.acting.clone()),
            unread_caller: facts.caller.unread.clone(),
            protected: self.protected(),
            rbac: facts.rbac.clone(),
            unread: if self.settings().lockout_guard == LockoutGuard::Strict {
                Unread::Against
            } else {
                Unread::Open
            },
            ..Circumstances::default()
        }
    }

    /// Judges by what is known, and once more with whatever that turns on.
    async fn judged_by(
        &self,
        facts: &Facts,
        assess: impl Fn(&Circumstances, TurnsOn) -> Assessment,
    ) -> Judged {
        let mut circumstances = self.circumstances(facts);
        let mut unread = facts.unread.clone();
        let nothing = TurnsOn::default();
        let mut assessment = assess(&circumstances, nothing);
        if !assessment.undescribed.is_empty() {
            circumstances.described = self.describe(&assessment.undescribed).await;
            assessment = assess(&circumstances, nothing);
        }
        if !assessment.undescribed.is_empty()
            && let Knowledge::Unreadable(reason) = self.entries().await.as_ref()
        {
            unread.push(reason.clone());
        }
        if !assessment.unreviewed.is_empty() {
            circumstances.reviewed = self.review(&assessment.unreviewed).await;
            assessment = assess(&circumstances, nothing);
        }
        let turns_on = assessment.turns_on;
        if turns_on != nothing {
            self.add_later_facts(&mut circumstances, turns_on, &mut unread)
                .await;
            assessment = assess(&circumstances, turns_on);
        }
        Judged { assessment, unread }
    }

    /// The document arranged for questions, once for all who ask about the same one.
    async fn planned(&self, document: &Document) -> Arc<Planned> {
        let version = document
            .config_map()
            .map(|map| (map.uid.clone(), map.resource_version.clone()));
        let entries = self.entries().await;
        let mut planned = self.planned.lock().await;
        if let Some(planned) = planned
            .as_ref()
            .filter(|planned| planned.version == version && Arc::ptr_eq(&planned.entries, &entries))
        {
            return planned.clone();
        }
        let fresh = Arc::new(Planned {
            version,
            baseline: Baseline::new(ClusterView {
                mode: self.mode,
                aws_auth: Knowledge::Known(document.reading().clone()),
                access_entries: (*entries).clone(),
            }),
            entries,
            admins: Mutex::default(),
        });
        *planned = Some(fresh.clone());
        fresh
    }

    fn say(
        &self,
        judged: &Judged,
        facts: &Facts,
        resources: &[String],
    ) -> Result<Diagnostics, Diagnostics> {
        let Judged { assessment, unread } = judged;
        let running: Vec<String> = facts
            .running
            .iter()
            .map(|principal| principal.arn.clone())
            .collect();
        let judgement = Judgement {
            cluster: &self.cluster,
            running: &running,
            you: facts.you(),
            resources,
            assessment,
        };
        let said = |severity| -> Vec<&Finding> {
            assessment
                .of_severity(severity)
                .into_iter()
                .filter(|finding| self.is_said(finding))
                .collect()
        };
        let (errors, mut warnings) = (said(Severity::Error), said(Severity::Warning));
        if !errors.is_empty() && self.settings().lockout_guard != LockoutGuard::Warn {
            return Err(judgement.refusal(&errors, &hints(self.mode, &errors, unread)));
        }
        warnings.extend(errors);
        self.note_said(&warnings);
        Ok(judgement.warnings(&warnings, unread))
    }

    fn protected(&self) -> Vec<Principal> {
        let arns = self.settings().protected_principals.iter();
        arns.map(|arn| Principal::from_arn(arn)).collect()
    }

    /// What is said at once of protected principals that nothing lets in, where aws-auth alone decides; elsewhere it is said once entries are read.
    fn protected_without_access(&self, view: &ClusterView, resources: &[String]) -> Diagnostics {
        let protected = self.protected();
        if protected.is_empty() || self.mode != AuthenticationMode::ConfigMap {
            return Diagnostics::new();
        }
        let found = protected_without_access(view, &self.cluster, &protected);
        let findings: Vec<&Finding> = found
            .iter()
            .filter(|finding| self.is_said(finding))
            .collect();
        let assessment = Assessment::default();
        let judgement = Judgement {
            cluster: &self.cluster,
            running: &[],
            you: None,
            resources,
            assessment: &assessment,
        };
        let said = judgement.warnings(&findings, &[]);
        self.note_said(&findings);
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

    /// Neither acknowledged, nor suppressed (a warning only: what would be refused is acknowledged one by one).
    fn is_said(&self, finding: &Finding) -> bool {
        let is_old = finding.id == FindingId::ProtectedHasNone
            && self.has_said_protected.load(Ordering::Relaxed);
        if is_old || self.settings().acknowledgements.cover(finding) {
            return false;
        }
        finding.severity == Severity::Error
            || !self
                .settings()
                .suppress_findings
                .contains(finding.id.as_str())
    }
}

#[async_trait]
impl Guard for ClusterGuard {
    async fn judge(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        let view = |data: &BTreeMap<String, String>| ClusterView {
            mode: self.mode,
            aws_auth: Knowledge::Known(read(data)),
            access_entries: Knowledge::Known(Vec::new()),
        };
        let (mut before, mut after) = (view(proposal.before), view(proposal.after));
        // The access entries are the same before and after.
        if !may_take_away(&before, &after) {
            return Ok(self.protected_without_access(&after, proposal.resources));
        }
        let (entries, facts) = (self.entries().await, self.facts().await);
        before.access_entries.clone_from(&entries);
        after.access_entries.clone_from(&entries);
        let judged = self
            .judged_by(&facts, |circumstances, _| {
                assess(&before, &after, circumstances)
            })
            .await;
        self.say(&judged, &facts, proposal.resources)
    }

    async fn preview(&self, intention: Intention<'_>) -> Result<Diagnostics, Diagnostics> {
        let planned = self.planned(intention.before).await;
        if !planned.baseline.may_take_away(intention.changes) {
            let view = planned.baseline.view();
            return Ok(self.protected_without_access(view, intention.resources));
        }
        let facts = self.facts().await;
        let baseline = &planned.baseline;
        let judged = self
            .judged_by(&facts, |circumstances, turns_on| {
                let admins = planned.admins(circumstances, turns_on);
                baseline.assess(intention.changes, circumstances, &admins)
            })
            .await;
        self.say(&judged, &facts, intention.resources)
    }
}

/// A judgement, and what could not be read for it.
struct Judged {
    assessment: Assessment,
    unread: Vec<String>,
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
