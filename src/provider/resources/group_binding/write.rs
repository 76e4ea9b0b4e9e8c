//! Making and changing a group binding: roles first, then bindings, each by one server-side apply, and only then what they replace goes.
//!
//! What was there before is looked at first, because an apply says of a field that another manager holds only that it conflicts, and of an object that was
//! there nothing at all.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::guarded::{Guarded, Intended};
use super::objects::{self, HeldObject, WantedObject};
use super::put_back::TakenBack;
use super::removal::{self, Removal};
use super::schema::GroupBindingModel;
use super::{about, claim_key, conflicts, diagnostics, failed, notes, plan, uid_part};
use crate::attributes::timeouts::Operation;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;
use crate::ports::rbac_objects::{RbacFields, RbacKey, RbacObject};
use crate::ports::{ApiError, KubeApi};
use crate::session::cancellable_wait::{Cancelled, wait};
use crate::session::object_claim::{self, Origin};

mod apply;
mod in_turn;
mod unanswered;

/// Time between what is new and the removal of what it replaces: API servers learn of roles and of bindings by watches of their own, in no order.
const OVERLAP: Duration = Duration::from_secs(2);

/// Makes what a plan wants, or goes on with what is there.
pub(super) async fn create(
    cx: &Context<Client>,
    apply: Apply<GroupBindingModel>,
) -> Result<State<GroupBindingModel>, Failed<GroupBindingModel>> {
    let writing = Writing::begin(cx, &apply, Operation::Create).await?;
    let mut held = Vec::new();
    let changed = writing.change_once_let(&mut held).await;
    writing.note_answered(&[], &held);
    match changed {
        Ok(()) => Ok(writing.state(Private::default(), held)),
        Err(diagnostics) => {
            writing.note_failed(&held).await;
            let is_any = !held.is_empty();
            let state = writing.state(Private::default(), held);
            Err(Failed {
                state: is_any.then_some(state),
                diagnostics,
            })
        }
    }
}

/// Changes what is held; what is gone meanwhile is made again.
pub(super) async fn update(
    cx: &Context<Client>,
    apply: Apply<GroupBindingModel>,
) -> Result<State<GroupBindingModel>, Failed<GroupBindingModel>> {
    let writing = Writing::begin(cx, &apply, Operation::Update).await?;
    let before = objects::held(&apply.private);
    let mut held = before.clone();
    let changed = writing.change_once_let(&mut held).await;
    writing.note_answered(&before, &held);
    match changed {
        Ok(()) => Ok(writing.state(apply.private, held)),
        Err(diagnostics) => {
            writing.note_failed(&held).await;
            Err(Failed {
                // What was made until then is remembered; the attributes stay, so that the next plan goes on.
                state: apply.prior.map(|model| State {
                    model,
                    private: objects::with_held(apply.private, &held),
                }),
                diagnostics,
            })
        }
    }
}

/// A group binding on its way.
pub(super) struct Writing<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) cluster: Arc<FoundCluster>,
    pub(super) kube: Arc<dyn KubeApi>,
    planned: GroupBindingModel,
    /// Roles before bindings.
    wanted: Vec<WantedObject>,
    /// What the state had.
    before: Vec<WantedObject>,
    pub(super) about: About,
    operation: Operation,
    /// What names the state that is changed, in the notes; `None` where something is made.
    mark: Option<String>,
}

