//! Removing roles and bindings: what was made here is deleted, what was there before only loses what was held of it.

use std::sync::Arc;

use futures_util::future::join_all;
use tf_provider::resource::State;
use tf_provider::{Context, Diagnostics};

use super::diagnostics::About;
use super::guarded::{Guarded, Intended};
use super::objects::{self, HeldObject, WantedObject};
use super::schema::GroupBindingModel;
use super::teardown::{OwnDeparture, Teardown};
use super::{about, claim_key, conflicts, diagnostics, failed, going_together, guarded};
use crate::access::concerned::Concerned;
use crate::access::departing::Stage;
use crate::access::makings::Change;
use crate::access::rbac_guard::RbacGuard;
use crate::access::removal_rights::RemovalRights;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::api_failure;
use crate::ports::rbac_objects::{AppliedRbacObject, RbacField, RbacFields, RbacKey, RbacObject};
use crate::ports::{ApiError, ErrorKind, KubeApi};
use crate::session::object_claim;

pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<GroupBindingModel>,
) -> Result<(), Diagnostics> {
    let is_followed = |held: &HeldObject| {
        let key = held.key().map(|key| claim_key(&state.model, &key));
        key.and_then(|key| key.into_known())
            .is_some_and(|key| object_claim::is_followed(cx, &state.private, &key))
    };
    let going: Vec<HeldObject> = objects::held_or_named(&state.model, &state.private)
        .into_iter()
        .filter(|held| !is_followed(held))
        .collect();
    if going.is_empty() {
        return Ok(());
    }
    let placement = state.model.placement();
    let Some(cluster) = placement.at_delete(cx.client.clusters()).await? else {
        return Ok(());
    };
    let reference = cluster.reference.to_string();
    let before = objects::expand(&state.model).unwrap_or_default();
    let removal = Removal {
        cx,
        about: about(&state.model, &cluster),
        kube: cluster
            .kubernetes()
            .map_err(api_failure::failure("Cannot Reach Cluster", &reference))?,
        cluster,
        before: &before,
    };
    removal.remove_in_turn(&going, &state).await
}

/// Bindings before the roles that they refer to.
pub(super) fn in_order(held: &[HeldObject]) -> Vec<HeldObject> {
    let is_role = |one: &HeldObject| one.key().is_some_and(|key| key.kind.is_role());
    let mut held = held.to_vec();
    held.sort_by_key(is_role);
    held
}

/// What is to be removed.
#[derive(Clone, Copy)]
struct Asked<'a> {
    going: &'a [HeldObject],
    state: &'a State<GroupBindingModel>,
    /// Whether it goes with all that this configuration has in the cluster.
    is_teardown: bool,
}

/// What bindings of whoever acts give it.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    /// When they go among others of its own, by what may be removed by them.
    pub(super) stage: Stage,
    /// Whether they give every right, so that no other is needed.
    pub(super) is_everything: bool,
}

pub(super) struct Removal<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) cluster: Arc<FoundCluster>,
    pub(super) kube: Arc<dyn KubeApi>,
    pub(super) about: About,
    /// What the state had.
    pub(super) before: &'a [WantedObject],
}

