//! The guard's judgement of a change of roles and bindings: it asks nothing while nobody's binding to all power, to a way there or to aws-auth gets less.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::{ClusterChange, ClusterState, RbacChange, RbacScope};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::lockout::{Assessment, Finding, LessBound};
use eksauth_core::aws_auth::{self, read};
use eksauth_core::kubernetes::rbac::{Binding, Rbac, RbacObjects, UnreadParts, give_a_part};
use tf_provider::Diagnostics;

use super::access_entries::ChangingEntries;
use super::between::TwoStates;
use super::changed_roles::ChangedRoles;
use super::inquiry::Judged;
use super::rbac_reading::RbacReading;
use super::{Applying, AskedBy, ChangeOf, ClusterGuard, Moment, diagnostics};
use crate::access::cluster_access::{list_access_entries, unreadable};
use crate::access::concerned::Concerned;
use crate::aws_auth::PlanScope;
use crate::config::LockoutGuard;
use crate::session::recent::Asked;

/// A change of roles and bindings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RbacProposal<'a> {
    /// What is done, in this order.
    pub(crate) changes: &'a [ClusterChange],
    /// Who asks for it, as messages name it.
    pub(crate) resource: &'a str,
    /// Whom it takes a binding from that may give power, by the binding's own words.
    pub(crate) taken_from: &'a Concerned,
    /// Whether it only takes away, and the plan keeps nothing that this configuration has in the cluster.
    pub(crate) is_teardown: bool,
    /// Whether other changes of the apply can make up for it.
    pub(crate) scope: PlanScope,
    /// Whether it is planned, made or done.
    pub(crate) moment: Moment,
}

/// A change that was let pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct JudgedRbac {
    /// What is to be said of it.
    pub(crate) told: Diagnostics,
    /// What was there; `None` where nothing of it decides anything, or it could not be read.
    pub(crate) before: Option<BeforeRbac>,
}

/// What was there before a change of roles and bindings.
#[derive(Clone, Debug)]
pub(crate) struct BeforeRbac {
    objects: RbacObjects,
    /// Who entered, where that was read.
    view: Option<ClusterView>,
}

impl BeforeRbac {
    /// Who entered, where the change takes by itself what counts.
    pub(super) fn view(&self) -> Option<&ClusterView> {
        self.view.as_ref()
    }

    /// Whether changes take what counts if nothing else gives it: another binding that gives the same may go in the same plan.
    pub(crate) fn may_lose_by(&self, changes: &[ClusterChange]) -> bool {
        let of_rbac = || {
            changes.iter().filter_map(|change| match change {
                ClusterChange::Rbac(change) => Some(change),
                _ => None,
            })
        };
        let mut objects = self.objects.clone();
        // As it is after the change, where aggregated roles are settled.
        objects.settle();
        let after = after_changes(&objects, changes).unwrap_or_default();
        let changed = ChangedRoles::between(&objects, &after);
        let goes = |scope: RbacScope, binding: &Binding| {
            changed.are_those_of(binding) || of_rbac().any(|change| matches!(change, RbacChange::RemoveBinding(of, gone) if *of == scope && gone.says_the_same(binding)))
        };
        objects
            .cluster_role_bindings
            .retain(|binding| goes(RbacScope::Cluster, binding));
        objects
            .role_bindings
            .retain(|binding| goes(RbacScope::KubeSystem, binding));
        // Two that say the same are one here.
        dedup(&mut objects.cluster_role_bindings);
        dedup(&mut objects.role_bindings);
        takes_power(&objects, after_changes(&objects, changes).as_ref())
    }
}

/// RBAC after changes, whoever enters.
fn after_changes(objects: &RbacObjects, changes: &[ClusterChange]) -> Option<RbacObjects> {
    let state = ClusterState {
        view: unread_view(AuthenticationMode::ConfigMap),
        rbac: Some(objects.clone()),
    };
    state.after(changes).rbac
}

