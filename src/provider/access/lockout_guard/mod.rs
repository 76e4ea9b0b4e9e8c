//! The lock-out guard of one cluster: judges a change of aws-auth by the rules of `eksauth_core::access::lockout`, on the document just read.
//!
//! It asks nothing while nobody loses anything. Otherwise it reads, once for all who ask within a moment: the caller (sts:GetCallerIdentity),
//! access entries, RBAC and whether there are nodes ([`GUARD_READS`](super::permissions::GUARD_READS)). What may not be read is said and never
//! guessed.

mod refusal;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{
    Admins, Assessment, Baseline, Circumstances, Finding, FindingId, Nodes, Rbac, Severity, Unread,
    assess, compare, may_take_away,
};
use eksauth_core::access::report::{Appliers, refusal_table};
use eksauth_core::aws_auth::{Reading, read};
use eksauth_core::principal::arn::canonical_caller_arn;
use tf_provider::Diagnostics;

use crate::access::cluster_access::{authentication_mode, list_access_entries, unreadable};
use crate::aws_auth::{Document, Guard, Intention, Proposal};
use crate::clusters::FoundCluster;
use crate::config::{LockoutGuard, Settings};
use crate::ports::{EksApi, KubeApi};
use crate::session::Session;
use crate::session::recent::Recent;

use refusal::Judgement;

/// The guard of one cluster.
pub struct ClusterGuard {
    cluster: String,
    mode: AuthenticationMode,
    session: Arc<Session>,
    kube: Arc<dyn KubeApi>,
    eks: Arc<dyn EksApi>,
    entries: Recent<Knowledge<Vec<AccessEntry>>>,
    facts: Recent<Facts>,
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
    /// What is known once somebody would lose something.
    known: OnceLock<(Circumstances, Admins)>,
}

/// What is read once somebody would lose something.
struct Facts {
    running: Vec<Principal>,
    /// Who runs this step; it is among those who apply.
    you: Option<String>,
    rbac: Rbac,
    nodes: Nodes,
    unread: Vec<String>,
}

impl ClusterGuard {
    /// The guard, unless the provider block turns it off.
    pub fn new(
        session: Arc<Session>,
        cluster: &FoundCluster,
        kube: Arc<dyn KubeApi>,
    ) -> Option<Self> {
        (session.settings().lockout_guard != LockoutGuard::Off).then(|| Self {
            cluster: cluster.reference.name.clone(),
            mode: authentication_mode(cluster),
            session,
            kube,
            eks: cluster.eks(),
            entries: Recent::default(),
            facts: Recent::default(),
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

    async fn read_facts(&self) -> Facts {
        let mut unread = Vec::new();
        let mut running: Vec<Principal> = self
            .settings()
            .apply_principal_arns
            .iter()
            .map(|arn| Principal::from_arn(arn))
            .collect();
        let mut you = None;
        match self.session.identity().await {
            Ok(identity) => {
                if let Ok(canonical) = canonical_caller_arn(&identity.arn) {
                    you = Some(canonical.arn.clone());
                    running.push(Principal {
                        arn: canonical.arn,
                        account: identity.account,
                    });
                }
            }
            Err(error) => unread.push(unreadable("the caller", &error)),
        }
        let (objects, has_nodes) = tokio::join!(self.kube.rbac_objects(), self.kube.has_nodes());
        let rbac = match objects {
            Ok(objects) => Rbac::from_objects(&objects),
            Err(error) => {
                unread.push(unreadable("RBAC", &error));
                Rbac::default()
            }
        };
        let nodes = match has_nodes {
            Ok(true) => Nodes::Some,
            Ok(false) => Nodes::None,
            Err(error) => {
                unread.push(unreadable("the nodes", &error));
                Nodes::Unreadable
            }
        };
        Facts {
            running,
            you,
            rbac,
            nodes,
            unread,
        }
    }

    fn circumstances(&self, facts: &Facts) -> Circumstances {
        Circumstances {
            cluster: self.cluster.clone(),
            running: facts.running.clone(),
            protected: self
                .settings()
                .protected_principals
                .iter()
                .map(|arn| Principal::from_arn(arn))
                .collect(),
            rbac: facts.rbac.clone(),
            nodes: facts.nodes,
            unread: if self.settings().lockout_guard == LockoutGuard::Strict {
                Unread::Against
            } else {
                Unread::Open
            },
            ..Circumstances::default()
        }
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
            known: OnceLock::new(),
        });
        *planned = Some(fresh.clone());
        fresh
    }

    fn say(
        &self,
        assessment: &Assessment,
        facts: &Facts,
        resources: &[String],
    ) -> Result<Diagnostics, Diagnostics> {
        let running: Vec<String> = facts
            .running
            .iter()
            .map(|principal| principal.arn.clone())
            .collect();
        let judgement = Judgement {
            cluster: &self.cluster,
            running: &running,
            you: facts.you.as_deref(),
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
            return Err(judgement.refusal(&errors, &hints(self.mode, &errors, &facts.unread)));
        }
        warnings.extend(errors);
        Ok(judgement.warnings(&warnings))
    }

    /// Neither acknowledged, nor suppressed (a warning only: what would be refused is acknowledged one by one).
    fn is_said(&self, finding: &Finding) -> bool {
        if self.settings().acknowledgements.cover(finding) {
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
            return Ok(Diagnostics::new());
        }
        let (entries, facts) = (self.entries().await, self.facts().await);
        before.access_entries.clone_from(&entries);
        after.access_entries.clone_from(&entries);
        let assessment = assess(&before, &after, &self.circumstances(&facts));
        self.say(&assessment, &facts, proposal.resources)
    }

    async fn preview(&self, intention: Intention<'_>) -> Result<Diagnostics, Diagnostics> {
        let planned = self.planned(intention.before).await;
        if !planned.baseline.may_take_away(intention.changes) {
            return Ok(Diagnostics::new());
        }
        let facts = self.facts().await;
        let (circumstances, admins) = planned.known.get_or_init(|| {
            let circumstances = self.circumstances(&facts);
            let admins = planned.baseline.admins(&circumstances);
            (circumstances, admins)
        });
        let assessment = planned
            .baseline
            .assess(intention.changes, circumstances, admins);
        self.say(&assessment, &facts, intention.resources)
    }
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
