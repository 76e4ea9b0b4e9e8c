//! One cluster's part of a plan, judged: offline by files, online by the guard itself.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::{ClusterChange, ClusterState, RbacChange};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{Finding, FindingId, Loses, Severity, refuse_losses};
use eksauth_provider::access::lockout_guard::{
    Applying, Between, ClusterGuard, JudgedBetween, is_teardown,
};
use eksauth_provider::config::Acknowledgements;

use super::adopted::{soften, who_else};
use super::guard_settings::{GuardSettings, Treatment};
use super::moments::{Moment, Said, note_on_policies, note_on_remade};
use super::moved::moved;
use super::offline::may_be_named;
use super::place::{ClusterPlace, Places};
use super::plan_file::PlanFile;
use super::planned::{PlannedChanges, Target, planned};
use super::report::{ClusterReport, ShownFinding};

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
    /// Names of the plan's clusters, where the one that is judged is not among them.
    others_only: Vec<String>,
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
    let others_only = match changes.counted.is_empty() {
        true => places.others_only(),
        false => Vec::new(),
    };
    Prepared {
        others_only,
        before,
        changes,
        settings,
        report,
        question,
    }
}

impl Prepared {
    /// Files do not say whether the name is a cluster's.
    pub fn leave_open_a_name_of_no_object(&mut self) {
        if !self.others_only.is_empty() {
            self.report.add_misnamed(&self.others_only);
        }
    }

