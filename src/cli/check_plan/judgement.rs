//! One cluster's part of a plan, judged: offline by files, online by the guard itself.

use std::collections::BTreeSet;

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::change::{ClusterChange, ClusterState, RbacChange};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{
    Assessment, Circumstances, Finding, FindingId, IamPrincipals, Severity, Unread, assess,
};
use eksauth_core::kubernetes::rbac::Subject;
use eksauth_provider::access::lockout_guard::{Applying, Between, ClusterGuard, JudgedBetween};
use eksauth_provider::config::Acknowledgements;

use super::guard_settings::{GuardSettings, Treatment};
use super::moved::moved;
use super::place::{ClusterPlace, Places};
use super::plan_file::PlanFile;
use super::planned::{PlannedChanges, Target, planned};
use super::report::{ClusterReport, ShownFinding};

/// What stands for a policy that is not known: it may allow everything.
const ALLOWS_EVERYTHING: &str =
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

/// What is asked of a plan beside the plan itself.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The cluster.
    pub cluster: ClusterPlace,
    /// Whether Kubernetes objects whose cluster cannot be told are taken to be in it.
    pub owns_kubernetes: bool,
    /// Who applies, by the command line.
    pub applying: Vec<Principal>,
    /// Who runs the command, where it is known.
    pub caller: Option<Principal>,
    /// Who must keep its access, by the command line.
    pub protected: Vec<Principal>,
    /// What is meant.
    pub acknowledgements: Acknowledgements,
}

/// Where the state of a cluster comes from.
pub enum Source<'s> {
    /// From files.
    Files {
        /// Canonical ARNs of access entries whose policies are not known.
        without_policies: &'s BTreeSet<String>,
    },
    /// From the cluster, by the guard that judges writes.
    Cluster(&'s ClusterGuard),
}

/// What a plan does to a cluster and by which settings it is judged.
pub struct Prepared {
    before: ClusterState,
    changes: PlannedChanges,
    /// The provider's own settings.
    pub settings: GuardSettings,
    report: ClusterReport,
    question: Question,
}

/// Works out what a plan does to the cluster that is in this state.
pub fn prepare(plan: &PlanFile, before: ClusterView, question: Question) -> Prepared {
    let before = ClusterState {
        view: before,
        rbac: None,
    };
    let places = Places::new(plan, &question.cluster);
    let target = Target {
        cluster: &question.cluster,
        owns_kubernetes: question.owns_kubernetes,
    };
    let changes = planned(plan, &before, &target);
    let settings = GuardSettings::from_plan(plan, &changes.counted, &question.cluster.name);
    let mut report = ClusterReport {
        cluster: question.cluster.name.clone(),
        moved: moved(plan, &places),
        ..ClusterReport::default()
    };
    report.add_planned(plan, &changes);
    Prepared {
        before,
        changes,
        settings,
        report,
        question,
    }
}

impl Prepared {
    /// Judges it.
    pub async fn judge(self, source: Source<'_>) -> ClusterReport {
        let Self {
            before,
            changes,
            settings,
            mut report,
            question,
        } = self;
        if changes.destroyed_by.is_some() {
            // Whoever destroys a cluster destroys the access to it; who loses that is no finding.
            return report;
        }
        let judge = Judge {
            source: &source,
            before: &before,
            applying: applying(&question, &settings, &source),
            deleted: deleted_nodes(&before, &changes),
            settings: &settings,
            question: &question,
        };
        let whole = changes.changes();
        let mut judged = judge.between(&whole).await;
        let gap = changes.gap();
        let mut of_gap = Vec::new();
        if !gap.is_empty() {
            let between = judge.between(&gap).await;
            of_gap = between.assessment.findings;
            judged.has_read |= between.has_read;
            judged.unread.extend(between.unread);
        }
        report.is_open |= judge.is_open(&judged, &of_gap, &whole);
        let unread = judge.unread_of(&judged, changes.changes_rbac());
        report.running = judged.running.iter().map(|who| who.arn.clone()).collect();
        report.add_unread(unread);
        let remade = changes.remade().join("`, `");
        let is_new = |finding: &Finding, there: &[Finding]| {
            !there
                .iter()
                .any(|other| other.id == finding.id && other.arn == finding.arn)
        };
        for finding in &judged.assessment.findings {
            report.findings.push(judge.shown(finding.clone()));
        }
        for finding in of_gap {
            if is_new(&finding, &judged.assessment.findings)
                && finding.id != FindingId::ReducedAccess
            {
                let mut shown = judge.shown(finding);
                shown.finding.reason.push_str(&format!(
                    "; this is so between the removal of `{remade}` and its being made again, which may not be possible then"
                ));
                report.findings.push(shown);
            }
        }
        report.findings.retain(|shown| {
            shown.severity == Severity::Error
                || !settings.suppressed.contains(shown.finding.id.as_str())
        });
        report
            .findings
            .sort_by_key(|shown| (shown.severity, shown.finding.id));
        report.comparisons = judged.assessment.comparisons;
        report
    }
}

