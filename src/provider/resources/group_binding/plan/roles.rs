//! The roles that a planned binding refers to: one that is not there gives nothing, and one that goes by the same plan will not be there.

use std::collections::BTreeSet;

use eksauth_core::nearness::nearest;
use tf_provider::{Attr, Diagnostics};

use super::super::flatten::Found;
use super::super::objects::{self, WantedObject};
use super::super::{claim_key, diagnostics, find};
use super::Judgement;
use crate::ports::rbac_objects::{RbacKey, RbacKind};
use crate::session::object_claim;
use crate::session::recent::Asked;

impl Judgement<'_> {
    /// Says of a role that is to be bound and is not there that it is not.
    pub(super) async fn note_missing_roles(&self) -> Result<(), Diagnostics> {
        if let Some(found) = self.read(&self.bound_roles()).await? {
            self.say_of_missing(&found).await;
        }
        Ok(())
    }

    /// The same of a binding that stays as it is. Whoever may not read the role made the binding without being told of it, and is not told now.
    pub(super) async fn note_lost_roles(&self) {
        match find(self.cx, &self.cluster, &self.bound_roles(), Asked::AtPlan).await {
            Ok(found) => self.say_of_missing(&found).await,
            Err(error) => {
                tracing::info!(%error, "whether the role that is bound is there is not known");
            }
        }
    }

    /// Roles that are managed elsewhere.
    fn bound_roles(&self) -> BTreeSet<RbacKey> {
        let is_own = self.planned.cluster_role.is_null() && self.planned.role.is_null();
        let Some(role) = objects::role_ref(self.planned).filter(|_| !is_own) else {
            return BTreeSet::new();
        };
        let bindings = objects::keys(self.planned).unwrap_or_default();
        bindings
            .iter()
            .map(|binding| role.key_for(binding))
            .collect()
    }

    async fn say_of_missing(&self, found: &Found) {
        let roles = self.bound_roles();
        let missing: Vec<&RbacKey> = roles
            .iter()
            .filter(|role| !found.contains_key(role))
            .collect();
        let Some(first) = missing.first() else {
            return;
        };
        let names = self.role_names(first.kind).await;
        let note = diagnostics::MissingRole {
            nearest: nearest(&first.name, &names),
            keys: &missing,
            attribute: self.role_attribute(),
        };
        self.cx.add(note.diagnostic(&self.about));
    }

    fn role_attribute(&self) -> &'static str {
        match &self.planned.cluster_role {
            Attr::Known(_) => "cluster_role",
            _ => "role",
        }
    }

    /// Refuses to bind the role that this very change removes, because `rules` do not make it any more: the binding would give nothing.
    pub(super) async fn check_role_stays(
        &self,
        found: &Found,
        wanted: &[WantedObject],
    ) -> Result<(), Diagnostics> {
        let goes = |key: &RbacKey| {
            let held = objects::find_held(&self.held, key);
            let is_ours = held.zip(found.get(key)).is_some_and(|(held, object)| {
                !held.adopted && held.is_same(object) && !object.is_built_in()
            });
            is_ours && !wanted.iter().any(|wanted| wanted.key == *key)
        };
        let bound = self.bound_roles();
        let Some(role) = bound.iter().find(|role| goes(role)) else {
            return Ok(());
        };
        // Another address may go on with it.
        let claim = claim_key(self.planned, role);
        let is_held = || object_claim::is_held_now(self.cx, &claim);
        let is_held = match self.cluster.kubernetes() {
            Ok(kube) => {
                let guard = self.cx.client.rbac_guard(&self.cluster, &kube);
                guard.awaits_plan(is_held).await
            }
            Err(_) => is_held(),
        };
        match is_held {
            true => Ok(()),
            false => {
                let attribute = self.role_attribute();
                Err(diagnostics::own_role_goes(&self.about, role, attribute).into())
            }
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
