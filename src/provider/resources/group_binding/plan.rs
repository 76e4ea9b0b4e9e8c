//! What a plan can promise and must say about a group binding.

use std::collections::BTreeSet;
use std::sync::Arc;

use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::flatten::Found;
use super::guarded::{self, Intended};
use super::objects::{self, HeldObject, WantedObject};
use super::schema::GroupBindingModel;
use super::teardown;
use super::{
    about, cannot_read, claim_key, conflicts, dangling, diagnostics, find, left_over, making,
    note_in_state, notes, planned_removal, served, uid_part, was_lost,
};
use crate::access::makings;
use crate::attributes::values::known_set;
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::kept_state;
use crate::ports::rbac_objects::{RbacKey, RbacObject};
use crate::session::object_claim::{self, SoleHolder};
use crate::session::recent::Asked;

mod roles;

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<GroupBindingModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return planned_removal::plan_removal(cx, plan).await;
    };
    cx.client.group_warnings().note_bound(&planned.groups);
    let prior = plan.prior.clone();
    let mut placement = planned.placement();
    if let (Attr::Unknown, Some(config)) = (&placement.cluster_name, &plan.config) {
        // Where the configuration says nothing, the provider block does.
        placement.cluster_name = config.cluster_name.clone();
    }
    let before = prior.as_ref().map(GroupBindingModel::placement);
    let clusters = cx.client.clusters();
    if let Some(before) = &before
        && placement.is_moved_from(clusters, before)?
    {
        plan.requires_replace
            .push(AttributePath::attribute("region"));
    }
    let cluster = placement.at_plan(cx, clusters, before.as_ref()).await?;
    if before.is_some_and(|before| placement.is_renamed_from(&before)) {
        plan.requires_replace
            .push(AttributePath::attribute("cluster_name"));
    }
    let mut planned = planned.placed(placement);
    let stays = prior
        .clone()
        .filter(|prior| prior.cluster_arn == planned.cluster_arn);
    planned.binding_name = objects::binding_name(&planned, stays.as_ref());
    if let (Some(cluster), Some(stays)) = (&cluster, &stays) {
        plan.private = left_over::with_left_over(cx, cluster, stays, plan.private.clone()).await;
    }
    if stays.is_some() && !is_all_held(&planned, &objects::held(&plan.private)) {
        // What is made anew, or goes, may or may not have been there before.
        planned.adopted = Attr::Unknown;
    }
    note_held(cx, plan, &planned)?;
    note_making(
        cx,
        &planned,
        (stays.as_ref(), &objects::held(&plan.private)),
    );
    if let Some(cluster) = cluster {
        let judgement = Judgement {
            cx,
            about: about(&planned, &cluster),
            cluster,
            planned: &planned,
            // Objects of another cluster say nothing of this one.
            held: match prior.is_some() && stays.is_none() {
                true => Vec::new(),
                false => objects::held(&plan.private),
            },
            prior: stays.as_ref(),
        };
        judgement.judge().await?;
    }
    plan.planned = Some(planned);
    Ok(())
}

/// Notes which objects the plan stands for and which the state has; says if another resource stands for one of them too.
fn note_held(
    cx: &Context<Client>,
    plan: &Plan<GroupBindingModel>,
    planned: &GroupBindingModel,
) -> Result<(), Diagnostics> {
    let held = objects::held(&plan.private);
    if let Some(prior) = &plan.prior {
        note_in_state(cx, prior, &plan.private);
    }
    let uids: Vec<&str> = held.iter().map(|one| one.uid.as_str()).collect();
    let mark = (!uids.is_empty()).then(|| uids.join(" "));
    let label = diagnostics::label(planned);
    teardown::note_staying(cx, planned);
    let mut told = false;
    let wanted = objects::keys(planned).unwrap_or_default();
    for key in held.iter().filter_map(HeldObject::key) {
        if !wanted.is_empty() && !wanted.contains(&key) {
            dangling::note_going(cx, planned, &key);
        }
    }
    for key in wanted {
        let object = claim_key(planned, &key);
        let in_state = plan.prior.as_ref().filter(|prior| {
            objects::find_held(&held, &key).is_some() && claim_key(prior, &key) == object
        });
        let holder = SoleHolder {
            object: &object,
            label: label.clone(),
            is_in_state: in_state.is_some(),
            mark: mark.as_deref(),
        };
        let Some(other) = object_claim::hold_alone(cx, holder) else {
            continue;
        };
        let both = diagnostics::Both {
            key: &key,
            cluster_arn: planned.cluster_arn.known().map_or("", String::as_str),
            labels: [&other.label, &label],
        };
        if !other.is_in_state_too {
            return Err(diagnostics::two_resources(&both).into());
        }
        if !told {
            cx.add(diagnostics::both_in_state(&both));
            told = true;
        }
    }
    Ok(())
}