/// Who applies: by the command line, else by the provider block, else whoever runs the command.
fn applying(question: &Question, settings: &GuardSettings, source: &Source<'_>) -> Applying {
    if !question.applying.is_empty() {
        return Applying {
            principals: question.applying.clone(),
            unknown: None,
        };
    }
    if let Some(reason) = &settings.unknown_applier {
        return Applying {
            principals: settings.applying.clone(),
            unknown: Some(format!("{reason}; name it with --apply-principal")),
        };
    }
    let mut principals = settings.applying.clone();
    let is_offline = matches!(source, Source::Files { .. });
    if principals.is_empty() && is_offline {
        return Applying {
            principals,
            unknown: Some("it was not named with --apply-principal".to_owned()),
        };
    }
    if !principals.is_empty() {
        principals.extend(question.caller.clone());
    }
    Applying {
        principals,
        unknown: None,
    }
}

/// Roles of nodes that go with the entry that lets their nodes in.
fn deleted_nodes(before: &ClusterState, changes: &PlannedChanges) -> BTreeSet<String> {
    let of_role = |arn: &String| {
        let principal = Principal::from_arn(arn);
        let access = before.view.access_of(&principal.arn, &principal.account);
        let is_node = matches!(
            access.access,
            eksauth_core::access::cluster_access::Access::Granted(grant) if grant.username.starts_with("system:node:")
        );
        is_node.then_some(principal.arn)
    };
    changes.deleted_roles.iter().filter_map(of_role).collect()
}

struct Judge<'j> {
    source: &'j Source<'j>,
    before: &'j ClusterState,
    applying: Applying,
    deleted: BTreeSet<String>,
    settings: &'j GuardSettings,
    question: &'j Question,
}

impl Judge<'_> {
    async fn between(&self, changes: &[ClusterChange]) -> JudgedBetween {
        match self.source {
            Source::Cluster(guard) => {
                guard
                    .judge_between(Between {
                        before: &self.before.view,
                        changes,
                        applying: &self.applying,
                        deleted: &self.deleted,
                    })
                    .await
            }
            Source::Files { without_policies } => self.by_files(changes, without_policies),
        }
    }

    /// With policies that are not known it is judged twice, without them and with one that allows everything: what holds only once is not known.
    fn by_files(
        &self,
        changes: &[ClusterChange],
        without_policies: &BTreeSet<String>,
    ) -> JudgedBetween {
        let circumstances = self.offline();
        let judge = |before: &ClusterState| {
            assess(&before.view, &before.after(changes).view, &circumstances)
        };
        let mut judged = JudgedBetween {
            assessment: judge(self.before),
            running: circumstances.running.clone(),
            ..JudgedBetween::default()
        };
        if without_policies.is_empty() {
            return judged;
        }
        let other = judge(&with_every_policy(self.before, without_policies));
        let is_in = |finding: &Finding, findings: &[Finding]| {
            findings.iter().any(|there| {
                there.id == finding.id
                    && there.arn == finding.arn
                    && there.severity == finding.severity
            })
        };
        let of_one = |findings: &[Finding], others: &[Finding]| {
            findings
                .iter()
                .filter(|finding| !is_in(finding, others))
                .map(|finding| {
                    format!(
                        "`{}` of `{}`: it turns on policies that the file of access entries does not have (`aws eks list-associated-access-policies`)",
                        finding.id, finding.arn
                    )
                })
                .collect::<Vec<_>>()
        };
        let Assessment { findings, .. } = &mut judged.assessment;
        judged.unread.extend(of_one(findings, &other.findings));
        judged.unread.extend(of_one(&other.findings, findings));
        judged.unread.sort();
        judged.unread.dedup();
        findings.retain(|finding| is_in(finding, &other.findings));
        judged
    }

    fn offline(&self) -> Circumstances {
        let mut protected = self.question.protected.clone();
        protected.extend(self.settings.protected.iter().cloned());
        Circumstances {
            cluster: self.question.cluster.name.clone(),
            running: self.applying.principals.clone(),
            unread_caller: self.applying.unknown.clone(),
            protected,
            iam: IamPrincipals {
                gone: self.deleted.clone(),
                ..IamPrincipals::default()
            },
            unread: match self.settings.treatment {
                Treatment::Strict => Unread::Against,
                Treatment::Refuses | Treatment::Lenient => Unread::Open,
            },
            ..Circumstances::default()
        }
    }

    /// What could not be read: named where somebody loses something.
    fn unread_of(&self, judged: &JudgedBetween, changes_rbac: bool) -> Vec<String> {
        let mut reasons = unreadable(&self.before.view);
        reasons.extend(
            judged
                .unread
                .iter()
                .filter(|reason| !reasons.contains(reason))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let is_offline = matches!(self.source, Source::Files { .. });
        if is_offline && (!judged.assessment.findings.is_empty() || changes_rbac) {
            reasons.push(
                "RBAC, which only the cluster itself has: of groups and users only `system:masters` is known to be an admin".to_owned(),
            );
            if judged.assessment.turns_on.nodes {
                reasons.push("whether there are nodes, which only the cluster knows".to_owned());
            }
            if judged.assessment.turns_on.admins {
                reasons.push("whether those that are left exist in IAM".to_owned());
            }
        }
        reasons
    }

    /// Whether something that decides could not be found out.
    fn is_open(
        &self,
        judged: &JudgedBetween,
        of_gap: &[Finding],
        changes: &[ClusterChange],
    ) -> bool {
        let view = &self.before.view;
        let is_aws_auth_unread =
            view.mode.reads_config_map() && matches!(view.aws_auth, Knowledge::Unreadable(_));
        let is_of_entries = |change: &ClusterChange| {
            matches!(
                change,
                ClusterChange::AccessEntry(_) | ClusterChange::Mode(_)
            )
        };
        let are_entries_unread = match &view.access_entries {
            Knowledge::Unreadable(reason) if view.mode.reads_access_entries() => {
                judged.unread.contains(reason) || changes.iter().any(is_of_entries)
            }
            _ => false,
        };
        let is_offline = matches!(self.source, Source::Files { .. });
        // Files have no RBAC, so what a binding that changes takes from whom is not known.
        let is_of_rbac = |change: &ClusterChange| match change {
            ClusterChange::Rbac(RbacChange::RemoveBinding(_, binding)) => {
                binding.subjects.iter().any(|subject| may_be_named(view, subject))
            }
            ClusterChange::Rbac(RbacChange::RemoveRole(..)) => true,
            _ => false,
        } && (is_offline || !judged.unread.is_empty());
        // Where the provider only warns, or it is meant, nothing hangs on it.
        let is_meant = |finding: &Finding| {
            self.settings.treatment == Treatment::Lenient
                || self.question.acknowledgements.cover(finding)
                || self.settings.suppressed.contains(finding.id.as_str())
        };
        let is_unsure = |finding: &Finding| {
            finding.severity == Severity::Warning
                && !is_meant(finding)
                && match finding.id {
                    FindingId::Unreadable => true,
                    FindingId::LastAdmin => is_offline || !judged.unread.is_empty(),
                    _ => false,
                }
        };
        let findings = &judged.assessment.findings;
        changes.iter().any(is_of_rbac)
            || !changes.is_empty() && (is_aws_auth_unread || are_entries_unread)
            || is_offline && !judged.unread.is_empty()
            || findings.iter().chain(of_gap).any(is_unsure)
    }

    /// A finding as it counts: meant, or only told of by the provider's own guard.
    fn shown(&self, finding: Finding) -> ShownFinding {
        let is_acknowledged = self.question.acknowledgements.cover(&finding);
        let severity = match finding.severity {
            _ if is_acknowledged => Severity::Note,
            Severity::Error if self.settings.treatment == Treatment::Lenient => Severity::Warning,
            severity => severity,
        };
        ShownFinding {
            finding,
            severity,
            is_acknowledged,
        }
    }
}

