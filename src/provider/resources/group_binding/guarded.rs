//! A change of roles and bindings in the words of the lock-out guard, which judges it at plan and at apply; and the way back of a write that took from
//! whoever acts what it had.

use std::sync::Arc;

use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth;
use eksauth_core::kubernetes::rbac::{Binding, PolicyRule, Role, Subject};
use tf_provider::{Context, Diagnostics};

use super::diagnostics::{self, About};
use super::going_together;
use super::put_back::{PutBack, TakenBack};
use crate::access::concerned::Concerned;
use crate::access::lockout_guard::{BeforeRbac, JudgedRbac, Moment, RbacProposal};
use crate::access::rbac_guard::{RbacGuard, Standing, is_asked_about};
use crate::access::removal_rights::RemovalRights;
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::KubeApi;
use crate::ports::rbac_objects::{
    AppliedRbacObject, BoundSubject, RbacField, RbacFields, RbacKey, RbacKind, RbacObject, RoleRef,
};

/// What becomes of one object.
#[derive(Clone, Debug)]
pub(super) struct Intended {
    pub(super) key: RbacKey,
    /// As it is; `None` where there is none.
    pub(super) before: Option<RbacObject>,
    /// As it will be; `None` where it goes.
    pub(super) after: Option<RbacFields>,
}

impl Intended {
    /// An apply sets what is given and leaves the rest.
    fn after(&self) -> Option<RbacFields> {
        let after = self.after.as_ref()?;
        let own = self.before.as_ref().map(RbacObject::own_fields);
        let own = own.unwrap_or_default();
        let before = self.before.as_ref().map(|before| before.fields.clone());
        let before = before.unwrap_or_default();
        let mut labels = before.labels;
        labels.retain(|key, _| !own.contains(&RbacField::Label(key.clone())));
        labels.extend(after.labels.clone());
        Some(RbacFields {
            labels,
            rules: after.rules.clone().or(before.rules),
            role_ref: after.role_ref.clone().or(before.role_ref),
            subjects: after.subjects.clone().or(before.subjects),
        })
    }

    /// Whether something that is there goes or changes.
    pub(super) fn takes(&self) -> bool {
        let after = self.after().map(|after| after.values());
        self.before.as_ref().is_some_and(|before| {
            after.is_none_or(|after| {
                let mut before = before.fields.values().into_iter();
                before.any(|(field, value)| after.get(&field) != Some(&value))
            })
        })
    }
}

/// Where an object decides anything; a role or binding of another namespace than that of aws-auth does not.
fn scope(key: &RbacKey) -> Option<RbacScope> {
    match key.kind {
        RbacKind::ClusterRole | RbacKind::ClusterRoleBinding => Some(RbacScope::Cluster),
        RbacKind::Role | RbacKind::RoleBinding => {
            (key.namespace == aws_auth::NAMESPACE).then_some(RbacScope::KubeSystem)
        }
    }
}

fn role(key: &RbacKey, fields: &RbacFields) -> Role {
    Role {
        name: key.name.clone(),
        rules: fields.policy_rules(),
        labels: fields.labels.clone(),
        ..Role::default()
    }
}

fn binding(key: &RbacKey, fields: &RbacFields) -> Binding {
    let role = fields.role_ref.clone();
    let subject = |subject: &BoundSubject| match subject {
        BoundSubject::Group(name) => Some(Subject::Group(name.clone())),
        BoundSubject::User(name) => Some(Subject::User(name.clone())),
        BoundSubject::ServiceAccount { namespace, name } => {
            let place = match namespace.is_empty() {
                true => &key.namespace,
                false => namespace,
            };
            Subject::service_account(place, name)
        }
    };
    Binding {
        refers_to_cluster_role: role
            .as_ref()
            .is_some_and(|role| role.kind == RbacKind::ClusterRole),
        role: role.map(|role| role.name).unwrap_or_default(),
        subjects: fields
            .subjects
            .iter()
            .flatten()
            .filter_map(subject)
            .collect(),
    }
}

