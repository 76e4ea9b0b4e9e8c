//! What a plan can promise and must say about a group binding.

use std::collections::BTreeSet;
use std::sync::Arc;

use eksauth_core::nearness::nearest;
use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::flatten::Found;
use super::guarded::{self, Intended};
use super::objects::{self, HeldObject, WantedObject};
use super::schema::GroupBindingModel;
use super::teardown::{self, Teardown};
use super::{
    about, cannot_read, claim_key, conflicts, diagnostics, find, note_in_state, served, uid_part,
};
use crate::attributes::values::known_set;
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::kept_state;
use crate::ports::rbac_objects::{RbacKey, RbacKind, RbacObject};
use crate::session::object_claim::{self, SoleHolder};

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<GroupBindingModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return plan_removal(cx, plan).await;
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
    if stays.is_some() && !is_all_held(&planned, &objects::held(&plan.private)) {
        // What is made anew, or goes, may or may not have been there before.
        planned.adopted = Attr::Unknown;
    }
    note_held(cx, plan, &planned)?;
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
    for key in objects::keys(planned).unwrap_or_default() {
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
            return Ok(());
        }
        let keys = objects::keys(self.planned).unwrap_or_default();
        let held = self.held.iter().filter_map(HeldObject::key);
        let keys: BTreeSet<RbacKey> = keys.into_iter().chain(held).collect();
        let Some(found) = self.read(&keys).await? else {
            return Ok(());
        };
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
        let change = guarded::Planned {
            intended: &intended,
            scope: PlanScope::OneEntry,
            is_teardown: false,
        };
        guarded::preview(cx, cluster, &self.about, change).await
    }

    /// The objects as they are; those that the practitioner wants kept unread give nothing to judge.
    async fn read(&self, keys: &BTreeSet<RbacKey>) -> Result<Option<Found>, Diagnostics> {
        match find(self.cx, &self.cluster, keys).await {
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
            check_object(&self.about, object, wanted)?;
            others.extend(conflicts::with_others(object, wanted));
            if objects::find_held(&self.held, &object.key).is_some() {
                continue;
            }
            let held = conflicts::with_other_configurations(object, wanted);
            if held.is_empty() {
                adopted.push(object.key.clone());
            } else if !self.is_own(object).await {
                elsewhere.extend(held);
            }
        }
        if !others.is_empty() && self.planned.on_conflict != Attr::Known("adopt".to_owned()) {
            return Err(diagnostics::conflict(&self.about, &others).into());
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

    /// Whether what this provider holds is what another address of this configuration gives up, or what an earlier apply of it has left in no state.
    async fn is_own(&self, object: &RbacObject) -> bool {
        let key = claim_key(self.planned, &object.key);
        let name = key.known().cloned().unwrap_or_default();
        let part = uid_part(&object.uid);
        if let Some(origin) = object_claim::was_left(self.cx, &name, &part) {
            object_claim::note_in_state(self.cx, &key, origin, Some(part));
            return true;
        }
        let objects = self.cx.client.account_objects();
        objects.is_own(self.cx, &name).await
    }

    /// Says of a role that is to be bound and is not there that it is not.
    async fn note_missing_roles(&self) -> Result<(), Diagnostics> {
        let Some(role) = objects::role_ref(self.planned) else {
            return Ok(());
        };
        let attribute = match (&self.planned.cluster_role, &self.planned.role) {
            (Attr::Known(_), _) => "cluster_role",
            (_, Attr::Known(_)) => "role",
            _ => return Ok(()),
        };
        let bindings = objects::keys(self.planned).unwrap_or_default();
        let roles = bindings.into_iter().map(|binding| RbacKey {
            kind: role.kind,
            namespace: match role.kind {
                RbacKind::Role => binding.namespace,
                _ => String::new(),
            },
            name: role.name.clone(),
        });
        let roles: BTreeSet<RbacKey> = roles.collect();
        let Some(found) = self.read(&roles).await? else {
            return Ok(());
        };
        let missing: Vec<&RbacKey> = roles
            .iter()
            .filter(|role| !found.contains_key(role))
            .collect();
        if !missing.is_empty() {
            let names = self.role_names(role.kind).await;
            let note = diagnostics::MissingRole {
                keys: &missing,
                nearest: nearest(&role.name, &names),
                attribute,
            };
            self.cx.add(note.diagnostic(&self.about));
        }
        Ok(())
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

    /// What roles of a kind are called; nothing where they may not be listed.
    async fn role_names(&self, kind: RbacKind) -> Vec<String> {
        let listed = match self.cluster.kubernetes() {
            Ok(kube) => kube.rbac_objects(kind).await,
            Err(error) => Err(error),
        };
        let roles = listed.inspect_err(|error| {
            tracing::info!(%error, "no nearest name is said, because roles cannot be listed");
        });
        let roles = roles.unwrap_or_default().into_iter();
        roles.map(|role| role.key.name).collect()
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

/// Gives the objects up to whoever else of the configuration holds them.
async fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<GroupBindingModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    let held = objects::held_or_named(prior, &plan.private);
    for held in &held {
        if let Some(key) = held.key() {
            let key = claim_key(prior, &key);
            let parts = (!held.uid.is_empty()).then(|| uid_part(&held.uid));
            object_claim::give_up(cx, &mut plan.private, &key, held.origin(), parts);
        }
    }
    teardown::note_going(cx, prior);
    let is_teardown = Teardown::of(cx, prior, &plan.private).is_whole;
    judge_removal(cx, prior, &held, is_teardown).await
}

/// Says whom the removal locks out. Another change of the apply may make up for it, so apply decides.
async fn judge_removal(
    cx: &Context<Client>,
    prior: &GroupBindingModel,
    held: &[HeldObject],
    is_teardown: bool,
) -> Result<(), Diagnostics> {
    // What hinders the removal is apply's to refuse.
    let Ok(reference) = prior.placement().resolve(cx.client.clusters()) else {
        return Ok(());
    };
    let (Attr::Known(reference), Some(_)) = (reference, cx.client.cloud()) else {
        return Ok(());
    };
    let Ok(Some(cluster)) = cx.client.clusters().find(&reference).await else {
        return Ok(());
    };
    let is_same = prior.cluster_arn == Attr::Known(cluster.cluster.arn.clone());
    if !is_same || cluster.is_without_content() {
        return Ok(());
    }
    let going = held.iter().filter(|held| !held.adopted);
    let keys: BTreeSet<RbacKey> = going.filter_map(HeldObject::key).collect();
    let Ok(found) = find(cx, &cluster, &keys).await else {
        return Ok(());
    };
    let about = about(prior, &cluster);
    let going = || -> BTreeSet<RbacKey> {
        // What another address holds by now only gets another owner.
        let is_held = |key: &&RbacKey| object_claim::is_held_now(cx, &claim_key(prior, key));
        keys.iter().filter(|key| !is_held(key)).cloned().collect()
    };
    loop {
        let remaining = going();
        let intended: Vec<Intended> = found
            .iter()
            .filter(|(key, _)| remaining.contains(key))
            .map(|(key, object)| Intended {
                key: key.clone(),
                before: Some(object.clone()),
                after: None,
            })
            .collect();
        let change = guarded::Planned {
            intended: &intended,
            scope: PlanScope::Others,
            is_teardown,
        };
        let is_changed = || going() != remaining;
        if !guarded::preview_unless_held(cx, &cluster, &about, change, Some(is_changed)).await? {
            return Ok(());
        }
    }
}