/// Notes that something is made or changed: another change that is refused without it waits for it.
fn note_making(
    cx: &Context<Client>,
    planned: &GroupBindingModel,
    (stays, held): (Option<&GroupBindingModel>, &[HeldObject]),
) {
    let wanted = objects::expand(planned);
    let is_there = wanted.is_some() && wanted == stays.and_then(objects::expand);
    if is_there && is_all_held(planned, held) {
        return;
    }
    if let Some(object) = making(planned) {
        makings::note_planned(cx, &planned.cluster_arn, &object);
    }
}

/// Whether the state has made just what is planned.
fn is_all_held(planned: &GroupBindingModel, held: &[HeldObject]) -> bool {
    let keys = objects::keys(planned).map(|keys| keys.into_iter().collect::<BTreeSet<_>>());
    let held: BTreeSet<RbacKey> = held.iter().filter_map(HeldObject::key).collect();
    keys.is_some_and(|keys| keys == held)
}

struct Judgement<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    about: About,
    planned: &'a GroupBindingModel,
    held: Vec<HeldObject>,
    /// The state of the same group binding.
    prior: Option<&'a GroupBindingModel>,
}

impl Judgement<'_> {
    async fn judge(&self) -> Result<(), Diagnostics> {
        let wanted = objects::expand(self.planned);
        let before = self.prior.and_then(objects::expand);
        if wanted.is_some() && wanted == before && is_all_held(self.planned, &self.held) {
            self.note_lost_roles().await;
            return Ok(());
        }
        let keys = objects::keys(self.planned).unwrap_or_default();
        let held = self.held.iter().filter_map(HeldObject::key);
        let keys: BTreeSet<RbacKey> = keys.into_iter().chain(held).collect();
        let Some(found) = self.read(&keys).await? else {
            return Ok(());
        };
        self.check_role_stays(&found, wanted.as_deref().unwrap_or_default())
            .await?;
        self.note_missing_roles().await?;
        self.note_missing_namespaces().await;
        self.judge_objects(&found, wanted.as_deref().unwrap_or_default())
            .await?;
        if self
            .prior
            .is_none_or(|prior| prior.rules != self.planned.rules)
        {
            served::check(self.cx, &self.cluster, &self.about, self.planned).await;
        }
        match &wanted {
            Some(wanted) => self.judge_loss(&found, wanted).await,
            None => Ok(()),
        }
    }

    /// Whether the change takes from somebody what the lock-out guard looks at.
    async fn judge_loss(&self, found: &Found, wanted: &[WantedObject]) -> Result<(), Diagnostics> {
        let going = self.held.iter().filter_map(HeldObject::key);
        let mut intended: Vec<Intended> = wanted
            .iter()
            .map(|wanted| Intended {
                key: wanted.key.clone(),
                before: found.get(&wanted.key).cloned(),
                after: Some(wanted.fields.clone()),
            })
            .collect();
        for key in going {
            if !wanted.iter().any(|wanted| wanted.key == key) {
                intended.push(Intended {
                    before: found.get(&key).cloned(),
                    key,
                    after: None,
                });
            }
        }
        let (cx, cluster) = (self.cx, &self.cluster);
        let is_adopted = |key: &RbacKey| {
            let held = objects::find_held(&self.held, key);
            held.is_some_and(|held| held.adopted)
        };
        let leaving = intended.iter().filter(|one| one.after.is_none());
        let leaving = leaving.filter_map(|one| one.before.as_ref());
        let leaving = leaving.filter(|object| !is_adopted(&object.key));
        let going = dangling::Going::of_objects(self.planned, leaving);
        dangling::warn(cx, cluster, &self.about, going).await;
        let change = guarded::Planned {
            intended: &intended,
            scope: PlanScope::OneEntry,
            is_teardown: false,
        };
        guarded::preview(cx, cluster, &self.about, change).await
    }

    /// The objects as they are; those that the practitioner wants kept unread give nothing to judge.
    async fn read(&self, keys: &BTreeSet<RbacKey>) -> Result<Option<Found>, Diagnostics> {
        match find(self.cx, &self.cluster, keys, Asked::AtPlan).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if kept_state::is_kept(self.cx, &self.about.text(), &error) => Ok(None),
            Err(error) => Err(cannot_read(self.cx, &self.cluster, &self.about, &error).await),
        }
    }

    /// Terraform shows only the first of several warnings of one title, so what is said of all objects is one.
    async fn judge_objects(
        &self,
        found: &Found,
        wanted: &[WantedObject],
    ) -> Result<(), Diagnostics> {
        let (mut others, mut adopted, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
        for wanted in wanted {
            let Some(object) = found.get(&wanted.key) else {
                continue;
            };
            self.refuse(check_object(&self.about, object, wanted))?;
            others.extend(conflicts::with_others(object, wanted));
            if objects::find_held(&self.held, &object.key).is_some() {
                continue;
            }
            let held = conflicts::with_other_configurations(object, wanted);
            if held.is_empty() {
                adopted.push(object.key.clone());
            } else if !self.is_own(object, wanted).await {
                elsewhere.extend(held);
            }
        }
        if !others.is_empty() && self.planned.on_conflict != Attr::Known("adopt".to_owned()) {
            self.refuse(Err(diagnostics::conflict(&self.about, &others).into()))?;
        }
        if !adopted.is_empty() {
            self.cx.add(diagnostics::adopted(&self.about, &adopted));
        }
        if !elsewhere.is_empty() {
            let told = diagnostics::held_elsewhere_at_plan(&self.about, &elsewhere);
            self.cx.add(told);
        }
        Ok(())
    }

    /// A refusal of what the state has is a warning at plan, and apply refuses it: an error would stop a destroy too, which begins with the same plan.
    fn refuse(&self, outcome: Result<(), Diagnostics>) -> Result<(), Diagnostics> {
        let is_of_state = self.prior.is_some() || was_lost(self.cx, self.planned);
        let (Err(reasons), true) = (&outcome, is_of_state) else {
            return outcome;
        };
        for reason in reasons.iter() {
            self.cx.add(diagnostics::refused_at_apply(reason));
        }
        Ok(())
    }

    /// Whether what this provider holds is what another address of this configuration gives up, or what an earlier apply of it has left in no state.
    async fn is_own(&self, object: &RbacObject, wanted: &WantedObject) -> bool {
        let key = claim_key(self.planned, &object.key);
        let name = key.known().cloned().unwrap_or_default();
        let part = uid_part(&object.uid);
        let is_as_meant = || object.is_own_alone() && conflicts::is_as_wanted(object, wanted);
        let of_intent = || {
            let left = object_claim::was_left(self.cx, &name, notes::INTENDED);
            left.filter(|_| is_as_meant())
        };
        let left = object_claim::was_left(self.cx, &name, &part).or_else(of_intent);
        if let Some(origin) = left {
            object_claim::note_in_state(self.cx, &key, origin, Some(part));
            return true;
        }
        let objects = self.cx.client.account_objects();
        objects.is_own(self.cx, &name).await
    }

    /// Says of namespaces in which nothing is held yet that they are not there.
    async fn note_missing_namespaces(&self) {
        let mut names = known_set(&self.planned.namespaces).unwrap_or_default();
        for key in self.held.iter().filter_map(HeldObject::key) {
            names.remove(&key.namespace);
        }
        let namespaces = self.cx.client.namespaces();
        let missing = namespaces.missing(&self.cluster, &names).await;
        if !missing.is_empty() {
            let note = diagnostics::missing_namespaces(&self.about, &missing);
            self.cx.add(note);
        }
    }
}

/// What nobody may make of an object that is there, whatever `on_conflict` says.
pub(super) fn check_object(
    about: &About,
    object: &RbacObject,
    wanted: &WantedObject,
) -> Result<(), Diagnostics> {
    if object.is_built_in() {
        return Err(diagnostics::built_in(about, &object.key).into());
    }
    if object.is_aggregated && wanted.fields.rules.is_some() {
        return Err(diagnostics::aggregated(about, &object.key).into());
    }
    match &wanted.fields.role_ref {
        Some(role) if object.fields.role_ref.as_ref() != Some(role) => {
            Err(diagnostics::other_role(about, object, role).into())
        }
        _ => Ok(()),
    }
}