impl<'a> Writing<'a> {
    async fn begin(
        cx: &'a Context<Client>,
        apply: &Apply<GroupBindingModel>,
        operation: Operation,
    ) -> Result<Self, Diagnostics> {
        let (config, planned) = (apply.config.placement(), apply.planned.placement());
        let applying = Applying {
            config: &config,
            planned: &planned,
            operation,
        };
        let cluster = applying.cluster(cx, cx.client.clusters()).await?;
        let reference = cluster.reference.to_string();
        let kube = cluster
            .kubernetes()
            .map_err(api_failure::failure("Cannot Reach Cluster", &reference))?;
        let mut planned = apply.planned.clone().placed(planned.in_cluster(&cluster));
        if !planned.binding_name.is_known() {
            planned.binding_name = objects::binding_name(&planned, apply.prior.as_ref());
        }
        let wanted = objects::expand(&planned)
            .ok_or_else(|| api_failure::not_known_at_apply("group binding"))?;
        let before = apply.prior.as_ref().and_then(objects::expand);
        let held = objects::held(&apply.private);
        Ok(Self {
            mark: apply
                .prior
                .as_ref()
                .and_then(|_| notes::mark(&wanted, &held)),
            about: about(&planned, &cluster),
            cx,
            cluster,
            kube,
            planned,
            wanted,
            before: before.unwrap_or_default(),
            operation,
        })
    }

    fn state(&self, private: Private, held: Vec<HeldObject>) -> State<GroupBindingModel> {
        State {
            model: GroupBindingModel {
                adopted: match &self.planned.adopted {
                    Attr::Known(promised) => Attr::Known(*promised),
                    _ => Attr::Known(held.iter().any(|one| one.adopted)),
                },
                ..self.planned.clone()
            },
            private: objects::with_held(private, &held),
        }
    }

    /// Makes what is wanted, and then takes away what the state has beside it, under the eyes of the lock-out guard.
    async fn change(&self, held: &mut Vec<HeldObject>) -> Result<(), Diagnostics> {
        let wanted = self.wanted.iter().map(|wanted| wanted.key.clone());
        let keys: BTreeSet<RbacKey> = wanted
            .chain(held.iter().filter_map(HeldObject::key))
            .collect();
        let listing = self.cx.client.rbac_objects();
        let _turns = listing.turns(&self.cluster, keys).await;
        let mut intended = self.intended(held).await?;
        let rest = self.going(held);
        intended.extend(self.removal().intended(&rest).await?);
        let guard = self.cx.client.rbac_guard(&self.cluster, &self.kube);
        // What takes nothing from anybody waits for nobody: it may wait for a namespace.
        let _turn = match intended.iter().any(Intended::takes) {
            true => Some(guard.turn().await),
            false => None,
        };
        let guarded = Guarded {
            cx: self.cx,
            kube: &self.kube,
            about: &self.about,
            guard: &guard,
            is_teardown: false,
        };
        let begun = guarded.begin(&intended).await?;
        let before = held.clone();
        self.put_all(&intended, held).await?;
        self.remove_the_rest(held).await?;
        match guarded.end(begun, &intended).await {
            Ok(()) => Ok(()),
            Err(taken_back) => {
                self.cx.client.rbac_objects().forget(&self.cluster).await;
                hold_as_before(held, &before, &taken_back);
                Err(taken_back.diagnostics)
            }
        }
    }

    /// What becomes of each object that is wanted, unless somebody else has it.
    async fn intended(&self, held: &[HeldObject]) -> Result<Vec<Intended>, Diagnostics> {
        let mut intended = Vec::new();
        for wanted in &self.wanted {
            let before = self.find(&wanted.key).await?;
            self.check_same(objects::find_held(held, &wanted.key), before.as_ref())?;
            if let Some(object) = &before {
                let is_known = objects::find_held(held, &wanted.key).is_some();
                plan::check_object(&self.about, object, wanted)?;
                self.check_conflicts(object, wanted, is_known)?;
            }
            intended.push(Intended {
                key: wanted.key.clone(),
                before,
                after: Some(wanted.fields.clone()),
            });
        }
        Ok(intended)
    }

    /// Applies everything that is wanted. What was done until an error is in `held`.
    async fn put_all(
        &self,
        intended: &[Intended],
        held: &mut Vec<HeldObject>,
    ) -> Result<(), Diagnostics> {
        for wanted in &self.wanted {
            let found = intended.iter().find(|one| one.key == wanted.key);
            let found = found.and_then(|one| one.before.as_ref());
            let done = self.put(wanted, found, held).await;
            let listing = self.cx.client.rbac_objects();
            listing.forget(&self.cluster).await;
            let one = done?;
            held.retain(|other| other.key().as_ref() != Some(&wanted.key));
            held.push(one);
        }
        Ok(())
    }