/// The changes that decide anything: what is new first, as it is written.
fn changes(intended: &[Intended]) -> Vec<ClusterChange> {
    let mut added = Vec::new();
    let mut removed = Vec::new();
    for one in intended {
        let Some(scope) = scope(&one.key) else {
            continue;
        };
        let before = one.before.as_ref().map(|before| &before.fields);
        let after = one.after();
        match (one.key.kind.is_role(), &after) {
            (true, Some(after)) => added.push(RbacChange::PutRole(scope, role(&one.key, after))),
            (true, None) => removed.push(RbacChange::RemoveRole(scope, one.key.name.clone())),
            (false, Some(after)) => {
                added.push(RbacChange::PutBinding(scope, binding(&one.key, after)))
            }
            (false, None) => {}
        }
        if let (Some(before), false) = (before, one.key.kind.is_role()) {
            removed.push(RbacChange::RemoveBinding(scope, binding(&one.key, before)));
        }
    }
    added
        .into_iter()
        .chain(removed)
        .map(ClusterChange::Rbac)
        .collect()
}

/// Whether a role whose rules are read here gives something; one that is not read may.
fn may_give(role: &RbacKey, intended: &[Intended], gives: fn(&PolicyRule) -> bool) -> bool {
    let read = intended.iter().find(|one| one.key == *role);
    read.and_then(|one| one.before.as_ref())
        .is_none_or(|object| {
            let role = self::role(role, &object.fields);
            object.is_aggregated || role.rules.iter().any(gives)
        })
}

/// Whom a change may concern. A role that gives nothing of what is asked concerns nobody: a hundred of them are removed without a wait.
pub(super) fn concerned(intended: &[Intended]) -> Concerned {
    concerned_by(intended, is_asked_about)
}

/// The same, where also the removal of other roles and bindings counts.
pub(super) fn concerned_for_removals(intended: &[Intended]) -> Concerned {
    concerned_by(intended, |rule| {
        is_asked_about(rule) || !RemovalRights::of_rules(std::slice::from_ref(rule)).is_none()
    })
}

fn concerned_by(intended: &[Intended], gives: fn(&PolicyRule) -> bool) -> Concerned {
    let mut concerned = Concerned::default();
    let taking = intended.iter().filter(|one| one.takes());
    for before in taking.filter_map(|one| one.before.as_ref()) {
        if before.key.kind.is_role() {
            concerned.is_anybody |= may_give(&before.key, intended, gives);
            continue;
        }
        if before
            .role_key()
            .is_none_or(|role| may_give(&role, intended, gives))
        {
            concerned.insert(before.fields.subjects.iter().flatten());
        }
    }
    concerned
}

/// Whom a change takes a binding from that may give power, and gives none to the same role.
fn taken_from(intended: &[Intended]) -> Concerned {
    let mut taken = concerned(intended);
    for one in intended {
        let (Some(before), Some(after)) = (&one.before, one.after()) else {
            continue;
        };
        if before.fields.role_ref == after.role_ref {
            remove(&mut taken, after.subjects.iter().flatten());
        }
    }
    let going: Vec<&RoleRef> = intended
        .iter()
        .filter_map(|one| one.before.as_ref()?.fields.role_ref.as_ref())
        .collect();
    for made in intended.iter().filter(|one| one.before.is_none()) {
        let Some(after) = &made.after else {
            continue;
        };
        let is_all_there_is = going
            .iter()
            .all(|role| after.role_ref.as_ref() == Some(role));
        if is_all_there_is {
            remove(&mut taken, after.subjects.iter().flatten());
        }
    }
    taken
}

fn remove<'s>(concerned: &mut Concerned, subjects: impl Iterator<Item = &'s BoundSubject>) {
    let kept = Concerned::of_subjects(subjects);
    concerned.users.retain(|name| !kept.users.contains(name));
    concerned.groups.retain(|name| !kept.groups.contains(name));
}

/// A planned change.
#[derive(Clone, Copy)]
pub(super) struct Planned<'a> {
    pub(super) intended: &'a [Intended],
    /// Whether other changes of the apply can make up for it.
    pub(super) scope: PlanScope,
    /// Whether it takes away with all that this configuration has in the cluster.
    pub(super) is_teardown: bool,
}

/// Judges a planned change. What takes nothing is not judged, and only noted: it may make up for another change of the plan.
pub(super) async fn preview(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    planned: Planned<'_>,
) -> Result<(), Diagnostics> {
    // A change in place is held by itself.
    let previewed = preview_unless_held(cx, cluster, about, planned, None::<fn() -> bool>);
    previewed.await.map(drop)
}