impl ClusterGuard {
    /// Judges a change of roles and bindings by what the cluster has now. Where it decides nothing, nothing is read.
    ///
    /// # Errors
    /// The change is refused, with what it would do to access.
    pub(crate) async fn judge_rbac(
        &self,
        proposal: RbacProposal<'_>,
    ) -> Result<JudgedRbac, Diagnostics> {
        if proposal.changes.is_empty() {
            return Ok(JudgedRbac::default());
        }
        let unknown = unread_view(self.mode());
        let is_planned = proposal.moment == Moment::Plan;
        let (mut state, unread) = match is_planned {
            true => self.state_of_plan(&unknown, proposal.changes).await,
            false => self.state(&unknown, proposal.changes).await,
        };
        let Some(objects) = state.rbac.clone() else {
            return Ok(JudgedRbac::default());
        };
        let is_open = is_open(objects.unread, proposal.changes);
        let after = state.after(proposal.changes);
        let takes_own = match &after.rbac {
            Some(after) => self.takes_own_rights(&objects, after).await,
            None => false,
        };
        if !takes_own && !takes_power(&objects, after.rbac.as_ref()) {
            let before = BeforeRbac {
                objects,
                view: None,
            };
            return Ok(JudgedRbac {
                told: match (is_open, decides_alone(&before.objects, proposal.changes)) {
                    (false, _) => Diagnostics::new(),
                    (true, true) => self.say_of_unread(&unread, proposal).await?,
                    (true, false) => self.not_judged(&unread, proposal.scope)?,
                },
                before: Some(before),
            });
        }
        state.view = match is_planned {
            true => self.view_of_plan().await,
            false => {
                self.look_at_mode_for_write().await?;
                self.whole_view().await
            }
        };
        let before = BeforeRbac {
            objects,
            view: Some(state.view.clone()),
        };
        let states = TwoStates {
            after: state.after(proposal.changes),
            before: state,
            entries: ChangingEntries::default(),
            unread: unread.clone(),
        };
        let mut told = self.say_of_states(states, proposal).await?;
        if is_open {
            told.extend(self.not_judged(&unread, proposal.scope)?);
        }
        Ok(JudgedRbac {
            told,
            before: Some(before),
        })
    }

    /// Judges a change that was made by what there is now: somebody else may have taken at the same time what it counted on.
    ///
    /// # Errors
    /// What it does with what others changed is what the guard refuses.
    pub(crate) async fn judge_rbac_after(
        &self,
        before: BeforeRbac,
        proposal: RbacProposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        self.later.forget_rbac().await;
        let RbacReading { objects, unread } = RbacReading::now(self.kube.as_ref(), &[]).await;
        let was_unread = before.objects.unread;
        let before = BeforeRbac {
            objects: before.objects.as_far_as_read_in(&objects),
            ..before
        };
        let mut objects = objects.as_far_as_read_in(&before.objects);
        // The controller of aggregated roles comes some moments later.
        objects.settle();
        // What was not read before it was said before it.
        let is_open = objects.unread != was_unread && is_open(objects.unread, proposal.changes);
        if !takes_power(&before.objects, Some(&objects)) {
            return match is_open {
                true => self.not_judged_again(&unread),
                false => Ok(Diagnostics::new()),
            };
        }
        let unread_mode = self.look_at_mode_again().await;
        let after = ClusterState {
            view: self.whole_view().await,
            rbac: Some(objects),
        };
        // A step that somebody else made meanwhile is not what this change does.
        let as_now = |view| ClusterView {
            mode: after.view.mode,
            ..view
        };
        let states = TwoStates {
            before: ClusterState {
                view: before.view.map_or_else(|| after.view.clone(), as_now),
                rbac: Some(before.objects),
            },
            after,
            entries: ChangingEntries::default(),
            unread: unread.into_iter().chain(unread_mode).collect(),
        };
        // What is said of it was said before it.
        self.say_of_states(states, proposal).await?;
        Ok(Diagnostics::new())
    }

    async fn say_of_states(
        &self,
        states: TwoStates,
        proposal: RbacProposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let who = (&Applying::default(), &BTreeSet::new());
        let judged = self.judge_states(states, who).await;
        let facts = self.facts().await;
        let asked = AskedBy {
            resources: &[proposal.resource.to_owned()],
            keeps_others: !proposal.is_teardown,
            is_removal: proposal.is_teardown,
            of: ChangeOf::Rbac(proposal.changes),
            scope: proposal.scope,
            moment: proposal.moment,
        };
        let judged = Judged {
            assessment: judged.assessment,
            unread: judged.unread,
        };
        self.say(&judged, &facts, asked)
    }

    /// What decides was not read, so a binding that goes counts by its own words: whoever acts is not taken what may give it power.
    ///
    /// # Errors
    /// The change takes that from whoever acts, or the guard refuses what it cannot judge.
    async fn say_of_unread(
        &self,
        unread: &[String],
        proposal: RbacProposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let facts = self.facts().await;
        let reason = unread.join("; ");
        let found = proposal.taken_from.names_of(&facts.caller.acting);
        let finding = facts.caller.acting.principal.as_ref().zip(found);
        let Some((principal, names)) = finding else {
            return self.not_judged(unread, proposal.scope);
        };
        let judged = Judged {
            assessment: Assessment {
                findings: vec![Finding::running_by_names(
                    &self.cluster,
                    principal,
                    &names,
                    &reason,
                )],
                ..Assessment::default()
            },
            unread: Vec::new(),
        };
        let asked = AskedBy {
            resources: &[proposal.resource.to_owned()],
            keeps_others: !proposal.is_teardown,
            is_removal: proposal.is_teardown,
            of: ChangeOf::Rbac(proposal.changes),
            scope: proposal.scope,
            moment: proposal.moment,
        };
        let mut told = self.say(&judged, &facts, asked)?;
        told.extend(self.not_judged(unread, proposal.scope)?);
        Ok(told)
    }