    /// Applies one object, and says whose it is.
    async fn put(
        &self,
        wanted: &WantedObject,
        found: Option<&RbacObject>,
        held: &[HeldObject],
    ) -> Result<HeldObject, Diagnostics> {
        let known = objects::find_held(held, &wanted.key);
        if known.is_none() || found.is_none() {
            self.note_writing(wanted, found);
        }
        let applied = self.apply(wanted, found, known.is_some()).await?;
        let before = self.before.iter().find(|one| one.key == wanted.key);
        if let Some(before) = before {
            self.note_what_stays(&applied.object, &before.fields, &wanted.fields);
        }
        let handed_on = found.and_then(|object| self.handed_on(object));
        if handed_on.is_some() && known.is_none() && !self.cx.claims.is_shared() {
            let listing = self.cx.client.rbac_objects();
            listing.note_taken_over(&applied.object.uid);
        }
        let adopted = match (known, handed_on) {
            _ if applied.is_new => false,
            (Some(known), _) => {
                let is_ours = known.uid == applied.object.uid || applied.object.is_own_alone();
                known.adopted || !is_ours
            }
            (None, Some(origin)) => origin == Origin::Adopted,
            (None, None) => {
                if found.is_none() {
                    // Somebody else has made it between look and apply.
                    let keys = [wanted.key.clone()];
                    self.cx.add(diagnostics::adopted(&self.about, &keys));
                }
                true
            }
        };
        let one = HeldObject::new(&applied.object, adopted);
        if known.is_none_or(|known| known.uid != one.uid) {
            self.note_written(wanted, &one);
        }
        Ok(one)
    }

