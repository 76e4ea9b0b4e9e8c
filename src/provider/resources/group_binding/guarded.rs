//! A change of roles and bindings in the words of the lock-out guard, which judges it at plan and at apply; and the way back of a write that took from
//! whoever acts what it had.

use std::sync::Arc;

use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth;
use eksauth_core::kubernetes::rbac::{Binding, PolicyRule, Role, Subject};
use tf_provider::{Context, Diagnostics};

use super::diagnostics::{self, About};
use crate::access::lockout_guard::RbacProposal;
use crate::access::rbac_guard::{Concerned, RbacGuard, Standing, is_asked_about};
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::rbac_objects::{
    AppliedRbacObject, BoundSubject, RbacFields, RbacKey, RbacKind, RbacObject,
};
use crate::ports::{ApiError, KubeApi};

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
        let before = self.before.as_ref().map(|before| before.fields.clone());
        let before = before.unwrap_or_default();
        Some(RbacFields {
            labels: after.labels.clone(),
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
    let rules = fields.rules.iter().flatten().map(|rule| PolicyRule {
        verbs: rule.verbs.clone(),
        api_groups: rule.api_groups.clone(),
        resources: rule.resources.clone(),
        resource_names: rule.resource_names.clone(),
    });
    Role {
        name: key.name.clone(),
        rules: rules.collect(),
    }
}

/// Service accounts do not come through AWS.
fn binding(fields: &RbacFields) -> Binding {
    let role = fields.role_ref.clone();
    let subject = |subject: &BoundSubject| match subject {
        BoundSubject::Group(name) => Some(Subject::Group(name.clone())),
        BoundSubject::User(name) => Some(Subject::User(name.clone())),
        BoundSubject::ServiceAccount { .. } => None,
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
            (false, Some(after)) => added.push(RbacChange::PutBinding(scope, binding(after))),
            (false, None) => {}
        }
        if let (Some(before), false) = (before, one.key.kind.is_role()) {
            removed.push(RbacChange::RemoveBinding(scope, binding(before)));
        }
    }
    added
        .into_iter()
        .chain(removed)
        .map(ClusterChange::Rbac)
        .collect()
}

/// Whether a role whose rules are read here gives what whoever acts is asked about; one that is not read may.
fn may_give_power(role: &RbacKey, intended: &[Intended]) -> bool {
    let read = intended.iter().find(|one| one.key == *role);
    read.and_then(|one| one.before.as_ref())
        .is_none_or(|object| {
            let role = self::role(role, &object.fields);
            object.is_aggregated || role.rules.iter().any(is_asked_about)
        })
}

/// The role to which a binding refers.
fn role_of(binding: &RbacObject) -> Option<RbacKey> {
    let role = binding.fields.role_ref.as_ref()?;
    Some(RbacKey {
        kind: role.kind,
        namespace: match role.kind.is_namespaced() {
            true => binding.key.namespace.clone(),
            false => String::new(),
        },
        name: role.name.clone(),
    })
}

/// Whom a change may concern. A role that gives nothing of what is asked concerns nobody: a hundred of them are removed without a wait.
fn concerned(intended: &[Intended]) -> Concerned {
    let mut concerned = Concerned::default();
    let taking = intended.iter().filter(|one| one.takes());
    for before in taking.filter_map(|one| one.before.as_ref()) {
        if before.key.kind.is_role() {
            concerned.is_anybody |= may_give_power(&before.key, intended);
            continue;
        }
        if !role_of(before).is_none_or(|role| may_give_power(&role, intended)) {
            continue;
        }
        for subject in before.fields.subjects.iter().flatten() {
            match subject {
                BoundSubject::Group(name) => concerned.groups.insert(name.clone()),
                BoundSubject::User(name) => concerned.users.insert(name.clone()),
                BoundSubject::ServiceAccount { namespace, name } => concerned
                    .users
                    .insert(format!("system:serviceaccount:{namespace}:{name}")),
            };
        }
    }
    concerned
}

/// Judges a planned change. What takes nothing is not judged.
pub(super) async fn preview(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    (intended, scope): (&[Intended], PlanScope),
) -> Result<(), Diagnostics> {
    if !intended.iter().any(Intended::takes) {
        return Ok(());
    }
    // What hinders the write is apply's to refuse.
    let Ok(kube) = cluster.kubernetes() else {
        return Ok(());
    };
    let proposal = RbacProposal {
        changes: &changes(intended),
        resource: &about.label(),
        scope,
        is_write: false,
    };
    let guard = cx.client.rbac_guard(cluster, &kube);
    say(cx, guard.judge(proposal).await?);
    Ok(())
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
}

impl Guarded<'_> {
    /// Judges what is about to be written, and notes what whoever acts may do.
    ///
    /// # Errors
    /// The guard refuses.
    pub(super) async fn begin(
        &self,
        intended: &[Intended],
    ) -> Result<Option<Standing>, Diagnostics> {
        if !intended.iter().any(Intended::takes) {
            return Ok(None);
        }
        let proposal = RbacProposal {
            changes: &changes(intended),
            resource: &self.about.label(),
            scope: PlanScope::Alone,
            is_write: true,
        };
        say(self.cx, self.guard.judge(proposal).await?);
        let concerned = concerned(intended);
        Ok(self.guard.standing(self.kube.as_ref(), &concerned).await)
    }

    /// Whether whoever acts has what it had; else everything is put back as it was.
    ///
    /// # Errors
    /// It had lost something, and what became of that.
    pub(super) async fn end(
        &self,
        standing: Option<Standing>,
        intended: &[Intended],
    ) -> Result<(), Diagnostics> {
        let Some(standing) = standing else {
            return Ok(());
        };
        let lost = standing.lost(self.kube.as_ref()).await;
        if lost.is_empty() {
            return Ok(());
        }
        let failed = self.put_back(intended).await;
        Err(diagnostics::taken_from_oneself(self.about, &lost, &failed).into())
    }

    /// Puts back what was taken, bindings last as they were made. What cannot be is returned with the reason.
    async fn put_back(&self, intended: &[Intended]) -> Vec<(RbacObject, ApiError)> {
        let mut failed = Vec::new();
        for one in intended.iter().filter(|one| one.takes()) {
            let Some(before) = &one.before else {
                continue;
            };
            let now = self.kube.rbac_object(&one.key).await.ok().flatten();
            let applied = AppliedRbacObject {
                key: one.key.clone(),
                uid: now.map(|now| now.uid),
                fields: before.fields.clone(),
                is_forced: true,
            };
            if let Err(error) = self.kube.apply_rbac_object(&applied).await {
                failed.push((before.clone(), error));
            }
        }
        failed
    }
}
