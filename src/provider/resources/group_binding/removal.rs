//! Removing roles and bindings: what was made here is deleted, what was there before only loses what was held of it.

use std::sync::Arc;

use tf_provider::resource::State;
use tf_provider::{Context, Diagnostics};

use super::diagnostics::About;
use super::guarded::{Guarded, Intended};
use super::objects::{self, HeldObject, WantedObject};
use super::schema::GroupBindingModel;
use super::teardown::Teardown;
use super::{about, claim_key, conflicts, diagnostics, failed, guarded};
use crate::access::makings::Change;
use crate::access::rbac_guard::RbacGuard;
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
    let guard = cx.client.rbac_guard(&removal.cluster, &removal.kube);
    let teardown = Teardown::of(cx, &state.model, &state.private);
    let waited = teardown.await_others(&removal, &guard, &state.model, &going);
    let removed = match waited.await {
        Ok(()) => removal.remove_once_let(&guard, &going, &state).await,
        refused => refused,
    };
    teardown.note_settled(&guard, removed.is_ok());
    removed
}

/// Bindings before the roles that they refer to.
pub(super) fn in_order(held: &[HeldObject]) -> Vec<HeldObject> {
    let is_role = |one: &HeldObject| one.key().is_some_and(|key| key.kind.is_role());
    let mut held = held.to_vec();
    held.sort_by_key(is_role);
    held
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
    /// Removes once the guard lets it: what it refuses as things are waits for what the plan makes beside it, and what whoever acts is bound by does so at once.
    async fn remove_once_let(
        &self,
        guard: &RbacGuard,
        going: &[HeldObject],
        state: &State<GroupBindingModel>,
    ) -> Result<(), Diagnostics> {
        let cx = self.cx;
        let change = Change {
            private: &state.private,
            cluster_arn: &state.model.cluster_arn,
            own: Vec::new(),
        };
        let mut awaited = cx.client.makings().awaited(cx, change);
        let is_teardown = Teardown::of(cx, &state.model, &state.private).is_whole;
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
            let removed = self.remove_all(guard, going, is_teardown).await;
            let Err(reasons) = &removed else {
                return removed;
            };
            if !awaited.is_worth_another_try(cx, reasons).await {
                return removed;
            }
            guard.note_made().await;
        }
    }

    async fn remove_all(
        &self,
        guard: &RbacGuard,
        going: &[HeldObject],
        is_teardown: bool,
    ) -> Result<(), Diagnostics> {
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
        for held in in_order(going) {
            let removed = self.remove(&held).await;
            listing.forget(&self.cluster).await;
            removed?;
        }
        let ended = guarded.end(begun, &intended).await;
        ended.map_err(|taken_back| taken_back.diagnostics)
    }

    /// What becomes of objects that are held, roles first: what was there before stays without what is held of it.
    pub(super) async fn intended(&self, held: &[HeldObject]) -> Result<Vec<Intended>, Diagnostics> {
        let mut intended = Vec::new();
        for held in in_order(held).into_iter().rev() {
            let Some(key) = held.key() else {
                continue;
            };
            let Some(object) = self.find(&key).await? else {
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
        match self.stays(held, &object) {
            true => self.let_go(&object).await,
            false => self.delete(&object).await,
        }
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