impl Removal<'_> {
    /// Removes where all of a configuration goes what is whoever acts' own after everything else, and else at once.
    async fn remove_in_turn(
        &self,
        going: &[HeldObject],
        state: &State<GroupBindingModel>,
    ) -> Result<(), Diagnostics> {
        let guard = self.cx.client.rbac_guard(&self.cluster, &self.kube);
        let teardown = Teardown::at_apply(self, &guard, state).await?;
        let departure = teardown.own_departure(self, &guard, state, going);
        let removed = match departure.await {
            Ok(Some(departure)) => self.depart(&guard, going, departure).await,
            Ok(None) => {
                let asked = Asked {
                    going,
                    state,
                    is_teardown: teardown.is_whole,
                };
                self.remove_once_let(&guard, asked).await
            }
            Err(reasons) => {
                // It may be what whoever acts is bound by.
                guard.note_own_binding_stays(&self.about.label());
                Err(reasons)
            }
        };
        teardown.note_settled(&guard, removed.is_ok());
        removed
    }

    /// Removes once the guard lets it: what it refuses as things are waits for what the plan makes beside it, and what whoever acts is bound by does so at once.
    async fn remove_once_let(
        &self,
        guard: &RbacGuard,
        asked: Asked<'_>,
    ) -> Result<(), Diagnostics> {
        let Asked { going, state, .. } = asked;
        let cx = self.cx;
        let change = Change {
            private: &state.private,
            cluster_arn: &state.model.cluster_arn,
            own: Vec::new(),
        };
        let mut awaited = cx.client.makings().awaited(cx, change);
        if awaited.begin() {
            let concerned = guarded::concerned(&self.intended(going).await?);
            let kube = self.kube.as_ref();
            if guard.is_about_whoever_acts(kube, &concerned).await {
                while awaited.begin() && awaited.await_one(cx).await {}
                guard.note_made().await;
            }
        }
        loop {
            awaited.begin();
            let removed = self.remove_all(guard, asked).await;
            let Err(reasons) = &removed else {
                return removed;
            };
            if !awaited.is_worth_another_try(cx, reasons).await {
                return removed;
            }
            guard.note_made().await;
        }
    }

    /// Removes what whoever acts is bound by after all else. It is judged before it waits, and only removed after that: the right to look may have gone with another
    /// binding, or with the entry of whoever acts.
    async fn depart(
        &self,
        guard: &RbacGuard,
        going: &[HeldObject],
        departure: OwnDeparture<'_>,
    ) -> Result<(), Diagnostics> {
        {
            let _turn = guard.turn().await;
            let guarded = Guarded {
                cx: self.cx,
                kube: &self.kube,
                about: &self.about,
                guard,
                is_teardown: true,
            };
            let judged = guarded.begin(&departure.intended).await;
            if let Err(reasons) = judged {
                guard.note_own_binding_stays(&self.about.label());
                return Err(reasons);
            }
        }
        departure.await_others(&self.about, guard).await?;
        let removed = self.remove_each(going, &departure.intended).await;
        guard.note_made().await;
        removed
    }

    async fn remove_all(&self, guard: &RbacGuard, asked: Asked<'_>) -> Result<(), Diagnostics> {
        let Asked {
            going,
            state,
            is_teardown,
        } = asked;
        let listing = self.cx.client.rbac_objects();
        let keys = going.iter().filter_map(HeldObject::key).collect();
        let _turns = listing.turns(&self.cluster, keys).await;
        let _turn = guard.turn().await;
        let guarded = Guarded {
            cx: self.cx,
            kube: &self.kube,
            about: &self.about,
            guard,
            is_teardown,
        };
        let intended = self.intended(going).await?;
        let begun = guarded.begin(&intended).await?;
        if begun.may_take_power(&intended) {
            let others = going_together::others(self, state, &intended).await;
            guarded.judge_with(&intended, &others).await?;
        }
        self.remove_each(going, &intended).await?;
        let ended = guarded.end(begun, &intended).await;
        ended.map_err(|taken_back| taken_back.diagnostics)
    }

    /// Removes what was found. A role and its binding give a right together, and with the first of them it is gone: so that whoever acts can remove both of its own,
    /// both requests are on the way before one is answered. Where no such right goes, bindings go before roles.
    async fn remove_each(
        &self,
        going: &[HeldObject],
        intended: &[Intended],
    ) -> Result<(), Diagnostics> {
        let ordered = in_order(going);
        let found = |held: &HeldObject| {
            let key = held.key()?;
            let one = intended.iter().find(|one| one.key == key)?;
            one.before.as_ref()
        };
        let removals = ordered
            .iter()
            .filter_map(|held| Some(self.remove_found(held, found(held)?)));
        if guarded::concerned_for_removals(intended).is_nobody() {
            for removal in removals {
                removal.await?;
            }
            return Ok(());
        }
        let mut reasons = Diagnostics::new();
        for removed in join_all(removals).await {
            reasons.extend(removed.err().unwrap_or_default());
        }
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(reasons),
        }
    }

    /// What bindings of whoever acts give it.
    pub(super) async fn reach(&self, intended: &[Intended]) -> Reach {
        let mut reach = Reach {
            stage: Stage::First,
            is_everything: false,
        };
        let bindings = intended.iter().filter(|one| !one.key.kind.is_role());
        for binding in bindings.filter_map(|one| one.before.as_ref()) {
            let (kind, rights) = (binding.key.kind, self.removal_rights(binding, intended));
            let rights = rights.await;
            reach.stage = reach.stage.max(rights.stage(kind));
            reach.is_everything |= rights.give_everything(kind) && self.is_own(binding).await;
        }
        reach
    }

    /// Whether a binding names whoever acts. Not where the API server does not say who that is.
    async fn is_own(&self, binding: &RbacObject) -> bool {
        let subjects = Concerned::of_subjects(binding.fields.subjects.iter().flatten());
        let user = self.kube.self_subject_review().await;
        user.is_ok_and(|user| subjects.has(&user))
    }

    async fn removal_rights(&self, binding: &RbacObject, intended: &[Intended]) -> RemovalRights {
        let Some(key) = binding.role_key() else {
            return RemovalRights::UNKNOWN;
        };
        let role = match intended.iter().find(|one| one.key == key) {
            Some(own) => own.before.clone(),
            None => self.kube.rbac_object(&key).await.ok().flatten(),
        };
        role.as_ref()
            .map_or(RemovalRights::UNKNOWN, RemovalRights::of_role)
    }

    /// What becomes of objects that are held, roles first: what was there before stays without what is held of it.
    pub(super) async fn intended(&self, held: &[HeldObject]) -> Result<Vec<Intended>, Diagnostics> {
        let mut intended = Vec::new();
        let ordered: Vec<(HeldObject, RbacKey)> = in_order(held)
            .into_iter()
            .rev()
            .filter_map(|held| held.key().map(|key| (held, key)))
            .collect();
        // At the same time, so that the connections are there for removals at the same time.
        let found = join_all(ordered.iter().map(|(_, key)| self.find(key))).await;
        for ((held, key), object) in ordered.into_iter().zip(found) {
            let Some(object) = object? else {
                continue;
            };
            let after = match self.stays(&held, &object) {
                true => Some(without_ours(&object)),
                false => None,
            };
            intended.push(Intended {
                key,
                before: Some(object),
                after,
            });
        }
        Ok(intended)
    }

    /// What is somebody else's stays. What a binding refers to cannot be taken away, so a binding that nobody else holds goes as a whole.
    fn stays(&self, held: &HeldObject, object: &RbacObject) -> bool {
        let is_theirs = held.adopted || !held.is_same(object) || object.is_built_in();
        is_theirs && (object.key.kind.is_role() || !object.is_own_alone())
    }

    /// Takes away what is held of one object. One that is gone is success.
    pub(super) async fn remove(&self, held: &HeldObject) -> Result<(), Diagnostics> {
        let Some(key) = held.key() else {
            return Ok(());
        };
        let Some(object) = self.find(&key).await? else {
            return Ok(());
        };
        self.remove_found(held, &object).await
    }

    async fn remove_found(
        &self,
        held: &HeldObject,
        object: &RbacObject,
    ) -> Result<(), Diagnostics> {
        let removed = match self.stays(held, object) {
            true => self.let_go(object).await,
            false => self.delete(object).await,
        };
        self.cx.client.rbac_objects().forget(&self.cluster).await;
        removed
    }

    /// What is there, unless another resource of the configuration goes on with it.
    async fn find(&self, key: &RbacKey) -> Result<Option<RbacObject>, Diagnostics> {
        let listing = self.cx.client.rbac_objects();
        match self.kube.rbac_object(key).await {
            Ok(found) => Ok(found.filter(|object| !listing.is_taken_over(&object.uid))),
            Err(error) => Err(self
                .failed("Cannot Read Role Or Binding", key, &error)
                .await),
        }
    }

    async fn delete(&self, object: &RbacObject) -> Result<(), Diagnostics> {
        let key = &object.key;
        match self.kube.delete_rbac_object(key, &object.uid).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::Conflict => {
                Err(diagnostics::changed_meanwhile(&self.about, key, &error).into())
            }
            Err(error) => Err(self
                .failed("Cannot Delete Role Or Binding", key, &error)
                .await),
        }
    }

    /// An apply of nothing gives up what is held. Nothing is sent where nothing is held.
    async fn let_go(&self, object: &RbacObject) -> Result<(), Diagnostics> {
        let mut now = object.clone();
        if !object.own_fields().is_empty() {
            let nothing = AppliedRbacObject {
                key: object.key.clone(),
                uid: Some(object.uid.clone()),
                fields: RbacFields::default(),
                is_forced: false,
            };
            now = match self.kube.apply_rbac_object(&nothing).await {
                Ok(done) => done.object,
                Err(error) if self.is_gone(&object.key, &error).await => return Ok(()),
                Err(error) => {
                    let title = "Cannot Change Role Or Binding";
                    return Err(self.failed(title, &object.key, &error).await);
                }
            };
        }
        self.cx.add(diagnostics::adopted_stays(&self.about, &now));
        let before = self.before.iter().find(|one| one.key == object.key);
        let before = before.map(|one| one.fields.clone()).unwrap_or_default();
        let left = conflicts::left_behind(&now, &before, &RbacFields::default());
        if !left.is_empty() {
            self.cx.add(diagnostics::stays(&self.about, &left));
        }
        Ok(())
    }

    async fn is_gone(&self, key: &RbacKey, error: &ApiError) -> bool {
        let may_be = matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound);
        may_be && matches!(self.find(key).await, Ok(None))
    }

    async fn failed(&self, title: &str, key: &RbacKey, error: &ApiError) -> Diagnostics {
        let about = self.about.object(key);
        failed(self.cx, &self.cluster, title, (&about, error)).await
    }
}

/// An object without what only this provider holds of it.
fn without_ours(object: &RbacObject) -> RbacFields {
    let own = object.own_fields();
    let goes = |field: &RbacField| own.contains(field) && object.other_owners(field).is_empty();
    let mut fields = object.fields.clone();
    fields
        .labels
        .retain(|key, _| !goes(&RbacField::Label(key.clone())));
    if goes(&RbacField::Rules) {
        fields.rules = Some(Vec::new());
    }
    if goes(&RbacField::Subjects) {
        fields.subjects = Some(Vec::new());
    }
    fields
}