    /// RBAC could not be read after a change that was judged before it.
    ///
    /// # Errors
    /// The guard refuses what it cannot judge.
    fn not_judged_again(&self, unread: &[String]) -> Result<Diagnostics, Diagnostics> {
        let told = diagnostics::rbac_not_judged_again(&self.cluster, unread);
        match self.settings().lockout_guard {
            LockoutGuard::Strict => Err(diagnostics::refused_unread(told).into()),
            _ => Ok(told.into()),
        }
    }

    /// RBAC could not be read.
    ///
    /// # Errors
    /// The guard refuses what it cannot judge.
    fn not_judged(&self, unread: &[String], scope: PlanScope) -> Result<Diagnostics, Diagnostics> {
        let told = diagnostics::rbac_not_judged(&self.cluster, unread);
        match self.settings().lockout_guard {
            LockoutGuard::Strict if scope != PlanScope::Others => {
                Err(diagnostics::refused_unread(told).into())
            }
            _ => Ok(told.into()),
        }
    }

    /// The same, read once for all of a plan.
    pub(super) async fn view_of_plan(&self) -> ClusterView {
        if self.turn.plan().is_over() {
            return self.whole_view().await;
        }
        let clock = self.session.clock().as_ref();
        let (view, asked) = (&self.later.view, Asked::ThroughoutPlan);
        let view = view.get_for(asked, clock, || self.whole_view()).await;
        view.as_ref().clone()
    }

    /// Who enters, by everything that says it.
    pub(super) async fn whole_view(&self) -> ClusterView {
        let aws_auth = self
            .kube
            .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
            .await;
        let aws_auth = match aws_auth {
            Ok(found) => Knowledge::Known(read(&found.map(|found| found.data).unwrap_or_default())),
            Err(error) => Knowledge::Unreadable(unreadable(aws_auth::NAME, &error)),
        };
        ClusterView {
            mode: self.mode(),
            aws_auth,
            access_entries: list_access_entries(self.eks.clone(), self.mode(), &self.cluster).await,
        }
    }
}

fn dedup(bindings: &mut Vec<Binding>) {
    let mut kept: Vec<Binding> = Vec::new();
    for binding in bindings.drain(..) {
        if !kept.iter().any(|other| other.says_the_same(&binding)) {
            kept.push(binding);
        }
    }
    *bindings = kept;
}

/// A cluster of which it was not read yet who enters.
fn unread_view(mode: AuthenticationMode) -> ClusterView {
    ClusterView {
        mode,
        aws_auth: Knowledge::Unreadable(String::new()),
        access_entries: Knowledge::Unreadable(String::new()),
    }
}

/// Whether what was not read may decide: who is bound by ClusterRoleBindings is known where these and the ClusterRoles are.
fn is_open(unread: UnreadParts, changes: &[ClusterChange]) -> bool {
    let is_of_cluster = |change: &ClusterChange| {
        matches!(
            change,
            ClusterChange::Rbac(
                RbacChange::PutBinding(RbacScope::Cluster, _)
                    | RbacChange::RemoveBinding(RbacScope::Cluster, _)
            )
        )
    };
    unread.is_any_of_cluster()
        || unread.is_any_of_kube_system() && !changes.iter().all(is_of_cluster)
}

/// Whether a binding that goes may give something by what was not read, so that its own words alone say anything of it.
fn decides_alone(objects: &RbacObjects, changes: &[ClusterChange]) -> bool {
    let unread = objects.unread;
    changes.iter().any(|change| {
        let ClusterChange::Rbac(RbacChange::RemoveBinding(scope, binding)) = change else {
            return false;
        };
        let (are_others_unread, roles, are_roles_unread) = match binding.refers_to_cluster_role {
            true => (
                unread.is_any_of_cluster(),
                &objects.cluster_roles,
                unread.cluster_roles,
            ),
            false => (unread.is_any_of_kube_system(), &objects.roles, unread.roles),
        };
        let is_of_kube_system = *scope == RbacScope::KubeSystem && unread.is_any_of_kube_system();
        let role = roles.iter().find(|role| role.name == binding.role);
        let may_give = role.map_or(are_roles_unread, |role| give_a_part(&role.rules));
        (are_others_unread || is_of_kube_system) && may_give
    })
}

/// Whether anybody is bound to less of what the guard looks at.
fn takes_power(before: &RbacObjects, after: Option<&RbacObjects>) -> bool {
    let nothing = RbacObjects::default();
    let bound = LessBound {
        before: Rbac::from_objects(before),
        after: Rbac::from_objects(after.unwrap_or(&nothing)),
    };
    bound.is_any()
}
