//! What the plan of a removal notes and must say.

use std::collections::BTreeSet;
use std::sync::Arc;

use tf_provider::resource::{Plan, Private};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::guarded::{self, Intended};
use super::objects::{self, HeldObject};
use super::schema::GroupBindingModel;
use super::teardown::{self, Teardown};
use super::{about, claim_key, dangling, find, left_over, uid_part};
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::rbac_objects::RbacKey;
use crate::session::object_claim;
use crate::session::recent::Asked;

/// Gives the objects up to whoever else of the configuration holds them.
pub(super) async fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<GroupBindingModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    let prior = prior.clone();
    let mut held = objects::held_or_named(&prior, &plan.private);
    give_up(cx, plan, &prior, &held);
    let cluster = cluster_of(cx, &prior).await;
    if let Some(cluster) = &cluster {
        plan.private = left_over::with_left_over(cx, cluster, &prior, plan.private.clone()).await;
        held = objects::held_or_named(&prior, &plan.private);
        give_up(cx, plan, &prior, &held);
    }
    teardown::note_going(cx, &prior);
    let Some(cluster) = cluster else {
        return Ok(());
    };
    let removal = PlannedRemoval {
        cx,
        about: about(&prior, &cluster),
        cluster,
        prior: &prior,
        private: &plan.private,
    };
    removal.judge(&held).await
}

/// Notes that objects go, for whoever else of the configuration holds them.
fn give_up(
    cx: &Context<Client>,
    plan: &mut Plan<GroupBindingModel>,
    prior: &GroupBindingModel,
    held: &[HeldObject],
) {
    for held in held {
        if let Some(key) = held.key() {
            dangling::note_going(cx, prior, &key);
            let key = claim_key(prior, &key);
            let parts = (!held.uid.is_empty()).then(|| uid_part(&held.uid));
            object_claim::give_up(cx, &mut plan.private, &key, held.origin(), parts);
        }
    }
}

/// The cluster of a state, as far as it is there and can be asked. What hinders the removal is apply's to refuse.
async fn cluster_of(cx: &Context<Client>, prior: &GroupBindingModel) -> Option<Arc<FoundCluster>> {
    let reference = prior.placement().resolve(cx.client.clusters()).ok()?;
    let (Attr::Known(reference), Some(_)) = (reference, cx.client.cloud()) else {
        return None;
    };
    let cluster = cx.client.clusters().find(&reference).await.ok()??;
    let is_same = prior.cluster_arn == Attr::Known(cluster.cluster.arn.clone());
    (is_same && !cluster.is_without_content()).then_some(cluster)
}

/// A removal whose cluster is there.
struct PlannedRemoval<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    about: About,
    prior: &'a GroupBindingModel,
    private: &'a Private,
}

impl PlannedRemoval<'_> {
    /// Whether everything goes, by the plan so far.
    fn is_whole(&self) -> bool {
        Teardown::of(self.cx, self.prior, self.private).is_whole
    }

    /// Whether everything goes. Where that is acknowledged the plan of what stays, which would have the loss refused, may come a moment later.
    async fn is_teardown(&self, intended: &[Intended]) -> bool {
        if !self.is_whole() || guarded::concerned(intended).is_nobody() {
            return self.is_whole();
        }
        let Ok(kube) = self.cluster.kubernetes() else {
            return true;
        };
        let guard = self.cx.client.rbac_guard(&self.cluster, &kube);
        !(guard.is_teardown_meant() && guard.awaits_plan(|| !self.is_whole()).await)
    }

    /// Says whom the removal locks out. Another change of the apply may make up for it, so apply decides.
    async fn judge(&self, held: &[HeldObject]) -> Result<(), Diagnostics> {
        let (cx, cluster, prior) = (self.cx, &self.cluster, self.prior);
        let going = held.iter().filter(|held| !held.adopted);
        let keys: BTreeSet<RbacKey> = going.filter_map(HeldObject::key).collect();
        let Ok(found) = find(cx, cluster, &keys, Asked::AtPlan).await else {
            return Ok(());
        };
        dangling::warn(
            cx,
            cluster,
            &self.about,
            dangling::Going::of_keys(prior, &found),
        )
        .await;
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
                is_teardown: self.is_teardown(&intended).await,
            };
            let is_changed = || going() != remaining;
            if !guarded::preview_unless_held(cx, cluster, &self.about, change, Some(is_changed))
                .await?
            {
                return Ok(());
            }
        }
    }
}