/// The same, which waits a moment, where something is to be said, for `is_held` to say that another address holds some of it. True if it does: then nothing is said.
pub(super) async fn preview_unless_held(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    planned: Planned<'_>,
    is_held: Option<impl Fn() -> bool + Send>,
) -> Result<bool, Diagnostics> {
    // What hinders the write is apply's to refuse.
    let Ok(kube) = cluster.kubernetes() else {
        return Ok(false);
    };
    let intended = planned.intended;
    let proposal = RbacProposal {
        changes: &changes(intended),
        resource: &about.label(),
        taken_from: &taken_from(intended),
        is_teardown: planned.is_teardown,
        scope: planned.scope,
        moment: Moment::Plan,
    };
    let guard = cx.client.rbac_guard(cluster, &kube);
    let judged = match intended.iter().any(Intended::takes) {
        true => guard.judge(proposal).await?,
        false => JudgedRbac::default(),
    };
    if let Some(is_held) = is_held
        && !judged.told.is_empty()
        && guard.awaits_plan(is_held).await
    {
        return Ok(true);
    }
    say(cx, judged.told);
    // Where one provider serves many walks, nobody says whose plan is whose.
    if !cx.claims.is_shared() {
        let before = judged.before.as_ref();
        say(cx, guard.preview_together(&proposal, before).await);
    }
    Ok(false)
}

fn say(cx: &Context<Client>, told: Diagnostics) {
    for diagnostic in told.iter() {
        cx.add(diagnostic.clone());
    }
}

/// A write that takes something away, under the eyes of the guard.
pub(super) struct Guarded<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) kube: &'a Arc<dyn KubeApi>,
    pub(super) about: &'a About,
    pub(super) guard: &'a RbacGuard,
    /// Whether it takes away with all that this configuration has in the cluster.
    pub(super) is_teardown: bool,
}

/// A write that was let pass.
#[derive(Default)]
pub(super) struct Begun {
    /// What whoever acts may do, where that is looked at.
    standing: Option<Standing>,
    /// What the cluster had, where that decides anything.
    before: Option<BeforeRbac>,
}

impl Begun {
    /// Whether something goes that counts for power, unless something else gives it: others that go with it may decide.
    pub(super) fn may_take_power(&self, intended: &[Intended]) -> bool {
        let before = self.before.as_ref();
        before.is_some_and(|before| before.may_lose_by(&changes(intended)))
    }
}