    /// Judges it.
    pub async fn judge(self, source: Source<'_>) -> ClusterReport {
        let Self {
            before,
            changes,
            settings,
            mut report,
            question,
            ..
        } = self;
        let is_destroyed = changes.destroyed_by.is_some();
        // Whoever destroys a cluster destroys the access to it; but what is removed before it is judged by the guard as always.
        let whole = match is_destroyed {
            true => changes.removals_of_ours(),
            false => changes.changes(),
        };
        if is_destroyed && whole.is_empty() {
            return report;
        }
        let judge = Judge {
            source: &source,
            before: &before,
            applying: applying(&question, &settings, &source),
            deleted: deleted_nodes(&before, &changes),
            settings: &settings,
            keeps: changes.keeps,
            removes_rbac: !changes.keeps && changes.changes_rbac(),
            question: &question,
        };
        let mut judged = judge.between(&whole).await;
        let is_of_mode_api =
            |change: &ClusterChange| *change == ClusterChange::Mode(AuthenticationMode::Api);
        if whole.iter().any(is_of_mode_api) {
            refuse_losses(&mut judged.assessment, Loses::Everything);
        }
        let moments = match is_destroyed {
            true => Vec::new(),
            false => judge.moments(&changes, &mut judged).await,
        };
        let is_teardown = judge.is_teardown(&judged);
        let of_moments = moments.iter().flat_map(|moment| &moment.findings);
        report.is_open |= judge.is_open(&judged, &of_moments.collect::<Vec<&Finding>>(), &whole);
        let unread = judge.unread_of(&judged, changes.changes_rbac());
        report.running = judged.running.iter().map(|who| who.arn.clone()).collect();
        report.add_unread(unread);
        let said = Said {
            whole: &judged.assessment.findings,
            moments,
        };
        let mut found = said.all();
        if let Some(left) = changes.with_adopted_left().filter(|_| !is_destroyed) {
            let is_meant = |finding: &Finding| judge.is_meant(finding, is_teardown);
            let of_left = judge.said_of(&left).await;
            if soften(&mut found, &of_left, &changes.adopted(), is_meant) {
                report.leave_open(who_else(&changes.adopted()));
            }
        }
        let shown = found
            .into_iter()
            .map(|finding| judge.shown(finding, is_teardown));
        report.findings.extend(shown);
        report.is_teardown = is_teardown;
        report.findings.retain(|shown| {
            shown.severity == Severity::Error
                || shown.is_acknowledged
                || !is_destroyed && !settings.suppressed.contains(shown.finding.id.as_str())
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
    principals.extend(settings.acting.iter().cloned());
    let is_offline = matches!(source, Source::Files { .. });
    if principals.is_empty() {
        // The cluster itself says who acts.
        let unknown = is_offline.then(|| "it was not named with --apply-principal".to_owned());
        return Applying {
            principals,
            unknown,
        };
    }
    if settings.acting.is_empty() {
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
    changes
        .deleted_principals
        .iter()
        .filter_map(of_role)
        .collect()
}

/// By what a cluster's part of a plan is judged.
pub(super) struct Judge<'j> {
    pub(super) source: &'j Source<'j>,
    pub(super) before: &'j ClusterState,
    pub(super) applying: Applying,
    pub(super) deleted: BTreeSet<String>,
    pub(super) settings: &'j GuardSettings,
    pub(super) question: &'j Question,
    /// Something is not deleted.
    pub(super) keeps: bool,
    /// All is deleted, roles or bindings among it.
    pub(super) removes_rbac: bool,
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

    /// What is found of changes and of moments on the way to them.
    async fn said_of(&self, changes: &PlannedChanges) -> Vec<Finding> {
        let mut judged = self.between(&changes.changes()).await;
        let moments = self.moments(changes, &mut judged).await;
        let whole = &judged.assessment.findings;
        Said { whole, moments }.all()
    }

    /// What is found of the moments of an apply that are worse than its end may be.
    async fn moments(&self, changes: &PlannedChanges, judged: &mut JudgedBetween) -> Vec<Moment> {
        let of_gap = self.of_moment(&changes.gap(), judged).await;
        let made = changes.entries_without_their_policies();
        let before_policies = self.of_moment(&made, judged).await;
        vec![
            Moment {
                findings: of_gap,
                note: note_on_remade(&changes.remade()),
            },
            Moment {
                findings: before_policies,
                note: note_on_policies(&changes.awaiting_policies()),
            },
        ]
    }

    /// What is found of a moment of an apply; what was read for it counts for the whole.
    async fn of_moment(&self, gap: &[ClusterChange], whole: &mut JudgedBetween) -> Vec<Finding> {
        if gap.is_empty() {
            return Vec::new();
        }
        let between = self.between(gap).await;
        whole.has_read |= between.has_read;
        whole.unread.extend(between.unread);
        between.assessment.findings
    }

    /// What could not be read: named where somebody loses something.
    fn unread_of(&self, judged: &JudgedBetween, changes_rbac: bool) -> Vec<String> {
        let mut reasons = unreadable(&self.before.view);
        if let Some(reason) = self.unknown_protected(judged) {
            reasons.push(format!("{reason}; name them with --protect"));
        }
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

    /// Why it is not known whether somebody who loses something must keep it.
    fn unknown_protected(&self, judged: &JudgedBetween) -> Option<&String> {
        let is_decisive =
            self.question.protected.is_empty() && !judged.assessment.findings.is_empty();
        let unknown = self.settings.unknown_protected.as_ref();
        unknown.filter(|_| is_decisive && self.settings.treatment != Treatment::Lenient)
    }

    /// Whether something that decides could not be found out.
    fn is_open(
        &self,
        judged: &JudgedBetween,
        of_moments: &[&Finding],
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
        let is_teardown = self.is_teardown(judged);
        let is_unsure = |finding: &Finding| {
            finding.severity == Severity::Warning
                && !self.is_meant(finding, is_teardown)
                && match finding.id {
                    FindingId::Unreadable => true,
                    FindingId::LastAdmin => is_offline || !judged.unread.is_empty(),
                    _ => false,
                }
        };
        let findings = &judged.assessment.findings;
        changes.iter().any(is_of_rbac)
            || self.unknown_protected(judged).is_some()
            || !changes.is_empty() && (is_aws_auth_unread || are_entries_unread)
            || is_offline && !judged.unread.is_empty()
            || findings
                .iter()
                .chain(of_moments.iter().copied())
                .any(is_unsure)
    }

    /// Whether a whole configuration goes: a change of what stays takes nothing down.
    fn is_teardown(&self, judged: &JudgedBetween) -> bool {
        !self.keeps && is_teardown(&judged.assessment, self.removes_rbac)
    }

    /// Whether nothing hangs on it: the provider only warns, or it is meant.
    fn is_meant(&self, finding: &Finding, is_teardown: bool) -> bool {
        self.settings.treatment == Treatment::Lenient
            || self.is_acknowledged(finding, is_teardown)
            || self.settings.suppressed.contains(finding.id.as_str())
    }

    /// Whether it is meant, by itself or with everything that goes.
    fn is_acknowledged(&self, finding: &Finding, is_teardown: bool) -> bool {
        let meant = &self.question.acknowledgements;
        meant.cover(finding) || is_teardown && meant.cover_teardown(&finding.cluster)
    }

    /// A finding as it counts: meant, or only told of by the provider's own guard.
    fn shown(&self, finding: Finding, is_teardown: bool) -> ShownFinding {
        let is_acknowledged = self.is_acknowledged(&finding, is_teardown);
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
