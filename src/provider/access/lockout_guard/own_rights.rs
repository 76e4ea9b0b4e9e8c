//! Rights of whoever makes a change of roles and bindings that apply asks the API server about, judged by the rules beforehand: what would be put back after
//! the write is refused before it, at plan too.
//!
//! An access policy of EKS counts beside RBAC and is never known to the whole, so whoever has one that may give a right is not taken it. What could not be
//! read is left to apply, which asks.

use eksauth_core::access::access_policy::PolicyAnswer;
use eksauth_core::access::change::ClusterState;
use eksauth_core::access::cluster_access::{Access, Grant, Knowledge, Principal};
use eksauth_core::access::lockout::{Finding, FindingId, Severity};
use eksauth_core::kubernetes::rbac::{NamedUser, Question, RbacObjects};

use super::ClusterGuard;
use super::between::{Applying, TwoStates};
use super::facts::Facts;
use crate::access::asked_rights::{as_rules_answer, described, questions};
use crate::config::LockoutGuard;
use crate::ports::access_review::AccessQuestion;

/// Whoever makes a change, under the names that RBAC knows.
struct Actor {
    principal: Principal,
    before: NamedUser,
    after: NamedUser,
}

impl ClusterGuard {
    /// Whether roles and bindings take from whoever acts, by its names, what apply asks about.
    pub(super) async fn takes_own_rights(&self, before: &RbacObjects, after: &RbacObjects) -> bool {
        if !self.confirms() || !takes_from_anybody(before, after) {
            return false;
        }
        let facts = self.facts().await;
        acting(&facts).is_some_and(|(_, user)| !lost(before, after, (&user, &user)).is_empty())
    }

    /// What whoever makes the change loses of what apply asks about, where nothing graver is said of it.
    pub(super) async fn own_rights_lost(
        &self,
        states: &TwoStates,
        applying: &Applying,
        found: &[Finding],
    ) -> Vec<Finding> {
        let (Some(before), Some(after)) = (&states.before.rbac, &states.after.rbac) else {
            return Vec::new();
        };
        if !self.confirms() || !takes_from_anybody(before, after) {
            return Vec::new();
        }
        let is_said = |principal: &Principal| {
            found.iter().any(|finding| {
                finding.id == FindingId::RunningIdentity
                    && finding.severity == Severity::Error
                    && finding.arn == principal.arn
            })
        };
        let facts = self.facts().await;
        let actors = actors(states, applying, &facts);
        let actors = actors.filter(|actor| !is_said(&actor.principal));
        actors
            .filter_map(|actor| {
                let mut rights = lost(before, after, (&actor.before, &actor.after));
                rights.retain(|right| !may_be_by_policy(&states.after, &actor.principal, *right));
                let rights: Vec<String> = rights.into_iter().map(described).collect();
                let finding = || Finding::running_rights(&self.cluster, &actor.principal, &rights);
                (!rights.is_empty()).then(finding)
            })
            .collect()
    }

    /// Whether apply asks at all; where all of the configuration goes and that is meant, it does not.
    fn confirms(&self) -> bool {
        let settings = self.settings();
        settings.confirm_access
            && !settings.acknowledgements.cover_teardown(&self.cluster)
            && matches!(
                settings.lockout_guard,
                LockoutGuard::Error | LockoutGuard::Strict
            )
    }
}

/// Whoever runs this step, under the names that the API server says.
fn acting(facts: &Facts) -> Option<(Principal, NamedUser)> {
    let acting = &facts.caller.acting;
    let user = NamedUser {
        name: acting.username.clone()?,
        groups: acting.groups.clone(),
    };
    Some((acting.principal.clone()?, user))
}

/// Whoever makes the change, as far as its names are known before and after it.
fn actors<'a>(
    states: &'a TwoStates,
    applying: &'a Applying,
    facts: &'a Facts,
) -> impl Iterator<Item = Actor> + 'a {
    let own = acting(facts);
    let told = applying.principals.iter().cloned();
    let runs = own.clone().map(|(principal, _)| principal);
    let runs = runs.filter(|_| !applying.is_told());
    told.chain(runs).filter_map(move |principal| {
        let grant = |state: &ClusterState| grant_of(state, &principal);
        let (old, new) = (grant(&states.before), grant(&states.after));
        let known = own.as_ref().filter(|(own, _)| *own == principal);
        let before = match known {
            Some((_, user)) => user.clone(),
            None => named(old.as_ref()?)?,
        };
        let is_same = match (&old, &new) {
            (Some(old), Some(new)) => old.allows_the_same(new),
            (None, None) => true,
            _ => false,
        };
        let after = match is_same {
            true => before.clone(),
            false => named(new.as_ref()?)?,
        };
        Some(Actor {
            principal,
            before,
            after,
        })
    })
}

fn grant_of(state: &ClusterState, principal: &Principal) -> Option<Grant> {
    let access = state.view.access_of(&principal.arn, &principal.account);
    match access.access {
        Access::Granted(grant) => Some(grant),
        Access::Random(_) | Access::None | Access::Unknown(_) => None,
    }
}

/// The names of a grant, where nothing in them is filled in once somebody calls.
fn named(grant: &Grant) -> Option<NamedUser> {
    let mut names = grant.groups.iter().chain([&grant.username]);
    let is_open = names.any(|name| name.contains("{{")) || grant.username.is_empty();
    (!is_open).then(|| NamedUser {
        name: grant.username.clone(),
        groups: grant.groups.iter().cloned().collect(),
    })
}

/// What apply asks about, as far as all was read that answers it.
fn answered(before: &RbacObjects, after: &RbacObjects) -> Vec<AccessQuestion> {
    let is_read = |question: &AccessQuestion| {
        [before.unread, after.unread].into_iter().all(|unread| {
            let is_local = !question.namespace.is_empty();
            !(unread.is_any_of_cluster() || is_local && unread.is_any_of_kube_system())
        })
    };
    questions().into_iter().filter(is_read).collect()
}

/// Whether a name or group is bound to less of that.
fn takes_from_anybody(before: &RbacObjects, after: &RbacObjects) -> bool {
    answered(before, after).into_iter().any(|question| {
        let question = as_rules_answer(question);
        let has = after.subjects_allowed(&question);
        !before.subjects_allowed(&question).is_subset(&has)
    })
}

fn lost(
    before: &RbacObjects,
    after: &RbacObjects,
    (old, new): (&NamedUser, &NamedUser),
) -> Vec<AccessQuestion> {
    let is_lost = |question: &AccessQuestion| {
        let question = as_rules_answer(*question);
        before.allow(old, &question) && !after.allow(new, &question)
    };
    let answered = answered(before, after).into_iter();
    answered.filter(is_lost).collect()
}

/// Whether an access policy gives a right, or may, as far as that is known.
fn may_be_by_policy(state: &ClusterState, principal: &Principal, right: AccessQuestion) -> bool {
    let view = &state.view;
    if view.mode.reads_access_entries() && matches!(view.access_entries, Knowledge::Unreadable(_)) {
        return true;
    }
    let question = Question::Resource(as_rules_answer(right));
    grant_of(state, principal).is_some_and(|grant| {
        let mut policies = grant.policies.iter();
        policies.any(|policy| policy.answers(&question) != PolicyAnswer::OutOfScope)
    })
}