impl Guarded<'_> {
    /// Judges what is about to be removed together with what others of the same apply remove.
    ///
    /// # Errors
    /// The guard refuses all of it.
    pub(super) async fn judge_with(
        &self,
        intended: &[Intended],
        others: &[Intended],
    ) -> Result<(), Diagnostics> {
        if others.is_empty() {
            return Ok(());
        }
        let all = [intended, others].concat();
        let proposal = RbacProposal {
            changes: &changes(&all),
            resource: &self.about.label(),
            taken_from: &taken_from(&all),
            is_teardown: self.is_teardown,
            scope: PlanScope::Alone,
            moment: Moment::Write,
        };
        let judged = self.guard.judge(proposal).await;
        judged
            .map(drop)
            .map_err(|reasons| going_together::refused(&reasons, others))
    }

    /// Judges what is about to be written, and notes what there is and what whoever acts may do.
    ///
    /// # Errors
    /// The guard refuses.
    pub(super) async fn begin(&self, intended: &[Intended]) -> Result<Begun, Diagnostics> {
        if !intended.iter().any(Intended::takes) {
            return Ok(Begun::default());
        }
        let proposal = RbacProposal {
            changes: &changes(intended),
            resource: &self.about.label(),
            taken_from: &taken_from(intended),
            is_teardown: self.is_teardown,
            scope: PlanScope::Alone,
            moment: Moment::Write,
        };
        let judged = self.guard.judge(proposal).await?;
        say(self.cx, judged.told);
        if self.is_teardown && self.guard.is_teardown_meant() {
            // Whatever it takes is meant, and whoever acts may not be able to look any more.
            return Ok(Begun::default());
        }
        let concerned = concerned(intended);
        Ok(Begun {
            standing: self.guard.standing(self.kube.as_ref(), &concerned).await,
            before: judged.before,
        })
    }

    /// Judges once more by what there is now, and looks whether whoever acts has what it had; else everything is put back.
    ///
    /// # Errors
    /// What was found, and what became of it.
    pub(super) async fn end(
        &self,
        begun: Begun,
        intended: &[Intended],
    ) -> Result<(), Box<TakenBack>> {
        let mut again = Diagnostics::new();
        if let Some(before) = begun.before {
            let proposal = RbacProposal {
                changes: &changes(intended),
                resource: &self.about.label(),
                taken_from: &taken_from(intended),
                is_teardown: self.is_teardown,
                scope: PlanScope::Alone,
                moment: Moment::Done,
            };
            match self.guard.judge_after(before, proposal).await {
                Ok(told) => again = told,
                Err(reasons) => {
                    let put_back = self.put_back(intended).await;
                    let diagnostics = diagnostics::judged_after(self.about, &reasons, &put_back);
                    return Err(Box::new(put_back.told_by(diagnostics)));
                }
            }
        }
        let lost = match begun.standing {
            Some(standing) => standing.lost(self.kube.as_ref()).await,
            None => Vec::new(),
        };
        if lost.is_empty() {
            say(self.cx, again);
            return Ok(());
        }
        let put_back = self.put_back(intended).await;
        let diagnostics = diagnostics::taken_from_oneself(self.about, &lost, &put_back).into();
        Err(Box::new(put_back.told_by(diagnostics)))
    }

    /// Puts back what was taken, in the order in which it is made, and then removes what was made, bindings first.
    async fn put_back(&self, intended: &[Intended]) -> PutBack {
        let mut put_back = PutBack::default();
        for one in intended.iter().filter(|one| one.takes()) {
            if let Some(before) = &one.before {
                self.restore(before, &mut put_back).await;
            }
        }
        let made = intended
            .iter()
            .filter(|one| one.before.is_none() && one.after.is_some());
        for one in made.rev() {
            self.unmake(&one.key, &mut put_back).await;
        }
        put_back
    }

    async fn restore(&self, before: &RbacObject, put_back: &mut PutBack) {
        let now = self.kube.rbac_object(&before.key).await.ok().flatten();
        let is_new = now.is_none();
        let applied = AppliedRbacObject {
            key: before.key.clone(),
            fields: as_it_was(before, now.as_ref()),
            uid: now.map(|now| now.uid),
            is_forced: true,
        };
        match self.kube.apply_rbac_object(&applied).await {
            Ok(done) => {
                if is_new && !before.is_own_alone() {
                    put_back.made_anew.push(before.clone());
                }
                put_back.restored.push(done.object);
            }
            Err(error) => put_back.failed.push((before.clone(), error)),
        }
    }

    /// What nobody else has anything of goes again; anything else stays and is said.
    async fn unmake(&self, key: &RbacKey, put_back: &mut PutBack) {
        let found = match self.kube.rbac_object(key).await {
            Ok(Some(found)) => found,
            Ok(None) => return put_back.gone.push(key.clone()),
            Err(error) => return put_back.stays.push((key.clone(), error.to_string())),
        };
        if !found.is_own_alone() {
            let reason = "somebody else has set something of it".to_owned();
            return put_back.stays.push((key.clone(), reason));
        }
        match self.kube.delete_rbac_object(key, &found.uid).await {
            Ok(()) => put_back.gone.push(key.clone()),
            Err(error) => put_back.stays.push((key.clone(), error.to_string())),
        }
    }
}

/// The fields to apply so that an object is what it was: what was held of it, and what is different now. What others have and still is there stays theirs.
fn as_it_was(before: &RbacObject, now: Option<&RbacObject>) -> RbacFields {
    let own = before.own_fields();
    let (old, new) = (
        before.fields.values(),
        now.map(|now| now.fields.values()).unwrap_or_default(),
    );
    let is_wanted = |field: &RbacField| own.contains(field) || old.get(field) != new.get(field);
    let mut fields = before.fields.clone();
    fields
        .labels
        .retain(|key, _| is_wanted(&RbacField::Label(key.clone())));
    if !is_wanted(&RbacField::Rules) {
        fields.rules = None;
    }
    // A binding without it cannot be made, and it never changes.
    if !is_wanted(&RbacField::Subjects) {
        fields.subjects = None;
    }
    fields
}
