//! What a plan can promise and must say about a group binding.

use std::collections::BTreeSet;
use std::sync::Arc;

use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::flatten::Found;
use super::objects::{self, HeldObject, WantedObject};
use super::schema::GroupBindingModel;
use super::{about, cannot_read, claim_key, conflicts, diagnostics, find};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::kept_state;
use crate::ports::rbac_objects::{RbacKey, RbacKind, RbacObject};
use crate::session::object_claim::{self, Origin};

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<GroupBindingModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return plan_removal(cx, plan).await;
    };
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
        .filter(|prior| prior.cluster_arn == planned.cluster_arn && prior.name == planned.name);
    planned.binding_name = objects::binding_name(&planned, stays.as_ref());
    for key in objects::keys(&planned).unwrap_or_default() {
        object_claim::hold(cx, &claim_key(&planned, &key));
    }
    if let Some(cluster) = cluster {
        let judgement = Judgement {
            cx,
            about: about(&planned, &cluster),
            cluster,
            planned: &planned,
            held: objects::held(&plan.private),
            prior: stays.as_ref(),
        };
        judgement.judge().await?;
    }
    plan.planned = Some(planned);
    Ok(())
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
        if wanted.is_some() && wanted == before {
            return Ok(());
        }
        let keys = objects::keys(self.planned).unwrap_or_default();
        let held = self.held.iter().filter_map(HeldObject::key);
        let keys: BTreeSet<RbacKey> = keys.into_iter().chain(held).collect();
        let Some(found) = self.read(&keys).await? else {
            return Ok(());
        };
        self.note_missing_roles().await?;
        for wanted in wanted.iter().flatten() {
            if let Some(object) = found.get(&wanted.key) {
                self.judge_object(object, wanted)?;
            }
        }
        Ok(())
    }

    /// The objects as they are; those that the practitioner wants kept unread give nothing to judge.
    async fn read(&self, keys: &BTreeSet<RbacKey>) -> Result<Option<Found>, Diagnostics> {
        match find(self.cx, &self.cluster, keys).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if kept_state::is_kept(self.cx, &self.about.text(), &error) => Ok(None),
            Err(error) => Err(cannot_read(self.cx, &self.cluster, &self.about, &error).await),
        }
    }

    fn judge_object(&self, object: &RbacObject, wanted: &WantedObject) -> Result<(), Diagnostics> {
        check_object(&self.about, object, wanted)?;
        if self.planned.on_conflict != Attr::Known("adopt".to_owned()) {
            let found = conflicts::with_others(object, wanted);
            if !found.is_empty() {
                return Err(diagnostics::conflict(&self.about, &found).into());
            }
        }
        // What this provider holds may be what another address of this configuration gives up, which only apply knows.
        let is_known = objects::find_held(&self.held, &object.key).is_some();
        if !is_known && object.own_fields().is_empty() {
            self.cx.add(diagnostics::adopted(&self.about, &object.key));
        }
        Ok(())
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
        for missing in roles.iter().filter(|role| !found.contains_key(role)) {
            let note = diagnostics::no_role(&self.about, missing, attribute);
            self.cx.add(note);
        }
        Ok(())
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
    for held in objects::held_or_named(prior, &plan.private) {
        if let Some(key) = held.key() {
            let origin = match held.adopted {
                true => Origin::Adopted,
                false => Origin::Made,
            };
            object_claim::give_up(cx, &mut plan.private, &claim_key(prior, &key), origin, []);
        }
    }
    Ok(())
}
