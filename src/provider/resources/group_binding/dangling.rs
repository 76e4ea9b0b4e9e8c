//! Roles that go while bindings refer to them: whoever is bound by these may do nothing by them from then on, and the API server says so to nobody.
//!
//! Warned of at plan, with the bindings that stay. Kubernetes verbs: `list` on bindings, where granted.

use std::collections::BTreeSet;

use tf_provider::Context;

use super::claim_key;
use super::diagnostics::{self, About};
use super::flatten::Found;
use super::schema::GroupBindingModel;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::rbac_objects::{RbacKey, RbacKind, RbacObject};
use crate::session::object_claim;

fn group(model: &GroupBindingModel) -> Option<String> {
    Some(format!("rbac objects {}", model.cluster_arn.known()?))
}

/// Notes at plan that an object goes.
pub(super) fn note_going(cx: &Context<Client>, model: &GroupBindingModel, key: &RbacKey) {
    if let (Some(group), Some(object)) = (group(model), claim_key(model, key).into_known()) {
        cx.claims.note_going(&group, &object);
    }
}

/// Objects that one resource takes away.
pub(super) struct Going<'a> {
    model: &'a GroupBindingModel,
    keys: BTreeSet<&'a RbacKey>,
}

impl<'a> Going<'a> {
    pub(super) fn of_objects(
        model: &'a GroupBindingModel,
        objects: impl Iterator<Item = &'a RbacObject>,
    ) -> Self {
        Self {
            model,
            keys: objects.map(|object| &object.key).collect(),
        }
    }

    pub(super) fn of_keys(model: &'a GroupBindingModel, found: &'a Found) -> Self {
        Self::of_objects(model, found.values())
    }

    fn has_role(&self, kind: RbacKind) -> bool {
        self.keys.iter().any(|key| key.kind == kind)
    }

    /// Bindings that bind somebody to a role that goes, and go not with it.
    fn is_left(&self, binding: &RbacObject) -> bool {
        let is_bound = binding
            .role_key()
            .is_some_and(|role| self.keys.contains(&role));
        let binds = binding.fields.subjects.as_ref();
        is_bound
            && binds.is_some_and(|subjects| !subjects.is_empty())
            && !self.keys.contains(&binding.key)
    }
}

/// Warns of bindings that are left without their role.
pub(super) async fn warn(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    going: Going<'_>,
) {
    let mut left = Vec::new();
    for (kind, roles) in [
        (
            RbacKind::ClusterRoleBinding,
            [RbacKind::ClusterRole].as_slice(),
        ),
        (
            RbacKind::RoleBinding,
            [RbacKind::ClusterRole, RbacKind::Role].as_slice(),
        ),
    ] {
        if !roles.iter().any(|role| going.has_role(*role)) {
            continue;
        }
        let listing = cx.client.rbac_objects();
        match listing.pick(cluster, kind, |one| going.is_left(one)).await {
            Ok(found) => left.extend(found),
            Err(error) => {
                tracing::info!(%error, "which bindings refer to a role that goes is not known");
            }
        }
    }
    let goes_too = |binding: &RbacObject| {
        let object = claim_key(going.model, &binding.key).into_known();
        let found = group(going.model).zip(object);
        let goes = found.is_some_and(|(group, object)| cx.claims.is_going_now(&group, &object));
        // Another address may go on with the role.
        let role = binding.role_key().map(|role| claim_key(going.model, &role));
        goes || role.is_some_and(|role| object_claim::is_held_now(cx, &role))
    };
    let go_all = || left.iter().all(goes_too);
    let (false, Ok(kube)) = (left.is_empty(), cluster.kubernetes()) else {
        return;
    };
    // The plan of those that go with it may come after this one.
    if cx
        .client
        .rbac_guard(cluster, &kube)
        .awaits_plan(go_all)
        .await
    {
        return;
    }
    let left: Vec<&RbacObject> = left.iter().filter(|one| !goes_too(one)).collect();
    cx.add(diagnostics::left_without_role(about, &left));
}