/// Whether somebody enters as a subject of RBAC, or may: a name with placeholders may turn out to be any.
fn may_be_named(view: &ClusterView, subject: &Subject) -> bool {
    let is_named = |username: &str, groups: &[String]| match subject {
        Subject::Group(name) => groups
            .iter()
            .any(|group| group == name || group.contains("{{")),
        Subject::User(name) => username == name || username.contains("{{"),
    };
    let by_aws_auth = match &view.aws_auth {
        Knowledge::Known(reading) => {
            let mut entries = reading.roles.iter().chain(&reading.users);
            entries.any(|entry| is_named(&entry.username, &entry.groups))
                || !reading.accounts.is_empty()
        }
        Knowledge::Unreadable(_) => true,
    };
    by_aws_auth
        || match &view.access_entries {
            Knowledge::Known(entries) => entries
                .iter()
                .any(|entry| is_named(&entry.username, &entry.groups)),
            Knowledge::Unreadable(_) => true,
        }
}

/// The same state in which whoever has policies that are not known may do everything.
fn with_every_policy(state: &ClusterState, without_policies: &BTreeSet<String>) -> ClusterState {
    let mut state = state.clone();
    if let Knowledge::Known(entries) = &mut state.view.access_entries {
        for entry in entries
            .iter_mut()
            .filter(|entry| without_policies.contains(&entry.canonical_arn()))
        {
            let has_it = |policy: &AccessPolicy| policy.policy_arn == ALLOWS_EVERYTHING;
            if !entry.policies.iter().any(has_it) {
                entry.policies.push(AccessPolicy {
                    policy_arn: ALLOWS_EVERYTHING.to_owned(),
                    namespaces: Vec::new(),
                });
            }
        }
    }
    state
}

fn unreadable(view: &ClusterView) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Knowledge::Unreadable(reason) = &view.aws_auth
        && view.mode.reads_config_map()
    {
        reasons.push(reason.clone());
    }
    if let Knowledge::Unreadable(reason) = &view.access_entries
        && view.mode.reads_access_entries()
    {
        reasons.push(reason.clone());
    }
    reasons
}