    pub(super) async fn find(&self, key: &RbacKey) -> Result<Option<RbacObject>, Diagnostics> {
        match self.kube.rbac_object(key).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self
                .failed("Cannot Read Role Or Binding", key, &error)
                .await),
        }
    }

    /// How an object came to the address that gives it up; `None` for one that no address of the configuration has.
    fn handed_on(&self, object: &RbacObject) -> Option<Origin> {
        let key = claim_key(&self.planned, &object.key).into_known()?;
        let origin = object_claim::given_up(self.cx, &key)?;
        let part = uid_part(&object.uid);
        object_claim::is_part_given_up(self.cx, &key, &part).then_some(origin)
    }

    /// Notes what could not be taken, so that who gives it up removes it, or the next plan finds it where that one did not.
    async fn note_failed(&self, held: &[HeldObject]) {
        for wanted in &self.wanted {
            if objects::find_held(held, &wanted.key).is_some() {
                continue;
            }
            let key = claim_key(&self.planned, &wanted.key);
            object_claim::note_failed(self.cx, &key);
            let key = key.into_known().unwrap_or_default();
            if object_claim::given_up(self.cx, &key).is_none() {
                continue;
            }
            // Where it cannot be read the import that the next plan tells of is left.
            let found = self.kube.rbac_object(&wanted.key).await.ok().flatten();
            if let Some(object) = found
                && let Some(origin) = self.handed_on(&object)
            {
                object_claim::note_left(self.cx, &key, &uid_part(&object.uid), origin);
            }
        }
    }

    /// Another object than the state's, or none where somebody else had made it, is not what the plan was about.
    fn check_same(
        &self,
        known: Option<&HeldObject>,
        found: Option<&RbacObject>,
    ) -> Result<(), Diagnostics> {
        let Some(known) = known else {
            return Ok(());
        };
        let is_same = match found {
            Some(object) => object.uid == known.uid,
            None => !known.adopted,
        };
        match (is_same, known.key()) {
            (false, Some(key)) => {
                let told = diagnostics::another_meanwhile(&self.about, &key, found.is_some());
                Err(told.into())
            }
            _ => Ok(()),
        }
    }

    fn adopts(&self) -> bool {
        self.planned.on_conflict == Attr::Known("adopt".to_owned())
    }

    fn check_conflicts(
        &self,
        object: &RbacObject,
        wanted: &WantedObject,
        is_known: bool,
    ) -> Result<(), Diagnostics> {
        if !is_known && self.handed_on(object).is_none() {
            let held = conflicts::with_other_configurations(object, wanted);
            if !held.is_empty() {
                return Err(diagnostics::held_elsewhere(&self.about, &held).into());
            }
        }
        if self.adopts() {
            return Ok(());
        }
        let found = conflicts::with_others(object, wanted);
        match found.is_empty() {
            true => Ok(()),
            false => Err(diagnostics::conflict(&self.about, &found).into()),
        }
    }

    pub(super) async fn pause(&self, pause: Duration) -> Result<(), Diagnostics> {
        let clock = self.cx.client.clock();
        let waiting = wait(clock.as_ref(), &self.cx.cancel, pause).await;
        waiting.map_err(|Cancelled| diagnostics::cancelled(&self.about).into())
    }

    /// What was held before and is not wanted any more went with the apply, unless others hold it too: then it is theirs.
    fn note_what_stays(&self, object: &RbacObject, before: &RbacFields, wanted: &RbacFields) {
        let left = conflicts::left_behind(object, before, wanted);
        if !left.is_empty() {
            self.cx.add(diagnostics::stays(&self.about, &left));
        }
    }

    /// What the state has and the plan has not.
    fn rest(&self, held: &[HeldObject]) -> Vec<HeldObject> {
        let is_wanted = |one: &&HeldObject| {
            let key = one.key();
            let mut wanted = self.wanted.iter();
            wanted.any(|wanted| Some(&wanted.key) == key.as_ref())
        };
        let rest = held.iter().filter(|one| !is_wanted(one));
        rest.cloned().collect()
    }

    /// What of that nobody else of the configuration was planned to hold.
    fn going(&self, held: &[HeldObject]) -> Vec<HeldObject> {
        let is_held = |one: &HeldObject| {
            let key = one.key().map(|key| claim_key(&self.planned, &key));
            let key = key.and_then(Attr::into_known);
            key.is_some_and(|key| object_claim::is_held_by_plan(self.cx, &key, one.origin()))
        };
        let mut rest = self.rest(held);
        rest.retain(|one| !is_held(one));
        rest
    }

    fn removal(&self) -> Removal<'_> {
        Removal {
            cx: self.cx,
            cluster: self.cluster.clone(),
            kube: self.kube.clone(),
            about: self.about.clone(),
            before: &self.before,
        }
    }

    /// That goes last, bindings before roles, once every API server knows of what replaces it.
    async fn remove_the_rest(&self, held: &mut Vec<HeldObject>) -> Result<(), Diagnostics> {
        let rest = self.going(held);
        let stays: Vec<HeldObject> = self.rest(held);
        held.retain(|one| !stays.contains(one) || rest.contains(one));
        if rest.is_empty() {
            return Ok(());
        }
        self.pause(OVERLAP).await?;
        let removal = self.removal();
        for one in removal::in_order(&rest) {
            removal.remove(&one).await?;
            held.retain(|other| other != &one);
        }
        Ok(())
    }

    async fn failed(&self, title: &str, key: &RbacKey, error: &ApiError) -> Diagnostics {
        let about = self.about.object(key);
        failed(self.cx, &self.cluster, title, (&about, error)).await
    }
}

/// A write that was taken back holds what it held before: what was put back is another object of the same name.
fn hold_as_before(held: &mut Vec<HeldObject>, before: &[HeldObject], taken_back: &TakenBack) {
    for object in &taken_back.restored {
        if let Some(was) = objects::find_held(before, &object.key) {
            held.retain(|one| one.key().as_ref() != Some(&object.key));
            held.push(HeldObject::new(object, was.adopted));
        }
    }
    held.retain(|one| one.key().is_none_or(|key| !taken_back.gone.contains(&key)));
}
